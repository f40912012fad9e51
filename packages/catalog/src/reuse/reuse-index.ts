import { againstStore, readStore } from '../store/store-errors.ts';
import type { StoreConnections } from '../store/store-connections.ts';
import { findBase, readShapes } from './base-rows.ts';
import { CellCache, MAX_CELLS_OF_SHAPE, byTime } from './cell-cache.ts';
import { FileRegistry } from './file-registry.ts';
import { registerOwner } from './folder-owner.ts';
import type { FolderOwner } from './folder-owner.ts';
import { IndexChange } from './index-change.ts';
import { readCells } from './index-rows.ts';
import { countCells, loadIndex } from './load-index.ts';
import type { LoadedIndex } from './load-index.ts';
import type { LiveCell } from './index-rows.ts';
import type { BaseKey, StoredCell, StoredShape } from './reuse-store.ts';
import { ShapeCache } from './shape-cache.ts';

/** How far a clock may be set back before what it said no longer counts. Smaller steps are the usual corrections. */
const CLOCK_STEP_MS = 1_000;

/**
 * The index of one owner: its rows, and in memory its files in the order of use and the cells asked for last. Only this process
 * writes the owner's rows, but for invalidations, which raise the owner's generation; so what is in memory stays true.
 */
export class ReuseIndex {
  readonly #connections: StoreConnections;
  readonly #now: () => number;
  readonly #cache = new CellCache();
  readonly #shapes = new ShapeCache();
  /** Moments of verification of this process, by cell. */
  readonly #verified = new Map<number, number>();
  #owner: FolderOwner;
  #last: Promise<unknown> = Promise.resolve();
  #lastId: number;
  /** Cells up to this id were verified by a clock that has been set back since. */
  #unverifiedUpTo = 0;
  /** Whether the rows say so too. */
  #unverifiedStored = true;
  #latest: number;
  /** Raised by each invalidation: a unit begun before is not kept. */
  invalidations = 0;
  quarantined: number;
  /** Shapes that have a note, or more. */
  notes: number;
  readonly files: FileRegistry;
  readonly #notedUsed = new Set<number>();

  private constructor(
    connections: StoreConnections,
    owner: FolderOwner,
    files: FileRegistry,
    now: () => number,
    loaded: LoadedIndex,
  ) {
    this.#connections = connections;
    this.#owner = owner;
    this.files = files;
    this.#now = now;
    this.#lastId = loaded.lastId;
    this.quarantined = loaded.quarantined;
    this.notes = loaded.notes;
    this.#latest = owner.seenAt;
  }

  /** Reads and mends the index of a folder that holds the files `present`. Throws `againstStore`'s errors. */
  static async load(
    connections: StoreConnections,
    folder: string,
    present: ReadonlySet<string>,
    now: () => number,
  ): Promise<ReuseIndex> {
    const index = await againstStore(() =>
      connections.writing.transaction().execute(async (tx) => {
        const owner = await registerOwner(tx, folder, now());
        const files = new FileRegistry();
        const loaded = await loadIndex(tx, owner.number, present, files);
        return new ReuseIndex(connections, owner, files, now, loaded);
      }),
    );
    index.now();
    return index;
  }

  get owner(): number {
    return this.#owner.number;
  }

  get reading(): StoreConnections['reading'] {
    return this.#connections.reading;
  }

  /** An id that no row of the owner has had since the process started. */
  nextId(): number {
    return ++this.#lastId;
  }

  /**
   * The time. When the clock was set back, every moment of verification is forgotten, since ages measured against it would be
   * too small.
   */
  now(): number {
    const now = this.#now();
    if (now < this.#latest - CLOCK_STEP_MS) {
      this.#verified.clear();
      this.#cache.clear();
      this.#unverifiedUpTo = this.#lastId;
      this.#unverifiedStored = false;
      this.#latest = now;
    }
    this.#latest = Math.max(this.#latest, now);
    return now;
  }

  /** Runs work after what was asked for before: one thing at a time changes the index, its memory and the order of files. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /**
   * A transaction and, once it is committed, its effect on the memory. Runs inside `exclusive`. Commits do not wait for the disk: rows
   * that a crash of the machine loses are cells to compute again. Throws `againstStore`'s errors.
   */
  async change<T>(work: (change: IndexChange) => Promise<T>): Promise<T> {
    for (;;) {
      const done = await this.#attempt(work);
      if (done !== undefined) return done.result;
      await this.#reload();
    }
  }

  /** A change that takes cells out of use for good: it returns when no crash can bring them back. */
  async lastingChange<T>(work: (change: IndexChange) => Promise<T>): Promise<T> {
    const result = await this.change(work);
    await againstStore(() => this.#connections.synchronize());
    return result;
  }

  /** Undefined: another process has changed the owner's rows. */
  async #attempt<T>(
    work: (change: IndexChange) => Promise<T>,
  ): Promise<{ readonly result: T } | undefined> {
    const now = this.now();
    // Together with the earlier time, from which a later process could not tell that the clock was set back.
    const unverified = this.#unverifiedStored ? undefined : this.#unverifiedUpTo;
    const done = await againstStore(() =>
      this.#connections.writing.transaction().execute(async (tx) => {
        const row = await tx
          .updateTable('tributary_reuse_owner')
          .set({ seen_at: now })
          .where('number', '=', this.owner)
          .returning('generation')
          .executeTakeFirst();
        if (row?.generation !== this.#owner.generation) return undefined;
        if (unverified !== undefined)
          await tx
            .updateTable('tributary_reuse_cell')
            .set({ verified_at: 0 })
            .where('owner', '=', this.owner)
            .where('id', '<=', unverified)
            .execute();
        const change = new IndexChange(tx, this.owner, this.files, this.#shapes);
        const result = await work(change);
        await change.finish();
        return { change, result };
      }),
    );
    if (done === undefined) return undefined;
    if (unverified === this.#unverifiedUpTo) this.#unverifiedStored = true;
    this.#apply(done.change);
    return done;
  }

  #apply(change: IndexChange): void {
    const ids = new Set(change.removed.map((place) => place.id));
    const hidden = [...change.removed, ...change.quarantined];
    const gone = new Set(hidden.map((place) => place.id));
    for (const shape of new Set(hidden.map((place) => place.shape)))
      this.#cache.remove(shape, gone);
    for (const id of gone) this.#verified.delete(id);
    for (const place of change.removed) if (place.quarantined) this.quarantined--;
    for (const { id, quarantined } of change.quarantined)
      if (!quarantined && !ids.has(id)) this.quarantined++;
    for (const [id, lost] of change.losses()) {
      const file = this.files.get(id);
      if (file === undefined) continue;
      this.files.recount(file, file.cells - lost);
      if (file.cells <= 0) this.files.condemn(file);
    }
    const made = new Set(change.madeShapes.map(({ id }) => id));
    for (const { file, cells } of change.added) {
      this.files.add(file);
      if (made.has(file.shape)) this.#cache.set(file.shape, []);
      this.#cache.add(file.shape, cells);
    }
    this.#shapes.apply({
      made: change.madeShapes,
      notes: change.notes,
      removed: change.removedShapes,
    });
  }

  /** Takes over what another process invalidated. */
  async #reload(): Promise<void> {
    this.invalidations++;
    this.#cache.clear();
    this.#verified.clear();
    this.#shapes.clear();
    const { owner, counts } = await againstStore(() =>
      this.#connections.writing.transaction().execute(async (tx) => {
        const registered = await registerOwner(tx, this.#owner.folder, this.#now());
        const found = await countCells(tx, registered.number);
        for (const file of this.files.all())
          if (!found.byFile.has(file.id))
            await tx
              .deleteFrom('tributary_reuse_file')
              .where('owner', '=', registered.number)
              .where('id', '=', file.id)
              .execute();
        return { owner: registered, counts: found };
      }),
    );
    this.#owner = owner;
    this.quarantined = counts.quarantined;
    for (const file of [...this.files.all()]) {
      this.files.recount(file, counts.byFile.get(file.id) ?? 0);
      if (file.cells === 0) this.files.condemn(file);
    }
  }

  /** Sees what other processes invalidated since. */
  async #refresh(): Promise<void> {
    const row = await readStore(() =>
      this.reading
        .selectFrom('tributary_reuse_owner')
        .select('generation')
        .where('number', '=', this.owner)
        .executeTakeFirst(),
    );
    if (row?.generation === this.#owner.generation) return;
    await this.exclusive(() => this.change(() => Promise.resolve()));
  }

  async shapes(base: BaseKey): Promise<readonly StoredShape[]> {
    await this.#refresh();
    const shapes = this.#shapes.get(base) ?? (await this.#readShapes(base));
    for (const { id, note } of shapes) if (note !== null) this.#notedUsed.add(id);
    return shapes;
  }

  /** Shapes with a note that were asked for since this was last asked. */
  takeNotedUsed(): readonly number[] {
    const used = [...this.#notedUsed];
    this.#notedUsed.clear();
    return used;
  }

  #readShapes(base: BaseKey): Promise<readonly StoredShape[]> {
    return this.exclusive(async () => {
      const known = this.#shapes.get(base);
      if (known !== undefined) return known;
      const shapes = await readStore(async () => {
        const id = await findBase(this.reading, this.owner, base);
        return id === undefined ? [] : readShapes(this.reading, this.owner, id);
      });
      this.#shapes.set(base, shapes);
      return shapes;
    });
  }

  async cells(shapes: readonly number[], from: number, to: number): Promise<readonly StoredCell[]> {
    this.now();
    const found: StoredCell[] = [];
    for (const shape of [...new Set(shapes)].sort((one, other) => one - other)) {
      const cells = this.#cache.get(shape) ?? (await this.#read(shape, from, to));
      for (const cell of cells) {
        if (cell.from !== null && (cell.from >= to || (cell.to ?? Infinity) <= from)) continue;
        this.renew(cell);
        found.push(cell);
      }
    }
    return found;
  }

  #read(shape: number, from: number, to: number): Promise<readonly LiveCell[]> {
    return this.exclusive(async () => {
      const known = this.#cache.get(shape);
      if (known !== undefined) return known;
      const all = this.files.cellsOf(shape) <= MAX_CELLS_OF_SHAPE;
      const rows = await readStore(() =>
        readCells(this.reading, this.owner, shape, all ? undefined : { from, to }),
      );
      const cells = rows
        // A file that is not known was never committed here, or is gone.
        .filter((cell) => this.files.get(cell.file) !== undefined)
        .sort(byTime);
      if (all) this.#cache.set(shape, cells);
      return cells;
    });
  }

  /** Gives a cell that was read from the index its latest moment of verification. */
  renew(cell: LiveCell): void {
    const stored = cell.id <= this.#unverifiedUpTo ? 0 : cell.verifiedAt;
    cell.verifiedAt = Math.max(stored, this.#verified.get(cell.id) ?? 0);
  }

  verified(cells: readonly StoredCell[], at: number): void {
    const moment = Math.min(at, this.now());
    // Cells that were gone already when they were found to be current.
    if (this.#verified.size > 2 * this.files.cells + 1_000) this.#verified.clear();
    for (const { id, file } of cells)
      if (this.files.get(file) !== undefined && moment > (this.#verified.get(id) ?? 0))
        this.#verified.set(id, moment);
  }

  /** Waits for what was asked for before. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
