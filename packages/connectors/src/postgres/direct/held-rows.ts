import type { Engine, EngineChunk, LoadedColumn, RowSink, TableLoader } from '@tributary/engine';
import { LOADED_ROWS, RowChunks } from '@tributary/engine';

/** Rows and received bytes that are held in this process; what is more goes to a table of the engine, which can spill it. */
const MOST_ROWS = 2 * LOADED_ROWS;
const MOST_BYTES = 2 ** 20;

/** Rows of a result on their way: few are held as chunks, many go into a table of the engine, in which the first ones lie as well. */
export class HeldRows implements RowSink {
  readonly columns: RowSink['columns'];
  readonly #rows: RowChunks;
  readonly #engine: Engine;
  readonly #loaded: readonly LoadedColumn[];
  #count = 0;
  #spilling = false;
  #table: TableLoader | undefined;

  constructor(engine: Engine, loaded: readonly LoadedColumn[]) {
    this.#rows = new RowChunks(loaded.map(({ type }) => type));
    this.columns = this.#rows.columns;
    this.#engine = engine;
    this.#loaded = loaded;
  }

  /** Forgets all rows, after a failure in the middle of one too; a table stays with whoever has it. */
  clear(): void {
    this.#rows.clear();
    this.#count = 0;
    this.#spilling = false;
    this.#table = undefined;
  }

  append(rows: number): void {
    this.#rows.append(rows);
    this.#count += rows;
    if (this.#table !== undefined) this.#moveTo(this.#table);
  }

  /** Whether a table must be made before more rows are taken. */
  isFull(bytes: number): boolean {
    return !this.#spilling && (this.#count >= MOST_ROWS || bytes > MOST_BYTES);
  }

  /** Moves what is held, and what comes from now on, into a table. Once. */
  async spill(): Promise<void> {
    this.#spilling = true;
    this.#table = await this.#engine.load(this.#loaded);
    this.#moveTo(this.#table);
  }

  finish(): void {
    this.#table?.finish();
  }

  /** All rows where they are few; empty where there is a table. */
  get chunks(): readonly EngineChunk[] {
    return this.#rows.chunks;
  }

  get table(): TableLoader | undefined {
    return this.#table;
  }

  #moveTo(table: TableLoader): void {
    const { chunks } = this.#rows;
    this.#rows.chunks = [];
    for (const chunk of chunks) table.appendChunk(chunk);
  }
}
