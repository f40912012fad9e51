import { domainPredicate, filterByConstraints } from '@tributary/connectors';
import {
  BOOL,
  intersectDomains,
  mapExpressionChildren,
  mapPlanChildren,
  notNullDomain,
  rewritePlan,
  sameDomain,
  valuesDomain,
  visitPlan,
} from '@tributary/sql';
import type { Domain, Expression, Plan, PlanColumn, RemoteQueryPlan } from '@tributary/sql';
import { constraints } from '../analyze/constraints.ts';
import { flatJoins, isFlat } from '../rules/push/flat-join.ts';
import type { FlatJoin } from '../rules/push/flat-join.ts';
import { SourceTrees, childPlans } from '../rules/push/source-trees.ts';
import { sampleValue } from './dynamic-filters.ts';

type Needs = ReturnType<typeof constraints>;

/**
 * A part of a plan whose values of one column say which rows of large queries matter: without queries to sources itself, or one
 * that tells members.
 */
export interface ReducingKeys {
  readonly side: Plan;
  readonly key: PlanColumn;
  /** Computes the key's values, and others at most that do not matter. */
  readonly keys: Plan;
  /** Some condition leaves out rows of the part: its keys are likely not all that there are. */
  readonly isRestricted: boolean;
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
  const flats = flatJoins(plan);
  const trees = new SourceTrees(() => undefined);
  for (const { side, keys } of candidates(plan, flats, trees)) {
    for (const key of keys) {
      if (narrows(side, key)) found.push({ side, key, ...keysOf(side, key, flats, before, trees) });
    }
  }
  return found;
}

/** Whether anything is known of a part's rows beside that columns are not NULL. */
function isRestricted(side: Plan, needs: Needs): boolean {
  let found = false;
  visitPlan(side, {
    plan(node) {
      found ||=
        node.kind === 'remoteQuery' ||
        node.kind === 'aggregate' ||
        node.kind === 'distinct' ||
        node.kind === 'limit';
      if (node.kind !== 'scan') return;
      const { residual = [], constraint } = needs.get(node.occurrence) ?? {};
      found ||= residual.some((each) => !hasSubquery(each));
      for (const domain of constraint?.values() ?? []) {
        found ||= !sameDomain(domain, notNullDomain(domain.type));
      }
    },
  });
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
      const { windows } = node;
      reduced.set(node.occurrence, {
        ...node,
        plan: narrowedScans(node.plan, needed),
        ...(windows === undefined
          ? {}
          : {
              windows: {
                ...windows,
                plans: windows.plans.map((each) => narrowedScans(each, needed)),
              },
            }),
      });
    },
  });
  return reduced;
}

/** A plan whose scans read no rows that what is needed of its own rows rules out. */
function narrowedScans(plan: Plan, needed: Parameters<typeof constraints>[1]): Plan {
  const inside = constraints(plan, needed);
  return rewritePlan(plan, {
    plan(each) {
      if (each.kind !== 'scan') return each;
      const merged = new Map(each.constraint);
      for (const [name, domain] of inside.get(each.occurrence)?.constraint ?? []) {
        const own = merged.get(name);
        merged.set(name, own === undefined ? domain : intersectDomains(own, domain));
      }
      return merged.size === 0 ? each : { ...each, constraint: merged };
    },
  });
}

/** Parts that could be computed apart, with the columns that they are compared by. */
function candidates(
  plan: Plan,
  flats: readonly FlatJoin[],
  trees: SourceTrees,
): readonly { readonly side: Plan; readonly keys: readonly PlanColumn[] }[] {
  const found: { side: Plan; keys: readonly PlanColumn[] }[] = [];
  const compared = equatedIn(plan);
  const offer = (side: Plan): void => {
    const keys = side.columns.filter(({ id }) => compared.has(id));
    if (keys.length > 0 && readsTables(side) && trees.isClosed(side)) found.push({ side, keys });
  };
  for (const { leaves } of flats) leaves.forEach(offer);
  visitPlan(plan, {
    plan(node) {
      // Those of inner joins are the relations above.
      const isOffered: boolean = isFlat(node);
      if (!isOffered && node.kind === 'join') [node.left, node.right].forEach(offer);
    },
    expression(each) {
      if (each.kind === 'subquery' && each.form === 'any' && trees.isClosed(each.plan)) {
        const isReadable = each.plan.kind === 'remoteQuery' || readsTables(each.plan);
        if (isReadable) found.push({ side: each.plan, keys: each.plan.columns });
      }
    },
  });
  return found;
}

/** Whether a part reads tables of ours alone, and no product of them. */
function readsTables(plan: Plan): boolean {
  if (plan.kind === 'scan') return true;
  if (plan.kind === 'join' && plan.condition === undefined) return false;
  const children = childPlans(plan);
  return (
    children.length > 0 && children.every((child) => isOwn(child)) && children.some(readsTables)
  );
}

function isOwn(plan: Plan): boolean {
  return (
    plan.kind !== 'remoteQuery' &&
    (plan.kind !== 'join' || plan.condition !== undefined) &&
    childPlans(plan).every(isOwn)
  );
}

/** Columns that some condition compares for equality. */
function equatedIn(plan: Plan): ReadonlySet<number> {
  const ids = new Set<number>();
  visitPlan(plan, {
    expression(each) {
      if (each.kind !== 'call' || each.entry.name !== '=') return;
      const inner = each.args.map((arg) => (arg.kind === 'cast' ? arg.arg : arg));
      const columns = inner.flatMap((arg) => (arg.kind === 'column' ? [arg.id] : []));
      if (columns.length === inner.length) columns.forEach((id) => ids.add(id));
    },
  });
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

/** How a part's values of a column are computed: of its rows that find rows of ours in what it is joined with. */
function keysOf(
  side: Plan,
  key: PlanColumn,
  flats: readonly FlatJoin[],
  needs: Needs,
  trees: SourceTrees,
): Pick<ReducingKeys, 'keys' | 'isRestricted'> {
  const flat = flats.find(({ leaves }) => leaves.includes(side));
  const { plan, restricted } =
    flat === undefined
      ? { plan: filteredSide(side, needs), restricted: isRestricted(side, needs) }
      : semiJoined(flat, flat.leaves.indexOf(side), new Set(), needs, trees);
  return {
    isRestricted: restricted,
    keys: {
      kind: 'project',
      input: plan,
      columns: [key],
      expressions: [{ kind: 'column', id: key.id, type: key.type }],
    },
  };
}

/** A relation of a join without the rows that find none in the relations around it, as far as those are restricted. */
function semiJoined(
  flat: FlatJoin,
  place: number,
  visited: Set<number>,
  needs: Needs,
  trees: SourceTrees,
): { readonly plan: Plan; readonly restricted: boolean } {
  visited.add(place);
  const leaf = flat.leaves[place];
  if (leaf === undefined) throw new Error(`a join has no relation ${place}`);
  let plan = filteredSide(leaf, needs);
  let restricted = isRestricted(leaf, needs);
  for (const { condition, sides } of flat.equations) {
    const other = sides.find((side) => side.leaf !== place);
    if (other === undefined || !sides.some((side) => side.leaf === place)) continue;
    const neighbour = flat.leaves[other.leaf];
    if (neighbour === undefined || visited.has(other.leaf)) continue;
    if (!readsTables(neighbour) || !trees.isClosed(neighbour)) continue;
    const found = semiJoined(flat, other.leaf, visited, needs, trees);
    if (!found.restricted) continue;
    restricted = true;
    plan = {
      kind: 'join',
      join: 'semi',
      left: plan,
      right: found.plan,
      condition,
      lateral: false,
      columns: plan.columns,
    };
  }
  return { plan, restricted };
}

/** A part with its scans filtered by what the whole plan needs of them. */
function filteredSide(side: Plan, needs: Needs): Plan {
  return rewritePlan(side, {
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
