import type { CatalogSnapshot } from '@tributary/catalog';
import { QueryError } from '@tributary/sql';
import { MirrorLane } from './mirror-lane.ts';
import type { MirrorLimits, MirrorLogger } from './mirror-lane.ts';
import type { TaskResults, WorkerStart, WorkerTask } from './worker-protocol.ts';

/** Each takes some hundred megabytes, and with ten thousand tables more than a gigabyte. */
const MOST_LANES = 2;

/**
 * The mirror of one database. A second lane is made ready when a statement finds the first one busy, so that a long statement does
 * not hold up the short ones for long, and it ends when nobody needs it any more.
 */
export class Mirror {
  readonly #start: WorkerStart;
  readonly #limits: MirrorLimits;
  readonly #logger: MirrorLogger;
  readonly #closing = new AbortController();
  readonly #first: MirrorLane;
  #lanes: readonly MirrorLane[];
  #spareTimer: NodeJS.Timeout | undefined;

  constructor(start: WorkerStart, limits: MirrorLimits, logger: MirrorLogger) {
    this.#start = start;
    this.#limits = limits;
    this.#logger = logger;
    this.#first = this.#lane();
    this.#lanes = [this.#first];
  }

  get idle(): boolean {
    return this.#lanes.every(({ waiting }) => waiting === 0);
  }

  /** Known once a statement has run. */
  get volatileFunctions(): ReadonlySet<string> {
    return this.#first.volatileFunctions;
  }

  /** Starts and mirrors ahead of the first statement. */
  warm(snapshot: CatalogSnapshot): Promise<void> {
    return this.#first.warm(snapshot);
  }

  run<T extends Exclude<WorkerTask, { kind: 'apply' }>>(
    task: T,
    snapshot: CatalogSnapshot,
    signal: AbortSignal,
  ): Promise<TaskResults[T['kind']]> {
    const waiting = this.#lanes.reduce((sum, lane) => sum + lane.waiting, 0);
    if (waiting >= this.#limits.waiting) {
      return Promise.reject(
        new QueryError(
          'configurationLimitExceeded',
          'too many statements wait for the system catalogs',
          { hint: 'Try again later.' },
        ),
      );
    }
    const lane = this.#leastBusy();
    if (lane.waiting > 0) {
      this.#makeSpare(snapshot);
    }
    if (lane !== this.#first) {
      this.#keepSpare();
    }
    return lane.run(task, snapshot, signal);
  }

  async close(): Promise<void> {
    clearTimeout(this.#spareTimer);
    this.#closing.abort(new QueryError('adminShutdown', 'the system catalogs are shutting down'));
    await Promise.all(this.#lanes.map((lane) => lane.stop()));
  }

  #lane(): MirrorLane {
    return new MirrorLane(this.#start, this.#limits, this.#logger, this.#closing.signal);
  }

  /** The first one also where it is not ready: it is the one that statements wait for. */
  #leastBusy(): MirrorLane {
    return this.#lanes
      .filter((lane) => lane === this.#first || lane.ready)
      .reduce((best, lane) => (lane.waiting < best.waiting ? lane : best));
  }

  #makeSpare(snapshot: CatalogSnapshot): void {
    if (this.#lanes.length >= MOST_LANES || !this.#first.ready || this.#closing.signal.aborted) {
      return;
    }
    const spare = this.#lane();
    this.#lanes = [...this.#lanes, spare];
    this.#keepSpare();
    spare.warm(snapshot).catch((error: unknown) => {
      if (!this.#closing.signal.aborted) {
        const { database } = this.#start;
        this.#logger.warn({ err: error, database }, 'a second mirror did not start');
        this.#lanes = [this.#first];
      }
    });
  }

  #keepSpare(): void {
    clearTimeout(this.#spareTimer);
    this.#spareTimer = setTimeout(() => this.#endSpare(), this.#limits.spareMs);
    this.#spareTimer.unref();
  }

  #endSpare(): void {
    const spares = this.#lanes.filter((lane) => lane !== this.#first);
    this.#lanes = [this.#first];
    for (const spare of spares) {
      spare.stop().catch((error: unknown) => {
        this.#logger.warn({ err: error }, 'a second mirror did not stop');
      });
    }
  }
}
