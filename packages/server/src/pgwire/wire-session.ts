import type { Notice, SqlSession, StatementResult } from '@tributary/planner';
import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { PlanColumn, Statement } from '@tributary/sql';
import type { TextStyle } from './cell.ts';
import type { Format } from './codes.ts';
import { writeNotice } from './error-response.ts';
import type { RowWriter } from './row-encoder.ts';
import { rowWriter } from './row-encoder.ts';
import { writeTextRow } from './text-row.ts';
import type { Writer } from './writer.ts';

/** What the query protocols need of a connection. */
export interface WireSession {
  readonly session: SqlSession;
  /** Messages to the client are written here; `flush` sends them. */
  readonly out: Writer;
  /** Sends what was written and waits while the client is slow to read. Throws when the client is gone. */
  flush(): Promise<void>;
  /** Sends when much has gathered. */
  drain(): Promise<void>;
  /** A CancelRequest, a vanished client or a shutdown aborts `abort` while `run` runs. */
  cancellable<T>(abort: AbortController, run: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** The tag of a statement that the protocol itself answers (DEALLOCATE of a statement that Parse made). */
  intercept(statement: Statement): string | undefined;
}

/** Rows of a chunk that are encoded before the socket and other connections get their turn. */
const BATCH_ROWS = 512;

export function textStyle(session: SqlSession): TextStyle {
  return {
    timeZone: session.setting('TimeZone') ?? 'UTC',
    extraFloatDigits: Number(session.setting('extra_float_digits') ?? 1),
    intervalStyle: session.setting('IntervalStyle') ?? 'postgres',
    byteaOutput: session.setting('bytea_output') ?? 'hex',
  };
}

export function writeNotices(out: Writer, notices: readonly Notice[]): void {
  for (const notice of notices) writeNotice(out, notice);
}

/** Tags whose CommandComplete carries the number of rows. */
const COUNTED: ReadonlySet<string> = new Set(['SELECT', 'FETCH', 'MOVE', 'COPY']);

export function completeTag(tag: string, rows: number): string {
  return COUNTED.has(tag) ? `${tag} ${rows}` : tag;
}

/** Reads a result in portions, as portals do. */
export class RowCursor {
  readonly #result: StatementResult;
  readonly #columns: readonly PlanColumn[];
  readonly #formats: readonly Format[];
  readonly #style: TextStyle;
  #iterator: AsyncIterator<DuckDBDataChunk> | undefined;
  #chunk: { readonly write: RowWriter; readonly rows: number } | undefined;
  #at = 0;
  #done = false;

  constructor(
    result: StatementResult,
    columns: readonly PlanColumn[],
    formats: readonly Format[],
    style: TextStyle,
  ) {
    this.#result = result;
    this.#columns = columns;
    this.#formats = formats;
    this.#style = style;
  }

  /** Writes up to `limit` rows; answers how many, and whether the result may have more. */
  async write(wire: WireSession, limit: number): Promise<{ rows: number; more: boolean }> {
    const result = this.#result;
    if (result.kind === 'command') return { rows: 0, more: false };
    if (result.kind === 'textRows') return this.#writeTextRows(wire, result.rows, limit);
    let rows = 0;
    while (!this.#done && rows < limit) {
      if (this.#chunk === undefined || this.#at >= this.#chunk.rows) {
        this.#iterator ??= result.chunks()[Symbol.asyncIterator]();
        const next = await this.#iterator.next();
        if (next.done === true) {
          this.#done = true;
          break;
        }
        this.#at = 0;
        this.#chunk = {
          rows: next.value.rowCount,
          write: rowWriter(next.value, this.#columns, this.#formats, this.#style),
        };
        continue;
      }
      const to = Math.min(this.#chunk.rows, this.#at + Math.min(BATCH_ROWS, limit - rows));
      this.#chunk.write(this.#at, to, wire.out);
      rows += to - this.#at;
      this.#at = to;
      await wire.drain();
    }
    return { rows, more: !this.#done };
  }

  async #writeTextRows(
    wire: WireSession,
    all: readonly (readonly (string | null)[])[],
    limit: number,
  ): Promise<{ rows: number; more: boolean }> {
    const to = Math.min(all.length, this.#at + limit);
    const rows = to - this.#at;
    for (const row of all.slice(this.#at, to)) {
      writeTextRow(wire.out, this.#columns, this.#formats, row);
      await wire.drain();
    }
    this.#at = to;
    // As a portal of PostgreSQL: the end is known only by reading past it.
    return { rows, more: rows === limit };
  }

  /** Ends the statement, also in the middle. */
  async close(): Promise<void> {
    this.#done = true;
    this.#chunk = undefined;
    if (this.#result.kind !== 'rows') return;
    try {
      await this.#iterator?.return?.();
    } finally {
      await this.#result.close();
    }
  }
}
