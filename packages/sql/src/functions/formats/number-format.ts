import { QueryError } from '../../errors.ts';
import { formatNodes } from './format-nodes.ts';
import type { FormatNode } from './format-nodes.ts';

const KEYWORDS = [
  ...[',', '.', '0', '9', 'B', 'C', 'D', 'EEEE', 'FM', 'G', 'L', 'MI', 'PL', 'PR', 'RN'],
  ...['SG', 'SP', 'S', 'TH', 'V', 'b', 'c', 'd', 'eeee', 'fm', 'g', 'l', 'mi', 'pl', 'pr', 'rn'],
  ...['sg', 'sp', 's', 'th', 'v'],
] as const;
export type NumberKeyword = (typeof KEYWORDS)[number];
/** A keyword in upper case, but `rn` and `th`, which print lower case. */
export type NumberPattern =
  | ','
  | '.'
  | '0'
  | '9'
  | 'B'
  | 'C'
  | 'D'
  | 'EEEE'
  | 'FM'
  | 'G'
  | 'L'
  | 'MI'
  | 'PL'
  | 'PR'
  | 'RN'
  | 'SG'
  | 'SP'
  | 'S'
  | 'TH'
  | 'V'
  | 'rn'
  | 'th';

export type NumberNode =
  | { readonly kind: 'pattern'; readonly pattern: NumberPattern }
  | { readonly kind: 'text'; readonly text: string };

/** What a number format says as a whole. */
export interface NumberFormat {
  readonly nodes: readonly NumberNode[];
  /** Positions before the point and after it, and behind V. */
  readonly before: number;
  readonly after: number;
  readonly shifted: number;
  /** Position before the point from which on zeros are shown; undefined without a 0 there. */
  readonly zeroFrom: number | undefined;
  /** Positions up to the last 0. */
  readonly zeroTo: number;
  /** S before or after the digits. */
  readonly anchored: 'before' | 'after' | undefined;
  readonly positionsBeforeSign: number;
  readonly fill: boolean;
  readonly point: boolean;
  readonly bracket: boolean;
  readonly minus: boolean;
  readonly plus: boolean;
  readonly roman: boolean;
  readonly scientific: boolean;
  readonly shift: boolean;
}

const wrong = (message: string): never => {
  throw new QueryError('syntaxError', message);
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What one pattern adds to the format, with PostgreSQL's errors where patterns contradict each other. */
function add(format: Mutable<NumberFormat>, pattern: NumberPattern, isBlank: boolean): void {
  if (format.scientific && pattern !== 'EEEE') wrong('"EEEE" must be the last pattern used');
  const signed = format.plus || format.minus;
  switch (pattern) {
    case '9':
      if (format.bracket) wrong('"9" must be ahead of "PR"');
      if (format.shift) format.shifted += 1;
      else if (format.point) format.after += 1;
      else format.before += 1;
      break;
    case '0':
      if (format.bracket) wrong('"0" must be ahead of "PR"');
      if (!format.point) format.zeroFrom ??= format.before;
      if (format.point) format.after += 1;
      else format.before += 1;
      format.zeroTo = format.before + format.after;
      break;
    case 'D':
    case '.':
      if (format.point) wrong('multiple decimal points');
      if (format.shift) wrong('cannot use "V" and decimal point together');
      format.point = true;
      break;
    case 'FM':
      format.fill = true;
      break;
    case 'S':
      if (format.anchored !== undefined) wrong('cannot use "S" twice');
      if (signed || format.bracket) wrong('cannot use "S" and "PL"/"MI"/"SG"/"PR" together');
      format.anchored = format.point ? 'after' : 'before';
      format.positionsBeforeSign = format.before;
      break;
    case 'MI':
    case 'PL':
    case 'SG':
      if (format.anchored !== undefined) wrong(`cannot use "S" and "${pattern}" together`);
      if (pattern !== 'PL') format.minus = true;
      if (pattern !== 'MI') format.plus = true;
      break;
    case 'PR':
      if (format.anchored !== undefined || signed) {
        wrong('cannot use "PR" and "S"/"PL"/"MI"/"SG" together');
      }
      format.bracket = true;
      break;
    case 'rn':
    case 'RN':
      if (format.roman) wrong('cannot use "RN" twice');
      format.roman = true;
      break;
    case 'V':
      if (format.point) wrong('cannot use "V" and decimal point together');
      format.shift = true;
      break;
    case 'EEEE':
      if (format.scientific) wrong('cannot use "EEEE" twice');
      if (isBlank || format.fill || format.anchored !== undefined || format.bracket || signed) {
        wrong('"EEEE" is incompatible with other formats');
      }
      if (format.roman || format.shift) wrong('"EEEE" is incompatible with other formats');
      format.scientific = true;
      break;
    default:
      break;
  }
  const other =
    format.zeroFrom !== undefined || isBlank || format.point || format.anchored !== undefined;
  if (format.roman && (other || format.bracket || format.minus || format.plus)) {
    wrong('"RN" is incompatible with other formats');
  }
  if (format.roman && (format.shift || format.scientific)) {
    wrong('"RN" is incompatible with other formats');
  }
}

/** Reads a format of to_char of numbers or of to_number. Patterns that contradict each other fail with 42601. */
export function numberFormat(text: string): NumberFormat {
  const format: Mutable<NumberFormat> = {
    nodes: [],
    before: 0,
    after: 0,
    shifted: 0,
    zeroFrom: undefined,
    zeroTo: 0,
    anchored: undefined,
    positionsBeforeSign: 0,
    fill: false,
    point: false,
    bracket: false,
    minus: false,
    plus: false,
    roman: false,
    scientific: false,
    shift: false,
  };
  let isBlank = false;
  const nodes = formatNodes(text, KEYWORDS, false).map((node: FormatNode<NumberKeyword>) => {
    if (node.kind !== 'keyword') return { kind: 'text', text: node.text } as const;
    const upper = node.name.toUpperCase() as NumberPattern;
    const pattern = node.name === 'rn' || node.name === 'th' ? node.name : upper;
    if (pattern === 'B' && format.before + format.after === 0 && format.zeroFrom === undefined) {
      isBlank = true;
    }
    add(format, pattern, isBlank);
    return { kind: 'pattern', pattern } as const;
  });
  format.nodes = nodes;
  return format;
}
