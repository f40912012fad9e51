import type { AggregateExpression, Expression } from '../../plan/expression.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { FLOAT8, INT8 } from '../../types/sql-type.ts';
import { agg } from '../signature.ts';
import { argumentOf, itemOf, partialOf } from './calls.ts';
import { counted, finishedTotal, meanOf, totalType } from './sums.ts';
import { isFloat, isScalar } from './value-kinds.ts';

/** An aggregate call over rows that each stand for several equal ones. */
export interface RepeatedAggregate {
  /** Calls over the rows, their numbers among the arguments. */
  readonly aggregates: readonly AggregateExpression[];
  /** The call's value, of the call's type, from these. */
  finish(columns: readonly Expression[]): Expression;
}

// A row that stands for none is no row.
const REPEATED_ROWS = agg('repeated_count(int8) -> int8', {
  duckdb: 'CAST(sum({0}){over} AS BIGINT)',
});
const REPEATED_VALUES = agg('repeated_count(int8, any) -> int8', {
  duckdb: 'CAST(sum(CASE WHEN {1} IS NOT NULL THEN {0} END){over} AS BIGINT)',
});
const REPEATED_SUM: Readonly<Record<'integer' | 'numeric' | 'float', ReturnType<typeof agg>>> = {
  integer: agg('repeated_sum(int8, any) -> numeric', {
    duckdb: 'CAST(sum(CASE WHEN {0} > 0 THEN CAST({1} AS HUGEINT) * {0} END){over} AS {type})',
  }),
  numeric: agg('repeated_sum(int8, any) -> numeric', {
    duckdb: 'CAST(sum(CASE WHEN {0} > 0 THEN {1} * {0} END){over} AS {type})',
  }),
  float: agg('repeated_sum(int8, any) -> float8', {
    duckdb: 'sum(CASE WHEN {0} > 0 THEN CAST({1} AS DOUBLE) * {0} END)',
  }),
};

/** Aggregates that do not care how often a row stands there. */
const IGNORES_REPETITION: ReadonlySet<string> = new Set([
  'min',
  'max',
  'bool_and',
  'bool_or',
  'every',
  'bit_and',
  'bit_or',
  'any_value',
  'approx_count_distinct',
  'arg_min',
  'min_by',
  'arg_max',
  'max_by',
]);

/** Whether a call answers the same when rows stand there more often than once. */
export function ignoresRepetition({ distinct, entry }: AggregateExpression): boolean {
  return distinct || IGNORES_REPETITION.has(entry.name);
}

/**
 * How a call over rows that each stand for `times` (int8) equal ones follows from these rows alone. Undefined: it needs them one
 * by one.
 */
export function repeatedAggregate(
  call: AggregateExpression,
  times: Expression,
): RepeatedAggregate | undefined {
  if (call.distinct || call.orderBy.length > 0) return undefined;
  const countOf = (values: readonly Expression[]): AggregateExpression =>
    partialOf(
      call,
      values.length === 0 ? REPEATED_ROWS : REPEATED_VALUES,
      [times, ...values],
      INT8,
    );
  switch (call.entry.name) {
    case 'count':
      return call.args.length > 1
        ? undefined
        : {
            aggregates: [countOf(call.args)],
            finish: (columns) => counted(itemOf(columns, 0)),
          };
    case 'sum':
    case 'avg': {
      const value = argumentOf(call, 0);
      const total = totalOf(value.type);
      if (total === undefined) return undefined;
      const { kind, type } = total;
      const sum = partialOf(call, REPEATED_SUM[kind], [times, value], type);
      return call.entry.name === 'sum'
        ? {
            aggregates: [sum],
            finish: (columns) => finishedTotal(itemOf(columns, 0), call.type),
          }
        : {
            aggregates: [countOf([value]), sum],
            finish: (columns) => meanOf(itemOf(columns, 0), itemOf(columns, 1), call.type),
          };
    }
    default:
      return undefined;
  }
}

function totalOf(
  type: SqlType,
): { readonly kind: keyof typeof REPEATED_SUM; readonly type: SqlType } | undefined {
  if (isFloat(type)) return { kind: 'float', type: FLOAT8 };
  if (isScalar(type, 'numeric')) return { kind: 'numeric', type: totalType(type) };
  return ['int2', 'int4', 'int8'].some((name) => type.kind === 'scalar' && type.name === name)
    ? { kind: 'integer', type: totalType(type) }
    : undefined;
}
