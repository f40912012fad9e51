import { parseArray } from './literal-array.ts';
import { parseBytea } from './literal-bytea.ts';
import { parseDate, parseTime, parseTimestamp } from './literal-datetime.ts';
import { invalidInput } from './literal-error.ts';
import { parseInterval } from './literal-interval.ts';
import { canonicalJson, checkJson } from './literal-json.ts';
import { parseFloat4, parseFloat8, parseInteger, parseNumeric } from './literal-number.ts';
import type { ScalarType, SqlType } from './sql-type.ts';
import { typeOid } from './type-names.ts';

/** What the words 'now', 'today' and zone-less timestamps with time zone refer to. */
export interface LiteralOptions {
  /** IANA name of the session's TimeZone. */
  readonly timeZone: string;
  readonly now: Date;
}

/**
 * Reads PostgreSQL's text input of a type and returns its output text (ISO, UTC). A modifier is applied as an explicit cast does
 * (varchar(n) cuts, numeric(p,s) rounds). Throws invalidTextRepresentation (22P02), invalidDatetimeFormat (22007),
 * datetimeOverflow (22008) or numericOutOfRange (22003) as PostgreSQL does.
 */
export function parseLiteral(text: string, type: SqlType, options: LiteralOptions): string {
  switch (type.kind) {
    case 'scalar':
      return parseScalar(text, type, options);
    case 'array':
      return parseArray(text, type.element, (item) => parseLiteral(item, type.element, options));
    case 'struct':
    case 'map':
      checkJson(text);
      return text;
  }
}

function parseScalar(text: string, type: ScalarType, options: LiteralOptions): string {
  switch (type.name) {
    case 'bool':
      return parseBool(text);
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
      return parseInteger(text, type.name);
    case 'float4':
      return parseFloat4(text);
    case 'float8':
      return parseFloat8(text);
    case 'numeric':
      return parseNumeric(text, type.typmod);
    case 'date':
      return parseDate(text, options);
    case 'time':
    case 'timetz':
      return parseTime(text, type, options);
    case 'timestamp':
    case 'timestamptz':
      return parseTimestamp(text, type, options);
    case 'interval':
      return parseInterval(text, type.typmod);
    case 'uuid':
      return parseUuid(text);
    case 'bytea':
      return parseBytea(text);
    case 'json':
      checkJson(text);
      return text;
    case 'jsonb':
      return canonicalJson(text);
    case 'varchar':
      return type.typmod < 0 ? text : cut(text, type.typmod - 4);
    case 'bpchar':
      return type.typmod < 0 ? text : padded(cut(text, type.typmod - 4), type.typmod - 4);
    case 'name':
      return cutBytes(text, 63);
    case 'char':
      return cutBytes(text, 1);
    case 'regtype':
      return typeOid(text);
    case 'regclass':
    case 'text':
    case 'unknown':
    case 'void':
    case 'record':
      return text;
  }
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : [...text].slice(0, length).join('');
}

function padded(text: string, length: number): string {
  return text + ' '.repeat(Math.max(0, length - [...text].length));
}

/** At most so many bytes of UTF-8, never half a character. */
function cutBytes(text: string, bytes: number): string {
  let kept = '';
  let size = 0;
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > bytes) return kept;
    kept += character;
  }
  return kept;
}

/** Any unambiguous prefix of true, false, yes, no, on, off; 1 and 0. */
function parseBool(text: string): string {
  const word = text.trim().toLowerCase();
  if (word !== '') {
    if (word === '1' || word === 'on' || 'true'.startsWith(word) || 'yes'.startsWith(word))
      return 't';
    if (word === '0' || 'false'.startsWith(word) || 'no'.startsWith(word)) return 'f';
    if (word === 'of' || word === 'off') return 'f';
  }
  throw invalidInput('boolean', text);
}

/** 32 hexadecimal digits, a hyphen allowed after each four, braces allowed around. */
function parseUuid(text: string): string {
  const body = /^\{(.*)\}$/s.exec(text)?.[1] ?? text;
  if (!/^(?:[0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}$/.test(body)) throw invalidInput('uuid', text);
  const hex = body.replaceAll('-', '').toLowerCase();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
