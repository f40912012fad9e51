import { domainPredicate, filterByConstraints } from '@tributary/connectors';
import {
  BOOL,
  intersectDomains,
  mapExpressionChildren,
  mapPlanChildren,
  rewritePlan,
  sameDomain,
  valuesDomain,
  visitPlan,
} from '@tributary/sql';
import type { Domain, Expression, Plan, PlanColumn, RemoteQueryPlan } from '@tributary/sql';
import { constraints } from '../analyze/constraints.ts';
import { SourceTrees, childPlans } from '../rules/push/source-trees.ts';
import { sampleValue } from './dynamic-filters.ts';

/** A part of a plan without queries to sources, whose values of one column say which rows of large queries matter. */
export interface ReducingKeys {
  readonly side: Plan;
  readonly key: PlanColumn;
  /** Computes the key's values, and others at most that do not matter. */
  readonly keys: Plan;
}

/**
 * Parts that can be computed first, so that their keys go along with large queries to sources: sides of joins, and subqueries by
 * which membership is tested.
 */
export function reducingKeys(
  plan: Plan,
  isLarge: (query: RemoteQueryPlan) => boolean,
): readonly ReducingKeys[] {
  const large = new Set<number>();
  visitPlan(plan, {
    plan(node) {
      if (node.kind === 'remoteQuery' && isLarge(node)) large.add(node.occurrence);
    },
  });
  if (large.size === 0) return [];
  const before = constraints(plan);
  const narrows = (side: Plan, key: PlanColumn): boolean => {
    const value = sampleValue(key.type);
    if (value === undefined) return false;
    const after = constraints(withKeys(plan, side, key, valuesDomain(key.type, [value])));
    return [...large].some((occurrence) => {
      const old = before.get(occurrence)?.constraint;
      return [...(after.get(occurrence)?.constraint ?? [])].some(([name, domain]) => {
        const known = old?.get(name);
        return known === undefined || !sameDomain(known, domain);
      });
    });
  };
  const found: ReducingKeys[] = [];
  for (const { side, keys } of candidates(plan)) {
    for (const key of keys) {
      if (narrows(side, key)) found.push({ side, key, keys: keysPlan(plan, side, key) });
    }
  }
  return found;
}

/** The queries with what the keys leave of their rows, by occurrence; those about which they say nothing are left out. */
export function reducedQueries(
  plan: Plan,
  domains: ReadonlyMap<ReducingKeys, Domain>,
): ReadonlyMap<number, RemoteQueryPlan> {
  let known = plan;
  for (const [{ side, key }, domain] of domains) known = withKeys(known, side, key, domain);
  const needs = constraints(known);
  const reduced = new Map<number, RemoteQueryPlan>();
  visitPlan(plan, {
    plan(node) {
      if (node.kind !== 'remoteQuery') return;
      const constraint = needs.get(node.occurrence)?.constraint;
      if (constraint === undefined || constraint.size === 0) return;
      const needed = node.columns.flatMap((column) => {
        const domain = constraint.get(String(column.id));
        const expression: Expression = { kind: 'column', id: column.id, type: column.type };
        return domain === undefined ? [] : [{ kind: 'within' as const, expression, domain }];
      });
      const inside = constraints(node.plan, needed);
      reduced.set(node.occurrence, {
        ...node,
        plan: rewritePlan(node.plan, {
          plan(each) {
            if (each.kind !== 'scan') return each;
            const merged = new Map(each.constraint);
            for (const [name, domain] of inside.get(each.occurrence)?.constraint ?? []) {
              const own = merged.get(name);
              merged.set(name, own === undefined ? domain : intersectDomains(own, domain));
            }
            return merged.size === 0 ? each : { ...each, constraint: merged };
          },
        }),
      });
    },
  });
  return reduced;
}

/** Parts that could be computed apart, with the columns that they are compared by. */
function candidates(
  plan: Plan,
): readonly { readonly side: Plan; readonly keys: readonly PlanColumn[] }[] {
  const trees = new SourceTrees(() => undefined);
  const found: { side: Plan; keys: readonly PlanColumn[] }[] = [];
  const offer = (side: Plan, compared: ReadonlySet<number>): void => {
    const keys = side.columns.filter(({ id }) => compared.has(id));
    if (keys.length > 0 && readsTables(side) && trees.isClosed(side)) found.push({ side, keys });
  };
  visitPlan(plan, {
    plan(node) {
      if (node.kind !== 'join' || node.condition === undefined) return;
      const compared = equatedIn(node.condition);
      offer(node.left, compared);
      offer(node.right, compared);
    },
    expression(each) {
      if (each.kind === 'subquery' && each.form === 'any') {
        offer(each.plan, new Set(each.plan.columns.map(({ id }) => id)));
      }
    },
  });
  return found;
}

function readsTables(plan: Plan): boolean {
  if (plan.kind === 'remoteQuery') return false;
  const children = childPlans(plan);
  if (plan.kind === 'scan') return true;
  return (
    children.length > 0 && children.every((child) => noQuery(child)) && children.some(readsTables)
  );
}

function noQuery(plan: Plan): boolean {
  return plan.kind !== 'remoteQuery' && childPlans(plan).every(noQuery);
}

function equatedIn(condition: Expression): ReadonlySet<number> {
  const ids = new Set<number>();
  const visit = (each: Expression): Expression => {
    if (each.kind === 'and') each.args.forEach(visit);
    if (each.kind === 'call' && each.entry.name === '=') {
      each.args.forEach((arg) => {
        const inner = arg.kind === 'cast' ? arg.arg : arg;
        if (inner.kind === 'column') ids.add(inner.id);
      });
    }
    return each;
  };
  visit(condition);
  return ids;
}

/** The plan as if the part's column were known to have only these values. */
function withKeys(plan: Plan, side: Plan, key: PlanColumn, domain: Domain): Plan {
  const condition = domainPredicate(key, domain);
  if (condition === undefined) return plan;
  const mapping = {
    plan(node: Plan): Plan {
      // A column belongs to one part only: where another part was filtered before, the node is a copy.
      const isSide = node === side || sameColumns(node, side);
      const mapped = mapPlanChildren(node, mapping);
      return isSide && mapped.kind !== 'filter'
        ? { kind: 'filter', input: mapped, columns: mapped.columns, condition }
        : mapped;
    },
    expression: (each: Expression): Expression => mapExpressionChildren(each, mapping),
  };
  return mapping.plan(plan);
}

function sameColumns(a: Plan, b: Plan): boolean {
  return (
    a.kind === b.kind &&
    a.columns.length === b.columns.length &&
    a.columns.every(({ id }, index) => id === b.columns[index]?.id)
  );
}

/** The part's values of the column, its scans filtered by what the whole plan needs of them. */
function keysPlan(plan: Plan, side: Plan, key: PlanColumn): Plan {
  const needs = constraints(plan);
  const filtered = rewritePlan(side, {
    plan(node) {
      if (node.kind !== 'scan') return node;
      const { residual = [], constraint = new Map() } = needs.get(node.occurrence) ?? {};
      const narrowed: Plan = filterByConstraints({ ...node, constraint });
      const own = residual.filter((each) => !hasSubquery(each));
      const [first, ...others] = own;
      if (first === undefined) return narrowed;
      return {
        kind: 'filter',
        input: narrowed,
        columns: narrowed.columns,
        condition: others.length === 0 ? first : { kind: 'and', args: own, type: BOOL },
      };
    },
  });
  return {
    kind: 'project',
    input: filtered,
    columns: [key],
    expressions: [{ kind: 'column', id: key.id, type: key.type }],
  };
}

function hasSubquery(expression: Expression): boolean {
  let found = expression.kind === 'subquery';
  mapExpressionChildren(expression, {
    plan: (each) => each,
    expression(each) {
      found ||= hasSubquery(each);
      return each;
    },
  });
  return found;
}
