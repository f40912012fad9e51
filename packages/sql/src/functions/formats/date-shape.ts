import { DATE_KEYWORDS, fieldOf } from './date-keywords.ts';
import type { DateKeyword } from './date-keywords.ts';
import { formatNodes } from './format-nodes.ts';
import type { FormatNode } from './format-nodes.ts';

/** What a field of a text sets. */
export type Part =
  | 'year'
  | 'month'
  | 'monthName'
  | 'day'
  | 'hour'
  | 'minute'
  | 'second'
  | 'millis'
  | 'micros'
  | 'half'
  | 'era';

/** The shape of texts that a format reads: a regular expression with one group a part. */
export interface DateShape {
  readonly expression: string;
  readonly parts: readonly Part[];
  /** The year has fewer than four letters in the format: of fewer than four digits it is one near 2020. */
  readonly partialYear: boolean;
  /** The hour is of the 12-hour clock. */
  readonly hour12: boolean;
}

const MONTHS =
  'january|february|march|april|may|june|july|august|september|october|november|december';
const SHORT_MONTHS = MONTHS.replaceAll(/[a-z]+/g, (name) => name.slice(0, 3));
const SPACE = '[\\t-\\r ]';
const SEPARATOR = '[!-/:-@\\[-`{-~]';
const EITHER = '[\\t-\\r !-/:-@\\[-`{-~]';

interface Field {
  readonly part: Part;
  /** Digits of a number; a name's expression. */
  readonly read: number | string;
}

const NUMBERS: Readonly<Record<string, readonly [part: Part, digits: number]>> = {
  YYYY: ['year', 4],
  YYY: ['year', 3],
  YY: ['year', 2],
  Y: ['year', 1],
  MM: ['month', 2],
  DD: ['day', 2],
  HH24: ['hour', 2],
  HH12: ['hour', 2],
  HH: ['hour', 2],
  MI: ['minute', 2],
  SS: ['second', 2],
  MS: ['millis', 3],
  US: ['micros', 6],
};

function fieldFor(name: DateKeyword): Field | undefined {
  const [part, digits] = NUMBERS[fieldOf(name) ?? ''] ?? [];
  if (part !== undefined && digits !== undefined) return { part, read: digits };
  switch (name.toUpperCase()) {
    case 'MONTH':
      return { part: 'monthName', read: MONTHS };
    case 'MON':
      return { part: 'monthName', read: SHORT_MONTHS };
    case 'AM':
    case 'PM':
      return { part: 'half', read: 'am|pm' };
    case 'A.M.':
    case 'P.M.':
      return { part: 'half', read: 'a\\.m\\.|p\\.m\\.' };
    case 'AD':
    case 'BC':
      return { part: 'era', read: 'ad|bc' };
    case 'A.D.':
    case 'B.C.':
      return { part: 'era', read: 'a\\.d\\.|b\\.c\\.' };
    default:
      return undefined;
  }
}

interface Placed extends Field {
  /** Separators and spaces of the format behind the field. */
  readonly gaps: number;
}

/** The fields of a format and the gaps behind them; undefined where it has other patterns, prefixes, endings or plain text. */
function fieldsOf(nodes: readonly FormatNode<DateKeyword>[]): Placed[] | undefined {
  const fields: Placed[] = [];
  for (const node of nodes) {
    const before = fields.at(-1);
    if (node.kind !== 'keyword') {
      if (node.kind === 'character' || before === undefined) return undefined;
      fields[fields.length - 1] = { ...before, gaps: before.gaps + 1 };
      continue;
    }
    const field = fieldFor(node.name);
    if (field === undefined || node.fill || node.translated || node.ordinal !== undefined) {
      return undefined;
    }
    fields.push({ ...field, gaps: 0 });
  }
  return fields.length === 0 ? undefined : fields;
}

/** A number reads all digits there are, unless another number follows at once. Its digits are never given back: what follows is none. */
function isWhole(field: Placed, next: Placed | undefined): boolean {
  return field.gaps > 0 || typeof next?.read !== 'number';
}

function reading(field: Placed, next: Placed | undefined): string {
  if (typeof field.read === 'string') return `((?i:${field.read}))`;
  if (isWhole(field, next)) return '([+-]?[0-9]+)';
  return field.read === 1 ? '([0-9])' : `([0-9]{${field.read}}|[+-][0-9]{${field.read - 1}})`;
}

function gap(field: Placed, next: Placed): string {
  const { gaps } = field;
  const others = EITHER + '?';
  if (typeof field.read === 'number' && typeof next.read === 'number' && gaps > 0) {
    return `(?:${SPACE}+${SEPARATOR}?|${SEPARATOR})${others.repeat(gaps - 1)}${SPACE}*`;
  }
  return `${SPACE}*${others.repeat(gaps)}${SPACE}*`;
}

/** The shape of a format of to_date and to_timestamp as PostgreSQL reads texts by it; undefined where only texts of the full width are read. */
export function dateShape(format: string): DateShape | undefined {
  const nodes = formatNodes(format, DATE_KEYWORDS, true);
  const fields = fieldsOf(nodes);
  if (fields === undefined) return undefined;
  const parts = fields.map(({ part }) => part);
  const months = parts.filter((part) => part === 'month' || part === 'monthName');
  if (new Set(parts).size < parts.length || months.length > 1) return undefined;
  // A text may end behind any field.
  let expression = '';
  for (const [index, field] of [...fields.entries()].reverse()) {
    const next = fields[index + 1];
    const rest =
      next === undefined
        ? '(?s:.*)'
        : `(?:${SPACE}*${EITHER}{0,${field.gaps}}|${gap(field, next)}${expression})`;
    expression = reading(field, next) + rest;
  }
  const names = nodes.flatMap((node) => (node.kind === 'keyword' ? [node.name.toUpperCase()] : []));
  return {
    expression: `${SPACE}*${expression}`,
    parts,
    partialYear: names.some((name) => /^Y{1,3}$/.test(name)),
    hour12: names.includes('HH') || names.includes('HH12'),
  };
}
