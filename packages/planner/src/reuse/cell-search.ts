import type { BaseKey, StoredCell, StoredShape, TableDefinition } from '@tributary/catalog';
import type { ScanListing } from '@tributary/connectors';
import type { RunContext } from '../execute/run-plan.ts';
import { Bypassed } from './bypassed.ts';
import { FragmentWindows, unlessAborted } from './fill-windows.ts';
import type { FilledWindow } from './fill-windows.ts';
import type { Fragment, IdSource } from './fragment.ts';
import type { HeldFiles } from './held-files.ts';
import { knownFacts, measureFragment } from './measure-fragment.ts';
import type { ReuseContext } from './resolve-fragments.ts';
import { disjointGroups, finalText, groupWithin, rolledText, wholeGroup } from './roll-up.ts';
import type { WindowGroup } from './roll-up.ts';
import { serves, shapeOf, shapeText, storedShape } from './shape.ts';
import type { Service } from './shape.ts';
import type { Span } from './time-axis.ts';
import { cellBounds, isCurrent, windowsInFile, spanKey } from './windows.ts';
import type { Window } from './windows.ts';

/** Looks at the index: waiting for others' work ends in another look. */
const MAX_ROUNDS = 8;

/** Merged cells that answer a group of windows. */
export interface RolledGroup {
  readonly group: WindowGroup;
  /** Of cells that were found. */
  readonly cell?: number;
  readonly path: string;
  /** The file holds the finished answer. */
  readonly final?: true;
}

/** Cells that answer windows. */
export interface Found {
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

export interface CellSearchContext {
  readonly run: RunContext;
  readonly reuse: ReuseContext;
  readonly ids: IdSource;
  /** False: only look. */
  readonly compute: boolean;
  readonly table: TableDefinition;
  readonly base: BaseKey;
  /** Windows without files, for who asks without looking. */
  readonly empty: readonly Window[];
  /** The store's when the answer was begun. */
  readonly generation: number;
}

/** Finds one fragment's cells for windows, or makes them. */
export class CellSearch {
  /** In the form that suits the data, once that is known. */
  #fragment: Fragment;
  /** The fragment before it was refined by what was measured. */
  #measured: Fragment | undefined;
  /** It was measured over all windows. */
  #widened = false;
  readonly #context: CellSearchContext;
  readonly #held: HeldFiles;

  constructor(fragment: Fragment, context: CellSearchContext, held: HeldFiles) {
    this.#fragment = fragment;
    this.#context = context;
    this.#held = held;
  }

  get fragment(): Fragment {
    return this.#fragment;
  }

  /** Cells of the current data for windows that have files, by looking them up and computing what is missing. */
  async current(
    selected: readonly Window[],
    listing: ScanListing,
    listedAt: number,
  ): Promise<Bypassed | Found> {
    const { reuse, compute, base } = this.#context;
    const { service, policy } = reuse;
    const found: MutableFound = { filled: [], rolled: [], hits: 0, misses: 0 };
    const filling = this.#filling(listing, listedAt);
    const filled = new Map<string, FilledWindow>();
    let missing = selected;
    for (let round = 0; missing.length > 0; round++) {
      const { ended } = service.flights;
      const shapes = await service.store.shapes(base);
      if (policy.use) {
        if (round === 0) {
          found.rolled.push(...(await this.#lookUpRolled(selected, shapes, { listedAt })));
          const answered = new Set(found.rolled.flatMap(({ group }) => group.windows));
          found.hits += answered.size;
          missing = missing.filter((window) => !answered.has(window));
        }
        const current = (cell: StoredCell, window: Window, { sameRows }: Service): boolean =>
          isCurrent(cell, window, {
            listing,
            fragment: this.#fragment,
            table: this.#context.table,
            narrower: !sameRows,
          });
        for (const hit of await this.#lookUp(missing, shapes, current, listedAt)) {
          filled.set(hit.window.id, hit);
          found.hits++;
        }
        missing = missing.filter(({ id }) => !filled.has(id));
      }
      if (missing.length === 0 || !compute) break;
      // Somebody may have computed them between the look and now, when nobody is computing them any more.
      if (round === 0 && service.flights.ended !== ended) continue;
      const wantedText = shapeText(shapeOf(this.#fragment));
      const note = shapes.find(({ text }) => text === wantedText)?.note ?? null;
      const refusal = filling.refusal(note, missing.length);
      if (refusal !== undefined) return refusal;
      if (round === MAX_ROUNDS) return new Bypassed('data_changing');
      const made = await filling.fill(missing, note);
      if (made instanceof Bypassed) {
        if (made.reason !== 'evaluation_error' || this.#measured === undefined || this.#widened) {
          return made;
        }
        // The bounds that a sample had may not hold for all rows. What was found is of the form that went by them.
        this.#widened = true;
        await this.#measure(selected, listing, true);
        return this.current(selected, listing, listedAt);
      }
      for (const each of made) filled.set(each.window.id, each);
      missing = missing.filter(({ id }) => !filled.has(id));
    }
    found.filled = selected.flatMap(({ id }) => filled.get(id) ?? []);
    found.misses = selected.length - found.hits;
    const saved = [
      ...found.filled.filter(({ fresh }) => !fresh).map(({ window }) => window),
      ...found.rolled.flatMap(({ group }) => group.windows),
    ];
    if (compute) service.counts.bytesSaved += saved.reduce((sum, { bytes }) => sum + bytes, 0);
    return found;
  }

  /**
   * Cells that were found current lately enough (`isYoung`), for every window; undefined unless there are such cells for all.
   */
  async young(
    windows: readonly Window[],
    isYoung: (cell: StoredCell) => boolean,
  ): Promise<Found | undefined> {
    // By its span alone a cell could be taken for that of another window.
    if (new Set(windows.map(spanKey)).size < windows.length) return undefined;
    const shapes = await this.#context.reuse.service.store.shapes(this.#context.base);
    const facts = await knownFacts(this.#fragment, shapes, this.#context.reuse.service.store);
    if (facts !== undefined) this.#fragment = this.#fragment.refine(facts);
    const rolled = await this.#lookUpRolled(windows, shapes, { isYoung });
    const answered = new Set(rolled.flatMap(({ group }) => group.windows));
    const left = windows.filter((window) => !answered.has(window));
    const found = await this.#lookUp(left, shapes, isYoung);
    if (found.length < left.length) return undefined;
    const filled = found.filter((each) => each.windowsInFile > 0);
    return { filled, rolled, hits: windows.length, misses: 0 };
  }

  #filling(listing: ScanListing, listedAt: number): FragmentWindows {
    const { run, reuse, ids, table, base, empty } = this.#context;
    return new FragmentWindows({
      fragment: this.#fragment,
      table,
      listing,
      listedAt,
      empty,
      base,
      shapeText: shapeText(shapeOf(this.#fragment)),
      run,
      reuse,
      ids,
      held: this.#held,
    });
  }

  /** Chooses the form of partials that hold values, from what is known of the data or measured now. */
  async refine(windows: readonly Window[], listing: ScanListing): Promise<void> {
    if (this.#fragment.measured.length === 0 || windows.length === 0) return;
    const { reuse, compute, run, base } = this.#context;
    const key = `${base.hash}\nmeasure ${shapeText(shapeOf(this.#fragment))}`;
    const running = reuse.service.flights.running(key);
    if (running !== undefined) await unlessAborted(running, run.signal);
    const { store } = reuse.service;
    const facts = await knownFacts(this.#fragment, await store.shapes(base), store);
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
    const facts = await measureFragment(this.#measured, windows, listing, this.#context, all);
    this.#fragment = this.#measured.refine(facts);
  }

  /** Merged cells of the very same question: of the whole selection, else of coarser grains in it. */
  async #lookUpRolled(
    windows: readonly Window[],
    shapes: readonly StoredShape[],
    { isYoung, listedAt }: { isYoung?: (cell: StoredCell) => boolean; listedAt?: number },
  ): Promise<readonly RolledGroup[]> {
    // Merged cells do not tell the bounds of their windows.
    if (this.#fragment.form !== 'groups' || this.#fragment.bounds !== undefined) return [];
    const text = rolledText(this.#fragment);
    const shape = shapes.find((each) => each.text === text);
    const final = finalText(this.#fragment);
    const finalShape = final === undefined ? undefined : shapes.find((each) => each.text === final);
    const empty = isYoung === undefined ? this.#context.empty : [];
    const whole = wholeGroup(windows, empty);
    if ((shape ?? finalShape) === undefined || whole === undefined) return [];
    const { store } = this.#context.reuse.service;
    const cells = await store.cells(
      [shape, finalShape].flatMap((each) => each?.id ?? []),
      whole.from,
      whole.to,
    );
    const holds = (cell: StoredCell, group: WindowGroup): boolean =>
      cell.kind === group.kind &&
      cell.from === group.from &&
      cell.to === group.to &&
      (isYoung === undefined
        ? cell.version === group.version
        : cell.detail === group.selection && isYoung(cell));
    const result = cells.find((cell) => holds(cell, whole));
    const chosen =
      result === undefined
        ? disjointGroups(
            widestWithin(cells, whole).flatMap((cell) => {
              const group = groupWithin(windows, empty, cell);
              return group !== undefined && holds(cell, group) ? [{ group, cell }] : [];
            }),
          )
        : [{ group: whole, cell: result }];
    if (chosen.length === 0) return [];
    const lease = await store.lease(chosen.map(({ cell }) => cell.file));
    this.#held.hold(lease);
    const usable = chosen.filter(({ cell }) => lease.paths.has(cell.file));
    store.touch(usable.map(({ cell }) => cell));
    if (listedAt !== undefined) {
      // Of windows without files only those are known that were looked at.
      const whole = usable.filter(({ group, cell }) => cell.detail === group.selection);
      store.verified(
        whole.map(({ cell }) => cell),
        listedAt,
      );
    }
    return usable.map(({ group, cell }) => ({
      group,
      cell: cell.id,
      path: lease.paths.get(cell.file) ?? '',
      ...(cell.shape === finalShape?.id ? { final: true } : {}),
    }));
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
    for (const each of shapes) {
      const shape = storedShape(each);
      const service = shape === undefined ? undefined : serves(shape, this.#fragment);
      if (service !== undefined) services.set(each.id, service);
    }
    if (services.size === 0) return [];
    const spans = windows.flatMap(({ span }) => span ?? []);
    const cells = await store.cells(
      [...services.keys()],
      spans.reduce((low, { from }) => Math.min(low, from), Infinity),
      spans.reduce((high, { to }) => Math.max(high, to), -Infinity),
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
      const own = byWindow.get(spanKey(window)) ?? [];
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
    this.#held.hold(lease);
    const usable = chosen.filter(({ cell }) => lease.paths.has(cell.file));
    const used = usable.map(({ cell }) => cell);
    store.touch(used);
    if (verifiedAt !== undefined) {
      // Of a cell that holds more than is asked for, only a part was looked at.
      const whole = usable.filter(({ service }) => service.sameRows);
      store.verified(
        whole.map(({ cell }) => cell),
        verifiedAt,
      );
    }
    return usable.map(({ window, cell, service }) => ({
      window,
      service,
      cell: cell.id,
      path: lease.paths.get(cell.file) ?? '',
      fresh: false,
      windowsInFile: windowsInFile(cell),
      bounds: cellBounds(cell),
      stored: true,
    }));
  }
}

/** Cells that need nothing more come first, then those with the fewest keys. */
function preference({ sameRows, shape }: Service): number {
  return (sameRows ? 0 : 1_000) + shape.keys.length;
}

/** Merged cells that are looked at for one selection. */
const MOST_MERGED = 64;

/** The merged cells of a span that may answer a part of a selection, those of the longest times first. */
function widestWithin(
  cells: readonly StoredCell[],
  { from, to }: Span,
): readonly (StoredCell & Span)[] {
  return cells
    .filter(
      (cell): cell is StoredCell & Span =>
        cell.kind === 'rollUp' &&
        cell.from !== null &&
        cell.to !== null &&
        from <= cell.from &&
        cell.to <= to,
    )
    .sort((one, other) => other.to - other.from - (one.to - one.from))
    .slice(0, MOST_MERGED);
}
