import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { Engine, EngineResult } from '@tributary/engine';
import { isQueryError, printDuckdb } from '@tributary/sql';
import type { Plan, QueryError } from '@tributary/sql';
import { preparedScans } from '../reuse/prepared-scans.ts';
import { resolveFragments } from '../reuse/resolve-fragments.ts';
import type { ResolvedPlan, ReuseContext } from '../reuse/resolve-fragments.ts';
import { addFiles, addTransfers, countsOf, setCounts } from '../service/query-statistics.ts';
import type { QueryStatistics } from '../service/query-statistics.ts';
import { openScans } from './open-scans.ts';
import type { OpenScans, ScanServices } from './open-scans.ts';

export interface RunContext {
  readonly engine: Engine;
  readonly scans: ScanServices;
  readonly statistics: QueryStatistics;
  readonly signal: AbortSignal;
  /** Told now and then of the fraction done. */
  readonly onProgress?: (fraction: number) => void;
  readonly now: Date;
  /** Printer facts: the session's zone. */
  readonly timeZone: string;
  /** Absent: everything is computed anew. */
  readonly reuse?: ReuseContext;
  /** Rows go to files: what the engine runs in place of the query's text, asked for at each try. Its answer is what comes. */
  readonly copy?: (query: string) => Promise<string>;
}

/**
 * Chunks held back before the first one leaves: a result that fits is verified before anybody sees a row, so that data that
 * changed under it is read once more in silence.
 */
const HELD_CHUNKS = 16;

const READ_AGAIN = 1;

/** Bytes. Measured: at 5 kB a file reading column chunks at once saves 6 % of the CPU, at 40 kB nothing, at 4 MB it costs 10 %. */
const SMALL_FILE = 32 * 1024;

interface Attempt {
  /** What was found and computed for reuse; undefined where the plan runs as it is. */
  readonly resolved: ResolvedPlan | undefined;
  readonly scans: OpenScans;
  readonly result: EngineResult;
  readonly startedAt: number;
}

/** How `now()` and session facts enter printed text. */
export function printFacts(context: Pick<RunContext, 'now' | 'timeZone'>): {
  readonly timeZone: string;
  readonly now: string;
} {
  return { timeZone: context.timeZone, now: timestampText(context.now) };
}

/** A moment as PostgreSQL writes a timestamptz in UTC. */
export function timestampText(moment: Date): string {
  return moment.toISOString().replace('T', ' ').replace('Z', '+00');
}

async function begin(plan: Plan, context: RunContext): Promise<Attempt> {
  const { statistics, signal, reuse } = context;
  const resolved = reuse === undefined ? undefined : await resolveFragments(plan, context, reuse);
  try {
    const scans = await openScans(
      resolved?.plan ?? plan,
      resolved === undefined ? context.scans : preparedScans(context.scans, resolved),
      { signal, now: context.now },
    );
    try {
      addScans(statistics, scans);
      const started = performance.now();
      const printed = printDuckdb(resolved?.plan ?? plan, {
        relation: (scan) => scans.relation(scan),
        ...printFacts(context),
      });
      const startedAt = performance.now();
      statistics.planningMs += startedAt - started;
      const text = (await context.copy?.(printed.text)) ?? printed.text;
      const result = await context.engine.run(text, printed.parameters, {
        signal,
        allowCopy: context.copy !== undefined,
        whilePreparing: () => scans.confirm(),
        ...readsSmallFiles(scans),
        ...(context.onProgress === undefined ? {} : { onProgress: context.onProgress }),
      });
      return { resolved, scans, result, startedAt };
    } catch (error) {
      const changed = await changedMeanwhile(scans);
      await scans.release();
      throw changed ?? error;
    }
  } catch (error) {
    await resolved?.release();
    throw resolved === undefined || resolved.relations.size === 0
      ? error
      : new CellsFailed(error, resolved);
  }
}

/** A plan over stored cells failed: the cells may be at fault. */
class CellsFailed extends Error {
  readonly resolved: ResolvedPlan;

  constructor(cause: unknown, resolved: ResolvedPlan) {
    super('a plan over cells failed', { cause });
    this.resolved = resolved;
  }
}

/** Whether the files of each scan are small in the mean; nothing where none are read. */
function readsSmallFiles({ relations }: OpenScans): { readonly smallFiles?: boolean } {
  const scans = relations.map(({ statistics }) => statistics).filter(({ files }) => files > 0);
  if (scans.length === 0) return {};
  return { smallFiles: scans.every(({ files, fileBytes }) => fileBytes / files <= SMALL_FILE) };
}

/** Adds the scans' counts: the listing that took longest is what the statement waited for. */
export function addScans(statistics: QueryStatistics, scans: OpenScans): void {
  let listingMs = 0;
  for (const { statistics: scan } of scans.relations) {
    statistics.partitionsConsidered += scan.partitionsConsidered;
    statistics.partitionsKept += scan.partitionsKept;
    addFiles(statistics, scan);
    listingMs = Math.max(listingMs, scan.listingMs);
  }
  statistics.listingMs += listingMs;
}

/** A failed read of changed data is a change, not a broken file. */
async function changedMeanwhile(scans: OpenScans): Promise<unknown> {
  try {
    await scans.verify();
    return undefined;
  } catch (error) {
    return isQueryError(error) && error.code === 'dataChanged' ? error : undefined;
  }
}

/**
 * Runs a plan and streams its chunks; the engine pauses while nobody reads. When data changed while it was read and no row has
 * left, everything is read once more; after that the stream fails with `dataChanged`. When a plan over stored cells fails, it
 * runs once more without them: what fails then is the statement's own error, and else the cells were damaged.
 */
export async function* runPlan(plan: Plan, given: RunContext): AsyncGenerator<DuckDBDataChunk> {
  const { statistics } = given;
  const counted = countsOf(statistics);
  let context = given;
  let suspects: ResolvedPlan | undefined;
  for (let attempt = 0; ; attempt++) {
    let held: DuckDBDataChunk[] | undefined = [];
    let again = false;
    let current: Attempt | undefined;
    try {
      setCounts(statistics, counted);
      current = await begin(plan, context);
      for await (const chunk of current.result.chunks()) {
        if (held !== undefined && held.length < HELD_CHUNKS) {
          held.push(chunk);
          continue;
        }
        if (held !== undefined) {
          const first = held;
          held = undefined;
          yield* first;
        }
        yield chunk;
      }
      await current.scans.verify();
    } catch (failure) {
      const changed = current === undefined ? undefined : await changedMeanwhile(current.scans);
      const cells = failure instanceof CellsFailed ? failure.resolved : current?.resolved;
      const reason = changed ?? (failure instanceof CellsFailed ? failure.cause : failure);
      const isChange = isQueryError(reason) && reason.code === 'dataChanged';
      const isSuspect =
        cells !== undefined &&
        cells.relations.size > 0 &&
        !isChange &&
        !(isQueryError(reason) && ENDS_A_STATEMENT.has(reason.code));
      again = held !== undefined && ((isChange && attempt < READ_AGAIN) || isSuspect);
      if (!again) {
        throw reason;
      }
      if (isSuspect) {
        suspects = cells;
        context = withoutReuse(context);
      }
    } finally {
      await current?.result.close();
      await current?.scans.release();
      await current?.resolved?.release();
      if (current !== undefined) {
        statistics.executionMs += performance.now() - current.startedAt;
        for (const scan of current.scans.relations) addTransfers(statistics, scan.statistics);
      }
    }
    if (!again) {
      if (suspects !== undefined) {
        if (given.reuse !== undefined) given.reuse.service.counts.damaged++;
        await suspects.drop();
      }
      yield* held ?? [];
      return;
    }
    statistics.retries++;
  }
}

/** Errors that say nothing about the files that were read. */
const ENDS_A_STATEMENT: ReadonlySet<QueryError['code']> = new Set([
  'queryCanceled',
  'adminShutdown',
  'outOfMemory',
]);

function withoutReuse(context: RunContext): RunContext {
  const { reuse: _, ...others } = context;
  return others;
}
