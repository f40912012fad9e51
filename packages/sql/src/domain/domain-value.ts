import type { ScalarName, SqlType } from '../types/sql-type.ts';
import { civilFromDays, daysFromCivil, daysInMonth } from './calendar.ts';
import type { DomainValue } from './domain.ts';

/** PostgreSQL's own sentinels: 'infinity' sorts after and '-infinity' before every other value. */
const DATE_INFINITY = 2n ** 31n - 1n;
const DATE_MINUS_INFINITY = -(2n ** 31n);
const TIMESTAMP_INFINITY = 2n ** 63n - 1n;
const TIMESTAMP_MINUS_INFINITY = -(2n ** 63n);
export const MICROSECONDS_PER_DAY = 86_400_000_000n;

interface DiscreteLimits {
  readonly low: bigint;
  readonly high: bigint;
}

const LIMITS: Partial<Record<ScalarName, DiscreteLimits>> = {
  bool: { low: 0n, high: 1n },
  int2: { low: -(2n ** 15n), high: 2n ** 15n - 1n },
  int4: { low: -(2n ** 31n), high: 2n ** 31n - 1n },
  int8: { low: -(2n ** 63n), high: 2n ** 63n - 1n },
  oid: { low: 0n, high: 2n ** 32n - 1n },
  date: { low: DATE_MINUS_INFINITY, high: DATE_INFINITY },
  timestamp: { low: TIMESTAMP_MINUS_INFINITY, high: TIMESTAMP_INFINITY },
  timestamptz: { low: TIMESTAMP_MINUS_INFINITY, high: TIMESTAMP_INFINITY },
};

const TEXT_TYPES: readonly ScalarName[] = ['text', 'varchar', 'bpchar', 'char', 'name'];
const NUMBER_TYPES: readonly ScalarName[] = ['float4', 'float8', 'numeric'];

/** Least and greatest value of a type whose values are countable steps of 1n; undefined for all other types. */
export function discreteLimits(type: SqlType): DiscreteLimits | undefined {
  return type.kind === 'scalar' ? LIMITS[type.name] : undefined;
}

/** Whether values of the type can bound a domain. Columns of other types only have NULL, NOT NULL and everything. */
export function hasDomainValues(type: SqlType): boolean {
  return (
    type.kind === 'scalar' &&
    (LIMITS[type.name] !== undefined ||
      TEXT_TYPES.includes(type.name) ||
      NUMBER_TYPES.includes(type.name))
  );
}

/** Whether the value is 'infinity' or '-infinity' of a date or timestamp, which arithmetic leaves alone. */
export function isInfiniteInstant(value: DomainValue, type: SqlType): boolean {
  if (type.kind !== 'scalar') return false;
  if (type.name === 'date') return value === DATE_INFINITY || value === DATE_MINUS_INFINITY;
  if (type.name !== 'timestamp' && type.name !== 'timestamptz') return false;
  return value === TIMESTAMP_INFINITY || value === TIMESTAMP_MINUS_INFINITY;
}

/** Order of UTF-8 bytes (the C collation), which is that of code points, not of JavaScript's UTF-16 units. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    let x = a.charCodeAt(index);
    let y = b.charCodeAt(index);
    if (x === y) continue;
    if (x >= 0xd800 && y >= 0xd800) {
      // Surrogates stand for code points above U+FFFF, so they rank after U+E000..U+FFFF.
      x = x >= 0xe000 ? x - 0x2000 : x + 0x2000;
      y = y >= 0xe000 ? y - 0x2000 : y + 0x2000;
    }
    return x < y ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}

/** NaN equals itself and exceeds every number, as in PostgreSQL. */
function compareNumbers(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return Number.isNaN(a) ? (Number.isNaN(b) ? 0 : 1) : -1;
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/;
const SPECIAL_RANK: Readonly<Record<string, number>> = { '-Infinity': -1, Infinity: 1, NaN: 2 };

function compareDecimals(a: string, b: string): number {
  const rankA = SPECIAL_RANK[a] ?? 0;
  const rankB = SPECIAL_RANK[b] ?? 0;
  if (rankA !== 0 || rankB !== 0) return Math.sign(rankA - rankB);
  const [wholeA = '', fractionA = ''] = a.split('.');
  const [wholeB = '', fractionB = ''] = b.split('.');
  const digits = Math.max(fractionA.length, fractionB.length);
  const x = BigInt(wholeA + fractionA.padEnd(digits, '0'));
  const y = BigInt(wholeB + fractionB.padEnd(digits, '0'));
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Plain decimal text without sign of zero, leading or trailing zeros or exponent. */
function canonicalDecimal(text: string): string | undefined {
  const special = /^([+-]?)(nan|inf(?:inity)?)$/i.exec(text);
  if (special !== null) {
    if (special[2]?.toLowerCase() === 'nan') return 'NaN';
    return special[1] === '-' ? '-Infinity' : 'Infinity';
  }
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  if (whole === '' && fraction === '') return undefined;
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > 20_000) return undefined;
  const digits = whole + fraction;
  const point = whole.length + exponent;
  const integer = point <= 0 ? '' : digits.slice(0, point).padEnd(point, '0').replace(/^0+/, '');
  const rest = (point <= 0 ? '0'.repeat(-point) + digits : digits.slice(point)).replace(/0+$/, '');
  if (integer === '' && rest === '') return '0';
  return `${sign === '-' ? '-' : ''}${integer === '' ? '0' : integer}${rest === '' ? '' : `.${rest}`}`;
}

/** Order of two values of a type: negative, zero or positive. Both must be values of that type's form. */
export function compareValues(type: SqlType, a: DomainValue, b: DomainValue): number {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'number' && typeof b === 'number') return compareNumbers(a, b);
  if (typeof a === 'string' && typeof b === 'string') {
    return type.kind === 'scalar' && type.name === 'numeric'
      ? compareDecimals(a, b)
      : compareText(a, b);
  }
  throw new TypeError('domain values of two forms cannot be compared');
}

const DATE = /^(\d{4,7})-(\d{2})-(\d{2})( BC)?$/;
const INSTANT =
  /^(\d{4,7})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?(Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)?( BC)?$/;

function civilDays(year: string, month: string, day: string, before: boolean): bigint | undefined {
  const astronomical = before ? 1 - Number(year) : Number(year);
  const m = Number(month);
  const d = Number(day);
  if (Number(year) === 0 || m < 1 || m > 12 || d < 1 || d > daysInMonth(astronomical, m)) {
    return undefined;
  }
  return BigInt(daysFromCivil(astronomical, m, d));
}

function parseDate(text: string): bigint | undefined {
  if (text === 'infinity') return DATE_INFINITY;
  if (text === '-infinity') return DATE_MINUS_INFINITY;
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const [, year = '', month = '', day = '', before] = match;
  return civilDays(year, month, day, before !== undefined);
}

function offsetSeconds(text: string | undefined): bigint {
  if (text === undefined || text === 'Z') return 0n;
  const [hours = '0', minutes = '0', seconds = '0'] = text.slice(1).match(/\d{2}/g) ?? [];
  const total = BigInt(hours) * 3600n + BigInt(minutes) * 60n + BigInt(seconds);
  return text.startsWith('-') ? -total : total;
}

function parseInstant(text: string, zoned: boolean): bigint | undefined {
  if (text === 'infinity') return TIMESTAMP_INFINITY;
  if (text === '-infinity') return TIMESTAMP_MINUS_INFINITY;
  const match = INSTANT.exec(text);
  if (match === null) return undefined;
  const [, year = '', month = '', day = '', h = '0', m = '0', s = '0', fraction = '', zone] = match;
  const days = civilDays(year, month, day, match[9] !== undefined);
  if (days === undefined || (zone !== undefined && !zoned)) return undefined;
  if (Number(h) > 24 || Number(m) > 59 || Number(s) > 60) return undefined;
  const seconds = BigInt(h) * 3600n + BigInt(m) * 60n + BigInt(s) - offsetSeconds(zone);
  return days * MICROSECONDS_PER_DAY + seconds * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
}

function formatDate(days: bigint): string {
  if (days === DATE_INFINITY) return 'infinity';
  if (days === DATE_MINUS_INFINITY) return '-infinity';
  const { year, month, day } = civilFromDays(Number(days));
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0');
  const era = year > 0 ? '' : ' BC';
  return `${shown}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}${era}`;
}

function formatInstant(micros: bigint, suffix: string): string {
  if (micros === TIMESTAMP_INFINITY) return 'infinity';
  if (micros === TIMESTAMP_MINUS_INFINITY) return '-infinity';
  const ofDay = ((micros % MICROSECONDS_PER_DAY) + MICROSECONDS_PER_DAY) % MICROSECONDS_PER_DAY;
  const date = formatDate((micros - ofDay) / MICROSECONDS_PER_DAY);
  const seconds = Number(ofDay / 1_000_000n);
  const two = (value: number): string => String(value).padStart(2, '0');
  const fraction = String(ofDay % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const time = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const [day = '', era] = date.split(' ');
  return `${day} ${time}${fraction === '' ? '' : `.${fraction}`}${suffix}${era === undefined ? '' : ` ${era}`}`;
}

function parseInteger(text: string, type: SqlType): bigint | undefined {
  if (!/^[+-]?\d{1,20}$/.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  const limits = discreteLimits(type);
  return limits === undefined || value < limits.low || value > limits.high ? undefined : value;
}

function parseFloat8(text: string): number | undefined {
  if (/^-?infinity$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return NaN;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return undefined;
  return Number(text);
}

/**
 * The value of PostgreSQL's text output form of a type (ISO dates; a timestamptz's offset is honoured, UTC without one).
 * undefined: not a value of the type, or a type without domain values. bpchar loses its padding, which never counts.
 */
export function parseDomainValue(text: string, type: SqlType): DomainValue | undefined {
  if (type.kind !== 'scalar') return undefined;
  switch (type.name) {
    case 'bool':
      if (text === 't' || text === 'true') return 1n;
      return text === 'f' || text === 'false' ? 0n : undefined;
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
      return parseInteger(text, type);
    case 'float4': {
      const value = parseFloat8(text);
      return value === undefined ? undefined : Math.fround(value);
    }
    case 'float8':
      return parseFloat8(text);
    case 'numeric':
      return canonicalDecimal(text);
    case 'date':
      return parseDate(text);
    case 'timestamp':
      return parseInstant(text, false);
    case 'timestamptz':
      return parseInstant(text, true);
    case 'bpchar':
      return text.replace(/ +$/, '');
    case 'text':
    case 'varchar':
    case 'char':
    case 'name':
      return text;
    default:
      return undefined;
  }
}

/** PostgreSQL's text output form (UTC, ISO dates) of a domain value. The inverse of `parseDomainValue` up to padding. */
export function formatDomainValue(value: DomainValue, type: SqlType): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  switch (type.kind === 'scalar' ? type.name : undefined) {
    case 'bool':
      return value === 0n ? 'f' : 't';
    case 'date':
      return formatDate(value);
    case 'timestamp':
      return formatInstant(value, '');
    case 'timestamptz':
      return formatInstant(value, '+00');
    default:
      return value.toString();
  }
}
