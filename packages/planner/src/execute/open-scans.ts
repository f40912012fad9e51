import type {
  Connector,
  QueryConnector,
  QueryFacts,
  ScanContext,
  ScanRelation,
  ScanRequest,
} from '@tributary/connectors';
import type { EngineSession } from '@tributary/engine';
import type { Partition, TableDefinition } from '@tributary/catalog';
import { QueryError, visitPlan } from '@tributary/sql';
import type { Domain, Plan, RemoteQueryPlan, ScanPlan } from '@tributary/sql';
import { declaredTimes } from '../analyze/declared-times.ts';
import { openInOrder } from './opening-order.ts';
import { runTogether } from './run-together.ts';
import type { DynamicFilterServices } from './opening-order.ts';
import { sourceMoments } from './source-moments.ts';
import type { SourceMoments } from './source-moments.ts';

/** What a source computes by itself. */
export interface RemoteRead {
  readonly connector: QueryConnector;
  /** Their rows together are what is asked for. */
  readonly plans: readonly Plan[];
  readonly facts: QueryFacts;
}

/** What opening scans needs of the server. */
export interface ScanServices {
  /** The catalog's definition of a scanned table, and its source's connector. Throws when the source is gone. */
  table(scan: ScanPlan): { readonly definition: TableDefinition; readonly connector: Connector };
  /** Whether a scan reads a table of a source. */
  isTable(scan: ScanPlan): boolean;
  /** A relation that was prepared for a scan before it is opened (cells, or a listing in hand); undefined for other scans. */
  readonly prepared?: (
    scan: ScanPlan | RemoteQueryPlan,
    context: ScanContext,
  ) => Promise<ScanRelation> | undefined;
  /** What a source computes: a remote query, or the rows of one of its tables; undefined for scans of other tables. */
  remote(query: ScanPlan | RemoteQueryPlan): RemoteRead | undefined;
  /** How rows of some scans narrow others; absent: all are opened at once. */
  readonly filters?: DynamicFilterServices;
  /** Begins a session in which rows of sources are read as they come; absent: they are here before anything reads them. */
  readonly session?: () => Promise<EngineSession | undefined>;
  /** Rows the server makes itself, for scans of schema `tributary`; undefined for other scans. */
  system(scan: ScanPlan): Promise<ScanRelation> | undefined;
  /** Evaluates a scan's partition predicates for a batch of partitions: which may hold rows. */
  keepPartitions(
    scan: ScanPlan,
    table: TableDefinition,
    partitions: readonly Partition[],
  ): Promise<readonly boolean[]>;
}

/** The relations of a plan's scans, by occurrence. */
export interface OpenScans {
  relation(scan: ScanPlan | RemoteQueryPlan): ScanRelation;
  readonly relations: readonly ScanRelation[];
  /** The session that the statement must run in. */
  readonly session: EngineSession | undefined;
  /** The error that ends the statement where rows failed as they came. */
  failure(error: unknown): QueryError | undefined;
  /** Before reading: fails with `dataChanged` where a listing does not hold any more. */
  confirm(): Promise<void>;
  /** Fails with `dataChanged` unless every scan read what it listed. */
  verify(): Promise<void>;
  release(): Promise<void>;
}

/** Opens (prunes and lists) every scan of the plan side by side. Nothing stays open when one fails. */
export async function openScans(
  plan: Plan,
  services: ScanServices,
  context: ScanContext,
): Promise<OpenScans> {
  const scans = new Map<number, ScanPlan | RemoteQueryPlan>();
  visitPlan(plan, {
    plan(node) {
      if (node.kind === 'scan' || node.kind === 'remoteQuery') {
        scans.set(node.occurrence, node);
      }
    },
  });
  const moments = sourceMoments(
    [...scans.values()].flatMap((scan) => {
      const { connector, plans = [] } = services.remote(scan) ?? {};
      return connector === undefined ? [] : plans.map(() => connector);
    }),
  );
  const byOccurrence = new Map<number, ScanRelation>();
  const failures: unknown[] = [];
  const once = new Once(services.session);
  const openThese = async (
    each: readonly (ScanPlan | RemoteQueryPlan)[],
    own: ScanContext,
  ): Promise<void> => {
    const opened = await Promise.allSettled(
      each.map((scan) => openScan(scan, services, moments, own)),
    );
    opened.forEach((outcome, index) => {
      const occurrence = each[index]?.occurrence;
      if (outcome.status === 'rejected') failures.push(outcome.reason);
      else if (occurrence !== undefined) byOccurrence.set(occurrence, outcome.value);
    });
  };
  const openAll = async (
    each: readonly (ScanPlan | RemoteQueryPlan)[],
    last = false,
  ): Promise<void> => {
    const streamed =
      last && services.session !== undefined ? streamedSource(plan, each, services) : undefined;
    if (streamed === undefined) return openThese(each, context);
    // Connections of a source that are held to the end are the last thing that the statement waits for.
    const before = each.filter((scan) => {
      const source = services.remote(scan)?.connector;
      return source !== undefined && source !== streamed;
    });
    await openThese(before, context);
    if (failures.length > 0) return;
    const others = each.filter((scan) => !before.includes(scan));
    await openThese(others, { ...context, session: () => once.get() });
  };
  try {
    const all = [...scans.values()];
    await (services.filters === undefined
      ? openAll(all, true)
      : openInOrder(plan, all, {
          filters: services.filters,
          prunedBy: (scan) =>
            services.isTable(scan)
              ? services.table(scan).definition.partitionColumns.map(({ name }) => name)
              : [],
          open: openAll,
          opened: byOccurrence,
          failed: () => failures.length > 0,
          signal: context.signal,
        }));
  } catch (error) {
    failures.push(error);
  } finally {
    await moments.close();
  }
  const relations = [...byOccurrence.values()];
  const release = async (): Promise<void> => {
    await once.close();
    await Promise.all(relations.map((relation) => relation.release()));
  };
  if (failures.length > 0) {
    await release();
    throw failures[0];
  }
  return {
    relations,
    session: await once.current(),
    failure(error) {
      for (const relation of relations) {
        const found = relation.failure?.(error);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    relation(scan) {
      const relation = byOccurrence.get(scan.occurrence);
      if (relation === undefined) {
        throw new Error(`scan ${scan.occurrence} was not opened`);
      }
      return relation;
    },
    async confirm() {
      for (const relation of relations) await relation.confirm?.();
    },
    async verify() {
      await Promise.all(relations.map((relation) => relation.verify()));
    },
    release,
  };
}

/** The source whose rows may come while they are read; undefined: none. A recursive part reads its rows in each round. */
function streamedSource(
  plan: Plan,
  scans: readonly (ScanPlan | RemoteQueryPlan)[],
  services: ScanServices,
): QueryConnector | undefined {
  let isRecursive = false;
  visitPlan(plan, {
    plan(node) {
      isRecursive ||= node.kind === 'recursive';
    },
  });
  if (isRecursive) return undefined;
  for (const scan of scans) {
    const remote = services.remote(scan);
    if (remote !== undefined) return remote.connector;
  }
  return undefined;
}

/** A session that is begun when it is first asked for. */
class Once {
  readonly #begin: ScanServices['session'];
  #session: Promise<EngineSession | undefined> | undefined;

  constructor(begin: ScanServices['session']) {
    this.#begin = begin;
  }

  get(): Promise<EngineSession | undefined> {
    this.#session ??= this.#begin?.() ?? Promise.resolve(undefined);
    return this.#session;
  }

  /** The session where one was asked for and is there. */
  async current(): Promise<EngineSession | undefined> {
    return this.#session?.catch(() => undefined);
  }

  async close(): Promise<void> {
    await (await this.current())?.close();
  }
}

async function openScan(
  scan: ScanPlan | RemoteQueryPlan,
  services: ScanServices,
  moments: SourceMoments,
  context: ScanContext,
): Promise<ScanRelation> {
  const prepared = services.prepared?.(scan, context);
  if (prepared !== undefined) {
    return prepared;
  }
  const remote = services.remote(scan);
  if (remote !== undefined) {
    const source = moments.of(remote.connector);
    return runTogether(remote.plans, context, (plan, each) => source.run(plan, remote.facts, each));
  }
  if (scan.kind === 'remoteQuery') {
    throw new QueryError('internalError', `source "${scan.source}" computes no queries`);
  }
  const system = services.system(scan);
  if (system !== undefined) {
    return system;
  }
  const { definition, connector } = services.table(scan);
  return connector.scan(scanRequest(scan, definition, services), context);
}

/** The connector's view of a scan. */
export function scanRequest(
  scan: ScanPlan,
  table: TableDefinition,
  services: Pick<ScanServices, 'keepPartitions'>,
): ScanRequest {
  const { constraint = new Map<string, Domain>() } = scan;
  const times = declaredTimes(table, constraint);
  return {
    table,
    columns: scan.scanColumns.map(({ id, source }) => ({ id, name: source })),
    constraint,
    ...(times === undefined ? {} : { times }),
    ...(scan.partitionPredicates === undefined
      ? {}
      : { keepPartitions: (partitions) => services.keepPartitions(scan, table, partitions) }),
  };
}
