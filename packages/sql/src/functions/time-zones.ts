import { ZONE_ABBREVIATIONS } from '../types/zone-abbreviations.ts';
import type { TemplateArgument } from './function-entry.ts';
import { raise, refuse, reuse, textLiteral } from './template-parts.ts';

/** ICU's name of whole hours east of UTC (POSIX counts westward). */
function fixedZone(hoursEast: number): string {
  if (hoursEast === 0) return 'UTC';
  return `Etc/GMT${hoursEast < 0 ? '+' : '-'}${Math.abs(hoursEast)}`;
}

/**
 * DuckDB text of the zone that PostgreSQL means by an argument of AT TIME ZONE: names of the time zone database, its
 * abbreviations and POSIX whole hours. Others are refused where constant, and fail where not.
 */
export function zoneText(zone: TemplateArgument | undefined): string {
  if (zone === undefined) return refuse('A time zone is needed.');
  if (zone.constant === undefined) {
    return reuse(
      [zone.text],
      (name) =>
        `CASE WHEN contains(${name}, '/') OR upper(${name}) = 'UTC' THEN ${name} ` +
        `WHEN ${name} IS NULL THEN NULL ELSE ${raise('featureNotSupported', 'this time zone is not supported: use a name such as Europe/Berlin or UTC')} END`,
    );
  }
  const name = zone.constant.trim();
  const hours = ZONE_ABBREVIATIONS.get(name.toLowerCase());
  if (hours !== undefined) return textLiteral(fixedZone(hours));
  const posix = /^([+-]?)(\d{1,2})(?::?00)?$/.exec(name);
  if (posix !== null) {
    const west = Number(posix[2]) * (posix[1] === '-' ? -1 : 1);
    if (Math.abs(west) <= 12) return textLiteral(fixedZone(-west));
  }
  if (
    /^[A-Za-z]+\/[A-Za-z0-9_+\-/]+$/.test(name) ||
    /^(?:EST5EDT|CST6CDT|MST7MDT|PST8PDT)$/i.test(name)
  ) {
    return textLiteral(name);
  }
  return refuse(
    `Time zone "${name}" is not supported.`,
    'Use a name of the time zone database such as Europe/Berlin, or UTC.',
  );
}

/** Whether a zone's text is a literal name of UTC, as which a clock and a moment are the same number. */
export function isUtc(zone: string): boolean {
  return /^'(?:utc|etc\/utc|gmt|z)'$/i.test(zone);
}

/** The short name of a zone (a DuckDB literal) that always has the same one; undefined for those with summer time. */
export function fixedZoneName(zone: string): string | undefined {
  if (isUtc(zone)) return /gmt/i.test(zone) ? 'GMT' : 'UTC';
  const match = /^'etc\/gmt([+-])(\d{1,2})'$/i.exec(zone);
  return match === null
    ? undefined
    : `${match[1] === '+' ? '-' : '+'}${(match[2] ?? '').padStart(2, '0')}`;
}

/** DuckDB text of the moment that a zone's clock shows a timestamp at. */
export function toMoment(timestamp: string, zone: string): string {
  return isUtc(zone)
    ? sameNumber('make_timestamptz', timestamp)
    : `timezone(${zone}, ${timestamp})`;
}

/** DuckDB text of what a zone's clock shows at a moment (a timestamptz). */
export function toClock(moment: string, zone: string): string {
  return isUtc(zone) ? sameNumber('make_timestamp', moment) : `timezone(${zone}, ${moment})`;
}

/** The engine asks its calendar for UTC too, ten times as slow. Infinity has no number. */
function sameNumber(make: string, text: string): string {
  return reuse([text], (at) => `coalesce(${make}(epoch_us(${at})), timezone('UTC', ${at}))`);
}
