import type { AggregateExpression } from '../../plan/expression.ts';
import { inspect } from '../../print/inspection.ts';
import { labelOf, notMergeable } from './calls.ts';
import type { Decomposition, NotDecomposable, ValueFacts } from './decomposition.ts';
import { mergeRuleOf } from './merge-rules.ts';

/**
 * How the call follows from partial results over disjoint sets of rows, or why it does not. `facts` chooses the form of partials
 * that hold values; the answer is the same in every form.
 */
export function decomposeAggregate(
  call: AggregateExpression,
  facts: ValueFacts = {},
): Decomposition | NotDecomposable {
  if (call.entry.volatility === 'volatile' || inspect([], [call]).volatile) {
    return { reason: 'volatile', detail: labelOf(call) };
  }
  if (call.entry.templates.duckdb === undefined) return notMergeable(call);
  return mergeRuleOf(call)?.(call, facts) ?? notMergeable(call);
}
