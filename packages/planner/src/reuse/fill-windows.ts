import { stat } from 'node:fs/promises';
import type { BaseKey, CellContent, TableDefinition } from '@tributary/catalog';
import type { ScanListing } from '@tributary/connectors';
import { cancellation } from '@tributary/engine';
import { isQueryError, printDuckdb } from '@tributary/sql';
import type { QueryError } from '@tributary/sql';
import { printFacts } from '../execute/run-plan.ts';
import type { RunContext } from '../execute/run-plan.ts';
import { addFiles, addTransfers } from '../service/query-statistics.ts';
import { Bypassed } from './bypassed.ts';
import { RetryBudget, withRetries } from './backoff.ts';
import { CELL_FILE } from './cell-file.ts';
import type { Fragment, IdSource } from './fragment.ts';
import type { HeldFiles } from './held-files.ts';
import type { ReuseContext } from './resolve-fragments.ts';
import { serves, shapeOf } from './shape.ts';
import type { Service } from './shape.ts';
import { cutUnits } from './scan-units.ts';
import { boundsOf } from './tied-time.ts';
import type { TimeBounds } from './tied-time.ts';
import { unitPlan } from './unit-plan.ts';
import type { UnitPlan } from './unit-plan.ts';
import { cellDetail, spanKey } from './windows.ts';
import type { Window } from './windows.ts';

/** A window with the file that holds its cell. */
export interface FilledWindow {
  readonly window: Window;
  /** Of a cell that was found. */
  readonly cell?: number;
  readonly path: string;
  readonly service: Service;
  /** Computed by this statement. */
  readonly fresh: boolean;
  /** Of its rows' time column, where the fragment tells. */
  readonly bounds: TimeBounds | undefined;
  /** How many windows the file holds. */
  readonly windowsInFile: number;
  /** It is in the store or on its way there, and not only this statement's. */
  readonly stored: boolean;
}

export interface FillContext {
  readonly fragment: Fragment;
  readonly table: TableDefinition;
  readonly listing: ScanListing;
  /** When the listing was complete (ms since 1970). */
  readonly listedAt: number;
  /** The selection's windows without files. */
  readonly empty: readonly Window[];
  readonly base: BaseKey;
  readonly shapeText: string;
  readonly run: RunContext;
  readonly reuse: ReuseContext;
  readonly ids: IdSource;
  readonly held: HeldFiles;
}

/** Units of one fragment that run side by side. */
const UNITS_AT_ONCE = 3;
/** Below this many bytes to read, a look at one window before the others are done costs more than it can save. */
const PROBE_BYTES = 8 * 1024 * 1024;
/** Cells that are larger than this part of their input are not worth keeping. */
const LARGEST_PART: Readonly<Record<Fragment['form'], number>> = {
  groups: 0.4,
  rows: 0.25,
  top: 0.4,
};
/** How long a shape found too large is remembered (ms): its data may become different. */
const NOTE_LIFE = 24 * 3_600_000;

/** Computes missing windows of one fragment, in scan units, once for all statements that wait for them. */
export class FragmentWindows {
  readonly #context: FillContext;
  readonly #service: Service;
  #unit: UnitPlan | undefined;
  readonly #retries = new RetryBudget();
  /** Those that no unit has told of yet. */
  readonly #empty: Window[];

  constructor(context: FillContext) {
    this.#context = context;
    this.#empty = [...context.empty];
    const service = serves(shapeOf(context.fragment), context.fragment);
    if (service === undefined) throw new Error('a shape does not serve its own fragment');
    this.#service = service;
  }

  /** A reason not to compute cells, from what was learnt before. */
  refusal(note: string | null, missing: number): Bypassed | undefined {
    const { large, at } = parseNote(note);
    const now = this.#now();
    return large && missing > 0 && Math.abs(now - at) < NOTE_LIFE
      ? new Bypassed('partial_too_large')
      : undefined;
  }

  /**
   * Computes those of the windows that nobody else is computing, and waits for the others. The answer holds the former: the
   * latter are in the index, or have to be computed here after all.
   */
  async fill(
    missing: readonly Window[],
    note: string | null,
  ): Promise<readonly FilledWindow[] | Bypassed> {
    const { flights, counts } = this.#context.reuse.service;
    const { signal } = this.#context.run;
    const waits: Promise<void>[] = [];
    const mine: Window[] = [];
    for (const window of missing) {
      const running = flights.running(this.#flightKey(window));
      if (running === undefined) mine.push(window);
      else waits.push(running);
    }
    let made: readonly FilledWindow[] | Bypassed = [];
    if (mine.length > 0) {
      const claim = flights.claim(mine.map((window) => this.#flightKey(window)));
      try {
        made = await this.#compute(mine, note);
      } finally {
        claim.release();
      }
    }
    if (waits.length > 0 && !(made instanceof Bypassed)) {
      counts.waits += waits.length;
      await unlessAborted(Promise.all(new Set(waits)), signal);
    }
    return made;
  }

  #flightKey(window: Window): string {
    const { base, shapeText } = this.#context;
    return `${base.hash}\n${shapeText}\n${window.id}\n${window.version}`;
  }

  async #compute(
    windows: readonly Window[],
    note: string | null,
  ): Promise<readonly FilledWindow[] | Bypassed> {
    const { reuse } = this.#context;
    const bytes = windows.reduce((sum, window) => sum + window.bytes, 0);
    const units = cutUnits(windows, reuse.policy.windowDays, this.#context.fragment.form);
    // The first of a unit: what is left of it still counts evenly.
    const probe =
      note === null &&
      windows.length > 1 &&
      bytes > (reuse.service.config.probeAbove ?? PROBE_BYTES)
        ? units[Math.floor(units.length / 2)]?.[0]
        : undefined;
    const rest = units.map((unit) => (unit[0] === probe ? unit.slice(1) : unit));
    return this.#runAll(
      rest.filter((unit) => unit.length > 0),
      probe,
    );
  }

  /** Whether a first cell is nearly as large as its data. Either answer is remembered. */
  async #isTooLarge(probed: readonly FilledWindow[], probe: Window | undefined): Promise<boolean> {
    const { fragment, reuse, base, shapeText } = this.#context;
    const [first] = probed;
    if (first === undefined || probe === undefined) return false;
    const { size } = await stat(first.path);
    const large = size > probe.bytes * LARGEST_PART[fragment.form];
    if (reuse.policy.populate) {
      const { store, failed } = reuse.service;
      const note = JSON.stringify({ large, at: this.#now() });
      store.setShapeNote(base, shapeText, note).catch(failed);
    }
    return large;
  }

  /** The units side by side. The probe is one of them: when its cell turns out too large the others are stopped. */
  async #runAll(
    units: readonly (readonly Window[])[],
    probe: Window | undefined,
  ): Promise<readonly FilledWindow[] | Bypassed> {
    const filled: FilledWindow[] = [];
    const failures: unknown[] = [];
    let refusal: Bypassed | undefined;
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#context.run.signal, stop.signal]);
    const queue = probe === undefined ? [...units] : [[probe], ...units];
    const refuse = (why: Bypassed): void => {
      refusal ??= why;
      stop.abort();
    };
    const work = async (): Promise<void> => {
      for (;;) {
        const unit = queue.shift();
        if (unit === undefined || failures.length > 0 || refusal !== undefined) return;
        try {
          const made = await this.#run(unit, signal);
          if (made instanceof Bypassed) refuse(made);
          else if (probe === unit[0] && (await this.#isTooLarge(made, unit[0])))
            refuse(new Bypassed('partial_too_large'));
          else filled.push(...made);
        } catch (error) {
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: UNITS_AT_ONCE }, work));
    const { run } = this.#context;
    if (run.signal.aborted) throw cancellation(run.signal);
    // Who was stopped failed for that alone.
    if (refusal !== undefined) return refusal;
    if (failures.length > 0) throw failures[0];
    return filled;
  }

  async #run(
    windows: readonly Window[],
    signal: AbortSignal,
  ): Promise<readonly FilledWindow[] | Bypassed> {
    const { run, reuse } = this.#context;
    try {
      return await withRetries(() => this.#runOnce(windows, signal), {
        signal,
        budget: this.#retries,
        onRetry: () => {
          run.statistics.retries++;
          reuse.service.counts.retries++;
        },
      });
    } catch (error) {
      if (!isQueryError(error) || PASSED_ON.has(error.code)) throw error;
      // The statement itself decides whether this is an error: rows that a join drops may never be computed there.
      return new Bypassed(
        error.code === 'diskFull' ? 'store_failed' : 'evaluation_error',
        error.message,
      );
    }
  }

  /** One scan unit: one statement of the engine over the files of its windows, into one file. */
  async #runOnce(
    windows: readonly Window[],
    signal: AbortSignal,
  ): Promise<readonly FilledWindow[]> {
    const { fragment, table, listing, run, reuse, ids } = this.#context;
    const { store } = reuse.service;
    this.#unit ??= unitPlan(fragment, table, ids);
    const { plan, scan, names } = this.#unit;
    const relation = await listing.open(
      { table, columns: scan.scanColumns.map(({ id, source }) => ({ id, name: source })) },
      windows.flatMap(({ partitions }) => partitions),
      { signal, now: run.now },
    );
    let path: string | undefined;
    try {
      path = await store.newFile();
      const printed = printDuckdb(plan, { relation: () => relation, ...printFacts(run) });
      const columns = plan.columns.map(({ id }, place) => `c${id} AS ${names[place]}`);
      await run.engine.rows(
        `COPY (SELECT ${columns.join(', ')} FROM (${printed.text})) TO '${path.replaceAll("'", "''")}' ${CELL_FILE}`,
        printed.parameters,
        { signal, allowCopy: true },
      );
      await relation.verify();
      const filled = this.#store(windows, path, await this.#bounds(path));
      path = undefined;
      return filled;
    } catch (error) {
      // A failed read of changed data is a change, not a broken file.
      await relation.verify();
      throw error;
    } finally {
      addFiles(run.statistics, relation.statistics);
      addTransfers(run.statistics, relation.statistics);
      await relation.release();
      if (path !== undefined) await store.discard(path);
    }
  }

  /** The least and greatest times of a file's cells, by window, where the fragment tells them. */
  async #bounds(path: string): Promise<ReadonlyMap<string, TimeBounds>> {
    const { fragment, run } = this.#context;
    const found = new Map<string, TimeBounds>();
    if (fragment.bounds === undefined) return found;
    const { partials } = shapeOf(fragment);
    const column = (text: string): string => `p${partials.indexOf(text)}`;
    const times = fragment.axis.columns.map((_, place) => `t${place}`);
    const rows = await run.engine.rows(
      `SELECT ${times.map((time) => `CAST(${time} AS VARCHAR)`).join(', ')}, epoch_us(min(${column(fragment.bounds.low)})), epoch_us(max(${column(fragment.bounds.high)})) FROM read_parquet($1) GROUP BY ${times.join(', ')}`,
      [path],
      { signal: run.signal },
    );
    for (const row of rows) {
      const [low, high] = row.slice(times.length);
      const bounds = boundsOf(low, high);
      if (bounds !== undefined) found.set(JSON.stringify(row.slice(0, times.length)), bounds);
    }
    return found;
  }

  /** Gives a complete file to the store, without waiting for it, or keeps it for this statement alone. */
  #store(
    windows: readonly Window[],
    path: string,
    bounds: ReadonlyMap<string, TimeBounds>,
  ): readonly FilledWindow[] {
    const { base, shapeText, listing, listedAt, reuse, held } = this.#context;
    const { failed } = reuse.service;
    const settled = reuse.policy.populate ? windows.filter((each) => this.#isSettled(each)) : [];
    // Who accepts an age does not look at files: that there were none is told by a cell as well.
    const empty = settled.length === 0 ? [] : this.#empty.splice(0);
    const told = onePerSpan([...settled, ...empty]);
    const cells = told.map((window): CellContent => ({
      kind: 'cell',
      from: window.span?.from ?? null,
      to: window.span?.to ?? null,
      version: window.version,
      detail: cellDetail(window, listing, {
        windows: window.files === 0 ? 0 : windows.length,
        bounds: bounds.get(window.id),
      }),
      rows: 0,
      verifiedAt: listedAt,
    }));
    if (cells.length > 0) {
      const inputBytes = settled.reduce((sum, { bytes }) => sum + bytes, 0);
      held.put({ base, shapeText, cells, path, inputBytes }, failed);
    } else {
      held.keep(path);
    }
    return windows.map((window) => ({
      window,
      path,
      service: this.#service,
      fresh: true,
      bounds: bounds.get(window.id),
      windowsInFile: windows.length,
      stored: told.includes(window),
    }));
  }

  /** Whether the newest file is old enough that a later write would give it another time. */
  #isSettled({ modifiedAt }: Window): boolean {
    const { settle } = this.#context.reuse.service.config;
    return modifiedAt === undefined || modifiedAt <= this.#context.listedAt - settle;
  }

  #now(): number {
    return this.#context.reuse.service.config.now?.() ?? Date.now();
  }
}

/** A cell is found by its span. Of windows that share one (two texts of one day) the first has the place. */
function onePerSpan(windows: readonly Window[]): readonly Window[] {
  const taken = new Set<string>();
  return windows.filter((window) => {
    const key = spanKey(window);
    if (taken.has(key)) return false;
    taken.add(key);
    return true;
  });
}

/** Errors that running the block whole would meet again, or that end the statement. */
const PASSED_ON: ReadonlySet<QueryError['code']> = new Set([
  'queryCanceled',
  'adminShutdown',
  'dataChanged',
  'sourceUnavailable',
  'sourceError',
  'incompatibleFile',
  'outOfMemory',
]);

function parseNote(note: string | null): { readonly large: boolean; readonly at: number } {
  try {
    const parsed = JSON.parse(note ?? '{}') as { large?: unknown; at?: unknown };
    return { large: parsed.large === true, at: typeof parsed.at === 'number' ? parsed.at : 0 };
  } catch {
    return { large: false, at: 0 };
  }
}

/** Waits, unless the signal aborts first. */
export async function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw cancellation(signal);
  let stop = (): void => undefined;
  const abortion = new Promise<never>((_, reject) => {
    stop = () => {
      reject(cancellation(signal));
    };
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([work, abortion]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
