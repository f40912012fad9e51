import {
  hasDomainValues,
  intersectDomains,
  rewritePlan,
  sameDomain,
  valuesDomain,
  visitPlan,
} from '@tributary/sql';
import type {
  ColumnId,
  Constraint,
  Domain,
  DomainValue,
  Expression,
  Plan,
  PlanColumn,
  RemoteQueryPlan,
  ScanPlan,
  SqlType,
} from '@tributary/sql';
import { constraints } from '../analyze/constraints.ts';

/** A query to a source, and those of its columns whose values say what other scans need not read. */
export interface FilteringQuery {
  readonly query: RemoteQueryPlan;
  readonly keys: readonly PlanColumn[];
}

/** Domains that were read of queries' columns, by the queries' occurrence. */
export type KeyDomains = ReadonlyMap<number, ReadonlyMap<ColumnId, Domain>>;

/**
 * The queries to sources whose rows, once they are here, prune partitions of other scans: those with a column that the plan
 * makes equal to a partition column. Their rows are worth waiting for before those scans list anything.
 *
 * @param partitionColumns names of a scan's partition columns; none for scans that nothing prunes
 */
export function filteringQueries(
  plan: Plan,
  partitionColumns: (scan: ScanPlan) => readonly string[],
): readonly FilteringQuery[] {
  const equal = equatedColumns(plan);
  const candidates: FilteringQuery[] = [];
  let prunable = false;
  visitPlan(plan, {
    plan(node) {
      if (node.kind === 'scan') prunable ||= partitionColumns(node).length > 0;
      if (node.kind !== 'remoteQuery') return;
      const keys = node.columns.filter(
        ({ id, type }) => equal.has(id) && sampleValue(type) !== undefined,
      );
      if (keys.length > 0) candidates.push({ query: node, keys });
    },
  });
  if (!prunable || candidates.length === 0) return [];
  const before = constraints(plan);
  // Tried with some value: what gets narrower by it will by the real ones.
  const prunes = (query: RemoteQueryPlan, { id, type }: PlanColumn): boolean => {
    const domains = new Map([[id, valuesDomain(type, [sampleValue(type) ?? 0n])]]);
    const after = constraints(withDomains(plan, new Map([[query.occurrence, domains]])));
    let found = false;
    visitPlan(plan, {
      plan(node) {
        if (node.kind !== 'scan') return;
        for (const name of partitionColumns(node)) {
          const old = before.get(node.occurrence)?.constraint.get(name);
          const now = after.get(node.occurrence)?.constraint.get(name);
          found ||= now !== undefined && (old === undefined || !sameDomain(old, now));
        }
      },
    });
    return found;
  };
  return candidates
    .map(({ query, keys }) => ({ query, keys: keys.filter((key) => prunes(query, key)) }))
    .filter(({ keys }) => keys.length > 0);
}

/** What each scan need not read beside what its own constraint says, by occurrence, given values of queries' columns. */
export function narrowedConstraints(
  plan: Plan,
  domains: KeyDomains,
): ReadonlyMap<number, Constraint> {
  const found = constraints(withDomains(plan, domains));
  const narrowed = new Map<number, Constraint>();
  visitPlan(plan, {
    plan(node) {
      if (node.kind !== 'scan') return;
      const merged = new Map(node.constraint);
      for (const [name, domain] of found.get(node.occurrence)?.constraint ?? []) {
        const own = merged.get(name);
        merged.set(name, own === undefined ? domain : intersectDomains(own, domain));
      }
      narrowed.set(node.occurrence, merged);
    },
  });
  return narrowed;
}

function withDomains(plan: Plan, domains: KeyDomains): Plan {
  return rewritePlan(plan, {
    plan(node) {
      const known = node.kind === 'remoteQuery' ? domains.get(node.occurrence) : undefined;
      return node.kind === 'remoteQuery' && known !== undefined
        ? { ...node, domains: known }
        : node;
    },
  });
}

/** Columns that some predicate compares for equality, and those that a subquery's membership is tested by. */
function equatedColumns(plan: Plan): ReadonlySet<ColumnId> {
  const ids = new Set<ColumnId>();
  const take = (expression: Expression): void => {
    if (expression.kind === 'column') ids.add(expression.id);
    if (expression.kind === 'cast') take(expression.arg);
  };
  visitPlan(plan, {
    expression(each) {
      if (each.kind === 'call' && each.entry.name === '=') each.args.forEach(take);
      if (each.kind === 'subquery' && each.form === 'any') {
        each.plan.columns.forEach(({ id }) => ids.add(id));
      }
    },
    // Columns pass under new ids through projections and groupings.
    plan(node) {
      if (node.kind === 'project') node.expressions.forEach(take);
      if (node.kind === 'aggregate') node.keys.forEach((key) => take(key.expression));
      if (node.kind === 'commonTableScan') node.sources.forEach((id) => ids.add(id));
    },
  });
  return ids;
}

/** Some value of a type whose domains have values. */
export function sampleValue(type: SqlType): DomainValue | undefined {
  if (!hasDomainValues(type) || type.kind !== 'scalar') return undefined;
  switch (type.name) {
    case 'text':
    case 'varchar':
    case 'name':
      return 'x';
    case 'int2':
    case 'int4':
    case 'int8':
    case 'date':
    case 'timestamp':
      return 0n;
    default:
      return undefined;
  }
}
