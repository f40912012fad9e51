import { setTimeout as delay } from 'node:timers/promises';
import { AdmissionQueue, cancellation } from '@tributary/engine';
import pg from 'pg';
import { APPLICATION_NAME, tlsOptions } from './postgres-config.ts';
import type { ConnectionTarget } from './postgres-config.ts';

/** A connection that is the holder's alone until it is given back. */
export interface Lease {
  readonly client: pg.Client;
  /** Asks the server to stop what the connection runs. Does not wait. */
  cancel(): void;
  /** `reusable`: false closes it. Idempotent. */
  release(reusable: boolean): void;
}

/** A backend of the source, and when the transaction that it must be in began (PostgreSQL's text). */
export interface BackendId {
  readonly pid: number;
  readonly since: string;
}

/** An idle connection is closed after this long. */
const IDLE_MS = 60_000;
const CANCEL_TIMEOUT_MS = 5_000;

interface Idle {
  readonly client: pg.Client;
  readonly timer: NodeJS.Timeout;
}

/** At most `size` connections to one source; who finds none free waits in order, cancellably. */
export class ConnectionPool {
  readonly #target: ConnectionTarget;
  readonly #connectTimeout: number;
  readonly #size: number;
  readonly #queue: AdmissionQueue;
  readonly #idle: Idle[] = [];
  readonly #leased = new Set<pg.Client>();
  #closed = false;

  constructor(target: ConnectionTarget, size: number, connectTimeout: number) {
    this.#target = target;
    this.#connectTimeout = connectTimeout;
    this.#size = size;
    this.#queue = new AdmissionQueue(size);
  }

  /** Connections that are open, in use or not. */
  get open(): number {
    return this.#leased.size + this.#idle.length;
  }

  /** Throws the driver's error where there is no connection; QueryError when `signal` aborts or the pool closes. */
  async lease(signal: AbortSignal): Promise<Lease> {
    const leave = await this.#queue.enter(signal);
    try {
      const client = this.#takeIdle() ?? (await this.#connect(signal));
      this.#leased.add(client);
      let held = true;
      return {
        client,
        cancel: () => void this.#cancel(client),
        release: (reusable) => {
          if (!held) return;
          held = false;
          this.#leased.delete(client);
          if (reusable && !this.#closed) this.#keep(client);
          else destroy(client);
          leave();
        },
      };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** A lease where a place is free now and a connection can be had; undefined: none. Throws QueryError when `signal` aborts. */
  async leaseAtOnce(signal: AbortSignal): Promise<Lease | undefined> {
    if (this.#queue.running >= this.#size) return undefined;
    return this.lease(signal).catch((error: unknown) => {
      if (signal.aborted) throw error;
      return undefined;
    });
  }

  /** A place for a connection that somebody else opens, where one is free now; to be given back. Throws QueryError when `signal` aborts. */
  async placeAtOnce(signal: AbortSignal): Promise<(() => void) | undefined> {
    if (this.#queue.running >= this.#size) return undefined;
    const leave = await this.#queue.enter(signal);
    if (this.#idle.length + this.#queue.running > this.#size) {
      const idle = this.#takeIdle();
      if (idle !== undefined) destroy(idle);
    }
    return leave;
  }

  /** Asks the source, over a connection beside the pool's, to stop what a backend of this user runs. Never throws. */
  async cancelBackend({ pid, since }: BackendId): Promise<void> {
    const timeout = AbortSignal.timeout(CANCEL_TIMEOUT_MS);
    const client = await this.#connect(timeout).catch(() => undefined);
    if (client === undefined) return;
    const onTimeout = (): void => destroy(client);
    timeout.addEventListener('abort', onTimeout, { once: true });
    try {
      // By then it may be another's: behind a pooler, or after the transaction's end.
      await client.query(
        'SELECT pg_catalog.pg_cancel_backend(pid) FROM pg_catalog.pg_stat_activity WHERE pid = $1 AND xact_start = $2::pg_catalog.timestamptz',
        [pid, since],
      );
    } catch {
      // Whoever cancels tries again.
    } finally {
      timeout.removeEventListener('abort', onTimeout);
      destroy(client);
    }
  }

  /** Cancels what runs and closes every connection. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { client, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      destroy(client);
    }
    for (const client of this.#leased) destroy(client);
    await this.#queue.close();
  }

  #takeIdle(): pg.Client | undefined {
    const idle = this.#idle.pop();
    if (idle === undefined) return undefined;
    clearTimeout(idle.timer);
    return idle.client;
  }

  #keep(client: pg.Client): void {
    const drop = (): void => {
      const index = this.#idle.findIndex((each) => each.client === client);
      if (index >= 0) this.#idle.splice(index, 1);
      destroy(client);
    };
    const timer = setTimeout(drop, IDLE_MS);
    timer.unref();
    this.#idle.push({ client, timer });
  }

  async #connect(signal: AbortSignal): Promise<pg.Client> {
    const { mode } = this.#target;
    try {
      return await this.#connectOnce(tlsOptions(this.#target), signal);
    } catch (error) {
      const message = error instanceof Error || hasMessage(error) ? error.message : '';
      if (mode !== 'prefer' || !/does not support SSL/.test(message)) throw error;
      return this.#connectOnce(undefined, signal);
    }
  }

  async #connectOnce(ssl: ReturnType<typeof tlsOptions>, signal: AbortSignal): Promise<pg.Client> {
    const client = this.#client(ssl);
    let lost = false;
    const onLoss = (): void => {
      lost = true;
      const index = this.#idle.findIndex((each) => each.client === client);
      const [idle] = index < 0 ? [] : this.#idle.splice(index, 1);
      clearTimeout(idle?.timer);
    };
    // A connection that nobody uses may be lost at any time; who uses it learns from the query.
    client.on('error', onLoss);
    client.on('end', onLoss);
    const onAbort = (): void => destroy(client);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await client.connect();
    } catch (error) {
      destroy(client);
      throw signal.aborted ? cancellation(signal, error) : error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
    if (signal.aborted || this.#closed || lost) {
      destroy(client);
      throw cancellation(signal);
    }
    return client;
  }

  #client(ssl: ReturnType<typeof tlsOptions>): pg.Client {
    const { host, port, user, password, database } = this.#target;
    return new pg.Client({
      host,
      port,
      user,
      database,
      // Undefined would let the driver look into the environment.
      password: password ?? '',
      ssl: ssl ?? false,
      application_name: APPLICATION_NAME,
      connectionTimeoutMillis: this.#connectTimeout,
      keepAlive: true,
    });
  }

  async #cancel(client: pg.Client): Promise<void> {
    const canceller = this.#client(undefined) as pg.Client & Canceller;
    const ended = new Promise<void>((resolve) => {
      canceller.connection.once('end', resolve);
      canceller.connection.once('error', () => resolve());
    });
    const { processID, secretKey } = client as pg.Client & BackendKey;
    // The server takes a request to cancel before any TLS or password, and answers by closing.
    canceller.connection.once('connect', () => canceller.connection.cancel(processID, secretKey));
    canceller.connection.connect(this.#target.port, this.#target.host);
    await Promise.race([ended, delay(CANCEL_TIMEOUT_MS, undefined, { ref: false })]);
    canceller.connection.stream.destroy();
  }
}

/** Parts of the driver that its declarations leave out. */
interface BackendKey {
  readonly processID: number;
  readonly secretKey: number;
}

interface Canceller {
  readonly connection: NodeJS.EventEmitter & {
    readonly stream: { destroy(): void };
    connect(port: number, host: string): void;
    cancel(processId: number, secretKey: number): void;
  };
}

function hasMessage(error: unknown): error is { readonly message: string } {
  return (
    typeof error === 'object' &&
    error !== null &&
    'message' in error &&
    typeof error.message === 'string'
  );
}

/** Closes without waiting: an open transaction ends with its connection. */
function destroy(client: pg.Client): void {
  const { connection } = client as pg.Client & Canceller;
  client.end().catch(() => undefined);
  connection.stream.destroy();
}
