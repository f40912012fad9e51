import {
  BOOL,
  mapExpressionChildren,
  mapPlanChildren,
  rewritePlan,
  sameDomain,
} from '@tributary/sql';
import type { AggregatePlan, Constraint, Domain, Expression, Plan, ScanPlan } from '@tributary/sql';
import { constraints } from '../analyze/constraints.ts';
import type { ScanConstraint } from '../analyze/constraints.ts';
import { idsBeyond } from '../reuse/resolve-fragments.ts';
import type { IdSource } from '../reuse/fragment.ts';
import { outputOrder } from './push/output-order.ts';
import { partialAggregation } from './push/partial-aggregate.ts';
import { SourceTrees, childPlans } from './push/source-trees.ts';
import type { Rule } from './rule.ts';

type Needs = ReadonlyMap<number, ScanConstraint>;

/**
 * Leaves to a source what it can compute by itself: the largest parts of the plan over its tables alone whose every operation
 * it answers as we would, each as one query; and of every other scan of its tables what the rest of the plan needs of the rows.
 */
export const pushToSource: Rule = {
  name: 'push-to-source',
  description: 'Let a source compute what it can of a statement over its tables.',
  apply(plan, context) {
    const { querySource } = context;
    if (querySource === undefined) return undefined;
    const trees = new SourceTrees(querySource);
    const needs = constraints(plan);
    const pushed = push(plan, trees, needs, idsBeyond(plan));
    return pushed === plan ? undefined : pushed;
  },
};

function push(plan: Plan, trees: SourceTrees, needs: Needs, ids: IdSource): Plan {
  const mapping = {
    plan(node: Plan): Plan {
      const owner = isWorthwhile(node) ? trees.owner(node) : undefined;
      const order = owner === undefined ? undefined : outputOrder(node);
      if (owner !== undefined && order !== 'lost') {
        const remote = remoteQuery(withNeeds(node, trees, needs), owner.source);
        // What comes from outside has no order of its own.
        return order === undefined
          ? remote
          : { kind: 'sort', input: remote, keys: order, columns: remote.columns };
      }
      const partial = node.kind === 'aggregate' ? pushPartials(node, trees, needs, ids) : undefined;
      if (partial !== undefined) return partial;
      return node.kind === 'scan'
        ? filteredScan(node, trees, needs)
        : mapPlanChildren(node, mapping);
    },
    expression: (each: Expression): Expression => mapExpressionChildren(each, mapping),
  };
  return mapping.plan(plan);
}

/** An aggregation that its source does not compute alike, over rows that it has, by partial results that it does. */
function pushPartials(
  node: AggregatePlan,
  trees: SourceTrees,
  needs: Needs,
  ids: IdSource,
): Plan | undefined {
  if (trees.owner(node.input) === undefined) return undefined;
  const found = partialAggregation(node, ids);
  if (found === undefined) return undefined;
  const owner = trees.owner(found.partial);
  return owner === undefined
    ? undefined
    : found.finish(remoteQuery(withNeeds(found.partial, trees, needs), owner.source));
}

/**
 * Whether computing the node there can save anything: a bare scan or projection does not, sorting all rows neither, and a cross
 * join has more rows than its sides.
 */
function isWorthwhile(node: Plan): boolean {
  switch (node.kind) {
    case 'scan':
    case 'remoteQuery':
    case 'values':
    case 'tableFunction':
    case 'commonTableScan':
    case 'recursive':
    case 'sort':
      return false;
    case 'project':
      return isWorthwhile(node.input);
    case 'join':
      return node.condition !== undefined;
    default:
      return true;
  }
}

function remoteQuery(plan: Plan, source: string): Plan {
  return {
    kind: 'remoteQuery',
    // No other node has the occurrence of a scan that is inside.
    occurrence: firstOccurrence(plan),
    source,
    plan,
    columns: plan.columns,
  };
}

function firstOccurrence(plan: Plan): number {
  if (plan.kind === 'scan') return plan.occurrence;
  return Math.min(...childPlans(plan).map(firstOccurrence));
}

/** A tree that leaves as one: its scans get what the rest of the plan needs of their rows, beside what the tree itself says. */
function withNeeds(tree: Plan, trees: SourceTrees, needs: Needs): Plan {
  const own = constraints(tree);
  return rewritePlan(tree, {
    plan: (node) => (node.kind === 'scan' ? needed(node, trees, needs, own) : node),
  });
}

/** A scan that stays: its source filters by what the plan needs, as far as it can. */
function filteredScan(scan: ScanPlan, trees: SourceTrees, needs: Needs): Plan {
  if (trees.sourceOf(scan) === undefined) return scan;
  return remoteQuery(needed(scan, trees, needs, new Map()), scan.table.source);
}

function needed(scan: ScanPlan, trees: SourceTrees, needs: Needs, own: Needs): Plan {
  const all = needs.get(scan.occurrence);
  const connector = trees.sourceOf(scan);
  if (all === undefined || connector === undefined) return scan;
  const known = own.get(scan.occurrence);
  const constraint = added(all.constraint, known?.constraint ?? new Map<string, Domain>());
  const { constraint: before, ...bare } = scan;
  const restricted: ScanPlan =
    constraint.size === 0 ? (before === undefined ? scan : bare) : { ...bare, constraint };
  const told = new Set((known?.residual ?? []).map((each) => JSON.stringify(each)));
  const conjuncts = all.residual.filter((each) => {
    const filter: Plan = { kind: 'filter', input: scan, condition: each, columns: scan.columns };
    return (
      !told.has(JSON.stringify(each)) &&
      childPlans(filter).length === 1 &&
      connector.refusal(filter) === undefined
    );
  });
  const [first, ...others] = conjuncts;
  if (first === undefined) return restricted;
  return {
    kind: 'filter',
    input: restricted,
    columns: scan.columns,
    condition: others.length === 0 ? first : { kind: 'and', args: conjuncts, type: BOOL },
  };
}

function added(all: Constraint, known: Constraint): Constraint {
  return new Map(
    [...all].filter(([name, domain]) => {
      const before = known.get(name);
      return before === undefined || !sameDomain(before, domain);
    }),
  );
}
