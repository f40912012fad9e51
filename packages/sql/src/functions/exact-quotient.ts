import { digitsOfType, MAX_PRECISION } from '../types/numeric-digits.ts';
import { powerOfTen, smallestUnit } from './decimal-text.ts';
import type { TemplateArgument } from './function-entry.ts';
import { raise, reuse } from './template-parts.ts';

/** Places of a residual, at most: three digits more are needed to compare it. */
const MOST_PLACES = MAX_PRECISION - 3;
/** Digits that one division as doubles gives, less those that conversions lose. */
const DOUBLE_DIGITS = 15;

/**
 * The quotient of two exact numbers, rounded half away from zero to `scale` places (at least as many as the dividend has less the divisor's), as
 * DECIMAL(38, scale). The engine's own division of decimals is one of doubles, and its division of 128-bit integers goes bit by bit
 * (microseconds). Here a quotient of doubles is corrected by what it leaves of the dividend, which multiplication tells exactly, until it is
 * within a unit; the last residual says how to round. Dividends too large for that are left to `other`. Division by zero fails with
 * 22012 unless the dividend is NULL. Undefined where the places are too many.
 */
export function exactQuotient(
  dividend: TemplateArgument,
  divisor: TemplateArgument,
  scale: number,
  other: string,
): string | undefined {
  const [own, by] = [digitsOfType(dividend.type), digitsOfType(divisor.type)];
  const places = scale + by.scale;
  if (places > MOST_PLACES || own.scale > places) return undefined;
  const integers = own.precision - own.scale;
  /** Digits before the point that a residual has room for, less one for the quotient's error. */
  const room = MAX_PRECISION - places - 1;
  const digits = Math.min(integers, room) + by.scale + scale;
  const corrections = Math.max(1, Math.ceil(digits / DOUBLE_DIGITS) - 1);
  const { constant } = divisor;
  const isNonZero = constant !== undefined && Number(constant) !== 0;
  return reuse([dividend.text, divisor.text], (a, b) => {
    const approximate = (value: string): string =>
      `CAST((CAST(${value} AS DOUBLE) / ${isNonZero ? `CAST(${b} AS DOUBLE)` : `(CAST(${b} AS DOUBLE) + CAST(${b} = 0 AS TINYINT))`}) AS DECIMAL(${MAX_PRECISION},${scale}))`;
    const residual = (quotient: string): string =>
      `(CAST(${a} AS DECIMAL(${MAX_PRECISION},${places})) - ${quotient} * ${b})`;
    const rounded = (quotient: string): string =>
      named(residual(quotient), (rest) => {
        // A tie goes away from zero: half a unit counts as more where the residual has the sign of the dividend.
        const doubled = `abs(${rest}) * 2 + CAST(sign(${rest}) = sign(${a}) AS TINYINT) * ${smallestUnit(places)}`;
        const isMore = `CAST(${doubled} > abs(${b}) * ${smallestUnit(scale)} AS TINYINT)`;
        return `(${quotient} + sign(${rest}) * sign(${b}) * ${isMore} * ${smallestUnit(scale)})`;
      });
    const corrected = (quotient: string, times: number): string =>
      times === 0
        ? rounded(quotient)
        : named(`(${quotient} + ${approximate(residual(quotient))})`, (better) =>
            corrected(better, times - 1),
          );
    const isSmall = integers <= room;
    // The engine computes parts that are the same once, but not below CASE or in a lambda.
    const isSeen = isSmall && a === dividend.text && b === divisor.text;
    const named = (text: string, body: (name: string) => string): string =>
      isSeen ? body(text) : reuse([text], body);
    const exact = named(approximate(a), (quotient) => corrected(quotient, corrections));
    // Beside, not around: below CASE parts that are the same are computed again.
    const guarded = isNonZero
      ? exact
      : `(CASE WHEN ${b} = 0 AND ${a} IS NOT NULL THEN ${raise('divisionByZero', 'division by zero')} ELSE 0 END + ${exact})`;
    if (isSmall) return guarded;
    const bound = `CAST('${powerOfTen(room)}' AS DECIMAL(${room + 1},0))`;
    return `CASE WHEN ${a} < ${bound} AND ${a} > -${bound} THEN ${guarded} ELSE ${other} END`;
  });
}
