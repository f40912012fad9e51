import { digitsOfType, MAX_PRECISION, NARROW_PRECISION } from '../../types/numeric-digits.ts';
import { powerOfTen } from '../decimal-text.ts';
import type { Template, TemplateArgument } from '../function-entry.ts';
import { raise, refuse, requireConstant, reuse, reuseOutside } from '../template-parts.ts';
import { numberFormat } from './number-format.ts';
import type { NumberFormat } from './number-format.ts';
import { digitsText, literalNumber, overflowText } from './number-text.ts';
import { romanText } from './roman.ts';
import { scientificOfDigits, scientificOfFloat } from './scientific.ts';

/** A number's Roman digits in a format that has RN. */
function roman(format: NumberFormat, rounded: string): string {
  return reuse([rounded], (value) =>
    reuse(
      [romanText(value)],
      (text) =>
        `CASE WHEN ${value} IS NOT NULL THEN ${literalNumber(format, { text, places: 0, decimals: 0 }, '0')} END`,
    ),
  );
}

function formatOf(format: TemplateArgument | undefined): NumberFormat {
  return numberFormat(requireConstant(format, 'The format of to_char()'));
}

/** An integer behind V: times a power of ten, in PostgreSQL's own width. */
function shiftedInteger(x: string, shifted: number, isLong: boolean): string {
  const product = `(CAST(${x} AS HUGEINT) * ${powerOfTen(Math.min(shifted, 19))})`;
  if (isLong) {
    const failed = raise('numericOutOfRange', 'bigint out of range');
    const fits =
      shifted > 18 ? 'false' : `${product} BETWEEN -9223372036854775808 AND 9223372036854775807`;
    return `CASE WHEN ${x} IS NULL THEN NULL WHEN ${fits} THEN ${product} ELSE ${failed} END`;
  }
  if (shifted > 9)
    refuse('V with more than 9 digits is not supported for integers.', 'Cast to numeric.');
  // 32 bits wrap around.
  return `(((${product} + 2147483648) % 4294967296 + 4294967296) % 4294967296 - 2147483648)`;
}

const integerText =
  (isLong: boolean): Template =>
  ([value, pattern]) => {
    const format = formatOf(pattern);
    const { after, shifted } = format;
    return reuseOutside(value?.text ?? 'NULL', (x) => {
      if (format.nodes.length === 0) return `CASE WHEN ${x} IS NOT NULL THEN '' END`;
      if (format.roman)
        return roman(
          format,
          `CASE WHEN ${x} BETWEEN 1 AND 3999 THEN ${x} WHEN ${x} IS NOT NULL THEN 0 END`,
        );
      if (format.scientific) {
        return isLong ? scientificOfDigits(x, 0, after) : scientificOfFloat(x, after);
      }
      const shown = shifted > 0 ? shiftedInteger(x, shifted, isLong) : x;
      return reuse([`CAST(${shown} AS VARCHAR)`], (text) =>
        digitsText(format, { text, places: 0, decimals: after }),
      );
    });
  };

/**
 * A decimal's text with so many places. What fits into 64 bits is printed there, many times as fast. Its rounding in 128 bits is a
 * slow division: a double rounds as well, which is checked.
 */
function decimalText(x: string, precision: number, scale: number, places: number): string {
  const digits = Math.min(MAX_PRECISION, precision - scale + places + (places < scale ? 1 : 0));
  const own = `CAST(${places === scale ? x : `CAST(${x} AS DECIMAL(${digits},${places}))`} AS VARCHAR)`;
  if (precision <= NARROW_PRECISION && digits <= NARROW_PRECISION) return own;
  if (places >= NARROW_PRECISION - 1) return own;
  const bound = powerOfTen(NARROW_PRECISION - places - 1);
  const narrowed = places === scale ? x : `CAST(${x} AS DOUBLE)`;
  const narrow = `CAST(${narrowed} AS DECIMAL(${NARROW_PRECISION},${places}))`;
  const half = `CAST('0.${'0'.repeat(places)}5' AS DECIMAL(${places + 1},${places + 1}))`;
  const checked =
    places === scale
      ? `CAST(${narrow} AS VARCHAR)`
      : `CASE WHEN abs(${x} - CAST(${narrow} AS DECIMAL(${precision},${scale}))) < ${half} THEN CAST(${narrow} AS VARCHAR) ELSE ${own} END`;
  return `CASE WHEN ${x} BETWEEN -${bound} AND ${bound} THEN ${checked} ELSE ${own} END`;
}

const numericText: Template = ([value, pattern]) => {
  const format = formatOf(pattern);
  const { after, shifted } = format;
  const { precision, scale } =
    value === undefined ? { precision: MAX_PRECISION, scale: 0 } : digitsOfType(value.type);
  return reuseOutside(value?.text ?? 'NULL', (own) => {
    const x = `CAST(${own} AS DECIMAL(${precision},${scale}))`;
    if (format.nodes.length === 0) return `CASE WHEN ${x} IS NOT NULL THEN '' END`;
    if (format.roman)
      return roman(
        format,
        `CASE WHEN abs(${x}) < 4000 THEN CAST(CAST(${x} AS DECIMAL(38,0)) AS INTEGER) WHEN ${x} IS NOT NULL THEN 0 END`,
      );
    if (format.scientific) return scientificOfDigits(x, scale, after);
    if (shifted > 0) {
      const kept = `CAST(${x} AS DECIMAL(${MAX_PRECISION},${Math.min(scale, shifted)}))`;
      const factor = `CAST(${powerOfTen(shifted)} AS DECIMAL(${shifted + 1},0))`;
      const text = `CAST(CAST(${kept} * ${factor} AS DECIMAL(38,0)) AS VARCHAR)`;
      return reuse([text], (name) =>
        digitsText(format, { text: name, places: 0, decimals: after }),
      );
    }
    const places = Math.min(after, scale);
    return reuse([decimalText(x, precision, scale, places)], (text) =>
      digitsText(format, { text, places, decimals: after }),
    );
  });
};

/** Floats have so many digits that surely are theirs: PostgreSQL prints no more, places after the point are left out. */
const SURE_DIGITS = { float4: 6, float8: 15 } as const;

function finiteText(x: string, format: NumberFormat, sure: number): string {
  const width = format.before + format.shifted;
  const text = (decimals: number): string => {
    const least = sure - decimals - (decimals > 0 ? 1 : 0);
    return decimals < format.after && least > width
      ? overflowText(format, { text: signOf(x), places: 0, decimals })
      : reuse([`printf('%.${decimals}f', ${x})`], (name) =>
          digitsText(format, { text: name, places: decimals, decimals }),
        );
  };
  const most = Math.min(format.after, sure - 1);
  const classes: string[] = [];
  for (let decimals = most; decimals > 0; decimals -= 1) {
    classes.push(`WHEN abs(${x}) < 1e${sure - decimals} - 0.5 THEN ${text(decimals)}`);
  }
  return classes.length === 0 ? text(0) : `CASE ${classes.join(' ')} ELSE ${text(0)} END`;
}

/** Text that has a number's sign, and nothing else of it. */
function signOf(x: string): string {
  return `CASE WHEN ${x} < 0 THEN '-' ELSE '0' END`;
}

function oddText(x: string, format: NumberFormat, sure: number): string {
  const width = format.before + format.shifted;
  const shown = (name: string): string => {
    const decimals = name.length >= sure ? 0 : Math.min(format.after, sure - name.length);
    const number = { text: signOf(x), places: 0, decimals };
    const signs = `${'#'.repeat(width)}.${'#'.repeat(decimals)}`;
    return literalNumber(format, number, name.length > width ? signs : name);
  };
  return `CASE WHEN isnan(${x}) THEN ${shown('NaN')} ELSE ${shown('Infinity')} END`;
}

const floatText =
  (type: keyof typeof SURE_DIGITS): Template =>
  ([value, pattern]) => {
    const format = formatOf(pattern);
    const { before, after, shifted } = format;
    const sure = SURE_DIGITS[type];
    const own = value?.text ?? 'NULL';
    const engine = type === 'float4' ? 'FLOAT' : 'DOUBLE';
    const shiftedValue =
      shifted > 0 ? `CAST(${own} AS ${engine}) * CAST(1e${shifted} AS ${engine})` : own;
    const double = shifted > 0 || type === 'float4' ? `CAST(${shiftedValue} AS DOUBLE)` : own;
    return reuseOutside(double, (x) => {
      if (format.nodes.length === 0) return `CASE WHEN ${x} IS NOT NULL THEN '' END`;
      if (format.roman)
        return roman(
          format,
          `CASE WHEN abs(${x}) < 4000 THEN CAST(round_even(${x}, 0) AS INTEGER) WHEN ${x} IS NOT NULL THEN 0 END`,
        );
      const hashes = `' ${'#'.repeat(before)}.${'#'.repeat(after + 4)}'`;
      const finite = format.scientific ? scientificOfFloat(x, after) : finiteText(x, format, sure);
      const odd = format.scientific ? hashes : oddText(x, format, sure);
      return `CASE WHEN isfinite(${x}) THEN ${finite} WHEN ${x} IS NOT NULL THEN ${odd} END`;
    });
  };

/** to_char of numbers, by the argument's type: each rounds and overflows in its own way. */
export const toCharNumber = {
  int4: integerText(false),
  int8: integerText(true),
  numeric: numericText,
  float4: floatText('float4'),
  float8: floatText('float8'),
} as const;
