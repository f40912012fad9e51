import type { AggregateExpression, Expression, SortKey } from '../../plan/expression.ts';
import { BOOL, INT8 } from '../../types/sql-type.ts';
import { argument } from '../division.ts';
import type { FunctionEntry } from '../function-entry.ts';
import { agg, fn } from '../signature.ts';
import { callOf, mergeOf } from './calls.ts';
import { isScalar } from './value-kinds.ts';

/** How rows that may be among the first of an order are told by its first key alone. */
export interface FirstRows {
  /** The key's value that a row must reach; NULL where all may be among the first. */
  limit(value: Expression): AggregateExpression;
  /** Whether a row may be among the first. */
  reaches(value: Expression, limit: Expression): Expression;
}

/** The last of the first `{1}` values; NULL where there are fewer. */
function lastOfFirst(name: string, first: string, last: string): FunctionEntry {
  return agg(`${name}(any, int8) -> any`, {
    duckdb: (args) => {
      const [value, count] = [argument(args, 0).text, argument(args, 1).text];
      const values = `${first}(${value}, ${count}){over}`;
      return `CASE WHEN len(${values}) = ${count} THEN ${last}(${values}) END`;
    },
  });
}

const LIMITS = {
  descending: lastOfFirst('last_of_greatest', 'max', 'list_min'),
  ascending: lastOfFirst('last_of_least', 'min', 'list_max'),
} as const;

function reach(name: string, comparison: string): FunctionEntry {
  return fn(`${name}(any, any) -> bool`, { duckdb: comparison, strict: false });
}

const REACHES = {
  descending: reach('reaches_greatest', '({1} IS NULL OR {0} >= {1})'),
  ascending: reach('reaches_least', '({1} IS NULL OR {0} <= {1})'),
} as const;

const REACHES_OR_NULL = {
  descending: reach('null_or_greatest', '({0} IS NULL OR {1} IS NULL OR {0} >= {1})'),
  ascending: reach('null_or_least', '({0} IS NULL OR {1} IS NULL OR {0} <= {1})'),
} as const;

const SAME = fn('same_value(any, any) -> bool', {
  duckdb: '({0} IS NOT DISTINCT FROM {1})',
  strict: false,
});

/** Whether two values are the same, NULL as well. */
export function sameValue(one: Expression, other: Expression): Expression {
  return callOf(SAME, [one, other], BOOL);
}

/** Undefined for a type that the engine may order in another way than it compares. */
export function firstRowsBy(
  { expression: { type }, descending, nullsFirst }: SortKey,
  count: number,
): FirstRows | undefined {
  if (
    !isScalar(type, 'int2', 'int4', 'int8', 'float4', 'float8', 'date', 'timestamp', 'timestamptz')
  ) {
    return undefined;
  }
  const order = descending ? 'descending' : 'ascending';
  const most: Expression = { kind: 'constant', type: INT8, value: String(count) };
  return {
    limit: (value) => mergeOf(LIMITS[order], [value, most], type),
    reaches: (value, limit) =>
      callOf((nullsFirst ? REACHES_OR_NULL : REACHES)[order], [value, limit], BOOL),
  };
}
