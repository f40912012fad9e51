import { QueryError } from '@tributary/sql';

interface Waiter {
  readonly admit: () => void;
  readonly refuse: (reason: QueryError) => void;
}

/** A place taken in the queue; give it back exactly once. */
export type Release = () => void;

/** The error a cancelled statement fails with: the signal's own reason where that is a QueryError (a timeout). */
export function cancellation(signal: AbortSignal | undefined, cause?: unknown): QueryError {
  const reason: unknown = signal?.reason;
  if (reason instanceof QueryError) return reason;
  return new QueryError(
    'queryCanceled',
    'canceling statement due to user request',
    cause === undefined ? {} : { cause },
  );
}

/** Admits at most `limit` holders at once; the others wait in the order they came. */
export class AdmissionQueue {
  readonly #limit: number;
  readonly #waiters = new Set<Waiter>();
  readonly #idle: (() => void)[] = [];
  #running = 0;
  #closed = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** @throws QueryError queryCanceled when `signal` aborts first, adminShutdown after `close`. */
  async enter(signal?: AbortSignal): Promise<Release> {
    if (this.#closed) throw closing();
    if (signal?.aborted) throw cancellation(signal);
    if (this.#running < this.#limit) {
      this.#running += 1;
      return this.#release();
    }
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        this.#waiters.delete(waiter);
        reject(cancellation(signal));
      };
      const waiter: Waiter = {
        admit: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        refuse: (reason) => {
          signal?.removeEventListener('abort', onAbort);
          reject(reason);
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
    return this.#release();
  }

  /** Refuses everyone who waits and all who come later; resolves when nobody holds a place. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiters) waiter.refuse(closing());
    this.#waiters.clear();
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #release(): Release {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const [next] = this.#waiters;
      if (next !== undefined) {
        // The place passes on without being free in between, so that a newcomer cannot overtake.
        this.#waiters.delete(next);
        next.admit();
        return;
      }
      this.#running -= 1;
      if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
    };
  }
}

function closing(): QueryError {
  return new QueryError('adminShutdown', 'the server is shutting down');
}
