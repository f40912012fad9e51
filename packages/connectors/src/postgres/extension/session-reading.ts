import { setTimeout as delay } from 'node:timers/promises';
import type { EngineSession, PostgresTransaction } from '@tributary/engine';
import type { BackendId, ConnectionPool } from '../connection-pool.ts';

/** A request to cancel is lost between two statements: it is repeated until the transaction has ended. */
const CANCEL_EVERY_MS = 100;

/** What a session reads of a source: it gives places of the source's pool back at its end, and stops what is read in vain. */
export class SessionReading {
  /** Nothing is read any more. */
  isRead = false;
  readonly #session: EngineSession;
  readonly #pool: ConnectionPool;
  readonly #backends: BackendId[] = [];
  readonly #places: (() => void)[] = [];
  readonly #cancelling: Promise<void>[] = [];
  #isOver = false;

  constructor(session: EngineSession, pool: ConnectionPool) {
    this.#session = session;
    this.#pool = pool;
    const { signal } = session;
    const stop = (): void => this.#cancelAll();
    signal.addEventListener('abort', stop, { once: true });
    session.watch({
      ending: (commit) => {
        if (!commit && !this.isRead) this.#cancelAll();
      },
      ended: async () => {
        this.#isOver = true;
        signal.removeEventListener('abort', stop);
        for (const leave of this.#places.splice(0)) leave();
        await Promise.all(this.#cancelling);
      },
    });
  }

  /** Transactions on as many connections as are free at this moment, `most` at most. */
  async begin(source: string, most: number): Promise<readonly PostgresTransaction[]> {
    const transactions: PostgresTransaction[] = [];
    while (transactions.length < most) {
      const place = await this.#pool.placeAtOnce(this.#session.signal);
      if (place === undefined) break;
      this.#places.push(place);
      const transaction = this.#session.postgres(source);
      if (transaction === undefined) break;
      transactions.push(transaction);
    }
    return transactions;
  }

  add(backend: BackendId): void {
    this.#backends.push(backend);
    if (this.#session.signal.aborted) this.#cancel(backend);
  }

  #cancelAll(): void {
    for (const backend of this.#backends.splice(0)) this.#cancel(backend);
  }

  #cancel(backend: BackendId): void {
    const repeat = async (): Promise<void> => {
      while (!this.#isOver) {
        await this.#pool.cancelBackend(backend);
        await delay(CANCEL_EVERY_MS, undefined, { ref: false });
      }
    };
    this.#cancelling.push(repeat());
  }
}
