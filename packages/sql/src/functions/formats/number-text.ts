import { layout } from './number-layout.ts';
import type { NumberCharacter, NumberShape } from './number-layout.ts';
import type { NumberFormat } from './number-format.ts';
import { textOfPieces } from './number-pieces.ts';
import type { NumberTexts } from './number-pieces.ts';

/** The text that a number has before it is formatted: rounded to the format's digits after the point. */
export interface NumberText {
  /** A name or short text: digits and a point, after a minus sign where it is negative. */
  readonly text: string;
  /** Digits after the point in the text, and how many the format takes it to have: the others are zeros. */
  readonly places: number;
  readonly decimals: number;
}

const literals = (text: string): NumberCharacter[] => [...text].map((each) => ({ text: each }));

function unitOf(places: number): number {
  return places > 0 ? places + 1 : 0;
}

/** Texts cut from one that is bound to a name. */
function textsOf(format: NumberFormat, number: NumberText, trimmed: number): NumberTexts {
  const width = format.before + format.shifted;
  const zeros = format.zeroFrom === undefined ? 0 : width - format.zeroFrom;
  return {
    signed: number.text,
    unsigned: `ltrim(${number.text}, '-')`,
    isNegative: `(${number.text}) < '0'`,
    places: number.places,
    trimmed,
    zeroFilled: zeros > 1 ? zeros + unitOf(number.places) : 0,
    isPadded: !format.fill,
  };
}

/** The digits that FM shows after the point at least. */
function leastDecimals(format: NumberFormat, decimals: number): number {
  return Math.min(decimals, Math.max(0, format.zeroTo - format.before));
}

/** Texts of a number of so many digits before the point, by how many digits after it are shown where FM leaves zeros out. */
function shapeText(
  format: NumberFormat,
  number: NumberText,
  whole: number,
  isBelowOne: boolean,
): string {
  const { places, decimals } = number;
  const unit = unitOf(places);
  const digits = Array.from({ length: whole }, (_, index) => ({ place: unit + whole - 1 - index }));
  const after = Array.from({ length: decimals }, (_, index) =>
    index < places ? { place: places - 1 - index } : { text: '0' },
  );
  const characters = [...digits, ...(decimals > 0 ? literals('.') : []), ...after];
  const width = format.before + format.shifted;
  const least = leastDecimals(format, decimals);
  const trims = format.fill && format.point && decimals > 0;
  const texts = textsOf(format, number, trims ? Math.max(0, places - least) : 0);
  const zeros = format.zeroFrom === undefined ? 0 : width - format.zeroFrom;
  const head = unit + Math.max(whole, zeros) - 1;
  const shape = { characters, whole, decimals, isBelowOne, unit };
  if (!trims) return textOfPieces(layout(format, { ...shape, last: undefined }), head, texts);
  const most = Math.max(places, least);
  const shown: { upTo: number; text: string }[] = [];
  for (let count = least; count <= most; count += 1) {
    const last = whole + count;
    const text = textOfPieces(layout(format, { ...shape, last }), head, texts);
    const before = shown.at(-1);
    if (before?.text === text) before.upTo = count;
    else shown.push({ upTo: count, text });
  }
  const count = `strlen(rtrim(right(${number.text}, ${places}), '0'))`;
  const conditions = shown
    .slice(0, -1)
    .map(({ upTo, text }) => `WHEN ${count} <= ${upTo} THEN ${text}`);
  const rest = shown.at(-1)?.text ?? `''`;
  return conditions.length === 0 ? rest : `CASE ${conditions.join(' ')} ELSE ${rest} END`;
}

/** What is printed in place of a number, character by character: one that does not fit, NaN or infinity. */
export function literalNumber(format: NumberFormat, number: NumberText, text: string): string {
  const point = text.indexOf('.');
  const shape: NumberShape = {
    characters: literals(text),
    whole: point < 0 ? text.length : point,
    decimals: number.decimals,
    isBelowOne: false,
    last: format.fill && format.point && point >= 0 ? text.length - 1 : undefined,
    unit: 0,
  };
  return textOfPieces(layout(format, shape), -1, textsOf(format, number, 0));
}

/** The number signs in place of a number that has more digits than the format. */
export function overflowText(format: NumberFormat, number: NumberText): string {
  const { before, shifted } = format;
  const signs = `${'#'.repeat(before + shifted)}.${'#'.repeat(number.decimals)}`;
  return literalNumber(format, number, signs);
}

/** DuckDB text of a number in a format of digits. Numbers of different lengths that are printed alike share a branch. */
export function digitsText(format: NumberFormat, number: NumberText): string {
  const width = format.before + format.shifted;
  const unit = unitOf(number.places);
  const { text } = number;
  const longer = (digits: number): string =>
    `strlen(${text}) > ${digits + unit} + CAST(${text} < '0' AS INTEGER)`;
  const branches: { condition: string; text: string }[] = [
    { condition: `${text} IS NULL`, text: 'NULL' },
    { condition: longer(width), text: overflowText(format, number) },
  ];
  for (let whole = width; whole >= 1; whole -= 1) {
    const shown = shapeText(format, number, whole, false);
    const condition =
      whole > 1 ? longer(whole - 1) : `(${text} >= '1' OR ${text} BETWEEN '-1' AND '-:')`;
    const before = branches.at(-1);
    if (before?.text === shown && branches.length > 2) before.condition = condition;
    else branches.push({ condition, text: shown });
  }
  const hidesZero = format.zeroFrom === undefined && number.decimals > 0;
  const belowOne = width === 0 ? undefined : shapeText(format, number, 1, hidesZero);
  const last = branches.at(-1);
  // The last branch needs no condition.
  if (belowOne !== undefined && last?.text !== belowOne)
    branches.push({ condition: '', text: belowOne });
  const rest = branches.pop();
  const conditions = branches.map((each) => `WHEN ${each.condition} THEN ${each.text}`);
  return `CASE ${conditions.join(' ')} ELSE ${rest?.text ?? 'NULL'} END`;
}
