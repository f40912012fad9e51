import type { RowSink } from '@tributary/engine';
import { LOADED_ROWS } from '@tributary/engine';
import { QueryError, isQueryError, visitPlan } from '@tributary/sql';
import type { Plan, PlanColumn } from '@tributary/sql';
import { UnreadableValue, valueReader } from './value-reader.ts';
import type { ReceivedBytes, ValueReader } from './value-reader.ts';

const SIGNATURE_BYTES = 11;
const HEADER_BYTES = SIGNATURE_BYTES + 8;
const END_OF_ROWS = -1;
const NULL_FIELD = -1;

/**
 * Decodes rows in PostgreSQL's binary form into a table of the engine or chunks of it. A payload of COPY holds whole rows (the first one after
 * the format's header). Throws QueryError for a value that the engine cannot hold, with its column's name.
 */
export class RowDecoder {
  readonly #columns: readonly PlanColumn[];
  readonly #readers: readonly ValueReader[];
  readonly #table: RowSink;
  readonly #source: string;
  #received: ReceivedBytes = { bytes: new Uint8Array(), view: new DataView(new ArrayBuffer(0)) };
  #started = false;
  #row = 0;
  rows = 0;

  constructor(plan: Plan, table: RowSink, source: string) {
    const stored = storedColumns(plan);
    this.#columns = plan.columns;
    this.#readers = plan.columns.map(({ id, type }) => valueReader(type, stored.has(id)));
    this.#table = table;
    this.#source = source;
  }

  payload(buffer: Buffer, from: number, to: number): void {
    const { view } = this.#receive(buffer);
    let at = from;
    if (!this.#started) {
      this.#started = true;
      at += HEADER_BYTES + view.getInt32(at + SIGNATURE_BYTES + 4);
    }
    while (at < to) {
      const fields = view.getInt16(at);
      at += 2;
      if (fields === END_OF_ROWS) return;
      at = this.#decode(at, fields);
    }
  }

  /** One row as a query's answer holds it: the same as in a COPY, without its header. */
  row(buffer: Buffer, from: number): void {
    const { view } = this.#receive(buffer);
    this.#decode(from + 2, view.getInt16(from));
  }

  /** Ready for the rows of another answer. */
  clear(): void {
    this.#started = false;
    this.#row = 0;
    this.rows = 0;
  }

  /** Gives the last rows to the table. */
  finish(): void {
    this.#append();
    this.#table.finish();
  }

  #receive(buffer: Buffer): ReceivedBytes {
    if (this.#received.bytes !== buffer) {
      const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
      this.#received = { bytes: buffer, view };
    }
    return this.#received;
  }

  #append(): void {
    const rows = this.#row;
    this.#row = 0;
    if (rows === 0) return;
    try {
      this.#table.append(rows);
    } catch (error) {
      if (!isQueryError(error) || error.code !== 'characterNotInRepertoire') throw error;
      throw new QueryError(
        'characterNotInRepertoire',
        `a text of source "${this.#source}" is not valid UTF-8`,
        { cause: error, hint: 'Convert it in a view of the source.' },
      );
    }
  }

  #decode(from: number, fields: number): number {
    const readers = this.#readers;
    // A query without columns sends one that says nothing.
    if (fields !== Math.max(1, readers.length)) {
      throw new QueryError(
        'sourceError',
        `source "${this.#source}" sent ${fields} columns instead of ${readers.length}`,
      );
    }
    const row = this.#row;
    let at = from;
    for (let index = 0; index < fields; index++) {
      const length = this.#received.view.getInt32(at);
      at += 4;
      const column = this.#table.columns[index];
      if (column === undefined) {
        throw new QueryError('internalError', 'a loaded table has fewer columns than its rows');
      }
      if (length === NULL_FIELD) {
        column.setNull(row);
        continue;
      }
      const read = readers[index];
      if (read === undefined) column.setNull(row);
      else this.#value(read, at, length, index);
      at += length;
    }
    this.rows += 1;
    this.#row += 1;
    if (this.#row === LOADED_ROWS) this.#append();
    return at;
  }

  #value(read: ValueReader, at: number, length: number, index: number): void {
    const column = this.#table.columns[index];
    if (column === undefined) return;
    try {
      read(this.#received, at, length, column, this.#row);
    } catch (error) {
      if (!(error instanceof UnreadableValue)) throw error;
      throw new QueryError(
        'dataException',
        `column "${this.#columns[index]?.name ?? ''}" of source "${this.#source}" holds a value that cannot be read: ${error.shown} ${error.reason}`,
      );
    }
  }
}

/** Columns that are a table's own: their values must not be rounded, while computed ones have the digits the plan gives them. */
export function storedColumns(plan: Plan): ReadonlySet<number> {
  const ids = new Set<number>();
  visitPlan(plan, {
    plan(node) {
      if (node.kind === 'scan') node.columns.forEach(({ id }) => ids.add(id));
    },
  });
  return ids;
}
