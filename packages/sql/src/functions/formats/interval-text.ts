import { QueryError } from '../../errors.ts';
import { refuse } from '../template-parts.ts';
import { DATE_KEYWORDS, fieldOf } from './date-keywords.ts';
import type { DateField, DateKeyword } from './date-keywords.ts';
import { fractionFields } from './date-fields.ts';
import type { FieldText } from './date-fields.ts';
import { numberText, thousandsText } from './field-text.ts';
import { formatNodes } from './format-nodes.ts';
import type { Keyword } from './format-nodes.ts';
import { partsText } from './moment-text.ts';

const part =
  (unit: string) =>
  (span: string): string =>
    `date_part('${unit}', ${span})`;
const year = part('year');
const month = part('month');
const day = part('day');
const hour = part('hour');
const minute = part('minute');
const micros = part('microsecond');
const second = (span: string): string => `(${micros(span)} // 1000000)`;
const days = (span: string): string =>
  `((${year(span)} * 12 + ${month(span)}) * 30 + ${day(span)})`;

const signed = (value: (span: string) => string, width: number): FieldText => ({
  value,
  width,
  negative: (span) => `${value(span)} < 0`,
});
const ofYear = (divisor: number, width: number): FieldText => ({
  value: (span) => `${year(span)} % ${divisor}`,
  width,
  negative: (span) => `${year(span)} < 0`,
});
const hour12: FieldText = {
  value: (span) => `CASE WHEN ${hour(span)} % 12 = 0 THEN 12 ELSE ${hour(span)} % 12 END`,
  width: 2,
  negative: (span) => `${hour(span)} < 0`,
};
const seconds: FieldText = {
  value: (span) => `(${hour(span)} * 3600 + ${minute(span)} * 60 + ${second(span)})`,
  width: 1,
};

const FIELDS: Readonly<Partial<Record<DateField, FieldText>>> = {
  YYYY: signed(year, 4),
  YYY: ofYear(1000, 3),
  YY: ofYear(100, 2),
  Y: { value: (span) => `${year(span)} % 10`, width: 1 },
  CC: signed((span) => `(${year(span)} // 100)`, 2),
  MM: signed(month, 2),
  WW: { value: (span) => `(${days(span)} - 1) // 7 + 1`, width: 2 },
  W: { value: (span) => `(${day(span)} - 1) // 7 + 1`, width: 1 },
  DDD: { value: days, width: 3 },
  DD: { value: day, width: 2 },
  HH24: signed(hour, 2),
  HH12: hour12,
  HH: hour12,
  MI: signed(minute, 2),
  SS: signed(second, 2),
  SSSS: seconds,
  SSSSS: seconds,
  ...fractionFields(micros),
};

function keywordText({ name, fill, ordinal }: Keyword<DateKeyword>, span: string): string {
  const field = fieldOf(name);
  if (field === 'FX') return `''`;
  if (field === 'Y,YYY') return thousandsText(year(span), ordinal);
  if (/^[ap].?m/i.test(name)) {
    const spelled = (text: string): string => {
      const dotted = name.includes('.') ? `${text}.M.` : `${text}M`;
      return `'${name === name.toLowerCase() ? dotted.toLowerCase() : dotted}'`;
    };
    return `CASE WHEN ${hour(span)} % 24 >= 12 THEN ${spelled('P')} ELSE ${spelled('A')} END`;
  }
  if (field === 'Q') {
    const quarter = numberText(`(${month(span)} - 1) // 3 + 1`, { width: 1 }, ordinal);
    return `CASE WHEN ${month(span)} = 0 THEN '' ELSE ${quarter} END`;
  }
  if (field !== undefined && /^(?:I(?!D$)|J)/.test(field)) {
    return refuse(`The pattern "${name}" of intervals is not supported.`);
  }
  if (/^rm$/i.test(name)) return refuse(`The pattern "${name}" of intervals is not supported.`);
  const text = field === undefined ? undefined : FIELDS[field];
  if (text === undefined) {
    throw new QueryError(
      'invalidDatetimeFormat',
      'invalid format specification for an interval value',
      { hint: 'Intervals are not tied to specific calendar dates.' },
    );
  }
  if (fill && text.keeps !== true) return numberText(text.value(span), { width: 1 }, ordinal);
  const { width } = text;
  const negative = text.negative?.(span);
  return numberText(
    text.value(span),
    negative === undefined ? { width } : { width, negative },
    ordinal,
  );
}

/** DuckDB text of an interval (a name, used several times) in a constant format of to_char. What belongs to dates fails with 22007. */
export function intervalText(span: string, format: string): string {
  if (format === '') return 'CAST(NULL AS VARCHAR)';
  const parts = formatNodes(format, DATE_KEYWORDS, true).map((node) =>
    node.kind === 'keyword'
      ? { text: keywordText(node, span) }
      : { code: node.text.replaceAll('%', '%%') },
  );
  return `CASE WHEN ${span} IS NOT NULL THEN ${partsText(parts, span)} END`;
}
