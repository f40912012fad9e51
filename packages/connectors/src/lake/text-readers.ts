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
 * `read_csv` with every column as text, by position: f0, f1, ... Missing trailing fields are NULL and further ones are ignored, as
 * in Hive. `csvColumn` gives them their types.
 */
export function csvReader(table: TableDefinition, compression: string): (paths: string) => string {
  const { storage } = table;
  const columns = table.columns.map((_, index) => `'f${index}': 'VARCHAR'`);
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
    `nullstr = ${textLiteral(storage.nullText ?? '\\N')}`,
    `compression = '${compression}'`,
    // Quoted text may hold line ends, which the parallel scanner cannot tell from row ends when it pads rows.
    ...(storage.quote === undefined ? [] : ['parallel = false']),
    `columns = {${columns.join(', ')}}`,
  ];
  return (paths) => `read_csv(${paths}, ${options.join(', ')})`;
}

/**
 * A CSV column's value over the reader's columns. An empty field is NULL where the type is not text. A field that does not parse is
 * an error that names the file, the column and the text, where Hive would silently answer NULL. `names` is the text of a
 * list of the files' names. Throws featureNotSupported for nested types.
 */
export function csvColumn(table: TableDefinition, column: ColumnDefinition, names: string): string {
  const field = `f.f${table.columns.indexOf(column)}`;
  if (column.type.kind !== 'scalar') {
    throw new QueryError(
      'featureNotSupported',
      `The column "${column.name}" of ${table.schema}.${table.name} has the nested type ${column.hiveType ?? engineType(column.type)}, which is not supported in text files.`,
    );
  }
  if (isText(column.type)) return field;
  return checked(column, field, `${field} <> ''`, field, names);
}

/**
 * `value` as the column's type. Where that fails though `present` holds: incompatibleFile naming the file, the column and the
 * text, in the form by which the engine knows errors raised by generated text.
 */
function checked(
  column: ColumnDefinition,
  value: string,
  present: string,
  shown: string,
  names: string,
): string {
  const type = engineType(column.type);
  const message = [
    `'TRIBUTARY:58030:The value ''' || ${shown} || ''' of the column '`,
    textLiteral(`"${column.name}" in '`),
    `${names}[f.file_index::BIGINT + 1]`,
    textLiteral(`' cannot be read as the declared type ${column.hiveType ?? type}.`),
  ].join(' || ');
  const typed = `try_cast(${value} AS ${type})`;
  return `CASE WHEN ${typed} IS NULL AND ${present} THEN error(${message}) ELSE ${typed} END`;
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

/** `read_json` over lines, with the given columns by name, as JSON. `jsonColumn` gives them their types. */
export function jsonReader(
  columns: readonly ColumnDefinition[],
  compression: string,
): (paths: string) => string {
  const names = columns.length === 0 ? ['_'] : columns.map(({ name }) => name);
  const options = [
    'auto_detect = false',
    'hive_partitioning = false',
    `format = 'newline_delimited'`,
    `compression = '${compression === 'none' ? 'uncompressed' : compression}'`,
    `columns = {${names.map((name) => `${textLiteral(name)}: 'JSON'`).join(', ')}}`,
  ];
  return (paths) => `read_json(${paths}, ${options.join(', ')})`;
}

/** A JSON column's value over the reader's columns. A value of another type is an error, as in CSV. */
export function jsonColumn(column: ColumnDefinition, names: string): string {
  const field = `f."${column.name.replaceAll('"', '""')}"`;
  if (isText(column.type)) return `(${field} ->> '$')`;
  return checked(column, field, `json_type(${field}) <> 'NULL'`, `${field}::VARCHAR`, names);
}
