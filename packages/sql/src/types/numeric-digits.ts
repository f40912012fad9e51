import type { NumericDigits, SqlType } from './sql-type.ts';
import { numericResult } from './sql-type.ts';
import { numericModifier } from './type-info.ts';

/** The engine's widest DECIMAL. */
export const MAX_PRECISION = 38;
/** PostgreSQL's NUMERIC_MIN_SIG_DIGITS: what a quotient shows at least. */
const QUOTIENT_SCALE = 16;
/** Digits for values whose shape is not known when the statement is bound: 23 before the point, 15 after it. */
export const UNKNOWN_DIGITS: NumericDigits = Object.freeze({
  precision: MAX_PRECISION,
  scale: 15,
  dynamic: true,
});

function digits(integers: number, scale: number, dynamic: boolean): NumericDigits {
  const fitting = Math.min(scale, MAX_PRECISION);
  const precision = Math.min(Math.max(integers + fitting, 1), MAX_PRECISION);
  return Object.freeze({
    precision,
    scale: fitting,
    ...(dynamic ? { dynamic: true as const } : {}),
  });
}

const INTEGER_DIGITS: Readonly<Record<string, number>> = {
  int2: 5,
  int4: 10,
  int8: 19,
  oid: 10,
  bool: 1,
};

/** Digits of a value of the type as a numeric: a numeric's own, an integer's width, else unknown. */
export function digitsOfType(type: SqlType): NumericDigits {
  if (type.kind !== 'scalar') return UNKNOWN_DIGITS;
  if (type.digits !== undefined) return type.digits;
  if (type.name === 'numeric' && type.typmod >= 0) return numericModifier(type.typmod);
  const width = INTEGER_DIGITS[type.name];
  return width === undefined ? UNKNOWN_DIGITS : { precision: width, scale: 0 };
}

/** Digits of a literal's text: `12.50` is (4,2), `1e3` is (4,0). undefined for NaN and infinities. */
export function digitsOfText(text: string): NumericDigits | undefined {
  const match = /^\s*[+-]?(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/.exec(text);
  if (match === null) return undefined;
  const exponent = Number(match[3] ?? '0');
  const whole = (match[1] ?? '').replace(/^0+/, '');
  const fraction = match[2] ?? '';
  const scale = Math.max(0, fraction.length - exponent);
  const integers =
    whole === ''
      ? Math.max(0, exponent - (/^0*/.exec(fraction)?.[0].length ?? 0))
      : Math.max(0, whole.length + exponent);
  return { precision: Math.max(1, integers + scale), scale };
}

function parts(type: SqlType): { integers: number; scale: number; dynamic: boolean } {
  const own = digitsOfType(type);
  return {
    integers: own.precision - own.scale,
    scale: own.scale,
    dynamic: own.dynamic === true,
  };
}

/** Widest DECIMAL that DuckDB computes in 64 bits. It stays there, with overflow checks, while both operands fit. */
export const NARROW_PRECISION = 18;
/** Products with more places than this are computed in 128 bits: 64 would leave too few digits before the point. */
const NARROW_PRODUCT_SCALE = 6;

function isNarrow(a: SqlType, b: SqlType): boolean {
  return (
    digitsOfType(a).precision <= NARROW_PRECISION && digitsOfType(b).precision <= NARROW_PRECISION
  );
}

function narrowed(shape: NumericDigits): NumericDigits {
  return { ...shape, precision: Math.min(shape.precision, NARROW_PRECISION) };
}

/** a + b and a - b: PostgreSQL's scale is the larger one. */
export function sumDigits(a: SqlType, b: SqlType): NumericDigits {
  const left = parts(a);
  const right = parts(b);
  const integers = Math.max(left.integers, right.integers);
  const scale = Math.max(left.scale, right.scale);
  const shape = digits(integers + 1, scale, left.dynamic || right.dynamic);
  return isNarrow(a, b) && integers + scale <= NARROW_PRECISION ? narrowed(shape) : shape;
}

/**
 * a * b: scales add. Where one side's scale is only our bound, the product keeps at most 18 places. `constants`: both sides are
 * literals, whose digits are all there, so 64 bits may be too few.
 */
export function productDigits(a: SqlType, b: SqlType, constants = false): NumericDigits {
  const left = parts(a);
  const right = parts(b);
  const dynamic = left.dynamic || right.dynamic;
  const scale = left.scale + right.scale;
  const kept = dynamic ? Math.min(scale, 18) : scale;
  const shape = digits(left.integers + right.integers, kept, dynamic);
  return isNarrow(a, b) && scale <= NARROW_PRODUCT_SCALE && !constants ? narrowed(shape) : shape;
}

/** a / b: at least 16 places, never fewer than an operand has; 22 digits before the point. */
export function quotientDigits(a: SqlType, b: SqlType): NumericDigits {
  const scale = Math.max(QUOTIENT_SCALE, parts(a).scale, parts(b).scale);
  return digits(MAX_PRECISION, Math.min(scale, 20), false);
}

/** a % b: the larger scale; no more digits than the operands have. */
export function remainderDigits(a: SqlType, b: SqlType): NumericDigits {
  const left = parts(a);
  const right = parts(b);
  return digits(
    Math.max(left.integers, right.integers),
    Math.max(left.scale, right.scale),
    left.dynamic || right.dynamic,
  );
}

/** sum(a): the scale stays, all 38 digits are there for the total. */
export function totalDigits(a: SqlType): NumericDigits {
  const own = parts(a);
  return digits(MAX_PRECISION, own.scale, own.dynamic);
}

/** avg(a), stddev and variance: as a quotient. */
export function averageDigits(a: SqlType): NumericDigits {
  return digits(MAX_PRECISION, Math.max(QUOTIENT_SCALE, parts(a).scale), false);
}

/** round(a, places) and trunc(a, places) with constant places; without: the argument's scale at most. */
export function roundedDigits(a: SqlType, places: string | undefined): NumericDigits {
  const own = parts(a);
  if (places === undefined) return digits(own.integers + 1, own.scale, true);
  const scale = Math.max(0, Math.min(Number(places), MAX_PRECISION - 1));
  return digits(own.integers + 1, scale, false);
}

/** One shape that holds all of them: UNION, CASE, COALESCE, IN lists. */
export function widestDigits(all: readonly NumericDigits[]): NumericDigits {
  const integers = Math.max(0, ...all.map((each) => each.precision - each.scale));
  const scale = Math.max(0, ...all.map((each) => each.scale));
  const dynamic =
    all.some((each) => each.dynamic === true) || new Set(all.map((each) => each.scale)).size > 1;
  return digits(integers, scale, dynamic);
}

/** numeric with the given digits. */
export function numericOf(shape: NumericDigits): SqlType {
  return numericResult(shape);
}
