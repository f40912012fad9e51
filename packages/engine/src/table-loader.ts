import type {
  DuckDBAppender,
  DuckDBConnection,
  DuckDBDataChunk,
  DuckDBType,
} from '@duckdb/node-api';
import { QueryError } from '@tributary/sql';
import { LOADED } from './locked-instance.ts';
import { ColumnBuffer } from './column-buffer.ts';
import type { LoadedColumn, TableLoader } from './engine.ts';
import { wrapNativeError } from './native-error.ts';
import { LOADED_ROWS, takeChunk } from './row-chunks.ts';

let nextTable = 1;

/** A table in the engine's memory (which spills like any other) that rows from outside are appended to. */
export class EngineTable implements TableLoader {
  readonly name: string;
  readonly #connection: DuckDBConnection;
  readonly #types: readonly DuckDBType[];
  readonly #released: (table: EngineTable) => void;
  #appender: DuckDBAppender | undefined;
  #dropped: Promise<void> | undefined;
  #columns: readonly ColumnBuffer[] | undefined;

  private constructor(
    name: string,
    connection: DuckDBConnection,
    appender: DuckDBAppender,
    released: (table: EngineTable) => void,
  ) {
    this.name = name;
    this.#connection = connection;
    this.#appender = appender;
    this.#released = released;
    this.#types = Array.from({ length: appender.columnCount }, (_, index) =>
      appender.columnType(index),
    );
  }

  /** Made when they are asked for: whoever appends chunks needs none. */
  get columns(): readonly ColumnBuffer[] {
    this.#columns ??= this.#types.map((type) => new ColumnBuffer(type, LOADED_ROWS));
    return this.#columns;
  }

  /** Creates the table over a connection of its own, which lives as long. `released` is called once it is dropped. */
  static async create(
    connection: DuckDBConnection,
    columns: readonly LoadedColumn[],
    released: (table: EngineTable) => void,
  ): Promise<EngineTable> {
    const table = `loaded_${nextTable++}`;
    try {
      const list = columns.map(({ name, type }) => `${name} ${type}`).join(', ');
      await connection.run(`CREATE TABLE ${LOADED}.main.${table} (${list})`);
      const appender = await connection.createAppender(table, 'main', LOADED);
      return new EngineTable(`${LOADED}.main.${table}`, connection, appender, released);
    } catch (error) {
      connection.disconnectSync();
      throw wrapNativeError(error);
    }
  }

  append(rows: number): void {
    this.appendChunk(takeChunk(this.columns, rows));
  }

  appendChunk(chunk: DuckDBDataChunk): void {
    if (this.#appender === undefined) {
      throw new QueryError('internalError', 'rows were appended to a table that is finished');
    }
    try {
      this.#appender.appendDataChunk(chunk);
    } catch (error) {
      throw wrapNativeError(error);
    }
  }

  finish(): void {
    const appender = this.#appender;
    this.#appender = undefined;
    try {
      appender?.closeSync();
    } catch (error) {
      throw wrapNativeError(error);
    }
  }

  drop(): Promise<void> {
    this.#dropped ??= this.#drop();
    return this.#dropped;
  }

  async #drop(): Promise<void> {
    try {
      const appender = this.#appender;
      this.#appender = undefined;
      appender?.clear();
      appender?.closeSync();
    } catch {
      // Rows that nobody waits for any more.
    }
    try {
      await this.#connection.run(`DROP TABLE IF EXISTS ${this.name}`);
    } catch (error) {
      throw wrapNativeError(error);
    } finally {
      this.#connection.disconnectSync();
      this.#released(this);
    }
  }
}
