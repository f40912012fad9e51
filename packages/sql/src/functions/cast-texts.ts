import { TYPE_NAMES } from '../types/type-names.ts';
import type { Template } from './function-entry.ts';
import { reuse, textLiteral } from './template-parts.ts';
import { isUtc, toClock } from './time-zones.ts';

/** A moment's text with the era at its end; the engine writes it after the date. */
function eraLast(moment: string, text: string): string {
  return `CASE WHEN ${moment} < CAST('0001-01-01' AS TIMESTAMP) THEN regexp_replace(${text}, ' \\(BC\\)(.*)$', '\\1 BC') ELSE ${text} END`;
}

export const timestampText: Template = (args) =>
  reuse([args[0]?.text ?? 'NULL'], (at) => eraLast(at, `CAST(${at} AS VARCHAR)`));

export const timestamptzText: Template = (args, context) =>
  reuse([args[0]?.text ?? 'NULL'], (at) => {
    const local = toClock(at, context.timeZone);
    const shown = eraLast(local, `(CAST(${local} AS VARCHAR) || ${offset(at, context.timeZone)})`);
    return `CASE WHEN isfinite(${at}) THEN ${shown} ELSE CAST(${at} AS VARCHAR) END`;
  });

/** The zone's distance from UTC at a moment: `+02`, `-03:30`. */
function offset(at: string, zone: string): string {
  if (isUtc(zone)) return "'+00'";
  const minutes = `CAST(epoch((${at} AT TIME ZONE ${zone}) - (${at} AT TIME ZONE 'UTC')) AS BIGINT) // 60`;
  return `regexp_replace(printf('%+03d:%02d', (${minutes}) // 60, abs((${minutes}) % 60)), ':00$', '')`;
}

/** A regtype's name; a number that names no type is shown as it is. */
export const typeNameText: Template = (args) =>
  reuse([args[0]?.text ?? 'NULL'], (oid) => {
    const names = [...TYPE_NAMES].map(([each, name]) => `WHEN ${each} THEN ${textLiteral(name)}`);
    return `CASE ${oid} ${names.join(' ')} ELSE CAST(${oid} AS VARCHAR) END`;
  });
