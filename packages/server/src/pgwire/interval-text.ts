import { writeClock, writeFraction } from './datetime-text.ts';
import type { Writer } from './writer.ts';

const DASH = 0x2d;
const COLON = 0x3a;
const SPACE = 0x20;
const PLUS = 0x2b;
const DAY_MICROS = 86_400_000_000n;

/** Writes an interval of months, days and microseconds. */
export type IntervalWriter = (out: Writer, months: number, days: number, micros: bigint) => void;

/** The writer of a value of IntervalStyle. */
export function intervalWriter(style: string): IntervalWriter {
  switch (style) {
    case 'iso_8601':
      return writeIsoInterval;
    case 'sql_standard':
      return writeSqlInterval;
    case 'postgres_verbose':
      return writeVerboseInterval;
    default:
      return writeInterval;
  }
}

/**
 * PostgreSQL's `postgres` style: `1 year -2 mons +3 days 04:05:06.7`. After a negative part a positive one carries
 * its sign, as in PostgreSQL's EncodeInterval.
 */
export function writeInterval(out: Writer, months: number, days: number, micros: bigint): void {
  let first = true;
  let afterNegative = false;
  const part = (value: number, unit: string) => {
    if (value === 0) return;
    if (!first) out.byte(SPACE);
    if (afterNegative && value > 0) out.byte(PLUS);
    out.decimal(value).byte(SPACE).ascii(unit);
    if (value !== 1) out.byte(0x73);
    afterNegative = value < 0;
    first = false;
  };
  part(Math.trunc(months / 12), 'year');
  part(months % 12, 'mon');
  part(days, 'day');
  if (micros === 0n && !first) return;
  if (!first) out.byte(SPACE);
  if (micros < 0n) out.byte(DASH);
  else if (afterNegative) out.byte(PLUS);
  const size = micros < 0n ? -micros : micros;
  writeClock(out, Number(size / 1_000_000n), Number(size % 1_000_000n));
}

/** ISO 8601 durations, for IntervalStyle iso_8601: `P1Y2M3DT4H5M6.7S`. */
function writeIsoInterval(out: Writer, months: number, days: number, micros: bigint): void {
  if (months === 0 && days === 0 && micros === 0n) {
    out.ascii('PT0S');
    return;
  }
  out.byte(0x50);
  const part = (value: number, unit: string) => {
    if (value !== 0) out.decimal(value).ascii(unit);
  };
  part(Math.trunc(months / 12), 'Y');
  part(months % 12, 'M');
  part(days, 'D');
  if (micros === 0n) return;
  out.byte(0x54);
  part(Number(micros / (DAY_MICROS / 24n)), 'H');
  part(Number((micros / 60_000_000n) % 60n), 'M');
  const seconds = micros % 60_000_000n;
  if (seconds === 0n) return;
  const size = seconds < 0n ? -seconds : seconds;
  if (seconds < 0n) out.byte(DASH);
  out.decimal(Number(size / 1_000_000n));
  if (size % 1_000_000n !== 0n) writeFraction(out, Number(size % 1_000_000n));
  out.byte(0x53);
}

/** A time of day in its parts, all of one sign. */
interface ClockParts {
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly micros: number;
}

function clockParts(micros: bigint): ClockParts {
  const seconds = Number(micros / 1_000_000n);
  const hours = Math.trunc(seconds / 3600);
  const rest = seconds - hours * 3600;
  const minutes = Math.trunc(rest / 60);
  return { hours, minutes, seconds: rest - minutes * 60, micros: Number(micros % 1_000_000n) };
}

/** `4:05:06.7`, without a sign. */
function writeSqlClock(out: Writer, { hours, minutes, seconds, micros }: ClockParts): void {
  out.decimal(Math.abs(hours)).byte(COLON).twoDigits(Math.abs(minutes));
  out.byte(COLON).twoDigits(Math.abs(seconds));
  if (micros !== 0) writeFraction(out, Math.abs(micros));
}

/** The `sql_standard` style: `1-2`, `3 4:05:06`, and where signs or fields mix `-0-1 +2 -3:00:00` (EncodeInterval). */
function writeSqlInterval(out: Writer, months: number, days: number, micros: bigint): void {
  const signs = [months, days, micros];
  const negative = signs.some((each) => each < 0);
  const positive = signs.some((each) => each > 0);
  if (!negative && !positive) {
    out.ascii('0');
    return;
  }
  const years = Math.abs(Math.trunc(months / 12));
  const rest = Math.abs(months % 12);
  const clock = clockParts(micros);
  const sign = (below: boolean) => (below ? DASH : PLUS);
  if ((negative && positive) || (months !== 0 && (days !== 0 || micros !== 0n))) {
    out
      .byte(sign(months < 0))
      .decimal(years)
      .byte(DASH)
      .decimal(rest)
      .byte(SPACE);
    out
      .byte(sign(days < 0))
      .decimal(Math.abs(days))
      .byte(SPACE);
    writeSqlClock(out.byte(sign(micros < 0n)), clock);
    return;
  }
  if (negative) out.byte(DASH);
  if (months !== 0) {
    out.decimal(years).byte(DASH).decimal(rest);
    return;
  }
  if (days !== 0) out.decimal(Math.abs(days)).byte(SPACE);
  writeSqlClock(out, clock);
}

/** The `postgres_verbose` style: `@ 1 year 2 mons -3 days ago`. The first part decides what `ago` turns round. */
function writeVerboseInterval(out: Writer, months: number, days: number, micros: bigint): void {
  const { hours, minutes, seconds, micros: fraction } = clockParts(micros);
  let first = true;
  let ago = false;
  const part = (value: number, unit: string) => {
    if (value === 0) return;
    if (first) ago = value < 0;
    const shown = ago ? -value : value;
    out.byte(SPACE).decimal(shown).byte(SPACE).ascii(unit);
    if (shown !== 1) out.byte(0x73);
    first = false;
  };
  out.ascii('@');
  part(Math.trunc(months / 12), 'year');
  part(months % 12, 'mon');
  part(days, 'day');
  part(hours, 'hour');
  part(minutes, 'min');
  if (seconds !== 0 || fraction !== 0) {
    const below = seconds < 0 || fraction < 0;
    out.byte(SPACE);
    if (first) ago = below;
    else if (below !== ago) out.byte(DASH);
    out.decimal(Math.abs(seconds));
    if (fraction !== 0) writeFraction(out, Math.abs(fraction));
    out.ascii(Math.abs(seconds) !== 1 || fraction !== 0 ? ' secs' : ' sec');
    first = false;
  }
  if (first) out.ascii(' 0');
  if (ago) out.ascii(' ago');
}
