import { raise, refuse, textLiteral } from './template-parts.ts';

const PARSED: Readonly<Record<string, readonly [string, string]>> = {
  YYYY: ['%Y', '\\d{4}'],
  MM: ['%m', '\\d{2}'],
  DD: ['%d', '\\d{2}'],
  HH24: ['%H', '\\d{2}'],
  MI: ['%M', '\\d{2}'],
  SS: ['%S', '\\d{2}'],
  MS: ['%g', '\\d{3}'],
  US: ['%f', '\\d{6}'],
  MON: ['%b', '[A-Za-z]{3}'],
  MONTH: ['%B', '[A-Za-z]+'],
};

/**
 * DuckDB text of the timestamp that `text` means by a constant format, for texts of the full width of each pattern. Others
 * (PostgreSQL accepts fewer digits and trailing text) fail, so that no text is read as another moment.
 */
export function parseTimestamp(text: string, format: string): string {
  let rest = format;
  let strptime = '';
  let shape = '';
  while (rest !== '') {
    const pattern = /^(?:YYYY|MM|DD|HH24|MI|SS|MS|US|MONTH|MON)/i.exec(rest)?.[0];
    if (pattern !== undefined) {
      const [code = '', width = ''] = PARSED[pattern.toUpperCase()] ?? [];
      strptime += code;
      shape += width;
      rest = rest.slice(pattern.length);
      continue;
    }
    const quoted = /^"([A-Za-z ]*)"/.exec(rest);
    const plain = quoted?.[1] ?? /^[-/:., _]/.exec(rest)?.[0];
    if (plain === undefined) return refuse(`The date format is not supported from "${rest}" on.`);
    strptime += plain;
    shape += plain.replaceAll(/[-/.]/g, '\\$&');
    rest = rest.slice(quoted?.[0].length ?? plain.length);
  }
  const failed = raise('invalidDatetimeFormat', 'the text does not have the format');
  return `CASE WHEN ${text} IS NULL THEN NULL WHEN regexp_full_match(${text}, ${textLiteral(shape)}) THEN strptime(${text}, ${textLiteral(strptime)}) ELSE ${failed} END`;
}
