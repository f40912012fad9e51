import type { AggregateExpression } from '../../plan/expression.ts';
import { notMergeable } from './calls.ts';
import type { MergeRule } from './calls.ts';
import {
  allTrueRule,
  anyValueRule,
  bitAndRule,
  bitOrRule,
  bitXorRule,
  maxRule,
  minRule,
  someTrueRule,
  winnerRule,
} from './choices.ts';
import { countDistinctRule, totalDistinctRule } from './distinct-values.ts';
import { sketchRule } from './sketch.ts';
import { averageRule, countRule, sumRule } from './sums.ts';

/** How an aggregate's calls merge, all its overloads alike. */
interface MergeDeclaration {
  readonly plain: MergeRule;
  /** With DISTINCT: its own rule, or `plain` where DISTINCT makes no difference. */
  readonly distinct: MergeRule;
}

const alike = (rule: MergeRule): MergeDeclaration => ({ plain: rule, distinct: rule });

function only(rule: MergeRule): MergeDeclaration {
  return { plain: rule, distinct: (call) => notMergeable(call) };
}

/** The aggregates by name. What is not here is not mergeable. */
const DECLARATIONS: Readonly<Record<string, MergeDeclaration>> = {
  count: { plain: countRule, distinct: countDistinctRule },
  count_if: only(countRule),
  approx_count_distinct: alike(sketchRule),
  sum: { plain: sumRule, distinct: totalDistinctRule },
  avg: { plain: averageRule, distinct: totalDistinctRule },
  min: alike(minRule),
  max: alike(maxRule),
  any_value: alike(anyValueRule),
  bool_and: alike(allTrueRule),
  every: alike(allTrueRule),
  bool_or: alike(someTrueRule),
  bit_and: alike(bitAndRule),
  bit_or: alike(bitOrRule),
  bit_xor: only(bitXorRule),
  arg_min: alike(winnerRule('min')),
  min_by: alike(winnerRule('min')),
  arg_max: alike(winnerRule('max')),
  max_by: alike(winnerRule('max')),
};

/** The rule of a call; undefined for an aggregate that declares none. */
export function mergeRuleOf(call: AggregateExpression): MergeRule | undefined {
  const declared = Object.hasOwn(DECLARATIONS, call.entry.name)
    ? DECLARATIONS[call.entry.name]
    : undefined;
  return call.distinct ? declared?.distinct : declared?.plain;
}

/** Names of the aggregates that declare how they merge. */
export function mergeableNames(): readonly string[] {
  return Object.keys(DECLARATIONS);
}
