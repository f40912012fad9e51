import type { Writer } from './writer.ts';
import type { ZoneOffset } from './zone-offset.ts';

const DAY_SECONDS = 86_400;
const MICROS = 1_000_000;

const DASH = 0x2d;
const COLON = 0x3a;
const SPACE = 0x20;
const PLUS = 0x2b;

/** DuckDB's infinities of DATE. */
export const DATE_INFINITY = 2_147_483_647;
/** DuckDB's infinities of TIMESTAMP, in microseconds. */
export const TIMESTAMP_INFINITY = 9_223_372_036_854_775_807n;

/** `2024-01-31`, `infinity`, `0044-03-15 BC`. `days` since 1970-01-01. */
export function writeDate(out: Writer, days: number): void {
  if (writeDateInfinity(out, days)) return;
  if (writeCalendarDate(out, days)) out.ascii(' BC');
}

function writeDateInfinity(out: Writer, days: number): boolean {
  if (days === DATE_INFINITY) out.ascii('infinity');
  else if (days === -DATE_INFINITY) out.ascii('-infinity');
  else return false;
  return true;
}

/** Days whose dates are remembered, by their last bits: rows that follow one another mostly share a few. */
const REMEMBERED = 1024;
const DATE_BYTES = 10;
const rememberedDays = new Int32Array(REMEMBERED).fill(DATE_INFINITY);
const rememberedDates = new Uint8Array(REMEMBERED * DATE_BYTES);
const datesView = new DataView(rememberedDates.buffer);

/** Writes year, month and day; true where the year is before Christ. */
function writeCalendarDate(out: Writer, days: number): boolean {
  const place = days & (REMEMBERED - 1);
  const from = place * DATE_BYTES;
  if (rememberedDays[place] === days) {
    out.reserve(DATE_BYTES);
    const { view, length } = out;
    view.setInt32(length, datesView.getInt32(from));
    view.setInt32(length + 4, datesView.getInt32(from + 4));
    view.setInt16(length + 8, datesView.getInt16(from + 8));
    out.length = length + DATE_BYTES;
    return false;
  }
  const start = out.length;
  const before = writeCivilDate(out, days);
  if (!before && out.length - start === DATE_BYTES) {
    rememberedDates.set(out.buffer.subarray(start, out.length), from);
    rememberedDays[place] = days;
  }
  return before;
}

/** Algorithm: days to civil, proleptic Gregorian. */
function writeCivilDate(out: Writer, days: number): boolean {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const before = year <= 0;
  out
    .padded(before ? 1 - year : year, 4)
    .byte(DASH)
    .padded(month, 2)
    .byte(DASH)
    .padded(day, 2);
  return before;
}

/** `04:05:06.789`: seconds of a day and microseconds, the fraction without trailing zeros. */
export function writeClock(out: Writer, seconds: number, micros: number): void {
  const hours = Math.floor(seconds / 3600);
  const rest = (seconds - hours * 3600) | 0;
  const minutes = (rest / 60) | 0;
  if (hours < 100) out.twoDigits(hours);
  else out.decimal(hours);
  out
    .byte(COLON)
    .twoDigits(minutes)
    .byte(COLON)
    .twoDigits(rest - minutes * 60);
  if (micros !== 0) writeFraction(out, micros);
}

/** `.789`: microseconds, not 0, without trailing zeros. */
export function writeFraction(out: Writer, micros: number): void {
  let digits = 6;
  let rest = micros;
  while (rest % 10 === 0) {
    rest /= 10;
    digits -= 1;
  }
  out.byte(0x2e).fixedDigits(rest, digits);
}

/** Seconds since 1970 and microseconds from 0 to 999,999. Reused: read it before the next call. */
const instant = { seconds: 0, micros: 0 };

function splitMicros(values: DataView, at: number): typeof instant {
  const high = values.getInt32(at + 4, true);
  if (high > -0x20_0000 && high < 0x1f_ffff) {
    const exact = high * 0x1_0000_0000 + values.getUint32(at, true);
    instant.seconds = Math.floor(exact / MICROS);
    instant.micros = exact - instant.seconds * MICROS;
    return instant;
  }
  const value = values.getBigInt64(at, true);
  const million = BigInt(MICROS);
  let seconds = value / million;
  if (value % million < 0n) seconds -= 1n;
  instant.seconds = Number(seconds);
  instant.micros = Number(value - seconds * million);
  return instant;
}

/** `2024-01-01 00:00:00`, with a zone `2024-01-01 00:00:00+00`. Reads microseconds since 1970 at `at`. */
export function writeTimestamp(
  out: Writer,
  values: DataView,
  at: number,
  offset: ZoneOffset | undefined,
  separator = SPACE,
): void {
  const high = values.getInt32(at + 4, true);
  if (high >= 0x7fff_ffff || high <= -0x7fff_ffff) {
    const value = values.getBigInt64(at, true);
    if (value === TIMESTAMP_INFINITY || value === -TIMESTAMP_INFINITY) {
      out.ascii(value > 0n ? 'infinity' : '-infinity');
      return;
    }
  }
  const { seconds, micros } = splitMicros(values, at);
  const east = offset === undefined ? 0 : offset(seconds);
  const local = seconds + east;
  const day = Math.floor(local / DAY_SECONDS);
  const before = writeCalendarDate(out, day);
  out.byte(separator);
  writeClock(out, local - day * DAY_SECONDS, micros);
  if (offset !== undefined) writeOffset(out, east);
  if (before) out.ascii(' BC');
}

/** `+00`, `+05:30`, `-04:56:02`. */
export function writeOffset(out: Writer, east: number): void {
  const size = Math.abs(east);
  out.byte(east < 0 ? DASH : PLUS).twoDigits(Math.floor(size / 3600));
  const minutes = Math.floor(size / 60) % 60;
  const seconds = size % 60;
  if (minutes === 0 && seconds === 0) return;
  out.byte(COLON).padded(minutes, 2);
  if (seconds !== 0) out.byte(COLON).padded(seconds, 2);
}

/** Reads microseconds of a day at `at`. */
export function writeTime(out: Writer, values: DataView, at: number): void {
  const { seconds, micros } = splitMicros(values, at);
  writeClock(out, seconds, micros);
}

/** DuckDB's TIMETZ: 40 bits of microseconds, 24 bits of 57,599 minus the offset east. */
export function timeTzParts(values: DataView, at: number): { micros: bigint; east: number } {
  const bits = values.getBigUint64(at, true);
  return { micros: bits >> 24n, east: 57_599 - Number(bits & 0xff_ffffn) };
}

export function writeTimeTz(out: Writer, values: DataView, at: number): void {
  const { micros, east } = timeTzParts(values, at);
  writeClock(out, Number(micros / 1_000_000n), Number(micros % 1_000_000n));
  writeOffset(out, east);
}
