import { QueryError } from '../errors.ts';
import type { OptionValue, Statement, UnloadFormat } from '../statement.ts';
import { readOptions } from './options.ts';
import type { TokenReader } from './token-reader.ts';

type Unload = Omit<
  Extract<Statement, { kind: 'unload' }>,
  'kind' | 'statement' | 'text' | 'offset'
>;
type Writable<T> = { -readonly [K in keyof T]: T[K] };

const COMPRESSIONS = ['none', 'gzip', 'zstd', 'snappy'] as const;
const MEGABYTE = 1024 * 1024;
/** Redshift's bounds of MAXFILESIZE, in bytes. */
const LEAST_FILE = 5 * MEGABYTE;
const LARGEST_FILE = 6.2 * 1024 * MEGABYTE;

const FORMATS: Readonly<
  Record<'parquet' | 'csv' | 'json' | 'delimited' | 'textfile', UnloadFormat>
> = {
  parquet: format('parquet', { compression: 'zstd' }),
  csv: format('csv', {}),
  json: format('json', {}),
  delimited: format('csv', { delimiter: '|' }),
  // Hive's text files: \N is NULL, nothing is quoted.
  textfile: format('csv', { delimiter: '\u0001', nullText: '\\N', quotes: 'never' }),
};

function format(kind: UnloadFormat['kind'], differs: Partial<UnloadFormat>): UnloadFormat {
  return {
    kind,
    compression: 'none',
    delimiter: ',',
    header: false,
    nullText: '',
    quotes: 'needed',
    ...differs,
  };
}

/** One character. Throws invalidParameterValue. */
function delimiterOf(text: string): string {
  if ([...text].length !== 1 || /["\r\n]/.test(text))
    throw new QueryError(
      'invalidParameterValue',
      `a delimiter is one character, and neither a quote nor the end of a line`,
    );
  return text;
}

function checkCompression({ kind, compression }: UnloadFormat): void {
  if (kind !== 'parquet' && compression === 'snappy')
    throw new QueryError('featureNotSupported', `${kind} files are not compressed by snappy`, {
      hint: 'Compressions: gzip, zstd, none.',
    });
}

function compressionOf(text: string): UnloadFormat['compression'] {
  const found = COMPRESSIONS.find((each) => each === text.toLowerCase());
  if (found === undefined)
    throw new QueryError('featureNotSupported', `compression "${text}" is not supported`, {
      hint: `Compressions: ${COMPRESSIONS.join(', ')}.`,
    });
  return found;
}

function textOf(name: string, value: OptionValue): string {
  if (typeof value === 'string') return value;
  throw new QueryError('invalidParameterValue', `property "${name}" takes one value`);
}

/** Athena's `WITH (format = .., compression = .., field_delimiter = .., partitioned_by = ARRAY[..])`. */
function fromOptions(options: ReadonlyMap<string, OptionValue>): Omit<Unload, 'location'> {
  const written = options.get('format');
  if (written === undefined)
    throw new QueryError('syntaxError', 'UNLOAD .. WITH needs a format', {
      hint: "Write WITH (format = 'PARQUET').",
    });
  const name = textOf('format', written).toLowerCase();
  if (name !== 'parquet' && name !== 'json' && name !== 'textfile')
    throw new QueryError(
      'featureNotSupported',
      `UNLOAD to ${name.toUpperCase()} is not supported`,
      {
        hint: 'Formats: PARQUET, JSON, TEXTFILE.',
      },
    );
  let chosen: UnloadFormat = {
    ...FORMATS[name],
    compression: name === 'parquet' ? 'zstd' : 'gzip',
  };
  let partitionColumns: readonly string[] = [];
  for (const [key, value] of options) {
    switch (key) {
      case 'format':
        break;
      case 'compression':
        chosen = { ...chosen, compression: compressionOf(textOf(key, value)) };
        break;
      case 'field_delimiter':
        if (name !== 'textfile')
          throw new QueryError('invalidParameterValue', 'field_delimiter is for TEXTFILE only');
        chosen = { ...chosen, delimiter: delimiterOf(textOf(key, value)) };
        break;
      case 'partitioned_by':
        partitionColumns = typeof value === 'string' ? [value] : value;
        break;
      default:
        throw new QueryError(
          'featureNotSupported',
          `property "${key}" of UNLOAD is not supported`,
          {
            hint: 'Properties: format, compression, field_delimiter, partitioned_by.',
          },
        );
    }
  }
  checkCompression(chosen);
  return {
    format: chosen,
    partitionColumns,
    keepsPartitionColumns: false,
    oneFile: false,
    manifest: false,
    ignored: [],
  };
}

/** Redshift's clauses that we refuse by name, with what to do instead. */
const REFUSED: readonly (readonly [words: readonly string[], hint: string])[] = [
  [['allowoverwrite'], 'Unload to an empty location.'],
  [['cleanpath'], 'Unload to an empty location.'],
  [['fixedwidth'], 'Use FORMAT CSV.'],
  [['escape'], 'Values are quoted where they need it.'],
  [['encrypted'], "Set encryption on the source's bucket."],
  [['kms_key_id'], "Set encryption on the source's bucket."],
  [['credentials'], "The source's own credentials are used."],
  [['access_key_id'], "The source's own credentials are used."],
  [['bzip2'], 'Compressions: GZIP, ZSTD.'],
  [['rowgroupsize'], 'Row groups have the size that suits the reader.'],
  [['extension'], 'Files are named by their format.'],
];

function fileSize(reader: TokenReader): number {
  reader.accept('as');
  const position = reader.position();
  const number = Number(reader.acceptNumber() ?? reader.acceptString());
  const unit = reader.accept('gb') ? 1024 * MEGABYTE : MEGABYTE;
  if (unit === MEGABYTE) reader.accept('mb');
  const bytes = number * unit;
  if (!(bytes >= LEAST_FILE && bytes <= LARGEST_FILE))
    throw new QueryError('invalidParameterValue', 'MAXFILESIZE is from 5 MB to 6.2 GB', {
      position,
    });
  return Math.floor(bytes);
}

interface Clauses extends Writable<Omit<Unload, 'location' | 'format' | 'ignored'>> {
  form?: keyof typeof FORMATS;
  compression?: UnloadFormat['compression'];
  delimiter?: string;
  header: boolean;
  nullText?: string;
  quotesAll: boolean;
  ignored: string[];
}

/** Reads one clause of Redshift's. */
function readClause(reader: TokenReader, clauses: Clauses): void {
  for (const [words, hint] of REFUSED)
    if (reader.sees(...words))
      throw reader.unsupported(`${words.join(' ').toUpperCase()} in UNLOAD`, hint);
  if (reader.accept('partition', 'by')) {
    reader.expectSymbol('(');
    const names: string[] = [];
    do names.push(reader.expectName('a column name'));
    while (reader.acceptSymbol(','));
    reader.expectSymbol(')');
    clauses.partitionColumns = names;
    clauses.keepsPartitionColumns = reader.accept('include');
  } else if (reader.accept('manifest')) {
    if (reader.sees('verbose')) throw reader.unsupported('MANIFEST VERBOSE');
    clauses.manifest = true;
  } else if (reader.accept('header')) clauses.header = true;
  else if (reader.accept('addquotes')) clauses.quotesAll = true;
  else if (reader.accept('gzip')) clauses.compression = 'gzip';
  else if (reader.accept('zstd')) clauses.compression = 'zstd';
  else if (reader.accept('delimiter')) {
    reader.accept('as');
    clauses.delimiter = delimiterOf(reader.expectString('a delimiter in quotes'));
  } else if (reader.accept('null')) {
    reader.accept('as');
    clauses.nullText = reader.expectString('the text of NULL in quotes');
  } else if (reader.accept('maxfilesize')) clauses.maxFileSize = fileSize(reader);
  else if (reader.accept('parallel')) {
    const off = reader.accept('off') || reader.accept('false');
    if (!off && !reader.accept('on')) reader.accept('true');
    clauses.oneFile = off;
  } else if (reader.accept('iam_role')) {
    if (!reader.accept('default')) reader.expectString('a role in quotes');
    clauses.ignored.push('IAM_ROLE');
  } else if (reader.accept('region')) {
    reader.accept('as');
    reader.expectString('a region in quotes');
    clauses.ignored.push('REGION');
  } else {
    reader.accept('format');
    reader.accept('as');
    const form = (['parquet', 'csv', 'json'] as const).find((word) => reader.accept(word));
    if (form === undefined)
      throw reader.unexpected('FORMAT PARQUET | CSV | JSON, or another clause');
    clauses.form = form;
  }
}

/** Redshift's `[FORMAT [AS] ..] [PARTITION BY (..)] [HEADER] ..`, in any order. */
function fromClauses(reader: TokenReader): Omit<Unload, 'location'> {
  const clauses: Clauses = {
    partitionColumns: [],
    keepsPartitionColumns: false,
    oneFile: false,
    manifest: false,
    header: false,
    quotesAll: false,
    ignored: [],
  };
  while (!reader.isAtEnd) readClause(reader, clauses);
  const { form, compression, delimiter, header, nullText, quotesAll, ignored, ...others } = clauses;
  const base = FORMATS[form ?? 'delimited'];
  const isText = base.kind === 'csv';
  const textOnly = [
    [header, 'HEADER'],
    [delimiter !== undefined, 'DELIMITER'],
    [nullText !== undefined, 'NULL AS'],
    [quotesAll, 'ADDQUOTES'],
  ] as const;
  for (const [given, name] of textOnly)
    if (given && !isText)
      throw new QueryError('syntaxError', `${name} is for CSV and delimited text only`);
  const chosen: UnloadFormat = {
    ...base,
    header,
    ...(compression === undefined ? {} : { compression }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(nullText === undefined ? {} : { nullText }),
    ...(quotesAll ? { quotes: 'all' as const } : {}),
  };
  checkCompression(chosen);
  return { ...others, format: chosen, ignored };
}

/** What follows the query of UNLOAD: `TO 'location'` with Redshift's clauses or Athena's WITH. */
export function readUnloadTarget(reader: TokenReader): Unload {
  reader.expect('to');
  const location = reader.expectString('a location in quotes');
  return {
    location,
    ...(reader.sees('with') ? fromOptions(readOptions(reader)) : fromClauses(reader)),
  };
}
