import { digitsOfType, NARROW_PRECISION } from '../types/numeric-digits.ts';
import { argument } from './division.ts';
import type { Template, TemplateContext } from './function-entry.ts';
import { reuse } from './template-parts.ts';

/** Where the engine's reader of a text of at most 15 digits need not fill 128 bits, which takes it 50 times as long. Below: the digits may round up. */
const NARROW_READERS: readonly (readonly [below: string, scale: number])[] = [
  ['999', 15],
  ['999999', 12],
  ['999999999', 9],
  ['999999999999', 6],
];

/** A float by its digits as text. */
export function decimalOfFloat(digitsOf: (value: string) => string): Template {
  return (args, context) => {
    const type = context.engineType(context.result);
    const { precision, scale } = digitsOfType(context.result);
    const [, least = 0] = NARROW_READERS[0] ?? [];
    // A narrower type reads fast by itself; of fewer places it would round twice.
    if (precision <= NARROW_PRECISION || scale < least) {
      return `CAST(${digitsOf(argument(args, 0).text)} AS ${type})`;
    }
    return reuse([argument(args, 0).text], (value) => {
      const text = digitsOf(value);
      const narrow = NARROW_READERS.map(
        ([below, places]) =>
          `WHEN abs(${value}) < CAST(${below} AS DOUBLE) THEN CAST(CAST(${text} AS DECIMAL(${NARROW_PRECISION},${places})) AS ${type})`,
      );
      return `CASE ${narrow.join(' ')} ELSE CAST(${text} AS ${type}) END`;
    });
  };
}

/** Characters of a text, and places in it, that a DECIMAL of 18 digits holds whatever they are. */
const SHORT_TEXT = 12;
const SHORT_PLACES = 6;

/** A text that PostgreSQL would read as a numeric: the engine's reader fills 128 bits in 50 times the time of 64, and most are short. */
export function decimalOfText(text: string, context: TemplateContext): string {
  const type = context.engineType(context.result);
  if (digitsOfType(context.result).precision <= NARROW_PRECISION) return `CAST(${text} AS ${type})`;
  return reuse([text], (value) => {
    const places = `(strpos(${value}, '.') = 0 OR length(${value}) - strpos(${value}, '.') <= ${SHORT_PLACES})`;
    const isShort = `length(${value}) <= ${SHORT_TEXT} AND ${places} AND NOT contains(lower(${value}), 'e')`;
    return `CASE WHEN ${isShort} THEN CAST(CAST(${value} AS DECIMAL(${NARROW_PRECISION},${SHORT_PLACES})) AS ${type}) ELSE CAST(${value} AS ${type}) END`;
  });
}
