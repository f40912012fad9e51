import type { StatementResult } from '@tributary/planner';
import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { BinaryValues, RowFormat, RowWriter } from './row-format.ts';
import type { WireSession } from './wire-session.ts';

/** Rows of a chunk that are encoded before the socket and other connections get their turn. */
const BATCH_ROWS = 512;

/** What one portion of a result was: `more` says that the result may have further rows. */
export interface Portion {
  readonly rows: number;
  readonly more: boolean;
}

/** Rows that can be written in portions. */
export interface RowReader {
  /** Writes up to `limit` rows. */
  write(wire: WireSession, limit: number, format: RowFormat): Promise<Portion>;
  /** Ends the statement, also in the middle. */
  close(): Promise<void>;
}

/** The place in a result: portals and cursors read on from it. The end is known only by reading past it, as in PostgreSQL. */
export class RowCursor implements RowReader {
  readonly #result: StatementResult;
  readonly #binary: readonly BinaryValues[] | undefined;
  #iterator: AsyncIterator<DuckDBDataChunk> | undefined;
  #chunk: DuckDBDataChunk | undefined;
  #writer: { readonly format: RowFormat; readonly write: RowWriter } | undefined;
  #at = 0;
  #passed = 0;
  #done = false;

  /** `binary`: rows of a text result in binary form as well. */
  constructor(result: StatementResult, binary?: readonly BinaryValues[]) {
    this.#result = result;
    this.#binary = binary;
  }

  /** Rows that were written or skipped. */
  get passed(): number {
    return this.#passed;
  }

  async write(wire: WireSession, limit: number, format: RowFormat): Promise<Portion> {
    return this.#pass(limit, async (from, to) => {
      if (this.#result.kind === 'textRows') {
        const { rows } = this.#result;
        for (let row = from; row < to; row++) {
          format.text(rows[row] ?? [], wire.out, this.#binary?.[row]);
        }
      } else if (this.#chunk !== undefined) {
        if (this.#writer?.format !== format) {
          this.#writer = { format, write: format.chunk(this.#chunk) };
        }
        this.#writer.write(from, to, wire.out);
      }
      await wire.drain();
    });
  }

  /** Leaves out up to `limit` rows. */
  skip(limit: number): Promise<Portion> {
    return this.#pass(limit, () => Promise.resolve());
  }

  async close(): Promise<void> {
    this.#done = true;
    this.#chunk = undefined;
    this.#writer = undefined;
    if (this.#result.kind !== 'rows') return;
    try {
      await this.#iterator?.return?.();
    } finally {
      await this.#result.close();
    }
  }

  /** Hands ranges of rows of what is there to `take` until `limit` are passed or none is left. */
  async #pass(limit: number, take: (from: number, to: number) => Promise<void>): Promise<Portion> {
    let rows = 0;
    while (!this.#done && rows < limit) {
      const available = await this.#available();
      if (available === 0) {
        this.#done = true;
        break;
      }
      const from = this.#at;
      const to = from + Math.min(available, BATCH_ROWS, limit - rows);
      this.#at = to;
      this.#passed += to - from;
      rows += to - from;
      await take(from, to);
    }
    return { rows, more: !this.#done };
  }

  /** Rows that can be read without waiting, after waiting for a chunk where there are none. */
  async #available(): Promise<number> {
    const result = this.#result;
    switch (result.kind) {
      case 'command':
        return 0;
      case 'textRows':
        return result.rows.length - this.#at;
      case 'rows':
        while (this.#chunk === undefined || this.#at >= this.#chunk.rowCount) {
          this.#chunk = undefined;
          this.#writer = undefined;
          this.#iterator ??= result.chunks()[Symbol.asyncIterator]();
          const next = await this.#iterator.next();
          if (next.done === true) return 0;
          this.#chunk = next.value;
          this.#at = 0;
        }
        return this.#chunk.rowCount - this.#at;
    }
  }
}
