import type { Plan } from '@tributary/sql';
import { dropImpliedPredicates } from './drop-implied-predicates.ts';
import { inlineCommonTables } from './inline-common-tables.ts';
import { joinInSource } from './join-in-source.ts';
import { pruneColumns } from './prune-columns.ts';
import { prunePartitions } from './prune-partitions.ts';
import { pushToSource } from './push-to-source.ts';
import type { Rule, RuleContext } from './rule.ts';
import { sourceWindows } from './source-windows.ts';

/** All rules in the order they run. */
export const RULES: readonly Rule[] = [
  // First: the others find blocks whole, and predicates above a common table reach its scans either way.
  inlineCommonTables,
  // Before pruning columns: predicates may name partition columns that nothing above reads.
  prunePartitions,
  // Needs what prune-partitions wrote to the scans, and frees columns for prune-columns.
  dropImpliedPredicates,
  // Before push-to-source, which takes what it finds together.
  joinInSource,
  // Before prune-columns, which then drops what a query to a source need not answer.
  pushToSource,
  // Cuts what push-to-source made, by columns that prune-columns may drop.
  sourceWindows,
  pruneColumns,
];

/** No rule over plans, but switched off like one: rows of one scan, once they are there, prune others. */
export const DYNAMIC_FILTERS = 'dynamic-filters';

/** Likewise: subqueries whose values say what of other tables is read run before their statement. */
export const LEADING_SUBQUERIES = 'leading-subqueries';

/** Likewise: ranges of time are answered from the windows that are stored, and windows are stored. */
export const REUSE_WINDOWS = 'reuse-windows';

/** Likewise: rows that were made of stored windows are remembered, and given again for the same windows. */
export const REMEMBERED_ANSWERS = 'remembered-answers';

/** Likewise: a query that was bound before is bound anew only when the catalog or a setting it depends on has changed. */
export const BOUND_QUERIES = 'bound-queries';

/** Likewise: queries of constants are answered beside the engine. */
export const CONSTANT_ROWS = 'constant-rows';

/** Likewise: rows of a statement that one source computes whole reach the client beside the engine, while they are few. */
export const DIRECT_ROWS = 'direct-rows';

/** Likewise: rows of a source reach a statement while it reads them, where the engine can do that. */
export const STREAMED_ROWS = 'streamed-rows';

export const RULE_NAMES: readonly string[] = [
  ...RULES.map((rule) => rule.name),
  LEADING_SUBQUERIES,
  DYNAMIC_FILTERS,
  REUSE_WINDOWS,
  REMEMBERED_ANSWERS,
  BOUND_QUERIES,
  CONSTANT_ROWS,
  DIRECT_ROWS,
  STREAMED_ROWS,
];

export interface RuleOutcome {
  readonly plan: Plan;
  /** Names of the rules that changed the plan. */
  readonly applied: readonly string[];
}

/** Runs the rules in order, without those named in `off` (`all`: none runs). */
export function applyRules(
  plan: Plan,
  context: RuleContext,
  off: ReadonlySet<string>,
): RuleOutcome {
  const applied: string[] = [];
  let current = plan;
  for (const rule of RULES) {
    if (off.has('all') || off.has(rule.name)) {
      continue;
    }
    const changed = rule.apply(current, context);
    if (changed !== undefined) {
      applied.push(rule.name);
      current = changed;
    }
  }
  return { plan: current, applied };
}
