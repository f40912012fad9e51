import type { NumberFormat } from './number-format.ts';

/** A character of the number's text: its own place in it, counted from the right, or one that is known. */
export type NumberCharacter =
  { readonly place: number; readonly text?: undefined } | { readonly text: string };

/** What a format prints at one of its steps. `choice`: by the number's sign. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'digit'; readonly place: number }
  | { readonly kind: 'ordinal'; readonly upper: boolean }
  /** An ordinal of what is no number: an error. */
  | { readonly kind: 'noOrdinal' }
  | { readonly kind: 'roman'; readonly upper: boolean }
  | { readonly kind: 'choice'; readonly plus: Piece; readonly minus: Piece };

/** A number of which only the shape is known. */
export interface NumberShape {
  readonly characters: readonly NumberCharacter[];
  /** How many characters stand before the point. */
  readonly whole: number;
  /** How many digits the format takes it to have after the point. */
  readonly decimals: number;
  /** The first character is a zero. */
  readonly isBelowOne: boolean;
  /** Index of the last character that FM shows; undefined: all are shown. */
  readonly last: number | undefined;
  /** Places in the number's text to the right of the last digit before its point: that digit's place. */
  readonly unit: number;
}

const NOTHING: Piece = { kind: 'text', text: '' };

function isPoint(character: NumberCharacter | undefined): boolean {
  return character?.text === '.';
}

/**
 * PostgreSQL's walk over a number format, with one sign. Every step gives as many pieces with one sign as with the other. Undefined
 * stands where the number's text has ended: there PostgreSQL's result ends too.
 */
class Walk {
  readonly #format: NumberFormat;
  readonly #number: NumberShape;
  readonly #isNegative: boolean;
  readonly #before: number;
  readonly #blanks: number;
  readonly #isAfter: boolean;
  readonly #bracket: boolean;
  readonly #count: number;
  #wroteSign: boolean;
  #isInside = false;
  #step = 0;
  #next = 0;
  readonly pieces: (Piece | undefined)[] = [];

  constructor(format: NumberFormat, number: NumberShape, isNegative: boolean) {
    this.#format = format;
    this.#number = number;
    this.#isNegative = isNegative;
    this.#before = format.before + format.shifted;
    this.#blanks = Math.max(0, this.#before - number.whole);
    const written = format.plus || format.minus;
    this.#wroteSign = written
      ? format.minus
      : !isNegative && format.fill && format.anchored === undefined;
    this.#bracket = format.bracket && !(format.fill && !isNegative);
    this.#isAfter =
      format.anchored === 'after' ||
      (format.anchored === 'before' && this.#before === format.positionsBeforeSign);
    const least = !this.#wroteSign && this.#blanks === 0 ? 0 : -1;
    this.#count = number.decimals + this.#before + least;
  }

  run(): (Piece | undefined)[] {
    for (const node of this.#format.nodes) {
      if (node.kind === 'text') this.#text(node.text);
      else this.#pattern(node.pattern);
    }
    return this.pieces;
  }

  #text(text: string): void {
    this.pieces.push(text === '' ? NOTHING : { kind: 'text', text });
  }

  #pattern(pattern: string): void {
    const { fill } = this.#format;
    switch (pattern) {
      case '9':
      case '0':
      case 'D':
      case '.':
        this.#digit(pattern === '0');
        break;
      case ',':
      case 'G':
        this.#text(this.#isInside ? ',' : fill ? '' : ' ');
        break;
      case 'L':
        this.#text(' ');
        break;
      case 'RN':
      case 'rn':
        this.pieces.push({ kind: 'roman', upper: pattern === 'RN' });
        break;
      case 'TH':
      case 'th':
        this.pieces.push(this.#ordinal(pattern === 'TH'));
        break;
      case 'MI':
        this.#text(this.#isNegative ? '-' : fill ? '' : ' ');
        break;
      case 'PL':
        this.#text(!this.#isNegative ? '+' : fill ? '' : ' ');
        break;
      case 'SG':
        this.#text(this.#isNegative ? '-' : '+');
        break;
      default:
        break;
    }
  }

  #ordinal(upper: boolean): Piece {
    const { point, roman } = this.#format;
    const { characters } = this.#number;
    if (roman || point || this.#isNegative || characters[0]?.text === '#') return NOTHING;
    const last = characters.at(-1)?.text ?? '0';
    return /[0-9]/.test(last) ? { kind: 'ordinal', upper } : { kind: 'noOrdinal' };
  }

  /** The number has not begun, and its zero before the point is not shown. */
  #hidesZero(): boolean {
    const { isBelowOne, decimals } = this.#number;
    const isFirst = this.#format.zeroFrom === undefined && this.#next === 0;
    return isFirst && isBelowOne && decimals !== 0;
  }

  #endsAtPoint(): boolean {
    const { last, characters } = this.#number;
    return last !== undefined && isPoint(characters[last]);
  }

  #sign(): void {
    const { zeroFrom, anchored, fill } = this.#format;
    const isDue =
      !this.#wroteSign &&
      (this.#step >= this.#blanks || zeroFrom === this.#step) &&
      (!this.#hidesZero() || this.#endsAtPoint());
    if (!isDue) this.#text('');
    else if (anchored !== undefined) {
      this.#text(this.#isAfter ? '' : this.#isNegative ? '-' : '+');
      this.#wroteSign = !this.#isAfter;
    } else {
      this.#wroteSign = true;
      if (this.#bracket) this.#text(this.#isNegative ? '<' : ' ');
      else this.#text(this.#isNegative ? '-' : fill ? '' : ' ');
    }
  }

  #digit(isZero: boolean): void {
    if (this.#format.roman) return;
    this.#isInside = false;
    this.#sign();
    this.#character(isZero);
    this.#end();
    this.#step += 1;
  }

  #character(isZero: boolean): void {
    const { zeroFrom, fill } = this.#format;
    const { characters, last, unit } = this.#number;
    if (this.#step < this.#blanks) {
      const showsZero = zeroFrom !== undefined && zeroFrom <= this.#step;
      if (showsZero) {
        this.pieces.push({ kind: 'digit', place: unit + this.#before - 1 - this.#step });
        this.#isInside = true;
      } else this.#text(fill ? '' : ' ');
      return;
    }
    const character = characters[this.#next];
    if (isPoint(character)) this.pieces.push(this.#shown(character));
    else if (last !== undefined && this.#next > last && !isZero) this.#text('');
    else if (this.#hidesZero()) this.#text(!fill ? ' ' : this.#endsAtPoint() ? '0' : '');
    else {
      this.pieces.push(character === undefined ? undefined : this.#shown(character));
      this.#isInside = true;
    }
    if (character !== undefined) this.#next += 1;
  }

  #shown(character: NumberCharacter | undefined): Piece {
    if (character?.text === '.' && this.#number.unit > 0) {
      return { kind: 'digit', place: this.#number.unit - 1 };
    }
    if (character?.text !== undefined) return { kind: 'text', text: character.text };
    return character === undefined ? NOTHING : { kind: 'digit', place: character.place };
  }

  /** A sign behind the last digit. */
  #end(): void {
    const { point, anchored } = this.#format;
    const isLast = this.#number.last !== undefined && this.#number.last === this.#next;
    const end = isLast ? this.#step : this.#count + (this.#blanks > 0 ? 1 : 0) + (point ? 1 : 0);
    if (this.#step + 1 !== end) this.#text('');
    else if (this.#wroteSign && this.#bracket) this.#text(this.#isNegative ? '>' : ' ');
    else if (anchored !== undefined && this.#isAfter) this.#text(this.#isNegative ? '-' : '+');
    else this.#text('');
  }
}

function same(plus: Piece, minus: Piece): boolean {
  if (plus.kind === 'text' && minus.kind === 'text') return plus.text === minus.text;
  if (plus.kind === 'digit' && minus.kind === 'digit') return plus.place === minus.place;
  return plus.kind === minus.kind;
}

/** What a format prints of a number of a certain shape, step by step, for both signs. */
export function layout(format: NumberFormat, number: NumberShape): readonly Piece[] {
  const plus = new Walk(format, number, false).run();
  const minus = new Walk(format, number, true).run();
  const pieces: Piece[] = [];
  for (const [index, positive] of plus.entries()) {
    const negative = minus[index];
    if (positive === undefined || negative === undefined) break;
    pieces.push(
      same(positive, negative) ? positive : { kind: 'choice', plus: positive, minus: negative },
    );
  }
  return pieces;
}
