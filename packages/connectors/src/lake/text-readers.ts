import type { ColumnDefinition, TableDefinition } from '@tributary/catalog';
import { engineType, QueryError, type SqlType } from '@tributary/sql';
import { textLiteral } from './relation-text.ts';

/** How a text file is compressed, by its name as Hive goes. */
export function compressionOf(path: string): 'none' | 'gzip' | 'zstd' {
  if (/\.gz(ip)?$/i.test(path)) return 'gzip';
  if (/\.zst(d)?$/i.test(path)) return 'zstd';
  const other = /\.(bz2|snappy|lz4|lzo|deflate|xz)$/i.exec(path);
  if (other !== null) {
    throw new QueryError(
      'featureNotSupported',
      `'${path}' is compressed as ${other[1]}, which is not supported for text files.`,
      { hint: 'Compress text files with gzip or zstd.' },
    );
  }
  return 'none';
}

const TEXT_NAMES: readonly string[] = ['text', 'varchar', 'bpchar', 'char', 'name'];

function isText(type: SqlType): boolean {
  return type.kind === 'scalar' && TEXT_NAMES.includes(type.name);
}

/**
 * `read_csv` with every column declared, by position: f0, f1, ... Missing trailing fields are NULL and further ones are
 * ignored, as in Hive. The null text and, where the type is not text, an empty field are NULL. A field that does not parse is an
 * error that names the file and line, where Hive would silently answer NULL.
 */
export function csvReader(table: TableDefinition, compression: string): (paths: string) => string {
  const { storage } = table;
  const columns = table.columns.map(
    ({ type }, index) =>
      `'f${index}': ${textLiteral(type.kind === 'scalar' ? engineType(type) : 'VARCHAR')}`,
  );
  const texts = table.columns.flatMap(({ type }, index) => (isText(type) ? [`'f${index}'`] : []));
  const options = [
    'auto_detect = false',
    'hive_partitioning = false',
    'header = false',
    'null_padding = true',
    'strict_mode = false',
    `skip = ${skippedLines(table)}`,
    `delim = ${textLiteral(storage.delimiter ?? '\u0001')}`,
    `quote = ${textLiteral(storage.quote ?? '')}`,
    `escape = ${textLiteral(storage.escape ?? storage.quote ?? '')}`,
    `nullstr = [${[...new Set([nullText(table), ''])].map(textLiteral).join(', ')}]`,
    `compression = '${compression}'`,
    ...(texts.length === 0 ? [] : [`force_not_null = [${texts.join(', ')}]`]),
    `columns = {${columns.join(', ')}}`,
  ];
  return (paths) => `read_csv(${paths}, ${options.join(', ')})`;
}

/** A CSV column's text over the reader's columns. Throws featureNotSupported for nested types. */
export function csvColumn(table: TableDefinition, column: ColumnDefinition): string {
  const name = `f${table.columns.indexOf(column)}`;
  if (column.type.kind !== 'scalar') {
    throw new QueryError(
      'featureNotSupported',
      `The column "${column.name}" of ${table.schema}.${table.name} has the nested type ${column.hiveType ?? ''}, which is not supported in text files.`,
    );
  }
  // Text columns take no part in nullstr, where the empty text would be NULL too.
  return isText(column.type) ? `nullif(${name}, ${textLiteral(nullText(table))})` : name;
}

function nullText(table: TableDefinition): string {
  return table.storage.nullText ?? '\\N';
}

/** `skip.header.line.count`. Throws invalidTableProperty. */
function skippedLines(table: TableDefinition): number {
  const text = Object.entries(table.properties).find(
    ([key]) => key.toLowerCase() === 'skip.header.line.count',
  )?.[1];
  if (text === undefined) return 0;
  const count = Number(text.trim());
  if (!/^\d+$/.test(text.trim()) || !Number.isSafeInteger(count)) {
    throw new QueryError(
      'invalidTableProperty',
      `skip.header.line.count of ${table.schema}.${table.name} must be a whole number, not '${text}'.`,
    );
  }
  return count;
}

/** `read_json` over lines, with the given columns by name. */
export function jsonReader(
  columns: readonly ColumnDefinition[],
  compression: string,
): (paths: string) => string {
  const fields = columns.map(
    ({ name, type }) => `${textLiteral(name)}: ${textLiteral(engineType(type))}`,
  );
  if (fields.length === 0) fields.push(`'': 'JSON'`);
  const options = [
    'auto_detect = false',
    'hive_partitioning = false',
    `format = 'newline_delimited'`,
    `compression = '${compression}'`,
    `columns = {${fields.join(', ')}}`,
  ];
  return (paths) => `read_json(${paths}, ${options.join(', ')})`;
}
