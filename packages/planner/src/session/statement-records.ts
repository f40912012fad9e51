import { ERRORS, QueryError, isQueryError } from '@tributary/sql';
import type { QueryLog, QueryRecord } from '../service/query-log.ts';
import type { SessionScope, StatementScope } from '../service/statement-scope.ts';

type Session = Pick<QueryRecord, 'sessionId' | 'user'>;

/** A session's part of the query log: each statement's record from its begin to its end, and the one before it. */
export class StatementRecords {
  readonly #log: QueryLog;
  readonly #session: Session;
  #previous: QueryRecord | undefined;

  constructor(log: QueryLog, session: Session) {
    this.#log = log;
    this.#session = session;
  }

  /** Opens the record of a statement, which `end` must close. `scope` may fail: then it is closed already. */
  async begin(
    text: string,
    application: string,
    scope: () => Promise<SessionScope>,
    signal: AbortSignal,
  ): Promise<StatementScope> {
    const { sessionId, user } = this.#session;
    const record = this.#log.start({ sessionId, user, application, text });
    try {
      return { ...(await scope()), signal, record, previous: this.#previous };
    } catch (error) {
      this.end(record, error);
      throw error;
    }
  }

  /** The session's statement that `tributary.last_query` tells of from now on. */
  remember(record: QueryRecord): void {
    this.#previous = record;
  }

  /** Idempotent: the first end counts. */
  end(record: QueryRecord, error?: unknown): void {
    if (error === undefined) {
      this.#log.finish(record, 'succeeded');
      return;
    }
    const code = isQueryError(error) ? error.code : 'internalError';
    this.#log.finish(
      record,
      code === 'queryCanceled' ? 'cancelled' : 'failed',
      ERRORS[code].sqlstate,
    );
  }

  /** The same chunks; the record ends with them, as cancelled where nobody takes the rest. */
  async *until<T>(chunks: AsyncGenerator<T>, record: QueryRecord): AsyncGenerator<T> {
    try {
      yield* chunks;
      this.end(record);
    } catch (error) {
      this.end(record, error);
      throw error;
    } finally {
      this.closed(record);
    }
  }

  /** The client took no more rows of a statement. */
  closed(record: QueryRecord): void {
    if (record.state !== 'running') return;
    this.end(record, new QueryError('queryCanceled', 'the client closed the query'));
  }
}
