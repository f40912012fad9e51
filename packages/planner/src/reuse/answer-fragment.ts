import type {
  BaseKey,
  FileLease,
  Partition,
  StoredCell,
  StoredShape,
  TableDefinition,
} from '@tributary/catalog';
import type { ListedPartition, ScanListing, ScanRequest } from '@tributary/connectors';
import { isQueryError } from '@tributary/sql';
import type { Constraint, Domain, Expression } from '@tributary/sql';
import { constraints } from '../analyze/constraints.ts';
import { isRepeatable } from '../analyze/predicate.ts';
import type { RunContext } from '../execute/run-plan.ts';
import { baseOf } from './base-key.ts';
import { columnNames } from './cell-columns.ts';
import { cellsPlan } from './cells-plan.ts';
import type { CellRows, CellSource, CellsPlan } from './cells-plan.ts';
import { expressionColumns } from '../analyze/predicate.ts';
import { FragmentWindows, unlessAborted } from './fill-windows.ts';
import type { FilledWindow } from './fill-windows.ts';
import type { Fragment, IdSource } from './fragment.ts';
import type { BypassReason } from './reasons.ts';
import type { FragmentReport, ReuseContext } from './resolve-fragments.ts';
import { knownFacts, measureFragment } from './measure-fragment.ts';
import { isWorthMerging, monthGroups, rolledText, rollUp, wholeGroup } from './roll-up.ts';
import type { WindowGroup } from './roll-up.ts';
import { parseShape, serves, shapeOf, shapeText } from './shape.ts';
import type { Service } from './shape.ts';
import { hasCodecs } from './unit-plan.ts';
import { isCurrent, windowsInFile, windowsOf } from './windows.ts';
import type { Window } from './windows.ts';

/** What one fragment came to. Without `cells` it runs whole. */
export interface FragmentAnswer {
  readonly fragment: Fragment;
  readonly report: FragmentReport;
  readonly listing?: ScanListing;
  readonly cells?: CellsPlan;
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
const MAX_CANDIDATES = 200_000;
/** Looks at the index: waiting for others' work ends in another look. */
const MAX_ROUNDS = 8;
const LIST_AGAIN = 1;

/** A bypass that is found while a fragment is answered. */
export class Bypassed {
  readonly reason: BypassReason;
  readonly detail: string | undefined;

  constructor(reason: BypassReason, detail?: string) {
    this.reason = reason;
    this.detail = detail;
  }
}

/** Answers one fragment from cells, computing those that are missing; or says why it has to run whole. */
export async function answerFragment(
  fragment: Fragment,
  context: AnswerContext,
): Promise<FragmentAnswer> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await new FragmentSearch(fragment, context).answer();
    } catch (error) {
      if (!isQueryError(error) || error.code !== 'dataChanged' || attempt >= LIST_AGAIN) {
        throw error;
      }
      context.run.statistics.retries++;
    }
  }
}

/** Merged cells that answer a group of windows. */
interface RolledGroup {
  readonly group: WindowGroup;
  readonly path: string;
}

interface Found {
  readonly filled: readonly FilledWindow[];
  readonly rolled: readonly RolledGroup[];
  readonly hits: number;
  readonly misses: number;
}

interface MutableFound extends Found {
  filled: readonly FilledWindow[];
  readonly rolled: RolledGroup[];
  hits: number;
  misses: number;
}

class FragmentSearch {
  /** In the form that suits the data, once that is known. */
  #fragment: Fragment;
  readonly #context: AnswerContext;
  readonly #table: TableDefinition;
  readonly #leases: FileLease[] = [];
  readonly #files = new Set<number>();
  readonly #base: BaseKey;
  /** The fragment before it was refined by what was measured. */
  #measured: Fragment | undefined;
  #finished = false;
  /** Windows without files, for who asks without looking. */
  #empty: readonly Window[] = [];
  readonly #temporary: string[] = [];

  constructor(fragment: Fragment, context: AnswerContext) {
    this.#fragment = fragment;
    this.#context = context;
    this.#table = context.run.scans.table(fragment.scan).definition;
    this.#base = baseOf(fragment, this.#table, context.run);
  }

  async answer(): Promise<FragmentAnswer> {
    const { reuse } = this.#context;
    if (!reuse.policy.use && !reuse.policy.populate) return this.#bypass('reuse_off');
    if (!hasCodecs(this.#fragment, this.#table)) return this.#bypass('type_without_codec');
    const aged = await this.#answerByAge();
    if (aged !== undefined) return aged;
    const listing = await this.#list();
    const listedAt = this.#now();
    try {
      const windows = windowsOf(listing, this.#table, this.#fragment.axis);
      if (windows === undefined) return await this.#bypass('no_time_column', listing);
      if (windows.length > MAX_WINDOWS) return await this.#bypass('too_many_windows', listing);
      const found = await this.#windows(windows, listing, listedAt);
      if (found instanceof Bypassed) {
        return await this.#bypass(found.reason, listing, found.detail);
      }
      this.#count(listing.statistics);
      return this.#answered(found, windows, listing, () =>
        this.#finish(found, windows, listing, listedAt),
      );
    } catch (error) {
      await this.#release();
      throw error;
    }
  }

  #answered(
    found: Found,
    windows: readonly Window[],
    listing: Pick<ScanListing, 'partitions'>,
    release: () => Promise<void>,
  ): FragmentAnswer {
    const { run, reuse, compute } = this.#context;
    const { filled, rolled, hits, misses } = found;
    const { counts, store } = reuse.service;
    if (compute) {
      counts.hits += hits;
      counts.misses += misses;
    }
    run.statistics.windowsTotal += windows.length;
    run.statistics.windowsHit += hits;
    run.statistics.windowsMiss += misses;
    return {
      fragment: this.#fragment,
      report: this.#report(windows.length, hits, misses),
      ...(compute ? { cells: this.#cells(filled, rolled, listing) } : {}),
      release,
      drop: () => store.dropFiles([...this.#files]),
    };
  }

  /**
   * Where the statement accepts an age: an answer from cells that were found current that lately, without looking at the files.
   * Undefined unless there are such cells for every window that the table may have.
   */
  async #answerByAge(): Promise<FragmentAnswer | undefined> {
    const { reuse, run } = this.#context;
    const { maxAge } = reuse.policy;
    if (maxAge === undefined) return undefined;
    const partitions = await this.#candidates();
    const windows = partitions && windowsOf({ partitions }, this.#table, this.#fragment.axis);
    if (windows === undefined || windows.length === 0 || windows.length > MAX_WINDOWS) {
      return undefined;
    }
    const { store } = reuse.service;
    const shapes = await store.shapes(this.#base);
    const facts = knownFacts(this.#fragment, shapes);
    if (facts !== undefined) this.#fragment = this.#fragment.refine(facts);
    const oldest = this.#now() - maxAge;
    const isYoung = ({ verifiedAt }: StoredCell): boolean =>
      verifiedAt >= oldest && verifiedAt <= this.#now();
    const rolled = await this.#lookUpRolled(windows, shapes, isYoung);
    const answered = new Set(rolled.flatMap(({ group }) => group.windows));
    const left = windows.filter((window) => !answered.has(window));
    const found = await this.#lookUp(left, shapes, isYoung);
    if (found.length < left.length) {
      await this.#release();
      return undefined;
    }
    const filled = found.filter((each) => each.windowsInFile > 0);
    run.statistics.partitionsConsidered += BigInt(partitions?.length ?? 0);
    return this.#answered(
      { filled, rolled, hits: windows.length, misses: 0 },
      windows,
      { partitions: partitions ?? [] },
      () => this.#release(),
    );
  }

  /** What a listing would look at; undefined when there are too many to look at each. */
  async #candidates(): Promise<readonly ListedPartition[] | undefined> {
    const { run } = this.#context;
    const { connector } = run.scans.table(this.#fragment.scan);
    const request = this.#request();
    const context = { signal: run.signal, now: run.now };
    const partitions: Partition[] = [];
    for await (const each of connector.partitions(this.#table, request.constraint, context)) {
      partitions.push(each);
      if (partitions.length > MAX_CANDIDATES) return undefined;
    }
    const kept = (await request.keepPartitions?.(partitions)) ?? partitions.map(() => true);
    return partitions
      .filter((_, place) => kept[place])
      .map((partition) => ({ partition, files: 1, bytes: 0, version: '', modifiedAt: undefined }));
  }

  #now(): number {
    return this.#context.reuse.service.config.now?.() ?? Date.now();
  }

  async #windows(
    windows: readonly Window[],
    listing: ScanListing,
    listedAt: number,
  ): Promise<Bypassed | Found> {
    const { reuse, compute } = this.#context;
    const { service, policy } = reuse;
    const base = this.#base;
    const selected = windows.filter(({ files }) => files > 0);
    this.#empty = windows.filter(({ files }) => files === 0);
    await this.#refine(selected, listing);
    const found: MutableFound = { filled: [], rolled: [], hits: 0, misses: 0 };
    let filling = this.#filling(listing, listedAt);
    const filled = new Map<string, FilledWindow>();
    let missing = selected;
    let widened = false;
    for (let round = 0; missing.length > 0; round++) {
      const shapes = await service.store.shapes(base);
      if (policy.use) {
        if (round === 0) {
          found.rolled.push(...(await this.#lookUpRolled(selected, shapes)));
          const answered = new Set(found.rolled.flatMap(({ group }) => group.windows));
          found.hits += answered.size;
          missing = missing.filter((window) => !answered.has(window));
        }
        const current = (cell: StoredCell, window: Window, { sameRows }: Service): boolean =>
          isCurrent(cell, window, {
            listing,
            fragment: this.#fragment,
            table: this.#table,
            narrower: !sameRows,
          });
        for (const hit of await this.#lookUp(missing, shapes, current, listedAt)) {
          filled.set(hit.window.id, hit);
          found.hits++;
        }
        missing = missing.filter(({ id }) => !filled.has(id));
      }
      if (missing.length === 0 || !compute) break;
      const wantedText = shapeText(shapeOf(this.#fragment));
      const note = shapes.find(({ text }) => text === wantedText)?.note ?? null;
      const refusal = filling.refusal(note, missing.length);
      if (refusal !== undefined) return refusal;
      if (round === MAX_ROUNDS) return new Bypassed('data_changing');
      const made = await filling.fill(missing, note);
      if (made instanceof Bypassed) {
        if (made.reason !== 'evaluation_error' || this.#measured === undefined || widened) {
          return made;
        }
        // The bounds that a sample had may not hold for all rows.
        widened = true;
        await this.#measure(selected, listing, true);
        filling = this.#filling(listing, listedAt);
        continue;
      }
      for (const each of made) filled.set(each.window.id, each);
      missing = missing.filter(({ id }) => !filled.has(id));
    }
    found.filled = windows.flatMap(({ id }) => filled.get(id) ?? []);
    found.misses = selected.length - found.hits;
    const saved = [
      ...found.filled.filter(({ fresh }) => !fresh).map(({ window }) => window),
      ...found.rolled.flatMap(({ group }) => group.windows),
    ];
    service.counts.bytesSaved += saved.reduce((sum, { bytes }) => sum + bytes, 0);
    return found;
  }

  #filling(listing: ScanListing, listedAt: number): FragmentWindows {
    const { run, reuse, ids } = this.#context;
    return new FragmentWindows({
      fragment: this.#fragment,
      table: this.#table,
      listing,
      listedAt,
      empty: this.#empty,
      base: this.#base,
      shapeText: shapeText(shapeOf(this.#fragment)),
      run,
      reuse,
      ids,
      keep: (path) => this.#temporary.push(path),
      hold: (lease) => this.#hold(lease),
    });
  }

  /** Chooses the form of partials that hold values, from what is known of the data or measured now. */
  async #refine(windows: readonly Window[], listing: ScanListing): Promise<void> {
    if (this.#fragment.measured.length === 0 || windows.length === 0) return;
    const { reuse, compute, run } = this.#context;
    const key = `${this.#base.hash}\nmeasure ${shapeText(shapeOf(this.#fragment))}`;
    const running = reuse.service.flights.running(key);
    if (running !== undefined) await unlessAborted(running, run.signal);
    const facts = knownFacts(this.#fragment, await reuse.service.store.shapes(this.#base));
    if (facts !== undefined) {
      this.#measured = this.#fragment;
      this.#fragment = this.#fragment.refine(facts);
    } else if (compute) {
      const claim = reuse.service.flights.claim([key]);
      try {
        await this.#measure(windows, listing, false);
      } finally {
        claim.release();
      }
    }
  }

  async #measure(windows: readonly Window[], listing: ScanListing, all: boolean): Promise<void> {
    this.#measured ??= this.#fragment;
    const facts = await measureFragment(
      this.#measured,
      windows,
      listing,
      { ...this.#context, table: this.#table, base: this.#base },
      all,
    );
    this.#fragment = this.#measured.refine(facts);
  }

  /** Merged cells of the very same question: of the whole selection, else of months in it. */
  async #lookUpRolled(
    windows: readonly Window[],
    shapes: readonly StoredShape[],
    isYoung?: (cell: StoredCell) => boolean,
  ): Promise<readonly RolledGroup[]> {
    if (this.#fragment.form !== 'groups') return [];
    const text = rolledText(this.#fragment);
    const shape = shapes.find((each) => each.text === text);
    const empty = isYoung === undefined ? this.#empty : [];
    const whole = wholeGroup(windows, empty);
    if (shape === undefined || whole === undefined) return [];
    const { store } = this.#context.reuse.service;
    const cells = await store.cells([shape.id], whole.from, whole.to);
    const stored = (group: WindowGroup): StoredCell | undefined =>
      cells.find(
        (cell) =>
          cell.kind === group.kind &&
          cell.from === group.from &&
          cell.to === group.to &&
          (isYoung === undefined
            ? cell.version === group.version
            : cell.detail === group.selection && isYoung(cell)),
      );
    const result = stored(whole);
    const chosen =
      result === undefined
        ? monthGroups(windows, empty).flatMap((group) => {
            const cell = stored(group);
            return cell === undefined ? [] : [{ group, cell }];
          })
        : [{ group: whole, cell: result }];
    if (chosen.length === 0) return [];
    const lease = await store.lease(chosen.map(({ cell }) => cell.file));
    this.#hold(lease);
    const usable = chosen.filter(({ cell }) => lease.paths.has(cell.file));
    store.touch(usable.map(({ cell }) => cell));
    return usable.map(({ group, cell }) => ({ group, path: lease.paths.get(cell.file) ?? '' }));
  }

  /** Windows that stored cells of the current data answer. */
  async #lookUp(
    windows: readonly Window[],
    shapes: readonly StoredShape[],
    fits: (cell: StoredCell, window: Window, service: Service) => boolean,
    verifiedAt?: number,
  ): Promise<readonly FilledWindow[]> {
    const { store } = this.#context.reuse.service;
    const services = new Map<number, Service>();
    for (const { id, text } of shapes) {
      const shape = parseShape(text);
      const service = shape === undefined ? undefined : serves(shape, this.#fragment);
      if (service !== undefined) services.set(id, service);
    }
    if (services.size === 0) return [];
    const spans = windows.flatMap(({ span }) => span ?? []);
    const cells = await store.cells(
      [...services.keys()],
      spans.reduce((low, { from }) => Math.min(low, from), 0),
      spans.reduce((high, { to }) => Math.max(high, to), 0),
    );
    const best = [...services].sort(([, a], [, b]) => preference(a) - preference(b));
    const byWindow = new Map<string, StoredCell[]>();
    for (const cell of cells) {
      if (cell.kind !== 'cell') continue;
      const key = `${cell.from}:${cell.to}`;
      const list = byWindow.get(key);
      if (list === undefined) byWindow.set(key, [cell]);
      else list.push(cell);
    }
    const chosen: { window: Window; cell: StoredCell; service: Service }[] = [];
    for (const window of windows) {
      const own = byWindow.get(`${window.span?.from ?? null}:${window.span?.to ?? null}`) ?? [];
      for (const [shape, service] of best) {
        const cell = own.find((each) => each.shape === shape && fits(each, window, service));
        if (cell !== undefined) {
          chosen.push({ window, cell, service });
          break;
        }
      }
    }
    if (chosen.length === 0) return [];
    const lease = await store.lease([...new Set(chosen.map(({ cell }) => cell.file))]);
    this.#hold(lease);
    const usable = chosen.filter(({ cell }) => lease.paths.has(cell.file));
    const used = usable.map(({ cell }) => cell);
    store.touch(used);
    if (verifiedAt !== undefined) store.verified(used, verifiedAt);
    return usable.map(({ window, cell, service }) => ({
      window,
      service,
      path: lease.paths.get(cell.file) ?? '',
      fresh: false,
      windowsInFile: windowsInFile(cell),
      stored: true,
    }));
  }

  #cells(
    filled: readonly FilledWindow[],
    rolled: readonly RolledGroup[],
    listing: Pick<ScanListing, 'partitions'>,
  ): CellsPlan {
    const byFile = new Map<string, number>();
    for (const { path } of filled) byFile.set(path, (byFile.get(path) ?? 0) + 1);
    const sources = new Map<
      string,
      { service: Service; whole: boolean; rows: CellRows[]; windows: Window[] }
    >();
    for (const { service, window, path, windowsInFile: all } of filled) {
      const whole = byFile.get(path) === all;
      const key = JSON.stringify([whole, service.shape, service.residualColumns]);
      const source = sources.get(key) ?? { service, whole, rows: [], windows: [] };
      source.rows.push({ path, values: window.values });
      source.windows.push(window);
      sources.set(key, source);
    }
    return cellsPlan(
      this.#fragment,
      this.#table,
      [
        { kind: 'rolled', paths: rolled.map(({ path }) => path) },
        ...[...sources.values()].map(({ service, whole, rows, windows }): CellSource => ({
          kind: 'cells',
          service,
          whole,
          rows,
          residualValues: new Map(
            service.residualColumns.map((name) => [name, this.#valuesOf(name, windows, listing)]),
          ),
        })),
      ],
      this.#context.ids,
    );
  }

  /** The values of a partition column among the kept partitions. */
  #valuesOf(
    name: string,
    windows: readonly Window[],
    listing: Pick<ScanListing, 'partitions'>,
  ): readonly (string | null)[] {
    const place = this.#table.partitionColumns.findIndex((column) => column.name === name);
    return [
      ...new Set(
        windows.flatMap(({ partitions }) =>
          partitions.map((each) => listing.partitions[each]?.partition.values[place] ?? null),
        ),
      ),
    ];
  }

  async #list(): Promise<ScanListing> {
    const { run } = this.#context;
    const { connector } = run.scans.table(this.#fragment.scan);
    if (connector.list === undefined) throw new Error('a fragment needs a source that lists');
    return connector.list(this.#request(), { signal: run.signal, now: run.now });
  }

  #count(listed: ScanListing['statistics']): void {
    const { statistics } = this.#context.run;
    statistics.partitionsConsidered += listed.partitionsConsidered;
    statistics.partitionsKept += listed.partitionsKept;
    statistics.listingMs += listed.listingMs;
    statistics.requests += listed.requests;
    statistics.retries += listed.retries;
  }

  /** What the cells' own conditions and the statement's range leave of the table. */
  #request(): ScanRequest {
    const { run } = this.#context;
    const { scan, axis, filters, timeConditions, domains } = this.#fragment;
    const names = columnNames(scan);
    const constraint = new Map<string, Domain>(domains);
    for (const [name, domain] of scan.constraint ?? []) {
      if (axis.columns.includes(name)) constraint.set(name, domain);
    }
    const own = [...filters.map(({ expression }) => expression), ...timeConditions];
    for (const [name, domain] of conditionDomains(this.#fragment, own)) {
      if (!axis.partitionColumns.includes(name)) constraint.set(name, domain);
    }
    const overPartitions = (expression: Expression, allowed: readonly string[]): boolean =>
      isRepeatable(expression) &&
      [...expressionColumns(expression)].every((id) => allowed.includes(names.get(id) ?? ''));
    const predicates = [
      ...own.filter((each) => overPartitions(each, axis.partitionColumns)),
      ...(scan.partitionPredicates ?? []).filter((each) => overPartitions(each, axis.columns)),
    ];
    const table = this.#table;
    return {
      table,
      columns: [],
      constraint,
      ...(predicates.length === 0
        ? {}
        : {
            keepPartitions: (partitions) =>
              run.scans.keepPartitions(
                { ...scan, partitionPredicates: predicates },
                table,
                partitions,
              ),
          }),
    };
  }

  async #bypass(
    reason: BypassReason,
    listing?: ScanListing,
    detail?: string,
  ): Promise<FragmentAnswer> {
    const { run, reuse, compute } = this.#context;
    const { bypassed } = reuse.service.counts;
    if (compute) bypassed.set(reason, (bypassed.get(reason) ?? 0) + 1);
    await this.#release();
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

  #report(windows: number, hits: number, misses: number): FragmentReport {
    const { table, occurrence } = this.#fragment.scan;
    return {
      occurrence,
      table: `${table.schema}.${table.name}`,
      form: this.#fragment.form,
      windows,
      hits,
      misses,
    };
  }

  /** Lets go of the files; before, months and the whole selection are merged in the background where that will pay. */
  async #finish(
    found: Found,
    windows: readonly Window[],
    listing: ScanListing,
    verifiedAt: number,
  ): Promise<void> {
    if (this.#finished) return;
    this.#finished = true;
    const { reuse } = this.#context;
    const { filled, rolled } = found;
    const isOffered =
      reuse.policy.populate &&
      this.#fragment.form === 'groups' &&
      filled.length > 1 &&
      filled.every(({ stored }) => stored);
    if (!isOffered || !(await isWorthMerging(new Set(filled.map(({ path }) => path))))) {
      await this.#release();
      return;
    }
    const selected = windows.filter(({ files }) => files > 0);
    reuse.service.background.add(
      (signal) => this.#rollUp(selected, filled, rolled, listing, verifiedAt, signal),
      () => this.#release(),
    );
  }

  async #rollUp(
    selected: readonly Window[],
    filled: readonly FilledWindow[],
    rolled: readonly RolledGroup[],
    listing: ScanListing,
    verifiedAt: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { run, reuse, ids } = this.#context;
    const groups = [...rolled];
    const merge = async (group: WindowGroup): Promise<void> => {
      const members = new Set(group.windows);
      const inside = groups.filter((each) => each.group.windows.every((one) => members.has(one)));
      const covered = new Set(inside.flatMap((each) => each.group.windows));
      const cells = this.#cells(
        filled.filter(({ window }) => members.has(window) && !covered.has(window)),
        inside,
        listing,
      );
      const job = {
        fragment: this.#fragment,
        base: this.#base,
        group,
        cells,
        run,
        ids,
        verifiedAt,
      };
      const lease = await rollUp(job, reuse.service, signal);
      if (lease === undefined) return;
      this.#hold(lease);
      const [path] = lease.paths.values();
      if (path !== undefined) groups.push({ group, path });
    };
    const whole = wholeGroup(selected, this.#empty);
    for (const group of monthGroups(selected, this.#empty)) {
      const isKnown = groups.some((each) => each.group.from === group.from);
      if (!isKnown) await merge(group);
    }
    if (whole !== undefined) await merge(whole);
  }

  #hold(lease: FileLease): void {
    this.#leases.push(lease);
    for (const file of lease.paths.keys()) this.#files.add(file);
  }

  async #release(): Promise<void> {
    for (const lease of this.#leases.splice(0)) lease.release();
    const { store } = this.#context.reuse.service;
    await Promise.all(this.#temporary.splice(0).map((path) => store.discard(path)));
  }
}

/** Cells that need nothing more come first, then those with the fewest keys. */
function preference({ sameRows, shape }: Service): number {
  return (sameRows ? 0 : 1_000) + shape.keys.length;
}

/** What a fragment's own conditions say of columns: for min/max of files. */
function conditionDomains(fragment: Fragment, conditions: readonly Expression[]): Constraint {
  const { constraint: _, partitionPredicates: __, ...scan } = fragment.scan;
  const [first] = conditions;
  if (first === undefined) return new Map();
  const found = constraints({
    kind: 'filter',
    input: scan,
    columns: scan.columns,
    condition:
      conditions.length === 1 ? first : { kind: 'and', type: first.type, args: conditions },
  });
  return found.get(scan.occurrence)?.constraint ?? new Map<string, Domain>();
}
