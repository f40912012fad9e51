import { QueryError } from '../errors.ts';
import { characterIndex } from '../parse/source-position.ts';
import { tokenize } from '../parse/tokenizer.ts';
import {
  BOOL,
  BYTEA,
  DATE,
  FLOAT4,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  TEXT,
  TIMESTAMP,
  TIMESTAMPTZ,
  VARCHAR,
  arrayOf,
  numericType,
  scalar,
} from '../types/sql-type.ts';
import type { ScalarType, SqlType } from '../types/sql-type.ts';
import { quoteName } from './quote-name.ts';
import { createTokenReader } from './token-reader.ts';
import type { TokenReader } from './token-reader.ts';

/** A Hive type and its text: lower case, without spaces, `int` rather than `integer`. */
export interface HiveType {
  readonly type: SqlType;
  readonly text: string;
}

const MAX_NESTING = 50;
const LOCAL_TIMESTAMP = 'timestamp with local time zone';

/** Types without arguments. */
const SIMPLE: ReadonlyMap<string, HiveType> = new Map(
  (
    [
      ['boolean', BOOL],
      // PostgreSQL has no 1-byte integer.
      ['tinyint', INT2],
      ['smallint', INT2],
      ['int', INT4],
      ['bigint', INT8],
      ['float', FLOAT4],
      ['double', FLOAT8],
      ['string', TEXT],
      ['binary', BYTEA],
      ['date', DATE],
      ['timestamp', TIMESTAMP],
    ] as const
  ).map(([text, type]) => [text, { type, text }]),
);
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['integer', 'int'],
  ['real', 'float'],
]);

function lengthModifier(reader: TokenReader, max: number, what: string): number {
  const position = reader.position();
  const length = reader.expectInteger(`a length from 1 to ${max}`);
  if (length < 1 || length > max)
    throw new QueryError('invalidParameterValue', `length of ${what} must be from 1 to ${max}`, {
      position,
    });
  reader.expectSymbol(')');
  return length;
}

function readDecimal(reader: TokenReader): HiveType {
  let precision = 10;
  let scale = 0;
  const position = reader.position();
  if (reader.acceptSymbol('(')) {
    precision = reader.expectInteger('a precision from 1 to 38');
    if (reader.acceptSymbol(',')) scale = reader.expectInteger('a scale');
    reader.expectSymbol(')');
  }
  if (precision < 1 || precision > 38 || scale > precision)
    throw new QueryError(
      'invalidParameterValue',
      `decimal(${precision},${scale}): precision must be from 1 to 38, scale at most the precision`,
      { position },
    );
  return { type: numericType(precision, scale), text: `decimal(${precision},${scale})` };
}

function readStruct(reader: TokenReader, depth: number): HiveType {
  const fields: { readonly name: string; readonly type: SqlType }[] = [];
  const texts: string[] = [];
  reader.expectSymbol('<');
  do {
    const position = reader.position();
    const name = reader.expectName('a field name');
    if (fields.some((field) => field.name === name))
      throw new QueryError('duplicateColumn', `struct field "${name}" specified more than once`, {
        position,
      });
    reader.expectSymbol(':');
    const field = readHiveType(reader, depth);
    fields.push({ name, type: field.type });
    texts.push(`${fieldName(name)}:${field.text}`);
  } while (reader.acceptSymbol(','));
  reader.expectSymbol('>');
  return { type: { kind: 'struct', fields }, text: `struct<${texts.join(',')}>` };
}

function fieldName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteName(name);
}

/**
 * Reads a type where the reader stands.
 *
 * @throws QueryError syntaxError, featureNotSupported for types that no reader of ours has, invalidParameterValue for
 * modifiers out of range, statementTooComplex beyond 50 levels.
 */
export function readHiveType(reader: TokenReader, depth = 0): HiveType {
  const position = reader.position();
  if (depth > MAX_NESTING)
    throw new QueryError('statementTooComplex', `type nests deeper than ${MAX_NESTING} levels`, {
      position,
    });
  const written = reader.acceptWord();
  if (written === undefined) throw reader.unexpected('a type');
  const word = SYNONYMS.get(written) ?? written;
  switch (word) {
    case 'timestamp':
      if (reader.accept('with', 'local', 'time', 'zone'))
        return { type: TIMESTAMPTZ, text: LOCAL_TIMESTAMP };
      break;
    case 'double':
      reader.accept('precision');
      break;
    case 'decimal':
    case 'numeric':
    case 'dec':
      return readDecimal(reader);
    case 'varchar': {
      if (!reader.acceptSymbol('(')) return { type: VARCHAR, text: 'varchar' };
      const length = lengthModifier(reader, 65535, 'varchar');
      return { type: scalar('varchar', length + 4), text: `varchar(${length})` };
    }
    case 'char': {
      const length = reader.acceptSymbol('(') ? lengthModifier(reader, 255, 'char') : 1;
      return { type: scalar('bpchar', length + 4), text: `char(${length})` };
    }
    case 'array': {
      reader.expectSymbol('<');
      const element = readHiveType(reader, depth + 1);
      reader.expectSymbol('>');
      return { type: arrayOf(element.type), text: `array<${element.text}>` };
    }
    case 'map': {
      reader.expectSymbol('<');
      const key = readHiveType(reader, depth + 1);
      if (key.type.kind !== 'scalar')
        throw reader.unsupported(`map with a key of type ${key.text}`);
      reader.expectSymbol(',');
      const value = readHiveType(reader, depth + 1);
      reader.expectSymbol('>');
      return {
        type: { kind: 'map', key: key.type, value: value.type },
        text: `map<${key.text},${value.text}>`,
      };
    }
    case 'struct':
      return readStruct(reader, depth + 1);
    default:
  }
  const simple = SIMPLE.get(word);
  if (simple === undefined)
    throw reader.unsupported(
      `type "${written}"`,
      `Types: ${[...SIMPLE.keys()].join(', ')}, decimal(p,s), varchar(n), char(n), array<..>, map<..,..>, struct<name:..>.`,
      position,
    );
  return simple;
}

/**
 * The type of Hive type text, as the catalogs of Hive, Glue and ours keep it.
 *
 * @throws QueryError as readHiveType; positions are within `text`.
 */
export function parseHiveType(text: string): HiveType {
  const reader = createTokenReader(text, tokenize(text, 'hive'), undefined, characterIndex(text));
  const type = readHiveType(reader);
  reader.expectEnd();
  return type;
}

function formatScalar(type: ScalarType): string | undefined {
  switch (type.name) {
    case 'numeric':
      return type.digits === undefined
        ? undefined
        : `decimal(${type.digits.precision},${type.digits.scale})`;
    case 'varchar':
      if (type.typmod < 0) return 'varchar';
      return type.typmod - 4 <= 65535 ? `varchar(${type.typmod - 4})` : 'string';
    case 'bpchar':
      return type.typmod >= 0 && type.typmod - 4 <= 255 ? `char(${type.typmod - 4})` : 'string';
    case 'timestamptz':
      return LOCAL_TIMESTAMP;
    case 'int2':
      return 'smallint';
    default:
      for (const [text, simple] of SIMPLE)
        if (simple.type.kind === 'scalar' && simple.type.name === type.name) return text;
      return undefined;
  }
}

/**
 * Hive's text for a type; `parseHiveType` reads it back.
 *
 * @throws QueryError featureNotSupported for a type that Hive lacks (uuid, json, interval, ...).
 */
export function formatHiveType(type: SqlType): string {
  switch (type.kind) {
    case 'array':
      return `array<${formatHiveType(type.element)}>`;
    case 'map':
      return `map<${formatHiveType(type.key)},${formatHiveType(type.value)}>`;
    case 'struct':
      return `struct<${type.fields.map((field) => `${fieldName(field.name)}:${formatHiveType(field.type)}`).join(',')}>`;
    case 'scalar': {
      const text = formatScalar(type);
      if (text === undefined)
        throw new QueryError('featureNotSupported', `Hive has no type for ${type.name}`);
      return text;
    }
  }
}
