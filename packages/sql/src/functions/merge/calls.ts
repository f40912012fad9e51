import type { AggregateExpression, CallExpression, Expression } from '../../plan/expression.ts';
import { BOOL } from '../../types/sql-type.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { FunctionEntry } from '../function-entry.ts';
import type { Decomposition, NotDecomposable, ValueFacts } from './decomposition.ts';

/** How calls of one aggregate are decomposed. DISTINCT, FILTER and ORDER BY are the call's. */
export type MergeRule = (
  call: AggregateExpression,
  facts: ValueFacts,
) => Decomposition | NotDecomposable;

/** A partial of `call`: another aggregate over its input rows, under its FILTER. */
export function partialOf(
  call: AggregateExpression,
  entry: FunctionEntry,
  args: readonly Expression[],
  type: SqlType,
): AggregateExpression {
  return {
    kind: 'aggregate',
    entry,
    args,
    distinct: false,
    orderBy: [],
    withinGroup: [],
    type,
    ...(call.filter === undefined ? {} : { filter: call.filter }),
    ...(call.position === undefined ? {} : { position: call.position }),
  };
}

/** The call over those of its rows for which `condition` holds. */
export function narrowed(call: AggregateExpression, condition: Expression): AggregateExpression {
  const filter: Expression =
    call.filter === undefined
      ? condition
      : { kind: 'and', args: [call.filter, condition], type: BOOL };
  return { ...call, filter };
}

/** An aggregate over partial columns. */
export function mergeOf(
  entry: FunctionEntry,
  args: readonly Expression[],
  type: SqlType,
): AggregateExpression {
  return { kind: 'aggregate', entry, args, distinct: false, orderBy: [], withinGroup: [], type };
}

/** A scalar call. */
export function callOf(
  entry: FunctionEntry,
  args: readonly Expression[],
  type: SqlType,
): CallExpression {
  return { kind: 'call', entry, args, type };
}

/** An argument of a call by index: a row's signature guarantees that it is there. */
export function argumentOf(call: AggregateExpression, index: number): Expression {
  return itemOf([...call.args, ...call.withinGroup.map((key) => key.expression)], index);
}

/** A partial column by index: the caller gives one for each partial. */
export function itemOf(list: readonly Expression[], index: number): Expression {
  const found = list[index];
  if (found === undefined) throw new TypeError(`there is no expression ${index} here`);
  return found;
}

export function notMergeable(call: AggregateExpression): NotDecomposable {
  return { reason: 'aggregate_not_mergeable', detail: labelOf(call) };
}

export function withoutCodec(call: AggregateExpression): NotDecomposable {
  return { reason: 'type_without_codec', detail: labelOf(call) };
}

/** `count(distinct)`, `sum`: the call by name. */
export function labelOf(call: AggregateExpression): string {
  return call.distinct ? `${call.entry.name}(distinct)` : call.entry.name;
}

/** A decomposition into one column. */
export function oneColumn(parts: {
  readonly partial: AggregateExpression;
  readonly rollUp: (column: Expression) => AggregateExpression;
  readonly finish: (column: Expression) => Expression;
  readonly exactness: Decomposition['exactness'];
  readonly size: Decomposition['size'];
}): Decomposition {
  return {
    partials: [parts.partial],
    rollUp: (columns) => [parts.rollUp(itemOf(columns, 0))],
    finish: (columns) => parts.finish(itemOf(columns, 0)),
    exactness: parts.exactness,
    size: parts.size,
  };
}
