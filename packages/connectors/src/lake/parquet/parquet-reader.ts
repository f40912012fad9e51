import type { ColumnDefinition } from '@tributary/catalog';
import { engineType } from '@tributary/sql';
import { textLiteral } from '../relation-text.ts';
import type { ParquetVerdict } from './schema-check.ts';

/**
 * `read_parquet` with an explicit schema: columns match by name without regard to case and come out as f0, f1, ...; a
 * missing one is NULL, a wider type is widened.
 */
export function parquetReader(
  columns: readonly ColumnDefinition[],
  verdict: ParquetVerdict,
): (paths: string) => string {
  const entries = columns.map(
    ({ name, type }, index) =>
      `${textLiteral(name)}: {name: 'f${index}', type: ${textLiteral(engineType(type))}, default_value: NULL}`,
  );
  // Where no column is asked for, one that no file has keeps the engine from comparing the files' own schemas.
  if (entries.length === 0) {
    entries.push(`'': {name: 'f', type: 'BOOLEAN', default_value: NULL}`);
  }
  const options = [
    'hive_partitioning = false',
    ...(verdict.binaryAsString ? ['binary_as_string = true'] : []),
    `schema = MAP {${entries.join(', ')}}`,
  ];
  return (paths) => `read_parquet(${paths}, ${options.join(', ')})`;
}
