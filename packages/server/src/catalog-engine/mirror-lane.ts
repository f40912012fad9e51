import { NO_GRANTS } from '@tributary/catalog';
import type { CatalogSnapshot, Grants } from '@tributary/catalog';
import type { CatalogScope } from '@tributary/planner';
import { NO_CONTENTS, hiddenFrom, mirrorChanges, mirrorContents } from './mirror-plan.ts';
import type { MirrorContents } from './mirror-plan.ts';
import type { MirrorChanges } from './mirrored.ts';
import { MirrorThread, cancellation } from './mirror-thread.ts';
import type { TaskResults, WorkerStart, WorkerTask } from './worker-protocol.ts';

/** The part of pino's logger that mirrors use. */
export interface MirrorLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Whose statement runs over which catalog. */
export type MirrorScope = Pick<CatalogScope, 'snapshot' | 'reader'>;

export interface MirrorLimits {
  readonly statementMs: number;
  /** Of starting PostgreSQL, and of each part of mirroring. */
  readonly startMs: number;
  readonly waiting: number;
  /** What is hidden from a reader stays hidden for its next statements so long; 0: each hides it anew. */
  readonly keepHiddenMs: number;
  /** A second thread ends after so long without a statement. */
  readonly spareMs: number;
}

interface Live {
  readonly thread: MirrorThread;
  contents: MirrorContents;
  /** Of what is mirrored. */
  grants: Grants;
  version: number;
}

/**
 * Statements one after another over one mirror of a database: a thread that is started when first needed, brought up to the
 * catalog's version before a statement, and replaced after a statement that had to be stopped.
 */
export class MirrorLane {
  readonly #start: WorkerStart;
  readonly #limits: MirrorLimits;
  readonly #logger: MirrorLogger;
  readonly #closing: AbortSignal;
  #live: Live | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #volatileFunctions: ReadonlySet<string> = new Set();

  constructor(
    start: WorkerStart,
    limits: MirrorLimits,
    logger: MirrorLogger,
    closing: AbortSignal,
  ) {
    this.#start = start;
    this.#limits = limits;
    this.#logger = logger;
    this.#closing = closing;
  }

  /** Whether it has begun to answer, and has not been stopped since. */
  get ready(): boolean {
    return this.#live?.thread.alive === true && this.#live.version >= 0;
  }

  /** Known once a statement has run. */
  get volatileFunctions(): ReadonlySet<string> {
    return this.#volatileFunctions;
  }

  /** Starts and mirrors ahead of the first statement. */
  warm(snapshot: CatalogSnapshot): Promise<void> {
    return this.#inTurn(this.#closing, async () => {
      await this.#upToDate(snapshot);
    });
  }

  run<T extends Exclude<WorkerTask, { kind: 'apply' }>>(
    task: T,
    { snapshot, reader }: MirrorScope,
    signal: AbortSignal,
  ): Promise<TaskResults[T['kind']]> {
    const either = AbortSignal.any([signal, this.#closing]);
    return this.#inTurn(either, async () => {
      const { thread, contents, grants } = await this.#upToDate(snapshot);
      // By the grants of what is mirrored, which may be newer than the statement's snapshot.
      const hidden = hiddenFrom(contents, { snapshot: { grants }, reader });
      const seen =
        hidden === undefined ? task : { ...task, environment: { ...task.environment, hidden } };
      return thread.run(seen, this.#limits.statementMs, either);
    });
  }

  /** Waits for what runs, then stops the thread. */
  async stop(): Promise<void> {
    await this.#tail;
    await this.#live?.thread.stop();
    this.#live = undefined;
  }

  /** Waits for its turn and does the work. Who is cancelled leaves at once; the work is then not begun, or told so itself. */
  #inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(() => {
      if (signal.aborted) {
        throw cancellation(signal);
      }
      return work();
    });
    this.#tail = turn.catch(() => undefined);
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
    const { database } = this.#start;
    if (this.#live?.thread.alive !== true) {
      const starting = this.#startThread();
      // Made while the thread starts, which tells of its own failure below.
      starting.catch(() => undefined);
      const contents = mirrorContents(snapshot, database);
      const started = await starting;
      await this.#mirror(started, snapshot, contents);
      return started;
    }
    const live = this.#live;
    // A transaction's older snapshot reads the newer mirror: going back and forth would serve nobody.
    if (live.version < snapshot.version) {
      await this.#mirror(live, snapshot, mirrorContents(snapshot, database));
    }
    return live;
  }

  async #mirror(live: Live, snapshot: CatalogSnapshot, next: MirrorContents): Promise<void> {
    const { database } = this.#start;
    const started = performance.now();
    const warn = (reason: string): void =>
      this.#logger.warn({ database, reason }, 'not shown in system catalogs');
    let relations = 0;
    let parts = 0;
    // Half of a round would be neither catalog: the thread is not used again unless all of it arrives.
    live.version = -1;
    let running: Promise<void> = Promise.resolve();
    for (const changes of mirrorChanges(live.contents, next)) {
      // The thread works on one part while the next one is made.
      await running;
      running = this.#apply(live.thread, changes).then((failed) => failed.forEach(warn));
      relations += changes.relations.length;
      parts += 1;
    }
    await running;
    next.hidden.filter((reason) => !live.contents.hidden.includes(reason)).forEach(warn);
    live.contents = next;
    live.grants = snapshot.grants;
    live.version = snapshot.version;
    if (parts > 0) {
      const ms = Math.round(performance.now() - started);
      const { version } = snapshot;
      this.#logger.info({ database, version, relations, ms }, 'system catalogs mirrored');
    }
  }

  async #apply(thread: MirrorThread, changes: MirrorChanges): Promise<readonly string[]> {
    try {
      return await thread.run({ kind: 'apply', changes }, this.#limits.startMs, this.#closing);
    } catch (error) {
      await thread.stop();
      throw error;
    }
  }

  async #startThread(): Promise<Live> {
    this.#live = undefined;
    const started = performance.now();
    const { thread, volatileFunctions } = await MirrorThread.start(
      this.#start,
      this.#limits.startMs,
      this.#closing,
    );
    this.#volatileFunctions = new Set(volatileFunctions);
    const ms = Math.round(performance.now() - started);
    this.#logger.info({ database: this.#start.database, ms }, 'system catalogs started');
    this.#live = { thread, contents: NO_CONTENTS, grants: NO_GRANTS, version: -1 };
    return this.#live;
  }
}
