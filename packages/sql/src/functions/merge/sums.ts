import type { AggregateExpression, Expression } from '../../plan/expression.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { FLOAT8, INT8, INTERVAL, numericResult } from '../../types/sql-type.ts';
import { MAX_PRECISION, totalDigits } from '../../types/numeric-digits.ts';
import { averageText, intervalAverageText, intervalSumText } from '../average.ts';
import { argument } from '../division.ts';
import { agg, fn } from '../signature.ts';
import { argumentOf, callOf, itemOf, mergeOf, oneColumn, partialOf } from './calls.ts';
import type { MergeRule } from './calls.ts';
import { codecOf, encodeText, storedType } from './codec.ts';
import type { Decomposition } from './decomposition.ts';
import { isFloat, isScalar } from './value-kinds.ts';

/** Totals of integers: wide enough for any number of rows, and kept by Parquet. */
const TOTAL = numericResult(Object.freeze({ precision: MAX_PRECISION, scale: 0 }));

const COUNT_ROWS = agg('cell_count() -> int8', {
  duckdb: 'count(*)',
  postgres: 'count(*)',
  proven: true,
});
const COUNT_VALUES = agg('cell_count(any) -> int8', {
  duckdb: 'count({0})',
  postgres: 'count({0})',
  proven: true,
});
const COUNT_TRUE = agg('cell_count_if(bool) -> int8', {
  duckdb: 'CAST(count_if({0}){over} AS BIGINT)',
});
const ADD_COUNTS = agg('add_counts(int8) -> int8', { duckdb: 'CAST(sum({0}){over} AS BIGINT)' });
const COUNTED = fn('counted(int8) -> int8', { duckdb: 'coalesce({0}, 0)', strict: false });

const SUM_EXACT = agg('cell_sum(any) -> numeric', {
  duckdb: 'CAST(sum({0}){over} AS {type})',
  postgres: 'sum({0})',
  proven: true,
});
const SUM_FLOAT = agg('cell_sum(any) -> float8', { duckdb: 'sum(CAST({0} AS DOUBLE))' });
const SUM_INTERVAL = agg('cell_sum(interval) -> any', {
  duckdb: (args) => encodeText(intervalSumText(argument(args, 0).text), INTERVAL),
});
// By way of HUGEINT, as the whole call's sum: the same error for a total that does not fit.
const TOTAL_OF_INTEGERS = fn('total(numeric) -> int8', {
  duckdb: 'CAST(CAST({0} AS HUGEINT) AS {type})',
});
const TOTAL_OF_FLOATS = fn('total(float8) -> float8', { duckdb: 'CAST({0} AS {type})' });
const TOTAL_OF_NUMERICS = fn('total(numeric) -> numeric', { duckdb: 'CAST({0} AS {type})' });

const MEAN_EXACT = fn('mean(int8, numeric) -> numeric', {
  duckdb: (args, context) =>
    averageText(argument(args, 1), argument(args, 0).text, context.result, context),
});
const MEAN_FLOAT = fn('mean(int8, float8) -> float8', { duckdb: '({1} / {0})' });
const MEAN_INTERVAL = fn('mean(int8, interval) -> interval', {
  duckdb: (args) => intervalAverageText(argument(args, 1).text, argument(args, 0).text),
});

/** count(*), count(x), count_if(x): counts, added. */
export const countRule: MergeRule = (call) =>
  oneColumn({
    partial: partialOf(
      call,
      call.args.length === 0
        ? COUNT_ROWS
        : call.entry.name === 'count_if'
          ? COUNT_TRUE
          : COUNT_VALUES,
      call.args,
      INT8,
    ),
    rollUp: addCounts,
    finish: counted,
    exactness: 'exact',
    size: 'constant',
  });

/** Counts of disjoint sets together; NULL over no rows. */
export function addCounts(column: Expression): AggregateExpression {
  return mergeOf(ADD_COUNTS, [column], INT8);
}

/** A count from its column: 0 where there was no row. */
export function counted(column: Expression): Expression {
  return callOf(COUNTED, [column], INT8);
}

/** sum(x): totals, added in the widest type. */
export const sumRule: MergeRule = (call) => {
  const total = totalOf(call);
  return oneColumn({
    partial: total.partial,
    rollUp: total.rollUp,
    finish: (column) => finishedTotal(total.value(column), call.type),
    exactness: total.exactness,
    size: 'constant',
  });
};

/** avg(x): the count of values and their total. */
export const averageRule: MergeRule = (call) => {
  const total = totalOf(call);
  return {
    partials: [partialOf(call, COUNT_VALUES, call.args, INT8), total.partial],
    rollUp: (columns) => [addCounts(itemOf(columns, 0)), total.rollUp(itemOf(columns, 1))],
    finish: (columns) => meanOf(itemOf(columns, 0), total.value(itemOf(columns, 1)), call.type),
    exactness: total.exactness,
    size: 'constant',
  };
};

interface Total {
  readonly partial: AggregateExpression;
  readonly rollUp: (column: Expression) => AggregateExpression;
  /** The total as a value that is computed with. */
  readonly value: (column: Expression) => Expression;
  readonly exactness: Decomposition['exactness'];
}

function totalOf(call: AggregateExpression): Total {
  const value = argumentOf(call, 0);
  if (isScalar(value.type, 'interval')) return intervalTotal(call, value);
  const exact = !isFloat(value.type);
  const entry = exact ? SUM_EXACT : SUM_FLOAT;
  const type = exact ? totalType(value.type) : FLOAT8;
  return {
    partial: partialOf(call, entry, [value], type),
    rollUp: (column) => mergeOf(entry, [column], type),
    value: (column) => column,
    exactness: exact ? 'exact' : 'tolerance',
  };
}

function intervalTotal(call: AggregateExpression, value: Expression): Total {
  const stored = storedType(INTERVAL) ?? INTERVAL;
  const decode = (column: Expression): Expression => codecOf(INTERVAL)?.decode(column) ?? column;
  return {
    partial: partialOf(call, SUM_INTERVAL, [value], stored),
    rollUp: (column) => mergeOf(SUM_INTERVAL, [decode(column)], stored),
    value: decode,
    exactness: 'exact',
  };
}

/** The type that totals of exact numbers are kept in. */
export function totalType(type: SqlType): SqlType {
  return isScalar(type, 'numeric') ? numericResult(totalDigits(type)) : TOTAL;
}

/** A total as a value of the sum's type. */
export function finishedTotal(total: Expression, type: SqlType): Expression {
  if (isScalar(type, 'interval')) return total;
  if (isFloat(type)) return callOf(TOTAL_OF_FLOATS, [total], type);
  return callOf(isScalar(type, 'int8') ? TOTAL_OF_INTEGERS : TOTAL_OF_NUMERICS, [total], type);
}

/** count and total as avg's value; NULL over no values. */
export function meanOf(count: Expression, total: Expression, type: SqlType): Expression {
  if (isScalar(type, 'interval')) return callOf(MEAN_INTERVAL, [count, total], type);
  return callOf(isFloat(type) ? MEAN_FLOAT : MEAN_EXACT, [count, total], type);
}
