import { raise, textLiteral } from '../template-parts.ts';
import { ordinalOfText } from './ordinal.ts';
import type { Piece } from './number-layout.ts';

/** The texts that the pieces of a number are cut from. */
export interface NumberTexts {
  /** With a minus sign before it where it has one (of a Roman number its digits), and without. */
  readonly signed: string;
  readonly unsigned: string;
  readonly isNegative: string;
  /** Digits after the point. */
  readonly places: number;
  /** Of these, how many at the end are not shown where they are zeros. */
  readonly trimmed: number;
  /** Zeros are put before the unsigned text up to this length. */
  readonly zeroFilled: number;
  /** Whether numbers of fewer digits have blanks before them. */
  readonly isPadded: boolean;
}

/** Characters of the number next to each other: places `from` down to `to`. */
interface Run {
  readonly kind: 'run';
  readonly from: number;
  readonly to: number;
}
type Segment = Exclude<Piece, { kind: 'digit' }> | Run;

function segments(pieces: readonly Piece[]): readonly Segment[] {
  const found: Segment[] = [];
  for (const piece of pieces) {
    const before = found.at(-1);
    if (piece.kind === 'text' && piece.text === '') continue;
    if (piece.kind === 'text' && before?.kind === 'text') {
      found[found.length - 1] = { kind: 'text', text: before.text + piece.text };
    } else if (piece.kind !== 'digit') found.push(piece);
    else if (before?.kind === 'run' && before.to === piece.place + 1) {
      found[found.length - 1] = { ...before, to: piece.place };
    } else found.push({ kind: 'run', from: piece.place, to: piece.place });
  }
  return found;
}

/** What stands at the places `from` (undefined: from the beginning on) down to `to`. */
function cut(text: string, from: number | undefined, to: number): string {
  const left = to === 0 ? text : `left(${text}, ${-to})`;
  return from === undefined ? left : `right(${left}, ${from - to + 1})`;
}

function zeroFilled(text: string, length: number): string {
  return length === 0
    ? text
    : `CASE WHEN strlen(${text}) < ${length} THEN lpad(${text}, ${length}, '0') ELSE ${text} END`;
}

/** The last run of a number whose zeros at the end are not shown: whatever number of them, the text is the same here. */
function trimmedTail(text: string, from: number | undefined, texts: NumberTexts): string {
  const { trimmed, places } = texts;
  // Nothing but the point is before them, which stops the trimming.
  if (trimmed === places || (from !== undefined && from < trimmed)) {
    return `rtrim(${cut(text, from, 0)}, '0')`;
  }
  return `${cut(text, from, trimmed)} || rtrim(right(${text}, ${trimmed}), '0')`;
}

function pieceText(piece: Piece, texts: NumberTexts): string {
  switch (piece.kind) {
    case 'text':
      return textLiteral(piece.text);
    case 'ordinal':
      return ordinalOfText(texts.signed, piece.upper);
    case 'noOrdinal':
      return `CAST(${raise('invalidTextRepresentation', 'not a number')} AS VARCHAR)`;
    case 'roman': {
      const digits = piece.upper ? texts.signed : `lower(${texts.signed})`;
      return texts.isPadded ? `lpad(${digits}, 15, ' ')` : digits;
    }
    case 'choice':
      return `CASE WHEN ${texts.isNegative} THEN ${pieceText(piece.minus, texts)} ELSE ${pieceText(piece.plus, texts)} END`;
    case 'digit':
      return cut(texts.unsigned, piece.place, piece.place);
  }
}

interface Sign {
  readonly kind: 'choice';
  readonly plus: { readonly kind: 'text'; readonly text: string };
  readonly minus: { readonly kind: 'text'; readonly text: string };
}

function isSign(segment: Segment): segment is Sign {
  return segment.kind === 'choice' && segment.plus.kind === 'text' && segment.minus.kind === 'text';
}

/** A sign that is a minus or nothing (a blank). */
function isMinus({ plus, minus }: Sign): boolean {
  return plus.text.trim() === '' && minus.text === '-';
}

/**
 * DuckDB text of the pieces that a number is printed in. `head` is the place of its first digit. Blanks before it are as many as it
 * leaves room for, so that numbers of another length that are printed the same way have the same text here.
 */
export function textOfPieces(pieces: readonly Piece[], head: number, texts: NumberTexts): string {
  const all = segments(pieces);
  const start = all.findIndex((segment) => segment.kind === 'run');
  const tail = all.findLastIndex((segment) => segment.kind === 'run');
  const runText = (run: Run, isHead: boolean, isTail: boolean, source: string): string => {
    const text = zeroFilled(source, texts.zeroFilled);
    const from = isHead ? undefined : run.from;
    return isTail && texts.trimmed > 0 ? trimmedTail(text, from, texts) : cut(text, from, run.to);
  };
  // Behind its first digit a number is the same with a sign and without.
  const inner = texts.zeroFilled === 0 ? texts.signed : texts.unsigned;
  const parts = all.map((segment, index) =>
    segment.kind === 'run'
      ? runText(segment, false, index === tail, inner)
      : pieceText(segment, texts),
  );
  const run = all[start];
  if (run?.kind === 'run' && run.from === head) {
    const before = all[start - 1];
    const sign = before !== undefined && isSign(before) ? before : undefined;
    const isSigned = sign !== undefined && isMinus(sign) && texts.zeroFilled === 0;
    const digits = runText(run, true, start === tail, isSigned ? texts.signed : texts.unsigned);
    const shown =
      sign === undefined || isSigned ? digits : `(${pieceText(sign, texts)}) || ${digits}`;
    const first = sign === undefined ? start : start - 1;
    const text = all[first - 1];
    const blanks = text?.kind === 'text' ? (/ *$/.exec(text.text)?.[0].length ?? 0) : 0;
    if (texts.isPadded) {
      const width = blanks + (sign === undefined ? 0 : 1) + run.from - run.to + 1;
      const kept = text?.kind === 'text' ? text.text.slice(0, text.text.length - blanks) : '';
      const left = kept === '' ? [] : [textLiteral(kept)];
      parts.splice(
        blanks > 0 ? first - 1 : first,
        start - first + (blanks > 0 ? 2 : 1),
        ...(blanks > 0 ? left : []),
        `lpad(${shown}, ${width}, ' ')`,
      );
    } else parts.splice(first, start - first + 1, shown);
  }
  return parts.length === 0
    ? `''`
    : parts.map((part) => (part.startsWith('CASE ') ? `(${part})` : part)).join(' || ');
}
