import type { CatalogSnapshot } from '@tributary/catalog';
import { QueryError } from '@tributary/sql';
import { MirrorLane } from './mirror-lane.ts';
import { cancellation } from './mirror-thread.ts';
import type { MirrorLimits, MirrorLogger, MirrorScope } from './mirror-lane.ts';
import type { TaskResults, WorkerStart, WorkerTask } from './worker-protocol.ts';

interface Waiter {
  readonly take: (lane: MirrorLane) => void;
}

/**
 * The mirror of one database. Statements wait for the first lane that is free. A second one is made ready when the first is busy, so
 * that a long statement holds up the short ones for a second at most, and it ends when nobody needs it any more.
 */
export class Mirror {
  readonly #start: WorkerStart;
  readonly #limits: MirrorLimits;
  readonly #logger: MirrorLogger;
  readonly #closing = new AbortController();
  readonly #first: MirrorLane;
  #spare: MirrorLane | undefined;
  readonly #free = new Set<MirrorLane>();
  readonly #waiters: Waiter[] = [];
  #statements = 0;
  #spareTimer: NodeJS.Timeout | undefined;

  constructor(start: WorkerStart, limits: MirrorLimits, logger: MirrorLogger) {
    this.#start = start;
    this.#limits = limits;
    this.#logger = logger;
    this.#first = this.#lane();
    this.#free.add(this.#first);
  }

  get idle(): boolean {
    return this.#statements === 0;
  }

  /** Known once a statement has run. */
  get volatileFunctions(): ReadonlySet<string> {
    return this.#first.volatileFunctions;
  }

  /** Starts and mirrors ahead of the first statement. */
  warm(snapshot: CatalogSnapshot): Promise<void> {
    return this.#first.warm(snapshot);
  }

  async run<T extends Exclude<WorkerTask, { kind: 'apply' }>>(
    task: T,
    scope: MirrorScope,
    signal: AbortSignal,
  ): Promise<TaskResults[T['kind']]> {
    if (this.#statements >= this.#limits.waiting) {
      throw new QueryError(
        'configurationLimitExceeded',
        'too many statements wait for the system catalogs',
        { hint: 'Try again later.' },
      );
    }
    this.#statements += 1;
    try {
      const lane = await this.#take(
        scope.snapshot,
        AbortSignal.any([signal, this.#closing.signal]),
      );
      try {
        return await lane.run(task, scope, signal);
      } finally {
        this.#give(lane);
      }
    } finally {
      this.#statements -= 1;
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#spareTimer);
    this.#closing.abort(new QueryError('adminShutdown', 'the system catalogs are shutting down'));
    await Promise.all([this.#first.stop(), this.#spare?.stop()]);
  }

  #lane(): MirrorLane {
    return new MirrorLane(this.#start, this.#limits, this.#logger, this.#closing.signal);
  }

  /** A lane that nobody has, the first one by preference. */
  #take(snapshot: CatalogSnapshot, signal: AbortSignal): Promise<MirrorLane> {
    for (const lane of [this.#first, this.#spare]) {
      if (lane !== undefined && this.#free.delete(lane)) {
        if (lane === this.#spare) this.#keepSpare();
        return Promise.resolve(lane);
      }
    }
    this.#makeSpare(snapshot);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        take: (lane) => {
          signal.removeEventListener('abort', onAbort);
          resolve(lane);
        },
      };
      const onAbort = (): void => {
        const place = this.#waiters.indexOf(waiter);
        if (place >= 0) this.#waiters.splice(place, 1);
        reject(cancellation(signal));
      };
      if (signal.aborted) {
        onAbort();
        return;
      }
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
    });
  }

  #give(lane: MirrorLane): void {
    if (lane !== this.#first && lane !== this.#spare) return;
    const next = this.#waiters.shift();
    if (next === undefined) this.#free.add(lane);
    else next.take(lane);
  }

  #makeSpare(snapshot: CatalogSnapshot): void {
    // Before the first one answers, another would only take its processor time.
    if (this.#spare !== undefined || !this.#first.ready || this.#closing.signal.aborted) {
      return;
    }
    const spare = this.#lane();
    this.#spare = spare;
    this.#keepSpare();
    spare.warm(snapshot).then(
      () => this.#give(spare),
      (error: unknown) => {
        if (this.#closing.signal.aborted) return;
        const { database } = this.#start;
        this.#logger.warn({ err: error, database }, 'a second mirror did not start');
        if (this.#spare === spare) this.#endSpare();
      },
    );
  }

  #keepSpare(): void {
    clearTimeout(this.#spareTimer);
    this.#spareTimer = setTimeout(() => this.#endSpare(), this.#limits.spareMs);
    this.#spareTimer.unref();
  }

  /** What runs there comes to its end. */
  #endSpare(): void {
    const spare = this.#spare;
    if (spare === undefined) return;
    this.#spare = undefined;
    this.#free.delete(spare);
    spare.stop().catch((error: unknown) => {
      this.#logger.warn({ err: error }, 'a second mirror did not stop');
    });
  }
}
