import type { Expression } from '../../plan/expression.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { arrayOf, INT8, TEXT } from '../../types/sql-type.ts';
import { argument } from '../division.ts';
import { agg, fn } from '../signature.ts';
import { reuse } from '../template-parts.ts';
import {
  argumentOf,
  callOf,
  mergeOf,
  notMergeable,
  oneColumn,
  partialOf,
  withoutCodec,
} from './calls.ts';
import type { MergeRule } from './calls.ts';
import { encodeText, storedType } from './codec.ts';
import { countDistinctIntegers } from './distinct-integers.ts';
import { finishedTotal, meanOf, totalType } from './sums.ts';
import { holds, isFloat, isScalar } from './value-kinds.ts';

const COLLECT = agg('cell_distinct(any) -> any', {
  duckdb: (args) => {
    const { text, type } = argument(args, 0);
    // Equal values must have one form before they are compared, which is cheaper than DISTINCT inside the call.
    return `list_distinct(list(${distinctKey(text, type)}){over})`;
  },
});
const UNITE = agg('unite_distinct(any) -> any', {
  duckdb: 'list_distinct(flatten(list({0}){over}))',
});
/** The engine's lists take each NaN for another value; its texts are one. */
const FLOAT_KEY = fn('distinct_float(any) -> text', {
  duckdb: (args) => {
    const { text, type } = argument(args, 0);
    return `CAST(${distinctKey(text, type)} AS VARCHAR)`;
  },
  postgres: false,
});
const SIZE = fn('size_of_distinct(any) -> int8', {
  duckdb: 'coalesce(len({0}), 0)',
  strict: false,
});
const SIZE_OR_NONE = fn('present_of_distinct(any) -> int8', { duckdb: 'nullif(len({0}), 0)' });
const TOTAL = fn('total_of_distinct(any) -> numeric', { duckdb: 'CAST(list_sum({0}) AS {type})' });

/** count(distinct x): a set of integers where their range is known, else the distinct values. */
export const countDistinctRule: MergeRule = (call, facts) => {
  const integers = countDistinctIntegers(call, facts);
  if (integers !== undefined) return integers;
  const argument = argumentOf(call, 0);
  const value = isFloat(argument.type) ? callOf(FLOAT_KEY, [argument], TEXT) : argument;
  const key = distinctKeyType(value.type);
  if (key === undefined) return withoutCodec(call);
  return distinctValues(call, value, key, (column) => callOf(SIZE, [column], INT8));
};

/** sum(distinct x) and avg(distinct x) of numbers. */
export const totalDistinctRule: MergeRule = (call) => {
  const value = argumentOf(call, 0);
  if (isScalar(value.type, 'interval')) return notMergeable(call);
  const total = isFloat(value.type) ? call.type : totalType(value.type);
  return distinctValues(call, value, value.type, (column) => {
    const sum = callOf(TOTAL, [column], total);
    return call.entry.name === 'sum'
      ? finishedTotal(sum, call.type)
      : meanOf(callOf(SIZE_OR_NONE, [column], INT8), sum, call.type);
  });
};

function distinctValues(
  call: Parameters<MergeRule>[0],
  value: Expression,
  key: SqlType,
  finish: (column: Expression) => Expression,
): ReturnType<MergeRule> {
  const type = arrayOf(key);
  return oneColumn({
    partial: partialOf(call, COLLECT, [value], type),
    rollUp: (column) => mergeOf(UNITE, [column], type),
    finish,
    exactness: isFloat(call.type) ? 'tolerance' : 'exact',
    size: 'input',
  });
}

/** The type in which distinct values are told apart and kept. */
export function distinctKeyType(type: SqlType): SqlType | undefined {
  if (isScalar(type, 'interval')) return INT8;
  if (type.kind !== 'scalar' && holds(type, NORMALISED)) return undefined;
  return storedType(type);
}

const NORMALISED: ReadonlySet<string> = new Set(['float4', 'float8', 'interval']);

/** DuckDB text that is the same for values that DISTINCT holds to be equal: one zero, one length of intervals. */
export function distinctKey(text: string, type: SqlType): string {
  if (isFloat(type)) {
    return reuse([text], (value) => `CASE WHEN ${value} = 0 THEN 0 ELSE ${value} END`);
  }
  if (isScalar(type, 'interval')) return `epoch_us(${text})`;
  return encodeText(text, type);
}
