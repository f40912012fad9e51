import {
  digitsOfType,
  MAX_PRECISION,
  remainderDigits,
  roundedDigits,
  widestDigits,
} from '../../types/numeric-digits.ts';
import type { NumericDigits, SqlType } from '../../types/sql-type.ts';
import { UNKNOWN } from '../../types/sql-type.ts';
import {
  alignedDigits,
  argument,
  guarded,
  guardZero,
  numericRemainder,
  scaledDigits,
} from '../division.ts';
import type { ErrorCode } from '../../errors.ts';
import type { FunctionEntry, Template } from '../function-entry.ts';
import { power } from '../power.ts';
import { fn } from '../signature.ts';
import { raise, reusing } from '../template-parts.ts';

/** What transcendental functions of numerics give: computed as doubles, 16 places kept. */
const TRANSCENDENTAL = (): NumericDigits => ({ precision: MAX_PRECISION, scale: 16 });

function own([a = UNKNOWN]: readonly SqlType[]): NumericDigits {
  return digitsOfType(a);
}

/** ceil and floor: no places, one more digit for the carry. */
function whole([a = UNKNOWN]: readonly SqlType[]): NumericDigits {
  const { precision, scale } = digitsOfType(a);
  return { precision: Math.min(MAX_PRECISION, Math.max(1, precision - scale) + 1), scale: 0 };
}

function places(
  [a = UNKNOWN]: readonly SqlType[],
  [, count]: readonly (string | undefined)[],
): NumericDigits {
  return roundedDigits(a, count);
}

/** round and trunc to places: DuckDB needs them constant for decimals; otherwise powers of ten are applied by hand. */
function toPlaces(name: 'round' | 'trunc'): Template {
  return (args, context) => {
    const [value, count] = [argument(args, 0), argument(args, 1)];
    const type = context.engineType(context.result);
    if (count.constant !== undefined) {
      return `CAST(${name}(${value.text}, ${Number(count.constant)}) AS ${type})`;
    }
    const { scale } = digitsOfType(value.type);
    const cases = Array.from(
      { length: scale },
      (_, index) => `WHEN ${index} THEN CAST(${name}(${value.text}, ${index}) AS ${type})`,
    );
    const negative = `CAST(${name}(CAST(${value.text} AS DOUBLE), ${count.text}) AS ${type})`;
    const kept = `CASE WHEN ${count.text} IS NULL THEN NULL WHEN ${count.text} < 0 THEN ${negative} ELSE CAST(${value.text} AS ${type}) END`;
    return cases.length === 0 ? kept : `CASE ${count.text} ${cases.join(' ')} ELSE ${kept} END`;
  };
}

/** gcd and lcm: DuckDB has them for integers, so they are taken of the digits. */
function commonMultiple(name: string): Template {
  return (args, context) => {
    const { left, right, scale } = alignedDigits(argument(args, 0), argument(args, 1));
    return scaledDigits(`${name}(${left}, ${right})`, scale, context.engineType(context.result));
  };
}

const NUMBERS = ['int2', 'int4', 'int8', 'float4', 'float8'] as const;

const basic: readonly FunctionEntry[] = [
  ...NUMBERS.map((type) => fn(`abs(${type}) -> ${type}`, { duckdb: 'abs({0})', proven: true })),
  fn('abs(numeric) -> numeric', { duckdb: 'abs({0})', digits: own, proven: true }),
  ...['ceil', 'ceiling'].flatMap((name) => [
    fn(`${name}(float8) -> float8`, { duckdb: 'ceil({0})', proven: true }),
    fn(`${name}(numeric) -> numeric`, {
      duckdb: 'CAST(ceil({0}) AS {type})',
      digits: whole,
      proven: true,
    }),
  ]),
  fn('floor(float8) -> float8', { duckdb: 'floor({0})', proven: true }),
  fn('floor(numeric) -> numeric', {
    duckdb: 'CAST(floor({0}) AS {type})',
    digits: whole,
    proven: true,
  }),
  fn('round(float8) -> float8', { duckdb: 'round_even({0}, 0)', proven: true }),
  fn('round(numeric) -> numeric', {
    duckdb: 'CAST(round({0}) AS {type})',
    digits: whole,
    proven: true,
  }),
  fn('round(numeric, int4) -> numeric', {
    duckdb: toPlaces('round'),
    digits: places,
    proven: true,
  }),
  fn('trunc(float8) -> float8', { duckdb: 'trunc({0})', proven: true }),
  fn('trunc(numeric) -> numeric', {
    duckdb: 'CAST(trunc({0}) AS {type})',
    digits: whole,
    proven: true,
  }),
  fn('trunc(numeric, int4) -> numeric', {
    duckdb: toPlaces('trunc'),
    digits: places,
    proven: true,
  }),
  fn('sign(float8) -> float8', { duckdb: 'CAST(sign({0}) AS DOUBLE)', proven: true }),
  fn('sign(numeric) -> numeric', {
    duckdb: 'CAST(sign({0}) AS {type})',
    digits: () => ({ precision: 1, scale: 0 }),
    proven: true,
  }),
  ...(['int2', 'int4', 'int8'] as const).map((type) =>
    fn(`mod(${type}, ${type}) -> ${type}`, { duckdb: guarded('%'), proven: true }),
  ),
  fn('mod(numeric, numeric) -> numeric', {
    duckdb: numericRemainder,
    digits: ([a = UNKNOWN, b = UNKNOWN]) => remainderDigits(a, b),
    proven: true,
  }),
  fn('div(numeric, numeric) -> numeric', {
    duckdb: (args, context) => {
      const [a, b] = [argument(args, 0), argument(args, 1)];
      const { left, right } = alignedDigits(a, b);
      return `CAST(${guardZero(a, b, `(${left} // ${right})`)} AS ${context.engineType(context.result)})`;
    },
    digits: () => ({ precision: MAX_PRECISION, scale: 0 }),
    proven: true,
  }),
  ...(['int4', 'int8'] as const).flatMap((type) => [
    fn(`gcd(${type}, ${type}) -> ${type}`, {
      duckdb: 'CAST(gcd({0}, {1}) AS {type})',
      proven: true,
    }),
    fn(`lcm(${type}, ${type}) -> ${type}`, {
      duckdb: 'CAST(lcm({0}, {1}) AS {type})',
      proven: true,
    }),
  ]),
  ...['gcd', 'lcm'].map((name) =>
    fn(`${name}(numeric, numeric) -> numeric`, {
      duckdb: commonMultiple(name),
      digits: ([a = UNKNOWN, b = UNKNOWN]) => {
        // PostgreSQL shows the larger scale of the two, whatever the values.
        const { dynamic } = remainderDigits(a, b);
        const { precision, scale } = widestDigits([digitsOfType(a), digitsOfType(b)]);
        return {
          // A common multiple may have the digits of both.
          precision: name === 'lcm' ? MAX_PRECISION : precision,
          scale,
          ...(dynamic === true ? { dynamic } : {}),
        };
      },
    }),
  ),
  fn('factorial(int8) -> numeric', {
    duckdb: (args, context) => {
      const value = argument(args, 0).text;
      return `CASE WHEN ${value} < 0 THEN ${raise('numericOutOfRange', 'factorial of a negative number is undefined')} ELSE CAST(factorial(CAST(${value} AS INTEGER)) AS ${context.engineType(context.result)}) END`;
    },
    digits: () => ({ precision: MAX_PRECISION, scale: 0 }),
  }),
  fn('scale(numeric) -> int4', {
    duckdb: (args) => {
      const value = argument(args, 0);
      return `CASE WHEN ${value.text} IS NULL THEN NULL ELSE ${digitsOfType(value.type).scale} END`;
    },
  }),
  fn('trim_scale(numeric) -> numeric', {
    duckdb: '{0}',
    digits: ([a = UNKNOWN]) => ({ ...digitsOfType(a), dynamic: true }),
  }),
];

/** 22003 or the more precise code where the argument lies outside the function's domain; DuckDB's own messages differ. */
function domain(condition: string, code: ErrorCode, message: string, text: string): Template {
  return `CASE WHEN ${condition} THEN ${raise(code, message)} ELSE ${text} END`;
}

const SQRT = [
  '{0} < 0',
  'invalidArgumentForPower',
  'cannot take square root of a negative number',
] as const;
const LOG_ZERO = ['invalidArgumentForLogarithm', 'cannot take logarithm of zero'] as const;
const LOG_NEGATIVE = [
  'invalidArgumentForLogarithm',
  'cannot take logarithm of a negative number',
] as const;

function logarithm(text: string): string {
  return `CASE WHEN {0} = 0 THEN ${raise(...LOG_ZERO)} WHEN {0} < 0 THEN ${raise(...LOG_NEGATIVE)} ELSE ${text} END`;
}

const AS_NUMERIC = (text: string) => `CAST(${text} AS {type})`;
const DOUBLE = 'CAST({0} AS DOUBLE)';

const roots: readonly FunctionEntry[] = [
  fn('sqrt(float8) -> float8', { duckdb: domain(...SQRT, 'sqrt({0})') }),
  fn('sqrt(numeric) -> numeric', {
    duckdb: domain(...SQRT, AS_NUMERIC(`sqrt(${DOUBLE})`)),
    digits: TRANSCENDENTAL,
  }),
  fn('cbrt(float8) -> float8', { duckdb: 'cbrt({0})' }),
  fn('exp(float8) -> float8', { duckdb: 'exp({0})' }),
  fn('exp(numeric) -> numeric', {
    duckdb: AS_NUMERIC(`exp(${DOUBLE})`),
    digits: TRANSCENDENTAL,
  }),
  fn('ln(float8) -> float8', { duckdb: logarithm('ln({0})') }),
  fn('ln(numeric) -> numeric', {
    duckdb: logarithm(AS_NUMERIC(`ln(${DOUBLE})`)),
    digits: TRANSCENDENTAL,
  }),
  ...['log', 'log10'].flatMap((name) => [
    fn(`${name}(float8) -> float8`, { duckdb: logarithm('log10({0})') }),
    fn(`${name}(numeric) -> numeric`, {
      duckdb: logarithm(AS_NUMERIC(`log10(${DOUBLE})`)),
      digits: TRANSCENDENTAL,
    }),
  ]),
  fn('log(numeric, numeric) -> numeric', {
    duckdb: `CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN ${logarithm(AS_NUMERIC(`(ln(CAST({1} AS DOUBLE)) / ln(${DOUBLE}))`))} END`,
    digits: TRANSCENDENTAL,
  }),
  ...['power', 'pow'].flatMap((name) => [
    fn(`${name}(float8, float8) -> float8`, { duckdb: power('float8') }),
    fn(`${name}(numeric, numeric) -> numeric`, {
      duckdb: power('numeric'),
      digits: TRANSCENDENTAL,
    }),
  ]),
];

const ONE_ARGUMENT = [
  'sin',
  'cos',
  'tan',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'asinh',
  'atanh',
  'degrees',
  'radians',
] as const;

const trigonometry: readonly FunctionEntry[] = [
  ...ONE_ARGUMENT.map((name) => fn(`${name}(float8) -> float8`, { duckdb: `${name}({0})` })),
  ...(['asin', 'acos'] as const).map((name) =>
    fn(`${name}(float8) -> float8`, {
      duckdb: domain(
        'abs({0}) > 1 AND NOT isnan({0})',
        'numericOutOfRange',
        'input is out of range',
        `${name}({0})`,
      ),
    }),
  ),
  fn('acosh(float8) -> float8', {
    duckdb: domain('{0} < 1', 'numericOutOfRange', 'input is out of range', 'acosh({0})'),
  }),
  fn('cot(float8) -> float8', {
    duckdb: "CASE WHEN {0} = 0 THEN CAST('Infinity' AS DOUBLE) ELSE cot({0}) END",
  }),
  fn('atan2(float8, float8) -> float8', { duckdb: 'atan2({0}, {1})' }),
  fn('pi() -> float8', { duckdb: 'pi()' }),
  fn('random() -> float8', { duckdb: 'random()', volatility: 'volatile' }),
];

/** What width_bucket refuses of floats before it looks at their order. */
function boundsOfFloats(x: string, low: string, high: string): string {
  const nan = raise(
    'invalidArgumentForWidthBucket',
    'operand, lower bound, and upper bound cannot be NaN',
  );
  const infinite = raise('invalidArgumentForWidthBucket', 'lower and upper bounds must be finite');
  return `WHEN isnan(${x}) OR isnan(${low}) OR isnan(${high}) THEN ${nan} WHEN isinf(${low}) OR isinf(${high}) THEN ${infinite}`;
}

/**
 * width_bucket by arithmetic: DuckDB has none. Bounds may be given in either order, as in PostgreSQL. A quotient that rounds to one
 * stays in the last bucket, and halves keep the distance of bounds finite (float.c, width_bucket_float8).
 */
function widthBucket(
  quotient: (x: string, low: string, high: string, count: string) => string,
  refused: (x: string, low: string, high: string) => string,
): Template {
  return reusing(([operand = '', lower = '', upper = '', count = '']) => {
    const [x, low, high] = [operand, lower, upper].map((text) => `CAST(${text} AS DOUBLE)`);
    if (x === undefined || low === undefined || high === undefined) return 'NULL';
    const inside = `CAST(least(floor(${quotient(x, low, high, count)}), ${count} - 1) AS INTEGER) + 1`;
    const outside = `CASE WHEN ${x} >= ${high} THEN CAST(CAST(${count} AS BIGINT) + 1 AS INTEGER) ELSE ${inside} END`;
    const up = `CASE WHEN ${x} < ${low} THEN 0 ELSE ${outside} END`;
    const down = `CASE WHEN ${x} > ${low} THEN 0 ELSE ${outside.replace('>=', '<=')} END`;
    return `CASE WHEN ${count} <= 0 THEN ${raise('invalidArgumentForWidthBucket', 'count must be greater than zero')} ${refused(operand, lower, upper)} WHEN ${lower} = ${upper} THEN ${raise('invalidArgumentForWidthBucket', 'lower bound cannot equal upper bound')} WHEN ${lower} < ${upper} THEN ${up} ELSE ${down} END`;
  });
}

const buckets: readonly FunctionEntry[] = [
  fn('width_bucket(float8, float8, float8, int4) -> int4', {
    duckdb: widthBucket(
      (x, low, high, count) => `${count} * ((${x} / 2 - ${low} / 2) / (${high} / 2 - ${low} / 2))`,
      boundsOfFloats,
    ),
  }),
  fn('width_bucket(numeric, numeric, numeric, int4) -> int4', {
    duckdb: widthBucket(
      (x, low, high, count) => `(${x} - ${low}) * ${count} / (${high} - ${low})`,
      () => '',
    ),
  }),
];

/** Functions of numbers. */
export const numericRows: readonly FunctionEntry[] = [
  ...basic,
  ...roots,
  ...trigonometry,
  ...buckets,
];
