import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { QueryError } from '@tributary/sql';
import { setMaxListeners } from 'node:events';
import { AdmissionQueue } from './admission-queue.ts';
import { ConnectionSession } from './engine-session.ts';
import type {
  AttachedPostgres,
  Engine,
  EngineConfig,
  EngineResult,
  EngineSession,
  EngineValue,
  ExtensionReport,
  LoadedColumn,
  RunOptions,
  TableLoader,
} from './engine.ts';
import type { LockedInstance } from './locked-instance.ts';
import { openLockedInstance, PREFETCH } from './locked-instance.ts';
import { wrapNativeError } from './native-error.ts';
import { Place } from './place.ts';
import { RunningStatement } from './running-statement.ts';
import { EngineTable } from './table-loader.ts';

/**
 * Opens the embedded engine and locks it. Statements beyond `maxConcurrent` wait in order; one whose rows nobody asks for
 * does not count, up to `maxParked` of them.
 *
 * @throws QueryError invalidConfiguration
 */
export async function createEngine(config: EngineConfig): Promise<Engine> {
  if (!Number.isInteger(config.maxConcurrent) || config.maxConcurrent < 1) {
    throw new QueryError('invalidConfiguration', 'maxConcurrent must be a whole number above 0');
  }
  return new DuckdbEngine(await openLockedInstance(config), config);
}

class DuckdbEngine implements Engine {
  readonly #locked: LockedInstance;
  readonly #idle: DuckDBConnection[];
  readonly #queue: AdmissionQueue;
  /** Statements that hold a connection, parked ones among them. */
  readonly #open = new Map<DuckDBConnection, RunningStatement>();
  /** Connections that read each column chunk of a local Parquet file at once. */
  readonly #prefetching = new WeakSet<DuckDBConnection>();
  /** Aborts every running statement when closing may wait no longer. */
  readonly #shutdown = new AbortController();
  readonly #sessions = new Map<DuckDBConnection, ConnectionSession>();
  readonly #loaded = new Set<EngineTable>();
  readonly #threads: number;
  readonly #concurrent: number;
  #closing: Promise<void> | undefined;

  constructor(locked: LockedInstance, { maxConcurrent, threads }: EngineConfig) {
    this.#locked = locked;
    this.#threads = threads;
    this.#concurrent = maxConcurrent;
    this.#idle = [...locked.connections];
    this.#queue = new AdmissionQueue(maxConcurrent);
    // Every open statement listens.
    setMaxListeners(0, this.#shutdown.signal);
  }

  async run(
    sql: string,
    parameters: readonly EngineValue[],
    options: RunOptions = {},
  ): Promise<EngineResult> {
    const place = await Place.enter(this.#queue, options.signal);
    const { session } = options;
    const own = session instanceof ConnectionSession ? session.connection : undefined;
    const connection = own ?? this.#idle.pop();
    if (connection === undefined) {
      place.leave();
      throw new QueryError(
        'configurationLimitExceeded',
        'too many results are kept open without being read',
        { hint: 'Close cursors and portals that are not needed any more, or try again later.' },
      );
    }
    const linked = linkSignals(options.signal, this.#shutdown.signal);
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      this.#open.delete(connection);
      linked.unlink();
      if (own === undefined) this.#idle.push(connection);
      place.leave();
    };
    try {
      await this.#prefetch(connection, options.smallFiles);
    } catch (error) {
      release();
      throw wrapNativeError(error, options.signal);
    }
    const statement = await RunningStatement.start(
      connection,
      sql,
      parameters,
      { ...options, signal: linked.signal },
      place,
      release,
    );
    this.#open.set(connection, statement);
    return statement;
  }

  async rows(
    sql: string,
    parameters: readonly EngineValue[],
    options: RunOptions = {},
  ): Promise<readonly (readonly DuckDBValue[])[]> {
    const result = await this.run(sql, parameters, options);
    const rows: DuckDBValue[][] = [];
    for await (const chunk of result.chunks()) chunk.appendToRows(rows);
    return rows;
  }

  async #prefetch(connection: DuckDBConnection, wanted: boolean | undefined): Promise<void> {
    if (wanted === undefined || wanted === this.#prefetching.has(connection)) return;
    await connection.run(`SET SESSION ${PREFETCH} = ${wanted}`);
    if (wanted) this.#prefetching.add(connection);
    else this.#prefetching.delete(connection);
  }

  async load(columns: readonly LoadedColumn[]): Promise<TableLoader> {
    if (this.#closing !== undefined) {
      throw new QueryError('adminShutdown', 'the server is shutting down');
    }
    const connection = await this.#locked.instance.connect();
    const table = await EngineTable.create(connection, columns, (dropped) =>
      this.#loaded.delete(dropped),
    );
    this.#loaded.add(table);
    return table;
  }

  postgres(source: string): AttachedPostgres | undefined {
    return this.#locked.postgres.has(source) ? { atOnce: this.#threads } : undefined;
  }

  async session(signal: AbortSignal): Promise<EngineSession | undefined> {
    if (this.#closing !== undefined) {
      throw new QueryError('adminShutdown', 'the server is shutting down');
    }
    // Statements that may run at once find a connection each, whatever sessions there are.
    if (this.#idle.length <= this.#concurrent) return undefined;
    const connection = this.#idle.pop();
    if (connection === undefined) return undefined;
    const linked = linkSignals(signal, this.#shutdown.signal);
    setMaxListeners(0, linked.signal);
    const { postgres } = this.#locked;
    const session = await ConnectionSession.begin(connection, postgres, linked.signal, () => {
      linked.unlink();
      this.#idle.push(connection);
      this.#sessions.delete(connection);
    });
    this.#sessions.set(connection, session);
    return session;
  }

  extensions(): readonly ExtensionReport[] {
    return this.#locked.extensions;
  }

  hasExtension(name: string): boolean {
    return this.#locked.extensions.some(
      (extension) => extension.name === name && extension.state === 'loaded',
    );
  }

  close(signal?: AbortSignal): Promise<void> {
    this.#closing ??= this.#close(signal);
    return this.#closing;
  }

  async #close(signal: AbortSignal | undefined): Promise<void> {
    const stop = () =>
      this.#shutdown.abort(new QueryError('adminShutdown', 'the server is shutting down'));
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
    try {
      await this.#queue.close();
    } finally {
      signal?.removeEventListener('abort', stop);
      await Promise.allSettled([...this.#sessions.values()].map((session) => session.close()));
      await Promise.allSettled([...this.#loaded].map((table) => table.drop()));
      for (const connection of this.#idle.splice(0)) connection.disconnectSync();
      this.#locked.instance.closeSync();
    }
  }
}

/** One signal that aborts when either does, without leaving listeners behind on the long-lived one. */
function linkSignals(
  own: AbortSignal | undefined,
  shutdown: AbortSignal,
): { readonly signal: AbortSignal; readonly unlink: () => void } {
  const controller = new AbortController();
  const forward = (from: AbortSignal) => () => controller.abort(from.reason);
  const links = [own, shutdown]
    .filter((signal) => signal !== undefined)
    .map((signal) => ({ signal, listener: forward(signal) }));
  for (const { signal, listener } of links) {
    if (signal.aborted) listener();
    else signal.addEventListener('abort', listener, { once: true });
  }
  const unlink = () => {
    for (const { signal, listener } of links) signal.removeEventListener('abort', listener);
  };
  return { signal: controller.signal, unlink };
}
