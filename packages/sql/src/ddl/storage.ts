import { QueryError } from '../errors.ts';
import type { FileFormat, StorageClause } from '../statement.ts';
import { readProperties } from './properties.ts';
import type { TokenReader } from './token-reader.ts';

/** How a row is laid out in a file: Hive's serializers that we read. */
export type RowLayout = 'parquet' | 'json' | 'delimited' | 'opencsv';

export const OPEN_CSV_SERDE = 'org.apache.hadoop.hive.serde2.OpenCSVSerde';
export const JSON_SERDE = 'org.openx.data.jsonserde.JsonSerDe';

const SERDES: ReadonlyMap<string, RowLayout> = new Map<string, RowLayout>([
  ['org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe', 'parquet'],
  ['parquet.hive.serde.ParquetHiveSerDe', 'parquet'],
  ['org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe', 'delimited'],
  [OPEN_CSV_SERDE, 'opencsv'],
  [JSON_SERDE, 'json'],
  ['org.apache.hive.hcatalog.data.JsonSerDe', 'json'],
  ['org.apache.hadoop.hive.serde2.JsonSerDe', 'json'],
]);

type Container = 'parquet' | 'text' | 'json';

const STORED_AS: ReadonlyMap<string, Container> = new Map<string, Container>([
  ['parquet', 'parquet'],
  ['parquetfile', 'parquet'],
  ['textfile', 'text'],
  ['json', 'json'],
  ['jsonfile', 'json'],
]);
const INPUT_FORMATS: ReadonlyMap<string, Container> = new Map<string, Container>([
  ['org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat', 'parquet'],
  ['parquet.hive.DeprecatedParquetInputFormat', 'parquet'],
  ['org.apache.hadoop.mapred.TextInputFormat', 'text'],
]);
const OUTPUT_FORMATS: ReadonlyMap<string, Container> = new Map<string, Container>([
  ['org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat', 'parquet'],
  ['parquet.hive.DeprecatedParquetOutputFormat', 'parquet'],
  ['org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat', 'text'],
  ['org.apache.hadoop.hive.ql.io.IgnoreKeyTextOutputFormat', 'text'],
]);

/** Properties of each layout that mean something here. */
const DELIMITED_KEYS = {
  delimiter: 'field.delim',
  escape: 'escape.delim',
  nullText: 'serialization.null.format',
} as const;
const OPEN_CSV_KEYS = {
  delimiter: 'separatorChar',
  quote: 'quoteChar',
  escape: 'escapeChar',
  nullText: 'serialization.null.format',
} as const;

/** Properties that change nothing at these values; at any other they are refused. */
const NEUTRAL: ReadonlyMap<string, readonly string[]> = new Map([
  ['line.delim', ['\n']],
  ['colelction.delim', ['\u0002']],
  ['collection.delim', ['\u0002']],
  ['mapkey.delim', ['\u0003']],
  ['case.insensitive', ['true', 'TRUE']],
  ['ignore.malformed.json', ['false', 'FALSE']],
  ['dots.in.keys', ['false', 'FALSE']],
  ['use.null.for.invalid.data', ['false', 'FALSE']],
]);

/** What the clauses said, until all are read. */
export interface StorageParts {
  readonly layout?: RowLayout;
  readonly container?: Container;
  readonly serdeProperties: ReadonlyMap<string, string>;
}

function known<T>(map: ReadonlyMap<string, T>, reader: TokenReader, what: string): T {
  const position = reader.position();
  const name = reader.expectString(`the ${what}'s class name in quotes`);
  const value = map.get(name);
  if (value === undefined)
    throw reader.unsupported(
      `${what} "${name}"`,
      `Supported: ${[...map.keys()].join(', ')}.`,
      position,
    );
  return value;
}

function readDelimited(reader: TokenReader): Map<string, string> {
  const properties = new Map<string, string>();
  for (;;) {
    if (reader.accept('fields', 'terminated', 'by')) {
      properties.set('field.delim', reader.expectString('a delimiter in quotes'));
      if (reader.accept('escaped', 'by'))
        properties.set('escape.delim', reader.expectString('a character in quotes'));
    } else if (reader.accept('escaped', 'by'))
      properties.set('escape.delim', reader.expectString('a character in quotes'));
    else if (reader.accept('collection', 'items', 'terminated', 'by'))
      properties.set('collection.delim', reader.expectString('a delimiter in quotes'));
    else if (reader.accept('map', 'keys', 'terminated', 'by'))
      properties.set('mapkey.delim', reader.expectString('a delimiter in quotes'));
    else if (reader.accept('lines', 'terminated', 'by'))
      properties.set('line.delim', reader.expectString('a delimiter in quotes'));
    else if (reader.accept('null', 'defined', 'as'))
      properties.set(
        'serialization.null.format',
        reader.expectString('the text of NULL in quotes'),
      );
    else return properties;
  }
}

/** Reads what follows ROW FORMAT. */
export function readRowFormat(
  reader: TokenReader,
): Pick<StorageParts, 'layout' | 'serdeProperties'> {
  if (reader.accept('delimited'))
    return { layout: 'delimited', serdeProperties: readDelimited(reader) };
  if (!reader.accept('serde')) throw reader.unexpected('SERDE or DELIMITED');
  const layout = known(SERDES, reader, 'SERDE');
  const serdeProperties = reader.accept('with', 'serdeproperties')
    ? readProperties(reader)
    : new Map<string, string>();
  return { layout, serdeProperties };
}

/** Reads what follows STORED AS. */
export function readStoredAs(reader: TokenReader): Container {
  if (reader.accept('inputformat')) {
    const input = known(INPUT_FORMATS, reader, 'INPUTFORMAT');
    reader.expect('outputformat');
    const position = reader.position();
    if (known(OUTPUT_FORMATS, reader, 'OUTPUTFORMAT') !== input)
      throw new QueryError(
        'syntaxError',
        'INPUTFORMAT and OUTPUTFORMAT are of different file formats',
        { position },
      );
    return input;
  }
  const position = reader.position();
  const word = reader.acceptWord();
  if (word === undefined) throw reader.unexpected('a file format');
  const container = STORED_AS.get(word);
  if (container === undefined)
    throw reader.unsupported(
      `STORED AS ${word.toUpperCase()}`,
      'Supported: PARQUET, TEXTFILE, JSON.',
      position,
    );
  return container;
}

function oneCharacter(properties: ReadonlyMap<string, string>, key: string): string | undefined {
  const value = properties.get(key);
  if (value !== undefined && [...value].length !== 1)
    throw new QueryError('invalidTableProperty', `"${key}" must be one character`);
  return value;
}

function checkProperties(properties: ReadonlyMap<string, string>, used: readonly string[]): void {
  for (const [key, value] of properties) {
    if (used.includes(key) || key === 'serialization.format') continue;
    if (NEUTRAL.get(key)?.includes(value) === true) continue;
    throw new QueryError(
      'featureNotSupported',
      `SERDE property "${key}" = "${value}" is not supported`,
    );
  }
}

const FORMATS: Readonly<Record<RowLayout, FileFormat>> = {
  parquet: 'parquet',
  json: 'json',
  delimited: 'csv',
  opencsv: 'csv',
};

function layoutOf({ layout, container }: StorageParts): RowLayout {
  const implied = container === undefined || container === 'text' ? 'delimited' : container;
  if (layout === undefined) return implied;
  const isText = layout !== 'parquet';
  const fits = container === undefined || (container === 'text' ? isText : container === layout);
  if (!fits)
    throw new QueryError(
      'syntaxError',
      `ROW FORMAT for ${layout} files contradicts STORED AS ${container}`,
    );
  return layout;
}

/**
 * What ROW FORMAT, STORED AS and SERDEPROPERTIES together say of the files. Without any, Hive's text with \u0001 between
 * fields. `properties` are the table's: Hive takes the text of NULL from there too.
 *
 * @throws QueryError syntaxError for clauses that contradict, featureNotSupported for properties that change what is read,
 * invalidTableProperty for delimiters that are not one character.
 */
export function resolveStorage(
  parts: StorageParts,
  properties: ReadonlyMap<string, string>,
): StorageClause {
  const layout = layoutOf(parts);
  const format = FORMATS[layout];
  const serde = parts.serdeProperties;
  const nullText =
    serde.get('serialization.null.format') ?? properties.get('serialization.null.format');
  switch (layout) {
    case 'delimited': {
      checkProperties(serde, Object.values(DELIMITED_KEYS));
      // LazySimpleSerDe takes its delimiter from serialization.format when field.delim is missing.
      const format1 = serde.get('serialization.format');
      const fallback = format1 === undefined || format1 === '1' ? '\u0001' : format1;
      const escape = oneCharacter(serde, DELIMITED_KEYS.escape);
      return {
        format,
        delimiter: oneCharacter(serde, DELIMITED_KEYS.delimiter) ?? fallback,
        ...(escape === undefined ? {} : { escape }),
        nullText: nullText ?? '\\N',
      };
    }
    case 'opencsv': {
      checkProperties(serde, Object.values(OPEN_CSV_KEYS));
      const escape = oneCharacter(serde, OPEN_CSV_KEYS.escape) ?? '\\';
      return {
        format,
        delimiter: oneCharacter(serde, OPEN_CSV_KEYS.delimiter) ?? ',',
        quote: oneCharacter(serde, OPEN_CSV_KEYS.quote) ?? '"',
        // NUL is how OpenCSV is told not to escape.
        ...(escape === '\0' ? {} : { escape }),
        ...(nullText === undefined ? {} : { nullText }),
      };
    }
    case 'json':
    case 'parquet':
      checkProperties(serde, []);
      return { format };
  }
}
