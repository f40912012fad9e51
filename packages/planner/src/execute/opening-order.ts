import type { ScanRelation } from '@tributary/connectors';
import { visitPlan } from '@tributary/sql';
import type { Domain, Plan, PlanColumn, RemoteQueryPlan, ScanPlan } from '@tributary/sql';
import { filteringQueries, narrowedConstraints } from './dynamic-filters.ts';
import type { FilteringQuery } from './dynamic-filters.ts';
import { reducedQueries, reducingKeys } from './reducing-keys.ts';
import type { ReducingKeys } from './reducing-keys.ts';

type Opened = ReadonlyMap<number, ScanRelation>;
type Openable = ScanPlan | RemoteQueryPlan;

/** What dynamic filters need of the server. */
export interface DynamicFilterServices {
  /** The values of a column of a relation that is open; undefined where they cannot be told. */
  relationKeys(
    relation: ScanRelation,
    column: PlanColumn,
    signal: AbortSignal,
  ): Promise<Domain | undefined>;
  /** The values of a plan's column over relations that are open. */
  planKeys(
    plan: Plan,
    column: PlanColumn,
    relation: (scan: Openable) => ScanRelation,
    signal: AbortSignal,
  ): Promise<Domain | undefined>;
  /** Whether a query reads so much that computing keys for it first can pay. */
  isLarge(query: RemoteQueryPlan): boolean;
  /** Rows of the largest table that a query reads, as its source estimates them; 0 where it does not. */
  rows(query: RemoteQueryPlan): number;
}

export interface Opening {
  readonly filters: DynamicFilterServices;
  /** Names of a scan's partition columns; none for scans that nothing prunes. */
  prunedBy(scan: ScanPlan): readonly string[];
  /** Opens side by side, into `opened`; `last`: no others follow, and their rows are read once. Does not throw. */
  open(scans: readonly Openable[], last?: boolean): Promise<void>;
  readonly opened: Opened;
  failed(): boolean;
  readonly signal: AbortSignal;
}

/** Parts of more bytes than this are not computed twice. */
const MOST_KEY_BYTES = 512e6;
/** Parts of more rows that nothing restricts: they mostly have all keys that there are, or too many to send. */
const MOST_UNRESTRICTED_ROWS = 10_000;

/**
 * Opens a plan's scans in an order in which the rows of some narrow what others read: first queries to sources whose keys prune
 * partitions, then tables whose keys reduce large queries, then the rest.
 */
export async function openInOrder(
  plan: Plan,
  scans: readonly Openable[],
  opening: Opening,
): Promise<void> {
  const { filters, opened } = opening;
  const reducing = reducingKeys(plan, (query) => filters.isLarge(query));
  const isLast = (scan: Openable): boolean =>
    reducing.length > 0 && scan.kind === 'remoteQuery' && filters.isLarge(scan);
  const filtering = filteringQueries(plan, (scan) => opening.prunedBy(scan)).filter(
    ({ query }) => !isLast(query),
  );
  await opening.open(filtering.map(({ query }) => query));
  if (opening.failed()) return;
  let waiting = await narrowed(plan, unopened(scans, opened), filtering, opening);
  if (reducing.length > 0) {
    const inside = new Set(reducing.flatMap(({ keys }) => occurrences(keys)));
    await opening.open(waiting.filter((scan) => inside.has(scan.occurrence)));
    if (opening.failed()) return;
    const queries = await reduced(plan, reducing, opening);
    waiting = unopened(waiting, opened).map((scan) => queries.get(scan.occurrence) ?? scan);
  }
  await opening.open(waiting, true);
}

function unopened(scans: readonly Openable[], opened: Opened): readonly Openable[] {
  return scans.filter(({ occurrence }) => !opened.has(occurrence));
}

function occurrences(plan: Plan): readonly number[] {
  const found: number[] = [];
  visitPlan(plan, {
    plan(node) {
      if (node.kind === 'scan' || node.kind === 'remoteQuery') found.push(node.occurrence);
    },
  });
  return found;
}

/** The scans with what the rows of queries that are here say of theirs. */
async function narrowed(
  plan: Plan,
  waiting: readonly Openable[],
  queries: readonly FilteringQuery[],
  { filters, opened, signal }: Opening,
): Promise<readonly Openable[]> {
  if (queries.length === 0) return waiting;
  const domains = new Map<number, ReadonlyMap<number, Domain>>();
  for (const { query, keys } of queries) {
    const relation = opened.get(query.occurrence);
    if (relation === undefined) continue;
    const known = new Map<number, Domain>();
    for (const key of keys) {
      const domain = await filters.relationKeys(relation, key, signal);
      if (domain !== undefined) known.set(key.id, domain);
    }
    domains.set(query.occurrence, known);
  }
  const constraints = narrowedConstraints(plan, domains);
  return waiting.map((scan) => {
    const constraint = constraints.get(scan.occurrence);
    return scan.kind === 'scan' && constraint !== undefined ? { ...scan, constraint } : scan;
  });
}

async function reduced(
  plan: Plan,
  reducing: readonly ReducingKeys[],
  { filters, opened, signal }: Opening,
): Promise<ReadonlyMap<number, RemoteQueryPlan>> {
  const domains = new Map<ReducingKeys, Domain>();
  let most = 0;
  visitPlan(plan, {
    plan(node) {
      if (node.kind === 'remoteQuery') most = Math.max(most, filters.rows(node));
    },
  });
  for (const each of reducing) {
    const relations = occurrences(each.keys).map((occurrence) => opened.get(occurrence));
    const bytes = relations.reduce(
      (sum, relation) => sum + (relation?.statistics.fileBytes ?? 0),
      0,
    );
    if (bytes > MOST_KEY_BYTES) continue;
    const rows = relations.reduce((sum, relation) => sum + (relation?.statistics.rows ?? 0), 0);
    // Reading more than the source would send cannot pay.
    if (rows > (each.isRestricted ? most : MOST_UNRESTRICTED_ROWS)) continue;
    const domain = await filters.planKeys(
      each.keys,
      each.key,
      ({ occurrence }) => {
        const relation = opened.get(occurrence);
        if (relation === undefined) throw new Error(`scan ${occurrence} was not opened`);
        return relation;
      },
      signal,
    );
    if (domain !== undefined) domains.set(each, domain);
  }
  return domains.size === 0 ? new Map() : reducedQueries(plan, domains);
}
