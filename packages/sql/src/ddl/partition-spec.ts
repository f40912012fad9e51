import { QueryError } from '../errors.ts';
import type { PartitionSpec } from '../statement.ts';
import type { TokenReader } from './token-reader.ts';

/** How Hive spells NULL in a partition's folder. */
export const HIVE_DEFAULT_PARTITION = '__HIVE_DEFAULT_PARTITION__';

function readValue(reader: TokenReader): string | null {
  if (reader.accept('null')) return null;
  for (const word of ['true', 'false']) if (reader.accept(word)) return word;
  const number = reader.acceptNumber();
  if (number !== undefined) return number;
  if (!reader.accept('date')) reader.accept('timestamp');
  const value = reader.expectString('a partition value');
  return value === HIVE_DEFAULT_PARTITION ? null : value;
}

/**
 * Reads `PARTITION (column = value, ...)`. A null value is the Hive default partition.
 *
 * @throws QueryError duplicateColumn; featureNotSupported for comparisons other than `=`.
 */
export function readPartitionSpec(reader: TokenReader): PartitionSpec {
  const spec: { readonly column: string; readonly value: string | null }[] = [];
  reader.expect('partition');
  reader.expectSymbol('(');
  do {
    const position = reader.position();
    const column = reader.expectName('a partition column');
    if (spec.some((entry) => entry.column === column))
      throw new QueryError(
        'duplicateColumn',
        `partition column "${column}" specified more than once`,
        { position },
      );
    for (const comparison of ['<', '>', '!=', '<>'])
      if (reader.seesSymbol(comparison))
        throw reader.unsupported(
          `comparing partition columns by "${comparison}"`,
          'Name each partition: column = value.',
        );
    reader.expectSymbol('=');
    spec.push({ column, value: readValue(reader) });
  } while (reader.acceptSymbol(','));
  reader.expectSymbol(')');
  return spec;
}
