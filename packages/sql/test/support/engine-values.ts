import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeTZValue,
  DuckDBTimeValue,
  DuckDBUUIDValue,
} from '@duckdb/node-api';
import type { DuckDBValue } from '@duckdb/node-api';
import { arrayOf, scalar } from '../../src/types/sql-type.ts';
import type { ScalarName, SqlType } from '../../src/types/sql-type.ts';

const BY_FORMATTED_NAME: Readonly<Record<string, ScalarName>> = {
  boolean: 'bool',
  smallint: 'int2',
  integer: 'int4',
  bigint: 'int8',
  oid: 'oid',
  real: 'float4',
  'double precision': 'float8',
  numeric: 'numeric',
  text: 'text',
  'character varying': 'varchar',
  character: 'bpchar',
  '"char"': 'char',
  name: 'name',
  bytea: 'bytea',
  date: 'date',
  'time without time zone': 'time',
  'time with time zone': 'timetz',
  'timestamp without time zone': 'timestamp',
  'timestamp with time zone': 'timestamptz',
  interval: 'interval',
  uuid: 'uuid',
  json: 'json',
  jsonb: 'jsonb',
  unknown: 'text',
  record: 'record',
};

/** The type that PostgreSQL's pg_typeof names; numeric gets digits wide enough for `text`. */
export function typeOfName(formatted: string, text: string | null): SqlType {
  if (formatted.endsWith('[]')) {
    const widest = [...(text ?? '').matchAll(/-?\d+\.\d+/g)].map(([item]) => item);
    widest.sort((a, b) => b.length - b.indexOf('.') - (a.length - a.indexOf('.')));
    return arrayOf(typeOfName(formatted.slice(0, -2), widest[0] ?? null));
  }
  const name = BY_FORMATTED_NAME[formatted];
  if (name === undefined) throw new Error(`no SqlType for PostgreSQL's ${formatted}`);
  if (name !== 'numeric') return scalar(name);
  const digits = /^-?(\d+)(?:\.(\d+))?$/.exec(text ?? '0');
  const scale = digits?.[2]?.length ?? (text === null || digits !== null ? 0 : 6);
  const precision = Math.min(38, Math.max(18, (digits?.[1]?.length ?? 1) + scale));
  return { ...scalar('numeric'), digits: { precision: Math.max(precision, scale), scale } };
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** DuckDB text of a value given in PostgreSQL's output form. */
export function engineLiteral(
  text: string | null,
  type: SqlType,
  engineType: (type: SqlType) => string,
): string {
  const typed = (inner: string): string => `CAST(${inner} AS ${engineType(type)})`;
  if (text === null) return typed('NULL');
  if (type.kind === 'array') {
    return typed(arrayLiteral(parseArray(text), type.element, engineType));
  }
  if (type.kind !== 'scalar') throw new Error(`no literal of a ${type.kind}`);
  switch (type.name) {
    case 'bytea':
      return `unhex(${quote(text.slice(2))})`;
    case 'interval': {
      const { months, days, micros } = parseInterval(text);
      return `(to_months(${months}) + to_days(${days}) + to_microseconds(${micros}))`;
    }
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return typed(quote(text.replace(/^(\S+)(.*) BC$/, '$1 (BC)$2')));
    default:
      return typed(quote(text));
  }
}

type Nested = string | null | readonly Nested[];

function arrayLiteral(
  items: Nested,
  element: SqlType,
  engineType: (type: SqlType) => string,
): string {
  if (typeof items === 'string' || items === null) return engineLiteral(items, element, engineType);
  return `[${items.map((item) => arrayLiteral(item, element, engineType)).join(', ')}]`;
}

/** Reads PostgreSQL's array output (`{1,NULL,"a b"}`); lower bounds are refused. */
export function parseArray(text: string): Nested {
  let at = 0;
  const read = (): Nested => {
    if (text[at] === '{') {
      at += 1;
      const items: Nested[] = [];
      while (text[at] !== '}') {
        items.push(read());
        if (text[at] === ',') at += 1;
      }
      at += 1;
      return items;
    }
    if (text[at] === '"') {
      let value = '';
      for (at += 1; text[at] !== '"'; at += 1) {
        if (text[at] === '\\') at += 1;
        value += text[at] ?? '';
      }
      at += 1;
      return value;
    }
    const bare = /^[^,}]*/.exec(text.slice(at))?.[0] ?? '';
    at += bare.length;
    return bare === 'NULL' ? null : bare;
  };
  if (!text.startsWith('{')) throw new Error(`not a plain array: ${text}`);
  return read();
}

interface IntervalParts {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;
}

/** Reads PostgreSQL's interval output in IntervalStyle postgres. */
export function parseInterval(text: string): IntervalParts {
  const field = (unit: string): number =>
    Number(new RegExp(`([+-]?\\d+) ${unit}`).exec(text)?.[1] ?? '0');
  const clock = /([+-]?)(\d+):(\d+):(\d+)(?:\.(\d+))?$/.exec(text);
  let micros = 0n;
  if (clock !== null) {
    const [, sign, hours = '0', minutes = '0', seconds = '0', fraction = ''] = clock;
    micros = (BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds);
    micros = micros * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
    if (sign === '-') micros = -micros;
  }
  return { months: field('year') * 12 + field('mon'), days: field('day'), micros };
}

const MICROS_PER_DAY = 86_400_000_000n;

function pad(value: number | bigint, width: number): string {
  return String(value).padStart(width, '0');
}

function clockText(micros: bigint): string {
  const seconds = micros / 1_000_000n;
  const fraction = pad(micros % 1_000_000n, 6).replace(/0+$/, '');
  const text = `${pad(seconds / 3600n, 2)}:${pad((seconds / 60n) % 60n, 2)}:${pad(seconds % 60n, 2)}`;
  return fraction === '' ? text : `${text}.${fraction}`;
}

/** Civil date of a day number (1970-01-01 is 0), proleptic Gregorian, with PostgreSQL's BC suffix apart. */
function dateParts(days: bigint): readonly [string, string] {
  const shifted = days + 719_468n;
  const era = (shifted >= 0n ? shifted : shifted - 146_096n) / 146_097n;
  const ofEra = shifted - era * 146_097n;
  const yearOfEra = (ofEra - ofEra / 1460n + ofEra / 36_524n - ofEra / 146_096n) / 365n;
  const ofYear = ofEra - (365n * yearOfEra + yearOfEra / 4n - yearOfEra / 100n);
  const shiftedMonth = (5n * ofYear + 2n) / 153n;
  const day = ofYear - (153n * shiftedMonth + 2n) / 5n + 1n;
  const month = shiftedMonth < 10n ? shiftedMonth + 3n : shiftedMonth - 9n;
  const year = yearOfEra + era * 400n + (month <= 2n ? 1n : 0n);
  const shown = year <= 0n ? 1n - year : year;
  return [`${pad(shown, 4)}-${pad(month, 2)}-${pad(day, 2)}`, year <= 0n ? ' BC' : ''];
}

function timestampText(micros: bigint, suffix: string): string {
  let days = micros / MICROS_PER_DAY;
  if (micros < 0n && micros % MICROS_PER_DAY !== 0n) days -= 1n;
  const [date, era] = dateParts(days);
  return `${date} ${clockText(micros - days * MICROS_PER_DAY)}${suffix}${era}`;
}

/** An interval as PostgreSQL prints it in IntervalStyle postgres. */
function intervalText({ months, days, micros }: IntervalParts): string {
  const parts: string[] = [];
  let negative = false;
  const add = (value: number, unit: string): void => {
    if (value === 0) return;
    const sign = negative && value > 0 ? '+' : '';
    parts.push(`${sign}${value} ${unit}${value === 1 ? '' : 's'}`);
    negative = value < 0;
  };
  add(Math.trunc(months / 12), 'year');
  add(months % 12, 'mon');
  add(days, 'day');
  if (micros !== 0n || parts.length === 0) {
    const sign = micros < 0n ? '-' : negative ? '+' : '';
    parts.push(sign + clockText(micros < 0n ? -micros : micros));
  }
  return parts.join(' ');
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Object.is(value, -0) ? '-0' : String(value);
}

function decimalText(value: bigint, scale: number): string {
  const digits = pad(value < 0n ? -value : value, scale + 1);
  const whole = digits.slice(0, digits.length - scale);
  const sign = value < 0n ? '-' : '';
  return scale === 0 ? sign + whole : `${sign}${whole}.${digits.slice(digits.length - scale)}`;
}

/** A DuckDB value in PostgreSQL's output form (session zone UTC); arrays as nested lists of texts. */
export function renderEngineValue(value: DuckDBValue): Nested {
  if (value === null) return null;
  if (typeof value === 'number') return floatText(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof DuckDBListValue) return value.items.map(renderEngineValue);
  if (value instanceof DuckDBDecimalValue) return decimalText(value.value, value.scale);
  if (value instanceof DuckDBIntervalValue) return intervalText(value);
  if (value instanceof DuckDBBlobValue) return `\\x${Buffer.from(value.bytes).toString('hex')}`;
  if (value instanceof DuckDBTimeValue) return clockText(value.micros);
  if (value instanceof DuckDBUUIDValue) return value.toString();
  if (value instanceof DuckDBStructValue) {
    const fields = Object.values(value.entries).map((field) => {
      const text = renderEngineValue(field);
      if (text === null) return '';
      const shown = String(text);
      return shown === '' || /[",()\\\s]/.test(shown)
        ? `"${shown.replaceAll(/["\\]/g, '$&$&')}"`
        : shown;
    });
    return `(${fields.join(',')})`;
  }
  if (value instanceof DuckDBTimeTZValue) {
    const sign = value.offset < 0 ? '-' : '+';
    const seconds = Math.abs(value.offset);
    const minutes = Math.trunc(seconds / 60) % 60;
    const zone = `${sign}${pad(Math.trunc(seconds / 3600), 2)}${minutes === 0 ? '' : `:${pad(minutes, 2)}`}`;
    return clockText(value.micros) + zone;
  }
  if (value instanceof DuckDBDateValue) {
    if (value.days === DuckDBDateValue.PosInf.days) return 'infinity';
    if (value.days === DuckDBDateValue.NegInf.days) return '-infinity';
    return dateParts(BigInt(value.days)).join('');
  }
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) {
    if (value.micros === DuckDBTimestampValue.PosInf.micros) return 'infinity';
    if (value.micros === DuckDBTimestampValue.NegInf.micros) return '-infinity';
    return timestampText(value.micros, value instanceof DuckDBTimestampTZValue ? '+00' : '');
  }
  throw new Error(`no rendering of ${String(value)}`);
}

/**
 * One comparable text of a value of `type`. Tolerated, and only this: numeric compares by value (trailing zeros are the
 * plan's business, which knows the digits); json and jsonb compare as values (white space, key order and the spelling of
 * numbers are the client edge's business); floats compare by shortest text (`1e+20` is `100000000000000000000`).
 */
export function comparable(value: Nested, type: SqlType): string {
  if (value === null) return 'NULL';
  if (typeof value !== 'string') {
    const element = type.kind === 'array' ? type.element : type;
    return `{${value.map((item) => comparable(item, element)).join(',')}}`;
  }
  if (type.kind === 'array' || type.kind !== 'scalar') return quote(value);
  switch (type.name) {
    case 'numeric':
      return value.includes('.') ? value.replace(/\.?0+$/, '') : value;
    case 'float4':
      return floatText(Math.fround(Number(value)));
    case 'float8':
      return floatText(Number(value));
    case 'json':
    case 'jsonb':
      return jsonText(value);
    case 'bool':
      return value === 't' || value === 'true' ? 'true' : 'false';
    default:
      return quote(value);
  }
}

function jsonText(text: string): string {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, item]) => [key, sorted(item)]),
    );
  };
  return JSON.stringify(sorted(JSON.parse(text)));
}
