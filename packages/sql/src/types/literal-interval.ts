import { QueryError } from '../errors.ts';
import { invalidDatetime } from './literal-error.ts';

interface Span {
  months: number;
  days: number;
  micros: number;
}

/** Months, days or microseconds of one unit. */
type Unit = readonly [part: keyof Span, size: number];

const UNITS: readonly (readonly [names: string, unit: Unit])[] = [
  ['us usec usecs usecond useconds microsecond microseconds microsecon', ['micros', 1]],
  ['ms msec msecs msecond mseconds millisecond milliseconds', ['micros', 1e3]],
  ['s sec secs second seconds', ['micros', 1e6]],
  ['m min mins minute minutes', ['micros', 6e7]],
  ['h hr hrs hour hours', ['micros', 3.6e9]],
  ['d day days', ['days', 1]],
  ['w week weeks', ['days', 7]],
  ['mon mons month months', ['months', 1]],
  ['y yr yrs year years', ['months', 12]],
  ['dec decs decade decades', ['months', 120]],
  ['c cent century centuries', ['months', 1200]],
  ['mil mils millennia millennium', ['months', 12000]],
];

const BY_NAME: ReadonlyMap<string, Unit> = new Map(
  UNITS.flatMap(([names, unit]) => names.split(' ').map((name): [string, Unit] => [name, unit])),
);

const ISO_DATE: Readonly<Record<string, Unit>> = {
  Y: ['months', 12],
  M: ['months', 1],
  W: ['days', 7],
  D: ['days', 1],
};
const ISO_TIME: Readonly<Record<string, Unit>> = {
  H: ['micros', 3.6e9],
  M: ['micros', 6e7],
  S: ['micros', 1e6],
};

/** The lowest field of a range modifier is what a bare number counts. */
const RANGE_UNITS: readonly (readonly [bit: number, unit: Unit])[] = [
  [4096, ['micros', 1e6]],
  [2048, ['micros', 6e7]],
  [1024, ['micros', 3.6e9]],
  [8, ['days', 1]],
  [2, ['months', 1]],
  [4, ['months', 12]],
];

/** Adds `value` units; what is left of a month goes to days (30), what is left of a day to time, as PostgreSQL carries. */
function add(span: Span, value: number, [part, size]: Unit): void {
  const exact = value * size;
  if (part === 'micros') {
    span.micros += Math.round(exact);
    return;
  }
  const whole = Math.trunc(exact);
  span[part] += whole;
  const rest = Math.round((exact - whole) * 1e9) / 1e9;
  if (rest === 0) return;
  if (part === 'months') add(span, size >= 12 ? 0 : rest * 30, ['days', 1]);
  else span.micros += Math.round(rest * 8.64e10);
  // PostgreSQL rounds fractions of a year to whole months.
  if (part === 'months' && size >= 12) span.months += Math.round(rest);
}

function clock(span: Span, match: RegExpExecArray): void {
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match;
  const size = Number(hours) * 3.6e9 + Number(minutes) * 6e7 + Math.round(Number(seconds) * 1e6);
  span.micros += sign === '-' ? -size : size;
}

function readIso(text: string): Span | undefined {
  const span: Span = { months: 0, days: 0, micros: 0 };
  const alternative = /^P(-?\d+)-(-?\d+)-(-?\d+)(?:T(-?\d+):(-?\d+):(-?\d+(?:\.\d*)?))?$/.exec(
    text,
  );
  if (alternative !== null) {
    const [, y, mo, d, h = '0', mi = '0', s = '0'] = alternative;
    add(span, Number(y), ['months', 12]);
    add(span, Number(mo), ['months', 1]);
    add(span, Number(d), ['days', 1]);
    span.micros = Number(h) * 3.6e9 + Number(mi) * 6e7 + Math.round(Number(s) * 1e6);
    return span;
  }
  const match = /^P((?:[+-]?\d*\.?\d+[YMWD])*)(?:T((?:[+-]?\d*\.?\d+[HMS])+))?$/.exec(text);
  if (match === null || text === 'P') return undefined;
  const each = (part: string | undefined, units: Readonly<Record<string, Unit>>): void => {
    for (const [, value = '', letter = ''] of (part ?? '').matchAll(/([+-]?\d*\.?\d+)([A-Z])/g)) {
      const unit = units[letter];
      if (unit !== undefined) add(span, Number(value), unit);
    }
  };
  each(match[1], ISO_DATE);
  each(match[2], ISO_TIME);
  return span;
}

function readWords(text: string, bare: Unit): Span | undefined {
  const span: Span = { months: 0, days: 0, micros: 0 };
  let rest = text.trim().toLowerCase().replace(/^@\s*/, '');
  if (rest === '') return undefined;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const match = pattern.exec(rest);
    if (match === null) return undefined;
    rest = rest.slice(match[0].length);
    return match;
  };
  let ago = false;
  let seen = 0;
  const units = new Set<string>();
  while (rest !== '') {
    if (take(/^[\s,]+/) !== undefined) continue;
    if (take(/^ago$/) !== undefined && seen > 0) {
      ago = true;
      continue;
    }
    const time = take(/^([+-]?)(\d+):(\d{1,2})(?::(\d{1,2}(?:\.\d*)?))?(?![\d:])/);
    if (time !== undefined) {
      clock(span, time);
      seen += 1;
      continue;
    }
    const yearMonth = take(/^([+-]?)(\d+)-(\d{1,2})(?!\d)/);
    if (yearMonth !== undefined) {
      const months = Number(yearMonth[2]) * 12 + Number(yearMonth[3]);
      if (Number(yearMonth[3]) > 11) return undefined;
      span.months += yearMonth[1] === '-' ? -months : months;
      seen += 1;
      continue;
    }
    const number = take(/^[+-]?(?:\d+\.?\d*|\.\d+)/);
    if (number === undefined) return undefined;
    const word = take(/^\s*([a-z]+)/)?.[1];
    if (word === 'ago') return undefined;
    // `3 4:05:06`: a bare number before a clock is days.
    const unit =
      word === undefined
        ? /^\s+[+-]?\d+:/.test(rest)
          ? (['days', 1] as const)
          : bare
        : BY_NAME.get(word);
    if (unit === undefined || (word === undefined && rest.trim() !== '' && unit === bare)) {
      return undefined;
    }
    // A field may be given once.
    if (units.has(unit.join(' '))) return undefined;
    units.add(unit.join(' '));
    add(span, Number(number[0]), unit);
    seen += 1;
  }
  if (seen === 0) return undefined;
  return ago ? { months: -span.months, days: -span.days, micros: -span.micros } : span;
}

/** PostgreSQL's interval input in all its forms; the answer is in IntervalStyle postgres. */
export function parseInterval(text: string, typmod = -1): string {
  if (/^\s*[+-]?infinity\s*$/i.test(text)) {
    return text.trim().startsWith('-') ? '-infinity' : 'infinity';
  }
  const range = typmod < 0 ? 0x7fff : (typmod >> 16) & 0x7fff;
  const bare: Unit =
    range === 0x7fff
      ? ['micros', 1e6]
      : (RANGE_UNITS.find(([bit]) => (range & bit) !== 0)?.[1] ?? ['micros', 1e6]);
  const trimmed = text.trim();
  const span = trimmed.startsWith('P') ? readIso(trimmed) : readWords(text, bare);
  if (span === undefined) throw invalidDatetime('interval', text);
  if (
    Math.abs(span.months) > 2147483647 ||
    Math.abs(span.days) > 2147483647 ||
    !Number.isSafeInteger(span.micros)
  ) {
    throw new QueryError('datetimeOverflow', `interval field value out of range: "${text}"`);
  }
  return formatInterval(limited(span, range, typmod));
}

/** Fields below the range's lowest are dropped, seconds rounded to the modifier's places. */
function limited(span: Span, range: number, typmod: number): Span {
  if (typmod < 0) return span;
  const { months, days, micros } = span;
  const places = typmod & 0xffff;
  const unit = places === 0xffff || places >= 6 ? 1 : 10 ** (6 - places);
  const round = (value: number): number => Math.round(value / unit) * unit;
  if (range === 0x7fff || (range & 4096) !== 0) return { months, days, micros: round(micros) };
  if ((range & 2048) !== 0) return { months, days, micros: Math.trunc(micros / 6e7) * 6e7 };
  if ((range & 1024) !== 0) return { months, days, micros: Math.trunc(micros / 3.6e9) * 3.6e9 };
  if ((range & 8) !== 0) return { months, days, micros: 0 };
  if ((range & 2) !== 0) return { months, days: 0, micros: 0 };
  return { months: Math.trunc(months / 12) * 12, days: 0, micros: 0 };
}

/** interval_out in IntervalStyle postgres: `1 year 2 mons -3 days +04:05:06.5`. */
export function formatInterval(span: {
  readonly months: number;
  readonly days: number;
  readonly micros: number;
}): string {
  const parts: string[] = [];
  let negative = false;
  const put = (value: number, unit: string): void => {
    if (value === 0) return;
    parts.push(`${negative && value > 0 ? '+' : ''}${value} ${unit}${value === 1 ? '' : 's'}`);
    negative = value < 0;
  };
  put(Math.trunc(span.months / 12), 'year');
  put(span.months % 12, 'mon');
  put(span.days, 'day');
  if (parts.length === 0 || span.micros !== 0) {
    const size = Math.abs(span.micros);
    const seconds = Math.floor(size / 1e6);
    const fraction = (size % 1e6).toString().padStart(6, '0').replace(/0+$/, '');
    const pad = (value: number): string => value.toString().padStart(2, '0');
    const sign = span.micros < 0 ? '-' : negative ? '+' : '';
    const shown = `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
    parts.push(`${sign}${shown}${fraction === '' ? '' : `.${fraction}`}`);
  }
  return parts.join(' ');
}
