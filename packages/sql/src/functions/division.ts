import { powerOfTen, smallestUnit } from './decimal-text.ts';
import { exactQuotient } from './exact-quotient.ts';
import type { Template, TemplateArgument, TemplateContext } from './function-entry.ts';
import { raise } from './template-parts.ts';
import { digitsOfType, MAX_PRECISION } from '../types/numeric-digits.ts';

const NO_ARGUMENT: TemplateArgument = {
  text: 'NULL',
  type: { kind: 'scalar', name: 'unknown', typmod: -1 },
};

/** An argument of a template by index: a row's signature guarantees that it is there. */
export function argument(args: readonly TemplateArgument[], index: number): TemplateArgument {
  return args[index] ?? NO_ARGUMENT;
}

/**
 * `text`, failing with 22012 where the divisor is zero and the dividend is not NULL: DuckDB gives NULL there. The guard is left
 * out where the divisor is a constant other than zero.
 */
export function guardZero(
  dividend: TemplateArgument,
  divisor: TemplateArgument,
  text: string,
): string {
  if (divisor.constant !== undefined && Number(divisor.constant) !== 0) return text;
  const present = dividend.constant === undefined ? ` AND ${dividend.text} IS NOT NULL` : '';
  return `CASE WHEN ${divisor.text} = 0${present} THEN ${raise('divisionByZero', 'division by zero')} ELSE ${text} END`;
}

/** Division of floats: only NULL and NaN may be divided by zero, which the engine answers by NULL. */
export function floatQuotient(args: readonly TemplateArgument[]): string {
  const [a, b] = [argument(args, 0), argument(args, 1)];
  if (b.constant !== undefined && Number(b.constant) !== 0) return `(${a.text} / ${b.text})`;
  const zero = `CASE WHEN coalesce(isnan(${a.text}), true) THEN 1 ELSE ${raise('divisionByZero', 'division by zero')} END`;
  return `(${a.text} / CASE WHEN ${b.text} = 0 THEN ${zero} ELSE ${b.text} END)`;
}

/** Division or remainder by a DuckDB operator, guarded against zero. */
export function guarded(symbol: '/' | '//' | '%'): Template {
  return (args) => {
    const [a, b] = [argument(args, 0), argument(args, 1)];
    return guardZero(a, b, `(${a.text} ${symbol} ${b.text})`);
  };
}

/** A DECIMAL value's digits without the point, as a HUGEINT. The cast to 38 digits keeps the product out of 64 bits. */
export function unscaled(value: TemplateArgument, scale: number): string {
  if (scale === 0) return `CAST(${value.text} AS HUGEINT)`;
  const wide = `CAST(${value.text} AS DECIMAL(${MAX_PRECISION},${scale}))`;
  return `CAST((${wide} * CAST('${powerOfTen(scale)}' AS DECIMAL(${scale + 1},0))) AS HUGEINT)`;
}

/** The digits of both values at one scale, as HUGEINTs: what whole-number functions of decimals work on. */
export function alignedDigits(
  a: TemplateArgument,
  b: TemplateArgument,
): { readonly left: string; readonly right: string; readonly scale: number } {
  const [own, other] = [digitsOfType(a.type).scale, digitsOfType(b.type).scale];
  const scale = Math.max(own, other);
  const digits = (side: TemplateArgument, places: number): string =>
    places === scale
      ? unscaled(side, places)
      : `(${unscaled(side, places)} * CAST('${powerOfTen(scale - places)}' AS HUGEINT))`;
  return { left: digits(a, own), right: digits(b, other), scale };
}

/** A HUGEINT of digits at `scale` as the decimal type. */
export function scaledDigits(text: string, scale: number, type: string): string {
  if (scale === 0) return `CAST(${text} AS ${type})`;
  const whole = `CAST(${text} AS DECIMAL(${MAX_PRECISION - scale},0))`;
  return `CAST((${whole} * ${smallestUnit(scale)}) AS ${type})`;
}

/** numeric % numeric: by the engine where one DECIMAL holds both operands (it would take doubles), else by their digits. */
export const numericRemainder: Template = (args, context) => {
  const [a, b] = [argument(args, 0), argument(args, 1)];
  const [left, right] = [digitsOfType(a.type), digitsOfType(b.type)];
  const type = context.engineType(context.result);
  const integers = Math.max(left.precision - left.scale, right.precision - right.scale);
  if (integers + Math.max(left.scale, right.scale) <= MAX_PRECISION) {
    return `CAST(${guardZero(a, b, `(${a.text} % ${b.text})`)} AS ${type})`;
  }
  const digits = alignedDigits(a, b);
  const remainder = `(${digits.left} % ${digits.right})`;
  return guardZero(a, b, scaledDigits(remainder, digits.scale, type));
};

/** Divisors with more places leave too little room for the dividend in 128 bits. */
const WIDE_DIVISOR_SCALE = 6;

/** numeric / numeric. DuckDB divides decimals as doubles. What has too many places for an exact quotient is divided so here too. */
export const numericQuotient: Template = (args, context) => {
  const [a, b] = [argument(args, 0), argument(args, 1)];
  const { scale } = digitsOfType(context.result);
  const wide = guardZero(a, b, wideQuotient(a, b, context));
  const exact = exactQuotient(a, b, scale, wide);
  return exact === undefined ? wide : `CAST(${exact} AS ${context.engineType(context.result)})`;
};

/**
 * The digits are divided as 128-bit integers with one place more than the result, which the last cast rounds half away from zero.
 * Divisors with many places are divided as doubles.
 */
function wideQuotient(a: TemplateArgument, b: TemplateArgument, context: TemplateContext): string {
  const type = context.engineType(context.result);
  const left = digitsOfType(a.type).scale;
  const right = digitsOfType(b.type).scale;
  const scale = digitsOfType(context.result).scale;
  const shift = scale + 1 + right - left;
  if (right > WIDE_DIVISOR_SCALE || shift < 0 || scale > 36) {
    return `CAST((CAST(${a.text} AS DOUBLE) / CAST(${b.text} AS DOUBLE)) AS ${type})`;
  }
  const dividend = `(${unscaled(a, left)} * CAST('${powerOfTen(shift)}' AS HUGEINT))`;
  const whole = `CAST((${dividend} // ${unscaled(b, right)}) AS DECIMAL(38,0))`;
  return `CAST((${whole} * ${smallestUnit(scale + 1)}) AS ${type})`;
}
