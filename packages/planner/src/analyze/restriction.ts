import type { ColumnId, Domain } from '@tributary/sql';
import {
  intersectDomains,
  isAllDomain,
  isEmptyDomain,
  sameDomain,
  unionDomains,
} from '@tributary/sql';

/**
 * What a predicate leaves of columns: rows for which it holds have each column in its domain. `exact`: all rows in the
 * domains fulfil it, so nothing of the predicate is lost. Columns without an entry are free.
 */
export interface Restriction {
  readonly columns: ReadonlyMap<ColumnId, Domain>;
  readonly exact: boolean;
  /** No row fulfils the predicate. */
  readonly impossible: boolean;
}

/** Every row may fulfil the predicate, and nothing more is known. */
export const UNKNOWN: Restriction = { columns: new Map(), exact: false, impossible: false };
/** Every row fulfils the predicate. */
export const ALWAYS: Restriction = { columns: new Map(), exact: true, impossible: false };
/** No row fulfils the predicate. */
export const NEVER: Restriction = { columns: new Map(), exact: true, impossible: true };

/** Exactly the rows whose column is in the domain. */
export function restrictColumn(column: ColumnId, domain: Domain): Restriction {
  if (isAllDomain(domain)) return ALWAYS;
  if (isEmptyDomain(domain)) return NEVER;
  return { columns: new Map([[column, domain]]), exact: true, impossible: false };
}

export function inexact(restriction: Restriction): Restriction {
  return restriction.exact && !restriction.impossible
    ? { ...restriction, exact: false }
    : restriction;
}

/** Rows that fulfil both. */
export function both(a: Restriction, b: Restriction): Restriction {
  if (a.impossible || b.impossible) return NEVER;
  // Most add nothing to what is known, and copying what is known for each was a quarter of planning.
  let columns: Map<ColumnId, Domain> | undefined;
  for (const [id, domain] of b.columns) {
    const other = a.columns.get(id);
    const common = other === undefined ? domain : intersectDomains(other, domain);
    if (isEmptyDomain(common)) return NEVER;
    if (other !== undefined && (common === other || sameDomain(common, other))) continue;
    columns ??= new Map(a.columns);
    columns.set(id, common);
  }
  const exact = a.exact && b.exact;
  if (columns === undefined && exact === a.exact) return a;
  return { columns: columns ?? a.columns, exact, impossible: false };
}

/** Rows that fulfil either. Exact only where one column is concerned: a product of domains cannot hold a union of products. */
export function either(a: Restriction, b: Restriction): Restriction {
  if (a.impossible) return b;
  if (b.impossible) return a;
  if (isAlways(a) || isAlways(b)) return ALWAYS;
  const columns = new Map<ColumnId, Domain>();
  for (const [id, domain] of a.columns) {
    const other = b.columns.get(id);
    if (other === undefined) continue;
    const union = unionDomains(domain, other);
    if (!isAllDomain(union)) columns.set(id, union);
  }
  return { columns, exact: a.exact && b.exact && differInOne(a, b), impossible: false };
}

export function bothOf(list: readonly Restriction[]): Restriction {
  return list.reduce(both, ALWAYS);
}

/** Rows that fulfil any of the list; none for an empty one. */
export function anyOf(list: readonly Restriction[]): Restriction {
  return list.reduce(either, NEVER);
}

function isAlways(restriction: Restriction): boolean {
  return restriction.exact && !restriction.impossible && restriction.columns.size === 0;
}

function differInOne(a: Restriction, b: Restriction): boolean {
  if (a.columns.size !== b.columns.size) return false;
  let differing = 0;
  for (const [id, domain] of a.columns) {
    const other = b.columns.get(id);
    if (other === undefined) return false;
    if (!sameDomain(domain, other)) differing++;
  }
  return differing <= 1;
}
