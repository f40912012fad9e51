import { setImmediate } from 'node:timers/promises';
import type { BaseKey, Partition, StoredCell, TableDefinition } from '@tributary/catalog';
import type { ListedPartition, ScanListing } from '@tributary/connectors';
import { cancellation } from '@tributary/engine';
import { isQueryError } from '@tributary/sql';
import type { RunContext } from '../execute/run-plan.ts';
import { AUDIT_SHARE, afterAnswer } from './after-answer.ts';
import { audit, chooseAudit } from './audit.ts';
import { baseOf } from './base-key.ts';
import { Bypassed } from './bypassed.ts';
import { CellSearch } from './cell-search.ts';
import type { CellSearchContext, Found } from './cell-search.ts';
import { cellSources } from './cell-sources.ts';
import { cellsPlan, finalPlan } from './cells-plan.ts';
import type { CellsPlan } from './cells-plan.ts';
import type { Fragment, IdSource } from './fragment.ts';
import { HeldFiles } from './held-files.ts';
import { listingRequest } from './listing-request.ts';
import type { BypassReason } from './reasons.ts';
import type { FragmentReport, ReuseContext } from './resolve-fragments.ts';
import { isInterior, liesWithin, tiedRange, withoutRange } from './tied-time.ts';
import { hasCodecs } from './unit-plan.ts';
import { windowsOf } from './windows.ts';
import type { Window } from './windows.ts';

/** What one fragment came to. Without `cells` it runs whole. */
export interface FragmentAnswer {
  readonly fragment: Fragment;
  readonly report: FragmentReport;
  /** Of a fragment that runs whole, where it was listed before. */
  readonly listing?: ScanListing;
  readonly cells?: CellsPlan;
  /** The cells are the answer: nothing is left to merge. */
  readonly isFinal?: true;
  release(): Promise<void>;
  /** Drops the stored files that it read: they are damaged. */
  drop(): Promise<void>;
}

export interface AnswerContext {
  readonly run: RunContext;
  readonly reuse: ReuseContext;
  readonly ids: IdSource;
  /** False: only look. */
  readonly compute: boolean;
}

const MAX_WINDOWS = 100_000;
/** Partitions that are looked at one by one, without listing their files, at most. */
const MAX_CANDIDATES = 200_000;
/** Partitions that are looked at before others have their turn. */
const IN_TURN = 10_000;
const LIST_AGAIN = 1;

/** Answers one fragment from cells, computing those that are missing; or says why it has to run whole. */
export async function answerFragment(
  fragment: Fragment,
  context: AnswerContext,
): Promise<FragmentAnswer> {
  for (let attempt = 0; ; attempt++) {
    const search = new FragmentSearch(fragment, context);
    try {
      return await search.answer();
    } catch (error) {
      await search.held.release();
      if (!isQueryError(error) || error.code !== 'dataChanged' || attempt >= LIST_AGAIN) {
        throw error;
      }
      context.run.statistics.retries++;
    }
  }
}

/** Cells of one form of the fragment that answer some of its windows. */
interface Part {
  readonly fragment: Fragment;
  readonly found: Found;
}

class FragmentSearch {
  readonly held: HeldFiles;
  readonly #fragment: Fragment;
  readonly #context: AnswerContext;
  readonly #table: TableDefinition;
  readonly #base: BaseKey;
  readonly #generation: number;

  constructor(fragment: Fragment, context: AnswerContext) {
    this.#fragment = fragment;
    this.#context = context;
    this.#table = context.run.scans.table(fragment.scan).definition;
    this.#base = baseOf(fragment, this.#table, context.run);
    this.held = new HeldFiles(context.reuse.service.store);
    this.#generation = context.reuse.service.store.generation();
  }

  async answer(): Promise<FragmentAnswer> {
    if (!hasCodecs(this.#fragment, this.#table)) return this.#bypass('type_without_codec');
    const young = await this.#answerByAge();
    if (young !== undefined) return young;
    const listing = await this.#list();
    return listing === undefined
      ? this.#bypass('not_versioned')
      : this.#answerListed(listing, this.#now());
  }

  async #answerListed(listing: ScanListing, listedAt: number): Promise<FragmentAnswer> {
    const windows = windowsOf(listing, this.#table, this.#fragment.axis);
    if (windows === undefined) return this.#bypass('no_time_column', listing);
    if (windows.length > MAX_WINDOWS) return this.#bypass('too_many_windows', listing);
    const selected = windows.filter(({ files }) => files > 0);
    const context = this.#searchContext(windows.filter(({ files }) => files === 0));
    const search = new CellSearch(this.#fragment, context, this.held);
    await search.refine(selected, listing);
    const parts = await this.#parts(search, selected, listing, listedAt, context);
    if (parts instanceof Bypassed) return this.#bypass(parts.reason, listing, parts.detail);
    const { statistics } = this.#context.run;
    const listed = listing.statistics;
    statistics.partitionsConsidered += listed.partitionsConsidered;
    statistics.partitionsKept += listed.partitionsKept;
    statistics.listingMs += listed.listingMs;
    statistics.requests += listed.requests;
    statistics.retries += listed.retries;
    return this.#answered(parts, windows, listing, () =>
      this.#context.compute
        ? afterAnswer({ parts, selected, listing, verifiedAt: listedAt }, context, this.held)
        : this.held.release(),
    );
  }

  /**
   * All windows by the fragment's own cells; or, under a range over a tied time column, those inside the range by cells that do not
   * know it, and those at its edges by their own.
   */
  async #parts(
    search: CellSearch,
    selected: readonly Window[],
    listing: ScanListing,
    listedAt: number,
    context: CellSearchContext,
  ): Promise<readonly Part[] | Bypassed> {
    const range = tiedRange(search.fragment);
    const inner = range && withoutRange(search.fragment, range, context.ids);
    const parts: Part[] = [];
    let edges = selected;
    if (range !== undefined && inner !== undefined) {
      const inside = selected.filter((window) => isInterior(window, range));
      const found = await new CellSearch(inner, context, this.held).current(
        inside,
        listing,
        listedAt,
      );
      if (found instanceof Bypassed) return found;
      // Rows may stand further from their window than was declared: their windows are edges.
      const filled = found.filled.filter(({ bounds }) => liesWithin(bounds, range));
      const answered = new Set(filled.map(({ window }) => window));
      parts.push({ fragment: inner, found: { ...found, filled } });
      edges = this.#context.compute ? selected.filter((window) => !answered.has(window)) : edges;
    }
    const found = await search.current(edges, listing, listedAt);
    if (found instanceof Bypassed) return found;
    return [{ fragment: search.fragment, found }, ...parts];
  }

  #answered(
    parts: readonly Part[],
    windows: readonly Window[],
    listing: Pick<ScanListing, 'partitions'> & Partial<Pick<ScanListing, 'statistics'>>,
    release: () => Promise<void>,
  ): FragmentAnswer {
    const { run, reuse, compute, ids } = this.#context;
    const { counts } = reuse.service;
    const total = windows.filter(({ files }) => files > 0).length;
    const hits = parts.reduce((sum, { found }) => sum + found.hits, 0);
    const misses = Math.max(0, total - hits);
    if (compute) {
      counts.hits += hits;
      counts.misses += misses;
      counts.widened += listing.statistics?.windowsWidened ?? 0;
    }
    run.statistics.windowsTotal += windows.length;
    run.statistics.windowsHit += hits;
    run.statistics.windowsMiss += misses;
    const fragment = parts[0]?.fragment ?? this.#fragment;
    const sources = parts.flatMap(({ found }) => cellSources(found, this.#table, listing));
    const final = parts.flatMap(({ found }) => found.rolled).find((each) => each.final === true);
    let released = false;
    return {
      fragment,
      report: this.#report(windows.length, hits, misses, listing.statistics?.windowsWidened),
      ...(!compute
        ? {}
        : final === undefined
          ? { cells: cellsPlan(fragment, this.#table, sources, ids) }
          : { cells: finalPlan(fragment, final.path, ids), isFinal: true }),
      release: async () => {
        if (released) return;
        released = true;
        await release();
      },
      drop: () => this.held.drop(),
    };
  }

  /**
   * Where the statement accepts an age: an answer from cells that were found current that lately, without looking at the files.
   * Undefined unless there are such cells for every window that the table may have.
   */
  async #answerByAge(): Promise<FragmentAnswer | undefined> {
    const { maxAge, use } = this.#context.reuse.policy;
    if (maxAge === undefined || !use) return undefined;
    const partitions = await this.#candidates();
    const windows = partitions && windowsOf({ partitions }, this.#table, this.#fragment.axis);
    if (windows === undefined || windows.length === 0 || windows.length > MAX_WINDOWS) {
      return undefined;
    }
    const now = this.#now();
    const isYoung = ({ verifiedAt }: StoredCell): boolean =>
      verifiedAt >= now - maxAge && verifiedAt <= now;
    const search = new CellSearch(this.#fragment, this.#searchContext([]), this.held);
    const found = await search.young(windows, isYoung);
    if (found === undefined) {
      await this.held.release();
      return undefined;
    }
    this.#context.run.statistics.partitionsConsidered += BigInt(partitions?.length ?? 0);
    return this.#answered(
      [{ fragment: search.fragment, found }],
      windows,
      { partitions: partitions ?? [] },
      () => this.#afterAged(),
    );
  }

  /** After an answer that did not look at the files: a small sample of its cells is looked at, if they are still those of the data. */
  async #afterAged(): Promise<void> {
    const { reuse, compute } = this.#context;
    const { background, config } = reuse.service;
    await this.held.release();
    if (!compute || Math.random() >= (config.auditShare ?? AUDIT_SHARE)) return;
    background.add(
      async (signal) => {
        const run = { ...this.#context.run, signal };
        const search = new FragmentSearch(this.#fragment, {
          ...this.#context,
          run,
          compute: false,
        });
        try {
          await search.audit(signal);
        } finally {
          await search.held.release();
        }
      },
      () => Promise.resolve(),
    );
  }

  /** Compares one of the stored cells that answer the fragment as the data are now. */
  async audit(signal: AbortSignal): Promise<void> {
    const listing = await this.#list();
    if (listing === undefined) return;
    const windows = windowsOf(listing, this.#table, this.#fragment.axis);
    if (windows === undefined || windows.length > MAX_WINDOWS) return;
    const selected = windows.filter(({ files }) => files > 0);
    const context = this.#searchContext(windows.filter(({ files }) => files === 0));
    const search = new CellSearch(this.#fragment, context, this.held);
    await search.refine(selected, listing);
    const parts = await this.#parts(search, selected, listing, this.#now(), context);
    const audited = parts instanceof Bypassed ? undefined : chooseAudit(parts, 1);
    if (audited !== undefined) await audit(audited, listing, context, signal);
  }

  /** Undefined where the source cannot tell the versions of its data. */
  #list(): Promise<ScanListing | undefined> {
    const { run } = this.#context;
    const { connector } = run.scans.table(this.#fragment.scan);
    return (
      connector.list?.(listingRequest(this.#fragment, this.#table, run), {
        signal: run.signal,
        now: run.now,
      }) ?? Promise.resolve(undefined)
    );
  }

  /** What a listing would look at; undefined when there are too many to look at each. */
  async #candidates(): Promise<readonly ListedPartition[] | undefined> {
    const { run } = this.#context;
    const { connector } = run.scans.table(this.#fragment.scan);
    const request = listingRequest(this.#fragment, this.#table, run);
    const context = { signal: run.signal, now: run.now };
    const partitions: Partition[] = [];
    const found = connector.partitions(this.#table, request.constraint, context);
    if (Symbol.iterator in found) {
      // A turn for each of thousands takes as long as making them.
      for (const each of found) {
        partitions.push(each);
        if (partitions.length > MAX_CANDIDATES) return undefined;
        if (partitions.length % IN_TURN > 0) continue;
        await setImmediate();
        if (run.signal.aborted) throw cancellation(run.signal);
      }
    } else {
      for await (const each of found) {
        partitions.push(each);
        if (partitions.length > MAX_CANDIDATES) return undefined;
      }
    }
    const kept = (await request.keepPartitions?.(partitions)) ?? partitions.map(() => true);
    return partitions
      .filter((_, place) => kept[place])
      .map((partition) => ({ partition, files: 1, bytes: 0, version: '', modifiedAt: undefined }));
  }

  #searchContext(empty: readonly Window[]): CellSearchContext {
    return {
      ...this.#context,
      table: this.#table,
      base: this.#base,
      generation: this.#generation,
      empty,
    };
  }

  #now(): number {
    return this.#context.reuse.service.config.now?.() ?? Date.now();
  }

  async #bypass(
    reason: BypassReason,
    listing?: ScanListing,
    detail?: string,
  ): Promise<FragmentAnswer> {
    const { run, reuse, compute } = this.#context;
    const { bypassed } = reuse.service.counts;
    if (compute) bypassed.set(reason, (bypassed.get(reason) ?? 0) + 1);
    await this.held.release();
    const windows =
      listing === undefined
        ? 0
        : (windowsOf(listing, this.#table, this.#fragment.axis)?.length ?? 0);
    run.statistics.windowsTotal += windows;
    run.statistics.windowsBypass += windows;
    run.statistics.bypassReasons.add(reason);
    return {
      fragment: this.#fragment,
      ...(listing === undefined ? {} : { listing }),
      report: {
        ...this.#report(windows, 0, 0),
        reason,
        ...(detail === undefined ? {} : { detail }),
      },
      release: () => Promise.resolve(),
      drop: () => Promise.resolve(),
    };
  }

  #report(windows: number, hits: number, misses: number, widened = 0): FragmentReport {
    const { table, occurrence } = this.#fragment.scan;
    return {
      occurrence,
      table: `${table.schema}.${table.name}`,
      form: this.#fragment.form,
      windows,
      hits,
      misses,
      ...(widened === 0 ? {} : { widened }),
    };
  }
}
