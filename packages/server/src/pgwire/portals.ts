import type { PreparedStatement, StatementResult } from '@tributary/planner';
import type { PlanColumn } from '@tributary/sql';
import { QueryError } from '@tributary/sql';
import type { TextStyle } from './cell.ts';
import type { Format } from './codes.ts';
import { DataRows } from './data-rows.ts';
import type { RowFormat } from './row-format.ts';
import type { RowReader } from './row-cursor.ts';
import { RowCursor } from './row-cursor.ts';

/** Portals a connection may hold, cursors among them. */
const MAX_PORTALS = 10_000;

/** What a portal's statement has begun to answer. */
export interface Execution {
  readonly tag: string;
  readonly columns: readonly PlanColumn[];
  readonly formats: readonly Format[];
  readonly reader: RowReader;
  readonly format: RowFormat;
}

/** The rows of DECLARE CURSOR. FETCH reads on from where the last one ended. */
export interface Cursor {
  readonly rows: RowCursor;
  readonly columns: readonly PlanColumn[];
  readonly binary: boolean;
  readonly hold: boolean;
  /** How a FETCH writes rows; the same object as before while it writes alike, so that nothing is prepared again. */
  formatFor(formats: readonly Format[], style: TextStyle): RowFormat;
}

function rowFormats(columns: readonly PlanColumn[]): Cursor['formatFor'] {
  let last: { readonly key: string; readonly format: RowFormat } | undefined;
  return (formats, style) => {
    const key = JSON.stringify([formats, style]);
    if (last?.key !== key) last = { key, format: new DataRows(columns, formats, style) };
    return last.format;
  };
}

/** A statement with its parameters, ready to run: made by Bind, or by DECLARE CURSOR. */
export interface Portal {
  /** undefined: an empty statement. */
  readonly prepared: PreparedStatement | undefined;
  readonly parameters: readonly (string | null)[];
  readonly formats: readonly Format[];
  /** One for all its Executes: the statement behind a suspended portal goes on under it. */
  readonly abort: AbortController;
  execution?: Execution;
  /** A command that has run, or a result that was read to its end. */
  finished: boolean;
  /** Of a portal that DECLARE CURSOR made. */
  readonly cursor?: Cursor;
  /** The transaction that made it has been committed: a cursor WITH HOLD stays. */
  settled?: true;
}

/** The portals of one connection, which SQL calls cursors: one set of names for both, and one life, that of a transaction. */
export class Portals {
  readonly #byName = new Map<string, Portal & { readonly serial: number }>();
  #made = 0;
  #savepoints: { readonly name: string; readonly made: number }[] = [];

  get(name: string): Portal | undefined {
    return this.#byName.get(name);
  }

  /** @throws QueryError duplicateCursor, configurationLimitExceeded */
  add(name: string, portal: Portal): void {
    if (this.#byName.has(name)) {
      throw new QueryError('duplicateCursor', `cursor "${name}" already exists`);
    }
    if (this.#byName.size >= MAX_PORTALS) {
      throw new QueryError(
        'configurationLimitExceeded',
        `a connection may hold at most ${MAX_PORTALS} portals: close some`,
      );
    }
    this.#made += 1;
    this.#byName.set(name, Object.assign(portal, { serial: this.#made }));
  }

  /** Makes a cursor of a result; its rows are read by FETCH. */
  declare(
    name: string,
    prepared: PreparedStatement,
    result: StatementResult,
    abort: AbortController,
    style: TextStyle,
  ): void {
    if (result.kind === 'command' || result.delivery?.kind !== 'cursor') {
      throw new QueryError('internalError', 'a cursor was declared without rows');
    }
    const { binary, hold } = result.delivery;
    const { columns } = result;
    const formats = columns.map((): Format => (binary ? 1 : 0));
    const rows = new RowCursor(result);
    const formatFor = rowFormats(columns);
    const format = formatFor(formats, style);
    this.add(name, {
      prepared: { ...prepared, columns },
      parameters: [],
      formats,
      abort,
      execution: { tag: 'SELECT', columns, formats, reader: rows, format },
      finished: false,
      cursor: { rows, columns, binary, hold, formatFor },
    });
  }

  async close(name: string): Promise<void> {
    const portal = this.#byName.get(name);
    this.#byName.delete(name);
    await portal?.execution?.reader.close();
  }

  async closeAll(): Promise<void> {
    for (const name of [...this.#byName.keys()]) await this.close(name);
  }

  /** Portals end with their transaction; cursors WITH HOLD only where it is undone. */
  async endTransaction(committed: boolean): Promise<void> {
    this.#savepoints = [];
    for (const [name, portal] of [...this.#byName]) {
      if (portal.cursor?.hold === true && (committed || portal.settled === true)) {
        portal.settled = true;
      } else await this.close(name);
    }
  }

  savepoint(name: string): void {
    this.#savepoints.push({ name, made: this.#made });
  }

  releaseSavepoint(name: string): void {
    this.#savepoints.length = this.#place(name);
  }

  /** What was made after the savepoint goes with it. */
  async rollbackTo(name: string): Promise<void> {
    const place = this.#place(name);
    const made = this.#savepoints[place]?.made ?? this.#made;
    this.#savepoints.length = Math.min(this.#savepoints.length, place + 1);
    for (const [each, portal] of [...this.#byName]) {
      if (portal.serial > made) await this.close(each);
    }
  }

  #place(name: string): number {
    const place = this.#savepoints.findLastIndex((each) => each.name === name);
    return place < 0 ? this.#savepoints.length : place;
  }
}
