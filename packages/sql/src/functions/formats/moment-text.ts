import { refuse, textLiteral } from '../template-parts.ts';
import { MOMENT_FIELDS } from './date-fields.ts';
import { DATE_KEYWORDS, fieldOf } from './date-keywords.ts';
import type { DateKeyword, DateName } from './date-keywords.ts';
import { formatNodes } from './format-nodes.ts';
import type { Keyword } from './format-nodes.ts';
import { numberText, thousandsText } from './field-text.ts';

/** What a format prints of: a clock's time, and how it stands to UTC (of a timestamp without zone both are absent). */
export interface Moment {
  /** A name or short text of a TIMESTAMP, used several times. */
  readonly clock: string;
  /** DuckDB text of its seconds east of Greenwich. */
  readonly offset: string | undefined;
  /** The zone's short name; undefined where the engine does not know it. */
  readonly zone: string | undefined;
}

/** Text that strftime gives, or an expression. */
export type Part = { readonly code: string } | { readonly text: string };

const MONTHS = ['I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX', 'X', 'XI', 'XII'];

const isLower = (name: string): boolean => name === name.toLowerCase();

/** A name from strftime, in the keyword's case. */
function cased(name: DateName, at: string, code: string): string {
  const text = `strftime(${at}, '${code}')`;
  return isLower(name) ? `lower(${text})` : `upper(${text})`;
}

function either(test: string, name: string, yes: string, no: string): string {
  const spelled = (text: string): string => {
    const dotted = name.includes('.') ? `${text[0] ?? ''}.${text[1] ?? ''}.` : text;
    return `'${isLower(name) ? dotted.toLowerCase() : dotted}'`;
  };
  return `CASE WHEN ${test} THEN ${spelled(yes)} ELSE ${spelled(no)} END`;
}

function namePart(name: DateName, { clock, offset, zone }: Moment, fill: boolean): Part {
  const padded = (text: string, width: number): Part => ({
    text: fill ? text : `rpad(${text}, ${width}, ' ')`,
  });
  switch (name) {
    case 'Month':
      return fill ? { code: '%B' } : padded(`strftime(${clock}, '%B')`, 9);
    case 'MONTH':
    case 'month':
      return padded(cased(name, clock, '%B'), 9);
    case 'Day':
      return fill ? { code: '%A' } : padded(`strftime(${clock}, '%A')`, 9);
    case 'DAY':
    case 'day':
      return padded(cased(name, clock, '%A'), 9);
    case 'Mon':
      return { code: '%b' };
    case 'MON':
    case 'mon':
      return { text: cased(name, clock, '%b') };
    case 'Dy':
      return { code: '%a' };
    case 'DY':
    case 'dy':
      return { text: cased(name, clock, '%a') };
    case 'AM':
    case 'PM':
      return { code: '%p' };
    case 'RM':
    case 'rm': {
      const names = MONTHS.map((text) => `'${isLower(name) ? text.toLowerCase() : text}'`);
      return padded(`list_extract([${names.join(', ')}], month(${clock}))`, 4);
    }
    case 'TZ':
    case 'tz': {
      if (offset === undefined) return { text: `''` };
      if (zone === undefined) {
        return refuse(`The pattern "${name}" is supported in zones without summer time only.`);
      }
      return { text: textLiteral(isLower(name) ? zone.toLowerCase() : zone) };
    }
    default:
      return {
        text: /[m]/i.test(name)
          ? either(`hour(${clock}) < 12`, name, 'AM', 'PM')
          : either(`year(${clock}) > 0`, name, 'AD', 'BC'),
      };
  }
}

/** TZH, TZM and OF: the distance from Greenwich. */
function offsetText(field: 'TZH' | 'TZM' | 'OF', offset: string, fill: boolean): string {
  const minutes = `lpad(CAST(abs(${offset}) % 3600 // 60 AS VARCHAR), 2, '0')`;
  if (field === 'TZM') return minutes;
  const sign = `CASE WHEN ${offset} >= 0 THEN '+' ELSE '-' END`;
  const hours = `CAST(abs(${offset}) // 3600 AS VARCHAR)`;
  const short = field === 'OF' && fill ? hours : `lpad(${hours}, 2, '0')`;
  if (field === 'TZH') return `${sign} || ${short}`;
  return `${sign} || ${short} || CASE WHEN ${offset} % 3600 <> 0 THEN ':' || ${minutes} ELSE '' END`;
}

function keywordPart(keyword: Keyword<DateKeyword>, moment: Moment, early: boolean): Part {
  const { name, fill, translated, ordinal } = keyword;
  const field = fieldOf(name);
  if (field === undefined)
    return namePart(name as DateName, moment, fill || (translated && !/^rm$/i.test(name)));
  if (field === 'FX') return { code: '' };
  if (field === 'TZH' || field === 'TZM' || field === 'OF') {
    return { text: `(${offsetText(field, moment.offset ?? '0', fill)})` };
  }
  const text = MOMENT_FIELDS[field];
  if (text === undefined) return refuse(`The pattern "${name}" is not supported.`);
  const { code, short, width, keeps, ofYear, value } = text;
  const shown = fill && keeps !== true ? (short ?? (width === 1 ? code : undefined)) : code;
  if (shown !== undefined && ordinal === undefined && !(early && ofYear === true)) {
    return { code: shown };
  }
  const number = value(moment.clock);
  if (field === 'Y,YYY') return { text: thousandsText(number, ordinal) };
  if (fill && keeps !== true) return { text: numberText(number, { width: 1 }, ordinal) };
  const negative = text.negative?.(moment.clock);
  const digits = negative === undefined ? { width } : { width, negative };
  return { text: numberText(number, digits, ordinal) };
}

/** Parts one after another; neighbours that strftime gives are one call. */
export function partsText(parts: readonly Part[], at: string): string {
  const texts: string[] = [];
  let codes = '';
  const flush = (): void => {
    if (codes === '') return;
    const plain = codes.replaceAll('%%', '');
    texts.push(
      plain.includes('%')
        ? `strftime(${at}, ${textLiteral(codes)})`
        : textLiteral(codes.replaceAll('%%', '%')),
    );
    codes = '';
  };
  for (const part of parts) {
    if ('code' in part) codes += part.code;
    else {
      flush();
      texts.push(part.text.startsWith('CASE ') ? `(${part.text})` : part.text);
    }
  }
  flush();
  return texts.length === 0 ? `''` : texts.join(' || ');
}

/** DuckDB text of a moment in a constant format of to_char. Infinity gives NULL, and so does the empty format. */
export function momentText(moment: Moment, format: string): string {
  if (format === '') return 'CAST(NULL AS VARCHAR)';
  const nodes = formatNodes(format, DATE_KEYWORDS, true);
  const text = (early: boolean): string =>
    partsText(
      nodes.map((node) =>
        node.kind === 'keyword'
          ? keywordPart(node, moment, early)
          : { code: node.text.replaceAll('%', '%%') },
      ),
      moment.clock,
    );
  const usual = text(false);
  const { clock } = moment;
  const finite = `isfinite(${clock})`;
  const ofYear = nodes.some(
    (node) => node.kind === 'keyword' && MOMENT_FIELDS[fieldOf(node.name) ?? 'FX']?.ofYear === true,
  );
  if (!ofYear) return `CASE WHEN ${finite} THEN ${usual} END`;
  const usualYears = `${clock} BETWEEN TIMESTAMP '0002-01-01' AND TIMESTAMP '9999-12-01'`;
  return `CASE WHEN ${usualYears} THEN ${usual} WHEN ${finite} THEN ${text(true)} END`;
}

/** Whether a format prints what a timestamp's zone says. */
export function needsZone(format: string): boolean {
  return formatNodes(format, DATE_KEYWORDS, true).some(
    (node) => node.kind === 'keyword' && /^(?:TZ|TZH|TZM|OF)$/i.test(node.name),
  );
}
