import type { DuckDBDataChunk } from '@duckdb/node-api';
import { cancellation } from '@tributary/engine';
import type { Engine, EngineResult } from '@tributary/engine';
import { isQueryError, printDuckdb } from '@tributary/sql';
import type { Plan, QueryError } from '@tributary/sql';
import { preparedScans } from '../reuse/prepared-scans.ts';
import { resolveFragments } from '../reuse/resolve-fragments.ts';
import { rememberedKey } from '../reuse/remembered-answers.ts';
import type { RememberedKey } from '../reuse/remembered-answers.ts';
import type { ResolvedPlan, ReuseContext } from '../reuse/resolve-fragments.ts';
import { addFiles, addTransfers, countsOf, setCounts } from '../service/query-statistics.ts';
import type { QueryStatistics } from '../service/query-statistics.ts';
import { openScans } from './open-scans.ts';
import { takeIn } from './taken-rows.ts';
import type { TakenRows } from './taken-rows.ts';
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
  /** Rows of sources failed as they came: they come the way that tells why. */
  readonly plainly?: boolean;
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
  /** Undefined: the rows were remembered. */
  readonly result: EngineResult | undefined;
  /** The rows, taken in where sources wait for them to be read. */
  readonly rows: TakenRows;
  /** Under what the rows are remembered once they were verified. */
  readonly remember: RememberedKey | undefined;
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
  const begunAt = reuse?.service.config.now?.() ?? Date.now();
  const resolved = reuse === undefined ? undefined : await resolveFragments(plan, context, reuse);
  try {
    const scans = await openScans(
      resolved?.plan ?? plan,
      resolved === undefined ? context.scans : preparedScans(context.scans, resolved),
      { signal, now: context.now, ...(context.plainly === true ? { plainly: true } : {}) },
    );
    let result: EngineResult | undefined;
    try {
      addScans(statistics, scans);
      const started = performance.now();
      const printed = printDuckdb(resolved?.plan ?? plan, {
        relation: (scan) => scans.relation(scan),
        ...printFacts(context),
      });
      const remembered =
        resolved === undefined || reuse === undefined || context.copy !== undefined
          ? undefined
          : answerKey(resolved, printed, scans, reuse);
      const startedAt = performance.now();
      statistics.planningMs += startedAt - started;
      const known = remembered && reuse?.service.answers.get(remembered);
      if (known !== undefined) {
        await scans.confirm();
        const rows = knownRows(known);
        return { resolved, scans, result, rows, remember: undefined, startedAt };
      }
      const text = (await context.copy?.(printed.text)) ?? printed.text;
      result = await context.engine.run(text, printed.parameters, {
        signal,
        allowCopy: context.copy !== undefined,
        whilePreparing: () => scans.confirm(),
        ...readsSmallFiles(scans),
        ...(scans.session === undefined ? {} : { session: scans.session }),
        ...(context.onProgress === undefined ? {} : { onProgress: context.onProgress }),
      });
      const rows = await takenRows(result, scans, context);
      const settled = begunAt - (reuse?.service.config.settle ?? 0);
      const remember = (remembered?.modifiedAt ?? -Infinity) <= settled ? remembered : undefined;
      return { resolved, scans, result, rows, remember, startedAt };
    } catch (error) {
      await result?.close();
      const { isStreamed, failure } = failureOf(scans, error, context);
      // What is tried again is listed again, and asking a session would wait for all its rows.
      const changed = isStreamed ? undefined : await changedMeanwhile(scans);
      await scans.release();
      throw new AttemptFailed(changed ?? failure ?? error, resolved, isStreamed);
    }
  } catch (error) {
    await resolved?.release();
    throw error instanceof AttemptFailed ? error : new AttemptFailed(error, resolved, false);
  }
}

/** What the rows of a plan over stored cells depend on; undefined where it reads none, or rows are not to be remembered. */
function answerKey(
  resolved: ResolvedPlan,
  printed: Parameters<typeof rememberedKey>[1],
  scans: OpenScans,
  { policy, remembers }: ReuseContext,
): RememberedKey | undefined {
  return !remembers || !policy.use || resolved.relations.size === 0 || scans.session !== undefined
    ? undefined
    : rememberedKey(resolved.plan, printed, scans);
}

function knownRows(chunks: readonly DuckDBDataChunk[]): TakenRows {
  return {
    chunks() {
      const left = chunks.values();
      return { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(left.next()) }) };
    },
    release: () => Promise.resolve(),
  };
}

/** An attempt failed before its first row: stored cells or rows that came while they were read may be at fault. */
class AttemptFailed extends Error {
  readonly resolved: ResolvedPlan | undefined;
  readonly isStreamed: boolean;

  constructor(cause: unknown, resolved: ResolvedPlan | undefined, isStreamed: boolean) {
    super('an attempt failed', { cause });
    this.resolved = resolved;
    this.isStreamed = isStreamed;
  }
}

/** What failed, where rows came while they were read, and whether they may have been at fault. */
function failureOf(
  scans: OpenScans,
  error: unknown,
  { signal }: RunContext,
): { readonly isStreamed: boolean; readonly failure: QueryError | undefined } {
  // A source that was told to stop says so in words of its own.
  if (signal.aborted) return { isStreamed: false, failure: cancellation(signal, error) };
  if (scans.session === undefined) return { isStreamed: false, failure: undefined };
  const failure = scans.failure(error);
  return { isStreamed: failure === undefined, failure };
}

/**
 * The rows of a result. Those that are read in a session are all taken in first: then its sources are free, however slowly the rows are read, and
 * whatever fails has failed before the first one leaves.
 */
async function takenRows(
  result: EngineResult,
  scans: OpenScans,
  { engine, signal }: RunContext,
): Promise<TakenRows> {
  if (scans.session === undefined) {
    return { chunks: () => result.chunks(), release: () => Promise.resolve() };
  }
  const taken = await takeIn(result, engine, HELD_CHUNKS, signal);
  try {
    await scans.verify();
    await scans.session.close();
    return taken;
  } catch (error) {
    await taken.release();
    throw error;
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
      for await (const chunk of current.rows.chunks()) {
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
      if (current.scans.session === undefined) await current.scans.verify();
      if (current.remember !== undefined && held !== undefined) {
        given.reuse?.service.answers.set(current.remember, held);
      }
    } catch (failure) {
      const changed = current === undefined ? undefined : await changedMeanwhile(current.scans);
      const failed = failure instanceof AttemptFailed ? failure : undefined;
      const cells = failed?.resolved ?? current?.resolved;
      const reason = changed ?? (failed === undefined ? failure : failed.cause);
      const isChange = isQueryError(reason) && reason.code === 'dataChanged';
      const isOpen = !isChange && !(isQueryError(reason) && ENDS_A_STATEMENT.has(reason.code));
      const isStreamed = isOpen && failed?.isStreamed === true;
      const isSuspect = isOpen && !isStreamed && cells !== undefined && cells.relations.size > 0;
      again = held !== undefined && ((isChange && attempt < READ_AGAIN) || isSuspect || isStreamed);
      if (!again) {
        throw reason;
      }
      if (isStreamed) context = plainly(context);
      if (isSuspect) {
        suspects = cells;
        context = withoutReuse(context);
      }
    } finally {
      await current?.result?.close();
      await current?.rows.release();
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

/** Rows of sources are here before anything reads them, and what is wrong with them is told. */
function plainly({ scans, ...context }: RunContext): RunContext {
  const { session: _, ...others } = scans;
  return { ...context, scans: others, plainly: true };
}

function withoutReuse(context: RunContext): RunContext {
  const { reuse: _, ...others } = context;
  return others;
}
