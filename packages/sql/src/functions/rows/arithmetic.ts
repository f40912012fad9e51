import {
  digitsOfType,
  MAX_PRECISION,
  NARROW_PRECISION,
  productDigits,
  quotientDigits,
  remainderDigits,
  sumDigits,
} from '../../types/numeric-digits.ts';
import type { NumericDigits, SqlType } from '../../types/sql-type.ts';
import { UNKNOWN } from '../../types/sql-type.ts';
import { power } from '../power.ts';
import {
  argument,
  floatQuotient,
  guarded,
  guardZero,
  numericQuotient,
  numericRemainder,
} from '../division.ts';
import type { FunctionEntry, Template } from '../function-entry.ts';
import { op } from '../signature.ts';
import { raise, reuse } from '../template-parts.ts';

const INTEGERS = ['int2', 'int4', 'int8'] as const;

function wider(a: string, b: string): string {
  return [...INTEGERS].reverse().find((name) => name === a || name === b) ?? a;
}

function two(
  shape: (a: SqlType, b: SqlType) => NumericDigits,
): NonNullable<FunctionEntry['digits']> {
  return ([a = UNKNOWN, b = UNKNOWN]) => shape(a, b);
}

function own([a = UNKNOWN]: readonly SqlType[]): NumericDigits {
  return digitsOfType(a);
}

const integerRows: readonly FunctionEntry[] = INTEGERS.flatMap((left) => [
  ...INTEGERS.flatMap((right) => {
    const result = wider(left, right);
    const proven = true;
    return [
      op(`${left} + ${right} -> ${result}`, { duckdb: '({0} + {1})', proven }),
      op(`${left} - ${right} -> ${result}`, { duckdb: '({0} - {1})', proven }),
      op(`${left} * ${right} -> ${result}`, { duckdb: '({0} * {1})', proven }),
      op(`${left} / ${right} -> ${result}`, { duckdb: guarded('//'), proven }),
    ];
  }),
  op(`${left} % ${left} -> ${left}`, { duckdb: guarded('%'), proven: true }),
  op(`${left} & ${left} -> ${left}`, { duckdb: '({0} & {1})', proven: true }),
  op(`${left} | ${left} -> ${left}`, { duckdb: '({0} | {1})', proven: true }),
  op(`${left} # ${left} -> ${left}`, { duckdb: 'xor({0}, {1})', proven: true }),
  op(`${left} << int4 -> ${left}`, { duckdb: shift(left, '<<') }),
  op(`${left} >> int4 -> ${left}`, { duckdb: shift(left, '>>') }),
  op(`~ ${left} -> ${left}`, { duckdb: '(~{0})', proven: true }),
  op(`- ${left} -> ${left}`, { duckdb: '(-{0})', proven: true }),
  op(`+ ${left} -> ${left}`, { duckdb: '{0}', proven: true }),
  op(`@ ${left} -> ${left}`, { duckdb: 'abs({0})', proven: true }),
]);

/** C's shifts: the count is taken modulo the width (32 for int2 too), bits that leave the width are lost. */
function shift(type: (typeof INTEGERS)[number], symbol: '<<' | '>>'): Template {
  const bits = { int2: 16, int4: 32, int8: 64 }[type];
  const count = `({1} & ${type === 'int8' ? 63 : 31})`;
  if (symbol === '>>') {
    return `CAST((CAST({0} AS BIGINT) >> (CASE WHEN ${count} >= ${bits} THEN ${bits - 1} ELSE ${count} END)) AS {type})`;
  }
  const power = (exponent: string): string =>
    `CAST(pow(CAST(2 AS DOUBLE), ${exponent}) AS HUGEINT)`;
  const kept = power(`greatest(${bits} - ${count}, 0)`);
  const low = `(((CAST({0} AS HUGEINT) % ${kept}) + ${kept}) % ${kept})`;
  const half = `CAST('${(1n << BigInt(bits - 1)).toString()}' AS HUGEINT)`;
  const modulus = `CAST('${(1n << BigInt(bits)).toString()}' AS HUGEINT)`;
  return `CAST((((${low} * ${power(count)} + ${half}) % ${modulus}) - ${half}) AS {type})`;
}

const FLOATS = ['float4', 'float8'] as const;

const floatRows: readonly FunctionEntry[] = FLOATS.flatMap((left) => [
  ...FLOATS.flatMap((right) => {
    const result = left === 'float4' && right === 'float4' ? 'float4' : 'float8';
    return [
      op(`${left} + ${right} -> ${result}`, { duckdb: '({0} + {1})' }),
      op(`${left} - ${right} -> ${result}`, { duckdb: '({0} - {1})' }),
      op(`${left} * ${right} -> ${result}`, { duckdb: '({0} * {1})' }),
      op(`${left} / ${right} -> ${result}`, { duckdb: floatQuotient }),
    ];
  }),
  op(`- ${left} -> ${left}`, { duckdb: '(-{0})' }),
  op(`+ ${left} -> ${left}`, { duckdb: '{0}' }),
  op(`@ ${left} -> ${left}`, { duckdb: 'abs({0})' }),
]);

/** + and -. DuckDB would align the points of two 64-bit decimals within 64 bits. */
function numericSum(symbol: '+' | '-'): Template {
  return (args, context) => {
    const [a, b] = [argument(args, 0), argument(args, 1)];
    const { precision, scale } = digitsOfType(context.result);
    const widest = Math.max(digitsOfType(a.type).precision, digitsOfType(b.type).precision);
    if (precision <= NARROW_PRECISION || widest > NARROW_PRECISION) {
      return `(${a.text} ${symbol} ${b.text})`;
    }
    return `CAST((CAST(${a.text} AS DECIMAL(${precision},${scale})) ${symbol} ${b.text}) AS ${context.engineType(context.result)})`;
  };
}

/** Where the exact scale would leave no digits before the point, the product is taken as doubles. */
const numericProduct: Template = (args, context) => {
  const [a, b] = [argument(args, 0), argument(args, 1)];
  const [left, right] = [digitsOfType(a.type), digitsOfType(b.type)];
  const { precision, scale } = digitsOfType(context.result);
  const type = context.engineType(context.result);
  if (left.scale + right.scale !== scale) {
    return `CAST((CAST(${a.text} AS DOUBLE) * CAST(${b.text} AS DOUBLE)) AS ${type})`;
  }
  const widest = Math.max(left.precision, right.precision);
  if (precision <= NARROW_PRECISION || widest > NARROW_PRECISION) return `(${a.text} * ${b.text})`;
  const wide = `CAST(${a.text} AS DECIMAL(${NARROW_PRECISION + 1},${left.scale}))`;
  return `CAST((${wide} * ${b.text}) AS ${type})`;
};

const numericRows: readonly FunctionEntry[] = [
  op('numeric + numeric -> numeric', {
    duckdb: numericSum('+'),
    digits: two(sumDigits),
    proven: true,
  }),
  op('numeric - numeric -> numeric', {
    duckdb: numericSum('-'),
    digits: two(sumDigits),
    proven: true,
  }),
  op('numeric * numeric -> numeric', {
    duckdb: numericProduct,
    digits: ([a = UNKNOWN, b = UNKNOWN], [x, y]) =>
      productDigits(a, b, x !== undefined && y !== undefined),
    proven: true,
  }),
  op('numeric / numeric -> numeric', { duckdb: numericQuotient, digits: two(quotientDigits) }),
  op('numeric % numeric -> numeric', {
    duckdb: numericRemainder,
    digits: two(remainderDigits),
    proven: true,
  }),
  op('- numeric -> numeric', { duckdb: '(-{0})', digits: own, proven: true }),
  op('+ numeric -> numeric', { duckdb: '{0}', digits: own, proven: true }),
  op('@ numeric -> numeric', { duckdb: 'abs({0})', digits: own, proven: true }),
  op('numeric ^ numeric -> numeric', {
    duckdb: power('numeric'),
    digits: () => ({ precision: MAX_PRECISION, scale: 16 }),
  }),
  op('float8 ^ float8 -> float8', { duckdb: power('float8') }),
  op('|/ float8 -> float8', { duckdb: 'sqrt({0})' }),
  op('||/ float8 -> float8', { duckdb: 'cbrt({0})' }),
];

/** Days and months move in the session's zone, hours in real time. */
function zoned(symbol: '+' | '-', interval: number, moment: number): Template {
  return (args, context) => {
    const [i, t] = [argument(args, interval).text, argument(args, moment).text];
    // The engine adds hours before months to a timestamptz, months first to a timestamp.
    if (/^'(utc|etc\/utc|gmt)'$/i.test(context.timeZone)) {
      return `(((${t} AT TIME ZONE 'UTC') ${symbol} ${i}) AT TIME ZONE 'UTC')`;
    }
    const calendar = `to_months(CAST(datepart('year', ${i}) * 12 + datepart('month', ${i}) AS INTEGER)) + to_days(CAST(datepart('day', ${i}) AS INTEGER))`;
    const clock = `to_microseconds(datepart('hour', ${i}) * 3600000000 + datepart('minute', ${i}) * 60000000 + datepart('microsecond', ${i}))`;
    return `((((${t} AT TIME ZONE ${context.timeZone}) ${symbol} (${calendar})) AT TIME ZONE ${context.timeZone}) ${symbol} ${clock})`;
  };
}

/** So many days keep what data have for dates within PostgreSQL's range. */
const FEW_DAYS = 1_000_000;

/** A date moved by days, within PostgreSQL's range: the engine's is wider, and its sum may wrap. */
const moved =
  (sign: '+' | '-', order: readonly [date: number, days: number]): Template =>
  (args) => {
    const [date, days] = order.map((index) => argument(args, index));
    if (date === undefined || days === undefined) return 'NULL';
    if (days.constant !== undefined && Math.abs(Number(days.constant)) <= FEW_DAYS) {
      return `(${date.text} ${sign} ${days.text})`;
    }
    return reuse([date.text, days.text], (d, n) => {
      const day = `(CAST(datediff('day', CAST('2000-01-01' AS DATE), ${d}) AS BIGINT) ${sign} ${n})`;
      return `CASE WHEN isfinite(${d}) AND ${day} NOT BETWEEN -2451545 AND 2145031948 THEN ${raise('datetimeOverflow', 'date out of range')} ELSE ${d} ${sign} ${n} END`;
    });
  };

const dateRows: readonly FunctionEntry[] = [
  op('date + int4 -> date', { duckdb: moved('+', [0, 1]), proven: true }),
  op('int4 + date -> date', { duckdb: moved('+', [1, 0]), proven: true }),
  op('date - int4 -> date', { duckdb: moved('-', [0, 1]), proven: true }),
  op('date - date -> int4', { duckdb: 'CAST(({0} - {1}) AS INTEGER)', proven: true }),
  op('date + interval -> timestamp', { duckdb: '(CAST({0} AS TIMESTAMP) + {1})', proven: true }),
  op('interval + date -> timestamp', { duckdb: '(CAST({1} AS TIMESTAMP) + {0})', proven: true }),
  op('date - interval -> timestamp', { duckdb: '(CAST({0} AS TIMESTAMP) - {1})', proven: true }),
  op('date + time -> timestamp', { duckdb: '({0} + {1})', proven: true }),
  op('time + date -> timestamp', { duckdb: '({1} + {0})', proven: true }),
  op('date + timetz -> timestamptz', { duckdb: '({0} + {1})' }),
  op('timetz + date -> timestamptz', { duckdb: '({1} + {0})' }),
  op('timestamp + interval -> timestamp', { duckdb: '({0} + {1})', proven: true }),
  op('interval + timestamp -> timestamp', { duckdb: '({1} + {0})', proven: true }),
  op('timestamp - interval -> timestamp', { duckdb: '({0} - {1})', proven: true }),
  op('timestamp - timestamp -> interval', { duckdb: '({0} - {1})', proven: true }),
  op('timestamptz + interval -> timestamptz', { duckdb: zoned('+', 1, 0), volatility: 'stable' }),
  op('interval + timestamptz -> timestamptz', { duckdb: zoned('+', 0, 1), volatility: 'stable' }),
  op('timestamptz - interval -> timestamptz', { duckdb: zoned('-', 1, 0), volatility: 'stable' }),
  op('timestamptz - timestamptz -> interval', { duckdb: '({0} - {1})', proven: true }),
  op('time + interval -> time', { duckdb: '({0} + {1})' }),
  op('interval + time -> time', { duckdb: '({1} + {0})' }),
  op('time - interval -> time', { duckdb: '({0} - {1})' }),
  op('time - time -> interval', { duckdb: 'to_microseconds(epoch_us({0}) - epoch_us({1}))' }),
  op('timetz + interval -> timetz', { duckdb: '({0} + {1})' }),
  op('interval + timetz -> timetz', { duckdb: '({1} + {0})' }),
  op('timetz - interval -> timetz', { duckdb: '({0} - {1})' }),
  op('interval + interval -> interval', { duckdb: '({0} + {1})', proven: true }),
  op('interval - interval -> interval', { duckdb: '({0} - {1})', proven: true }),
  op('- interval -> interval', { duckdb: '(-{0})', proven: true }),
  op('interval * float8 -> interval', { duckdb: '({0} * {1})' }),
  op('float8 * interval -> interval', { duckdb: '({1} * {0})' }),
  op('interval / float8 -> interval', { duckdb: intervalQuotient }),
];

function intervalQuotient(args: Parameters<Exclude<Template, string>>[0]): string {
  const [a, b] = [argument(args, 0), argument(args, 1)];
  return guardZero(a, b, `(${a.text} * (CAST(1 AS DOUBLE) / ${b.text}))`);
}

/** Operators + - * / % ^ and bits, on numbers, dates, times and intervals. */
export const arithmeticRows: readonly FunctionEntry[] = [
  ...integerRows,
  ...floatRows,
  ...numericRows,
  ...dateRows,
];
