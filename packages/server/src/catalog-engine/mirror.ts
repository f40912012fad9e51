import type { CatalogSnapshot } from '@tributary/catalog';
import { QueryError } from '@tributary/sql';
import { MirrorThread, cancellation } from './mirror-thread.ts';
import { mirrorChanges, mirrorContents } from './mirror-plan.ts';
import type { MirrorContents } from './mirror-plan.ts';
import type { TaskResults, WorkerTask } from './worker-protocol.ts';

/** The part of pino's logger that mirrors use. */
export interface MirrorLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface MirrorLimits {
  readonly statementMs: number;
  /** Of starting PostgreSQL, and of each round of mirroring. */
  readonly startMs: number;
  readonly waiting: number;
}

const NOTHING: MirrorContents = new Map();

interface Live {
  readonly thread: MirrorThread;
  contents: MirrorContents;
  version: number;
}

/**
 * The mirror of one database: statements one after another over a thread that is started when first needed, brought up to the
 * catalog's version before a statement, and replaced after a statement that had to be stopped.
 */
export class Mirror {
  readonly #database: string;
  readonly #limits: MirrorLimits;
  readonly #logger: MirrorLogger;
  readonly #closing = new AbortController();
  #live: Live | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #volatileFunctions: ReadonlySet<string> = new Set();

  constructor(database: string, limits: MirrorLimits, logger: MirrorLogger) {
    this.#database = database;
    this.#limits = limits;
    this.#logger = logger;
  }

  get idle(): boolean {
    return this.#waiting === 0;
  }

  /** Known once a statement has run. */
  get volatileFunctions(): ReadonlySet<string> {
    return this.#volatileFunctions;
  }

  /** Starts and mirrors ahead of the first statement. */
  warm(snapshot: CatalogSnapshot): Promise<void> {
    return this.#inTurn(this.#closing.signal, async () => {
      await this.#upToDate(snapshot);
    });
  }

  run<T extends Exclude<WorkerTask, { kind: 'apply' }>>(
    task: T,
    snapshot: CatalogSnapshot,
    signal: AbortSignal,
  ): Promise<TaskResults[T['kind']]> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    return this.#inTurn(either, async () => {
      const { thread } = await this.#upToDate(snapshot);
      return thread.run(task, this.#limits.statementMs, either);
    });
  }

  async close(): Promise<void> {
    this.#closing.abort(new QueryError('adminShutdown', 'the system catalogs are shutting down'));
    await this.#tail;
    await this.#live?.thread.stop();
    this.#live = undefined;
  }

  /** Waits for its turn and does the work. Who is cancelled leaves at once; the work is then not begun, or told so itself. */
  #inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.#limits.waiting) {
      return Promise.reject(
        new QueryError(
          'configurationLimitExceeded',
          'too many statements wait for the system catalogs',
          { hint: 'Try again later.' },
        ),
      );
    }
    this.#waiting += 1;
    const turn = this.#tail.then(() => {
      if (signal.aborted) {
        throw cancellation(signal);
      }
      return work();
    });
    this.#tail = turn
      .catch(() => undefined)
      .then(() => {
        this.#waiting -= 1;
      });
    return new Promise<T>((resolve, reject) => {
      const onAbort = (): void => reject(cancellation(signal));
      if (signal.aborted) {
        onAbort();
      }
      signal.addEventListener('abort', onAbort, { once: true });
      turn
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', onAbort))
        .catch(() => undefined);
    });
  }

  /** Cancelling a statement must not stop a start or a round of mirroring, which others wait for as well. */
  async #upToDate(snapshot: CatalogSnapshot): Promise<Live> {
    const live = this.#live?.thread.alive === true ? this.#live : await this.#start();
    // A transaction's older snapshot reads the newer mirror: going back and forth would serve nobody.
    if (live.version < snapshot.version) {
      const next = mirrorContents(snapshot, this.#database);
      const changes = mirrorChanges(live.contents, next);
      const statements = changes.databases.length + changes.objects.length;
      if (statements > 0) {
        const started = performance.now();
        const failed = await live.thread.run(
          { kind: 'apply', changes },
          this.#limits.startMs,
          this.#closing.signal,
        );
        for (const reason of failed) {
          this.#logger.warn({ database: this.#database, reason }, 'not shown in system catalogs');
        }
        this.#logger.info(
          {
            database: this.#database,
            version: snapshot.version,
            statements,
            ms: Math.round(performance.now() - started),
          },
          'system catalogs mirrored',
        );
      }
      live.contents = next;
      live.version = snapshot.version;
    }
    return live;
  }

  async #start(): Promise<Live> {
    this.#live = undefined;
    const started = performance.now();
    const { thread, volatileFunctions } = await MirrorThread.start(
      this.#database,
      this.#limits.startMs,
      this.#closing.signal,
    );
    this.#volatileFunctions = new Set(volatileFunctions);
    this.#logger.info(
      { database: this.#database, ms: Math.round(performance.now() - started) },
      'system catalogs started',
    );
    this.#live = { thread, contents: NOTHING, version: -1 };
    return this.#live;
  }
}
