import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { QueryError } from '@tributary/sql';
import type { FillOptions, PostgresTransaction } from './engine.ts';
import { interruptible } from './interruptible.ts';
import { wrapNativeError } from './native-error.ts';
import { quoteLiteral } from './quote-literal.ts';

/** A transaction of an attached PostgreSQL over a connection of the engine that is its own. */
export class AttachedTransaction implements PostgresTransaction {
  readonly #connection: DuckDBConnection;
  readonly #database: string;
  readonly #signal: AbortSignal;
  #open = true;

  private constructor(connection: DuckDBConnection, database: string, signal: AbortSignal) {
    this.#connection = connection;
    this.#database = database;
    this.#signal = signal;
  }

  static async begin(
    connection: DuckDBConnection,
    database: string,
    signal: AbortSignal,
  ): Promise<AttachedTransaction> {
    try {
      await interruptible(connection, { signal }, () => connection.run('BEGIN TRANSACTION'));
      return new AttachedTransaction(connection, database, signal);
    } catch (error) {
      connection.disconnectSync();
      throw wrapNativeError(error, signal);
    }
  }

  async execute(text: string): Promise<void> {
    const call = `CALL postgres_execute(${quoteLiteral(this.#database)}, ${quoteLiteral(text)})`;
    await this.#interruptible(() => this.#connection.run(call));
  }

  async row(text: string): Promise<readonly DuckDBValue[]> {
    const reader = await this.#interruptible(() =>
      this.#connection.runAndReadAll(`SELECT * FROM ${this.#query(text)}`),
    );
    return reader.getRows()[0] ?? [];
  }

  async fill({ table, types, text }: FillOptions): Promise<number> {
    await this.#checkTypes([...types, 'BOOLEAN'], text);
    const names = types.map((_, index) => `f${index}`);
    const list = [...names, 'unreadable'].join(', ');
    const insert = `INSERT INTO ${table} SELECT ${names.join(', ')} FROM ${this.#query(text)} AS r(${list})
      WHERE CASE WHEN unreadable THEN error('a value cannot be read') ELSE true END`;
    const result = await this.#interruptible(() => this.#connection.run(insert));
    return result.rowsChanged;
  }

  async close(commit: boolean): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    try {
      await this.#connection.run(commit ? 'COMMIT' : 'ROLLBACK');
    } catch (error) {
      if (commit) throw wrapNativeError(error, this.#signal);
    } finally {
      this.#connection.disconnectSync();
    }
  }

  /** An INSERT would cast where the extension chose another type, and a cast may round. */
  async #checkTypes(expected: readonly string[], text: string): Promise<void> {
    const prepared = await this.#interruptible(() =>
      this.#connection.prepare(`SELECT * FROM ${this.#query(text)}`),
    );
    try {
      const found = Array.from({ length: prepared.columnCount }, (_, index) =>
        prepared.columnType(index).toString(),
      );
      if (found.join() === expected.join()) return;
      throw new QueryError(
        'internalError',
        `the extension reads ${found.join(', ')} where ${expected.join(', ')} is stored`,
      );
    } finally {
      prepared.destroySync();
    }
  }

  #query(text: string): string {
    return `postgres_query(${quoteLiteral(this.#database)}, ${quoteLiteral(text)})`;
  }

  #interruptible<T>(operation: () => Promise<T>): Promise<T> {
    return interruptible(this.#connection, { signal: this.#signal }, operation);
  }
}
