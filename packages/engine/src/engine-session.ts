import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { QueryError } from '@tributary/sql';
import { AdmissionQueue } from './admission-queue.ts';
import type { EngineSession, PostgresTransaction, SessionWatcher } from './engine.ts';
import { interruptible } from './interruptible.ts';
import { wrapNativeError } from './native-error.ts';
import { quoteLiteral } from './quote-literal.ts';

/**
 * A connection of the engine in a read-only transaction. Of each attached PostgreSQL it can begin as many transactions as the database has
 * names: each name has one connection.
 */
export class ConnectionSession implements EngineSession {
  readonly connection: DuckDBConnection;
  readonly signal: AbortSignal;
  readonly #names: ReadonlyMap<string, string[]>;
  /** Queries that are opened side by side take turns on the connection. */
  readonly #turns = new AdmissionQueue(1);
  readonly #watchers: SessionWatcher[] = [];
  #released: () => void = () => undefined;
  #ended: Promise<void> | undefined;

  private constructor(
    connection: DuckDBConnection,
    names: ReadonlyMap<string, readonly string[]>,
    signal: AbortSignal,
  ) {
    this.connection = connection;
    this.#names = new Map([...names].map(([source, all]) => [source, [...all]]));
    this.signal = signal;
  }

  /** `released` is called once, also where this throws. */
  static async begin(
    connection: DuckDBConnection,
    names: ReadonlyMap<string, readonly string[]>,
    signal: AbortSignal,
    released: () => void,
  ): Promise<ConnectionSession> {
    const session = new ConnectionSession(connection, names, signal);
    try {
      await interruptible(connection, { signal }, () => connection.run('BEGIN TRANSACTION'));
    } catch (error) {
      released();
      throw wrapNativeError(error, signal);
    }
    session.#released = released;
    return session;
  }

  postgres(source: string): PostgresTransaction | undefined {
    const name = this.#names.get(source)?.pop();
    return name === undefined ? undefined : this.#transaction(name);
  }

  async fill(table: string, query: string): Promise<number> {
    const result = await this.#run((connection) =>
      connection.run(`INSERT INTO ${table} FROM ${query}`),
    );
    return result.rowsChanged;
  }

  async types(query: string): Promise<readonly string[]> {
    const prepared = await this.#run((connection) => connection.prepare(`FROM ${query}`));
    try {
      return Array.from({ length: prepared.columnCount }, (_, index) =>
        prepared.columnType(index).toString(),
      );
    } finally {
      prepared.destroySync();
    }
  }

  watch(watcher: SessionWatcher): void {
    this.#watchers.push(watcher);
  }

  close(commit = false): Promise<void> {
    this.#ended ??= this.#close(commit);
    return this.#ended;
  }

  async #close(commit: boolean): Promise<void> {
    for (const watcher of this.#watchers) watcher.ending(commit);
    await this.#turns.close();
    try {
      await this.connection.run(commit ? 'COMMIT' : 'ROLLBACK');
    } catch (error) {
      if (commit) {
        await this.connection.run('ROLLBACK').catch(() => undefined);
        throw wrapNativeError(error, this.signal);
      }
    } finally {
      this.#released();
      await Promise.all(this.#watchers.map((watcher) => watcher.ended()));
    }
  }

  #transaction(name: string): PostgresTransaction {
    const query = (text: string): string =>
      `postgres_query(${quoteLiteral(name)}, ${quoteLiteral(text)})`;
    return {
      query,
      execute: async (text) => {
        const call = `CALL postgres_execute(${quoteLiteral(name)}, ${quoteLiteral(text)})`;
        await this.#run((connection) => connection.run(call));
      },
      row: async (text): Promise<readonly DuckDBValue[]> => {
        const reader = await this.#run((connection) =>
          connection.runAndReadAll(`FROM ${query(text)}`),
        );
        return reader.getRows()[0] ?? [];
      },
    };
  }

  async #run<T>(operation: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    if (this.#ended !== undefined) {
      throw new QueryError('internalError', 'a session was used after its end');
    }
    const leave = await this.#turns.enter(this.signal);
    try {
      return await interruptible(this.connection, { signal: this.signal }, () =>
        operation(this.connection),
      );
    } finally {
      leave();
    }
  }
}
