import type { AggregateExpression } from '../../plan/expression.ts';
import { notMergeable } from './calls.ts';
import type { MergeRule } from './calls.ts';
import {
  allTrueRule,
  anyValueRule,
  bitAndRule,
  bitOrRule,
  bitXorRule,
  endRule,
  maxRule,
  minRule,
  someTrueRule,
  winnerRule,
} from './choices.ts';
import {
  arrayRule,
  concatenationRule,
  jsonArrayRule,
  jsonObjectRule,
  stringRule,
} from './collections.ts';
import { momentsRule } from './moments.ts';
import {
  approximateQuantileRule,
  continuousQuantileRule,
  discreteQuantileRule,
  medianRule,
  modeRule,
} from './quantiles.ts';
import { countDistinctRule, totalDistinctRule } from './distinct-values.ts';
import { sketchRule } from './sketch.ts';
import { averageRule, countRule, sumRule } from './sums.ts';
import { isScalar } from './value-kinds.ts';

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

const MOMENTS = [
  'stddev',
  'stddev_samp',
  'stddev_pop',
  'variance',
  'var_samp',
  'var_pop',
  'covar_pop',
  'covar_samp',
  'corr',
  'regr_slope',
  'regr_intercept',
  'regr_r2',
  'regr_avgx',
  'regr_avgy',
  'regr_sxx',
  'regr_syy',
  'regr_sxy',
  'regr_count',
] as const;

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
  first: alike(endRule('min')),
  last: alike(endRule('max')),
  ...Object.fromEntries(MOMENTS.map((name) => [name, only(momentsRule)])),
  string_agg: alike(stringRule),
  listagg: alike((call, facts) =>
    (call.args.length > 1 ? stringRule : concatenationRule)(call, facts),
  ),
  array_agg: alike(arrayRule),
  json_agg: alike(jsonArrayRule),
  jsonb_agg: alike(jsonArrayRule),
  json_object_agg: alike(jsonObjectRule('json')),
  jsonb_object_agg: alike(jsonObjectRule('jsonb')),
  median: only(medianRule),
  mode: only(modeRule),
  percentile_cont: only(continuousQuantileRule),
  percentile_disc: only(discreteQuantileRule),
  approx_percentile: only(approximateQuantileRule),
};

/** Partials that may be asked for in parts again. They roll up as those of the aggregates that they are partials of. */
const PARTIALS: typeof DECLARATIONS = {
  cell_count: only(countRule),
  cell_sum: only((call) =>
    isScalar(call.type, 'numeric') ? sumRule(call, {}) : notMergeable(call),
  ),
  cell_min: only(minRule),
  cell_max: only(maxRule),
  cell_bool_and: only(allTrueRule),
  cell_bool_or: only(someTrueRule),
  cell_bit_and: only(bitAndRule),
  cell_bit_or: only(bitOrRule),
  cell_bit_xor: only(bitXorRule),
};

/** The rule of a call; undefined for an aggregate that declares none. */
export function mergeRuleOf(call: AggregateExpression): MergeRule | undefined {
  const { name } = call.entry;
  const declared = [DECLARATIONS, PARTIALS].find((each) => Object.hasOwn(each, name))?.[name];
  return call.distinct ? declared?.distinct : declared?.plain;
}

/** Names of the aggregates that declare how they merge. */
export function mergeableNames(): readonly string[] {
  return Object.keys(DECLARATIONS);
}
