/**
 * Where cells live: an index in the catalog's database and Parquet files in a folder of the state directory. Behind an
 * interface, since a store that several servers share on S3 is to follow. Every method is safe to call side by side, and from
 * several processes over one catalog database (each process has its own folder, and sees only its own files).
 */
export interface ReuseStore {
  /** The shapes kept under a base. The base's whole text is compared, not only its hash. */
  shapes(base: BaseKey): Promise<readonly StoredShape[]>;
  /**
   * Cells of the shapes that overlap `[from, to)` or are the NULL window, in order of shape, then time: those that were live when
   * `shapes` was asked last, or later.
   */
  cells(shapes: readonly number[], from: number, to: number): Promise<readonly StoredCell[]>;
  /**
   * Holds files readable until released: none is deleted meanwhile. A file that is missing, or is not the one that was written
   * (size, times, inode; contents by hash when this process first meets it), is dropped from the index with its cells and is
   * absent in the answer.
   */
  lease(files: readonly number[]): Promise<FileLease>;
  /** How many invalidations there have been. What was begun before one is not kept after it. */
  generation(): number;
  /**
   * A fresh path for a unit to write to, of what was begun in a generation: the present one unless given. What is never put is
   * discarded by the caller, or swept at the next start.
   */
  newFile(generation?: number): Promise<string>;
  /**
   * Takes over a complete file, where it stands, as the cells of one unit: all or nothing. Cells of the same shape and window are
   * replaced. The answer holds the file leased, so that it cannot be evicted before its writer has read it. Undefined: not kept
   * (larger than the store may be, everything else is leased, a table was invalidated after the unit was begun, a cell of
   * `copiedFrom` is gone, or the index failed, which is logged). Then, and after an error, the file is still the caller's. Whoever
   * reads the unit's base meanwhile waits for the end, so that the writer need not. `after`: it is not begun before this has ended, unless
   * somebody reads the base.
   *
   * @throws QueryError diskFull, sourceUnavailable when the file failed, internalError for a unit that is not sound.
   */
  put(unit: NewUnit, after?: Promise<unknown>): Promise<StoredUnit | undefined>;
  /** Deletes a file that was not put, and leaves one that was. Never fails. */
  discard(path: string): Promise<void>;
  /** Marks cells as used now (for eviction of the least recently used). Cheap: written in batches. */
  touch(cells: readonly StoredCell[]): void;
  /**
   * Remembers that cells were found to be of the current data at a moment (ms since 1970). In memory of this process. When the
   * clock is set back, all moments are forgotten: `verifiedAt` is 0.
   */
  verified(cells: readonly StoredCell[], at: number): void;
  /**
   * Drops a table's cells that overlap `[from, to)`, in all processes that share the index; without bounds all, the NULL window
   * too. Answers how many. `table`: its id or `database.schema.table`.
   */
  invalidate(table: string, from?: number, to?: number): Promise<number>;
  /** Takes cells out of use for good: an audit found them different. */
  quarantine(cells: readonly number[]): Promise<void>;
  /** Drops files with all their cells: reading one failed. */
  dropFiles(files: readonly number[]): Promise<void>;
  /** What the policy learnt of a shape (for example that its partials are as large as their input); null forgets. */
  setShapeNote(base: BaseKey, shapeText: string, note: string | null): Promise<void>;
  /** All cells, for people. */
  list(): AsyncIterable<ListedCell>;
  totals(): Promise<StoreTotals>;
  /**
   * What may be compacted now. For each: lease the files, copy the rows of `cells` to a `newFile()`, `put` it with the same cells
   * and `copiedFrom` their ids, release; the old files go by themselves. Doing nothing is correct too.
   */
  compactable(): Promise<readonly Compaction[]>;
  /** Waits for background work (marks of use, deletion) to end: for tests and for shutdown. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** A fragment without its output shape. */
export interface BaseKey {
  /** The whole canonical text; equal texts mean equal meaning. */
  readonly text: string;
  /** A hash of the text. May collide: texts are compared. */
  readonly hash: string;
  /** The catalog's id of the windowed table. */
  readonly table: string;
  /** `database.schema.table`, for people. */
  readonly tableName: string;
}

export interface StoredShape {
  readonly id: number;
  /** The whole canonical text of filters, keys, partials; the planner's own format. */
  readonly text: string;
  readonly note: string | null;
}

/**
 * `cell`: one window, its rows marked by the time columns in a file that may hold many windows. `rollUp`: several windows merged
 * into one, alone in its file. `result`: the merged answer over exactly one selection of windows, alone in its file.
 */
export type CellKind = 'cell' | 'rollUp' | 'result';

export interface CellContent {
  readonly kind: CellKind;
  /** `[from, to)` in ms on the table's time axis; null: the window of rows without a time. */
  readonly from: number | null;
  readonly to: number | null;
  /** Fingerprint of exactly the data it was computed from. */
  readonly version: string;
  /** The planner's own record of the data by partition; opaque here. */
  readonly detail: string;
  readonly rows: number;
  /** When the data was last found to be of this version before storing (ms since 1970). */
  readonly verifiedAt: number;
}

export interface StoredCell extends CellContent {
  readonly id: number;
  readonly shape: number;
  readonly file: number;
  /** The latest moment that `verified` was told; it may move on while the cell is held. */
  readonly verifiedAt: number;
  /** Its share of its unit's `inputBytes`: each cell of a unit has the same. */
  readonly inputBytes: number;
}

export interface NewUnit {
  readonly base: BaseKey;
  readonly shapeText: string;
  readonly cells: readonly CellContent[];
  /** From `newFile()`, complete. */
  readonly path: string;
  /** Bytes of the data that it was computed from, for `bytes saved`. */
  readonly inputBytes: number;
  /**
   * Ids of the cells that the file was copied from (compaction). The unit is kept only while each of them is live, and takes
   * their place in the order of eviction.
   */
  readonly copiedFrom?: readonly number[];
}

/** Neighbouring small files of one shape that are better one. */
export interface Compaction {
  readonly base: BaseKey;
  readonly shapeText: string;
  /**
   * All live cells of the files, in order of time. A file also holds rows of windows that are no longer live in it: only
   * the rows of these windows are to be copied.
   */
  readonly cells: readonly StoredCell[];
}

export interface StoredUnit {
  readonly cells: readonly StoredCell[];
  readonly lease: FileLease;
}

export interface FileLease {
  /** Paths by file id. */
  readonly paths: ReadonlyMap<number, string>;
  /** Idempotent. */
  release(): void;
}

export interface ListedCell extends StoredCell {
  readonly tableName: string;
  readonly shapeText: string;
  readonly path: string;
  readonly fileBytes: number;
  readonly createdAt: number;
  readonly lastUsedAt: number;
  readonly quarantined: boolean;
}

export interface StoreTotals {
  /** On the disk, also what only a lease still holds. */
  readonly files: number;
  readonly bytes: number;
  /** Live ones. */
  readonly cells: number;
  readonly quarantined: number;
}
