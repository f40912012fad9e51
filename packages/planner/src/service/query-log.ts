import { emptyStatistics } from './query-statistics.ts';
import type { QueryStatistics } from './query-statistics.ts';

export type QueryState = 'running' | 'succeeded' | 'failed' | 'cancelled';

/** One statement's life, as `tributary.queries` shows it. */
export interface QueryRecord {
  readonly id: number;
  readonly sessionId: number;
  readonly user: string;
  readonly application: string;
  readonly text: string;
  readonly startedAt: Date;
  readonly statistics: QueryStatistics;
  state: QueryState;
  /** Fraction done, 0 to 1, while the engine runs it and knows. */
  progress: number | undefined;
  finishedAt: Date | undefined;
  sqlstate: string | undefined;
}

const LONGEST_TEXT = 10_000;

/** Running statements and the last `capacity` finished ones; at most twice as many are held. */
export class QueryLog {
  readonly #running = new Map<number, QueryRecord>();
  readonly #finished: QueryRecord[] = [];
  readonly #capacity: number;
  #nextId = 1;
  /** Told of every finished statement. */
  onFinished: ((record: QueryRecord) => void) | undefined;

  constructor(capacity = 1000) {
    this.#capacity = capacity;
  }

  start(statement: Pick<QueryRecord, 'sessionId' | 'user' | 'application' | 'text'>): QueryRecord {
    const { sessionId, user, application, text } = statement;
    const record: QueryRecord = {
      sessionId,
      user,
      application,
      text: text.slice(0, LONGEST_TEXT),
      id: this.#nextId++,
      startedAt: new Date(),
      statistics: emptyStatistics(),
      state: 'running',
      progress: undefined,
      finishedAt: undefined,
      sqlstate: undefined,
    };
    this.#running.set(record.id, record);
    return record;
  }

  /** Idempotent: the first end counts. */
  finish(record: QueryRecord, state: Exclude<QueryState, 'running'>, sqlstate?: string): void {
    if (!this.#running.delete(record.id)) {
      return;
    }
    record.state = state;
    record.progress = undefined;
    record.sqlstate = sqlstate;
    record.finishedAt = new Date();
    record.statistics.totalMs = record.finishedAt.getTime() - record.startedAt.getTime();
    this.#finished.push(record);
    this.onFinished?.(record);
    if (this.#finished.length >= 2 * this.#capacity) this.#finished.splice(0, this.#capacity);
  }

  /** Newest first. */
  records(): readonly QueryRecord[] {
    return [...this.#finished.slice(-this.#capacity), ...this.#running.values()].sort(
      (a, b) => b.id - a.id,
    );
  }

  get runningCount(): number {
    return this.#running.size;
  }
}
