import { readDate } from './formats/date-reader.ts';
import { dateShape } from './formats/date-shape.ts';
import { raise, refuse, textLiteral } from './template-parts.ts';

const PARSED: Readonly<Record<string, readonly [code: string, shape: string, sets?: string]>> = {
  YYYY: ['%Y', '\\d{4}'],
  MM: ['%m', '\\d{2}'],
  DD: ['%d', '\\d{2}'],
  HH24: ['%H', '\\d{2}'],
  MI: ['%M', '\\d{2}'],
  SS: ['%S', '\\d{2}'],
  MS: ['%g', '\\d{3}'],
  US: ['%f', '\\d{6}', '%g'],
  MON: ['%b', '[A-Za-z]{3}', '%m'],
  MONTH: ['%B', '[A-Za-z]+', '%m'],
};

interface FullWidth {
  readonly strptime: string;
  readonly shape: string;
}

/** Formats whose texts of the full width the engine reads by itself; undefined for others. */
function fullWidth(format: string): FullWidth | undefined {
  let rest = format;
  let strptime = '';
  let shape = '';
  const found = new Set<string>();
  while (rest !== '') {
    const pattern = /^(?:YYYY|MM|DD|HH24|MI|SS|MS|US|MONTH|MON)/i.exec(rest)?.[0];
    if (pattern !== undefined) {
      const [code = '', width = '', sets = code] = PARSED[pattern.toUpperCase()] ?? [];
      if (found.has(sets)) return undefined;
      found.add(sets);
      strptime += code;
      shape += width;
      rest = rest.slice(pattern.length);
      continue;
    }
    const quoted = /^"([A-Za-z ]*)"/.exec(rest);
    const plain = quoted?.[1] ?? /^[-/:., _]/.exec(rest)?.[0];
    if (plain === undefined) return undefined;
    strptime += plain;
    shape += plain.replaceAll(/[-/.]/g, '\\$&');
    rest = rest.slice(quoted?.[0].length ?? plain.length);
  }
  // Without a year PostgreSQL's is the one before the first.
  return found.has('%Y') ? { strptime, shape } : undefined;
}

/**
 * DuckDB text of the timestamp that `text` (used several times, outside of lambdas) means by a constant format. Texts of the full width
 * of each pattern are read by the engine. Others are read field by field, or fail where the format has more than fields and separators.
 */
export function parseTimestamp(text: string, format: string): string {
  const full = fullWidth(format);
  const loose = dateShape(format);
  if (loose === undefined && full === undefined) {
    return refuse(`The format "${format}" is not supported where a text is read.`);
  }
  const failed = raise('invalidDatetimeFormat', 'the text does not have the format');
  const other = loose === undefined ? failed : readDate(text, loose);
  const fast =
    full === undefined
      ? ''
      : `WHEN regexp_full_match(${text}, ${textLiteral(full.shape)}) THEN coalesce(try_strptime(${text}, ${textLiteral(full.strptime)}), ${other})`;
  return `CASE WHEN ${text} IS NULL THEN NULL ${fast} ELSE ${other} END`;
}
