import { civilFromDays, daysFromCivil, daysInMonth } from '../domain/calendar.ts';

/** Proleptic Gregorian calendar and zones, for years that Date cannot hold. Microseconds are bigint, days are number. */

export const DAY_MICROS = 86_400_000_000n;

/** Days since 1970-01-01; year 0 is 1 BC. */
export const daysOf = daysFromCivil;

/** Year, month and day of a day number. */
export function dateOf(days: number): readonly [year: number, month: number, day: number] {
  const { year, month, day } = civilFromDays(days);
  return [year, month, day];
}

export { daysInMonth };

function two(value: number): string {
  return value.toString().padStart(2, '0');
}

/** `2020-01-31`, and ` BC` for years before 1. */
export function formatDate(days: number): string {
  const [year, month, day] = dateOf(days);
  const shown = (year > 0 ? year : 1 - year).toString().padStart(4, '0');
  return `${shown}-${two(month)}-${two(day)}${year > 0 ? '' : ' BC'}`;
}

/** `04:05:06.5` of microseconds since midnight. */
export function formatTime(micros: bigint): string {
  const seconds = Number(micros / 1_000_000n);
  const fraction = (micros % 1_000_000n).toString().padStart(6, '0').replace(/0+$/, '');
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return fraction === '' ? clock : `${clock}.${fraction}`;
}

/** `2020-01-31 04:05:06`, `suffix` (the zone) before ` BC`. */
export function formatTimestamp(micros: bigint, suffix = ''): string {
  const day = micros / DAY_MICROS - (micros % DAY_MICROS < 0n ? 1n : 0n);
  const date = formatDate(Number(day));
  const time = formatTime(micros - day * DAY_MICROS);
  const [plain = '', era] = date.split(' BC');
  return `${plain} ${time}${suffix}${era === undefined ? '' : ' BC'}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const MAX_ZONES = 600;

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    if (formats.size < MAX_ZONES) formats.set(zone, format);
    return format;
  } catch {
    return undefined;
  }
}

/** Whether the platform knows the IANA zone. */
export function isZone(zone: string): boolean {
  return formatOf(zone) !== undefined;
}

/** Seconds east of Greenwich in the zone at an instant (milliseconds since 1970-01-01 UTC). */
export function zoneOffset(zone: string, epochMillis: number): number {
  const format = formatOf(zone);
  if (format === undefined) return 0;
  const bounded = Math.max(-8.6e15, Math.min(8.6e15, Math.floor(epochMillis / 1000) * 1000));
  const parts = new Map(format.formatToParts(bounded).map(({ type, value }) => [type, value]));
  const part = (name: Intl.DateTimeFormatPartTypes): number => Number(parts.get(name));
  const year = parts.get('era')?.startsWith('B') === true ? 1 - part('year') : part('year');
  const local =
    daysOf(year, part('month'), part('day')) * 86400 +
    part('hour') * 3600 +
    part('minute') * 60 +
    part('second');
  return local - bounded / 1000;
}

/**
 * Seconds east of Greenwich of a local time (milliseconds as if UTC) in a zone. As PostgreSQL decides: in a gap the offset
 * before it holds, in an overlap the one after it (standard time).
 */
export function localOffset(zone: string, localMillis: number): number {
  const before = zoneOffset(zone, localMillis - 86_400_000);
  const after = zoneOffset(zone, localMillis + 86_400_000);
  if (before === after) return before;
  const fits = (offset: number): boolean =>
    zoneOffset(zone, localMillis - offset * 1000) === offset;
  if (fits(after)) return after;
  return before;
}
