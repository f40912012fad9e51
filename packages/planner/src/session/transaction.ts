import type { CatalogSnapshot } from '@tributary/catalog';
import { QueryError } from '@tributary/sql';
import type { StatementKind } from '@tributary/sql';
import type { TransactionState } from './sql-session.ts';

interface Moment {
  readonly snapshot: CatalogSnapshot;
  readonly now: Date;
}

const ENDS: ReadonlySet<StatementKind> = new Set(['commit', 'rollback', 'rollbackTo', 'empty']);

const MAX_SAVEPOINTS = 10_000;

/** A session's transaction block: its state, its savepoints, and the one moment that its statements see. */
export class Transaction {
  #state: TransactionState = 'idle';
  #moment: Moment | undefined;
  #startedAt: Date | undefined;
  #savepoints: string[] = [];
  #implicit = false;

  get state(): TransactionState {
    return this.#state;
  }

  /** A statement of the block has looked at the catalog or at now(). */
  get hasLooked(): boolean {
    return this.#startedAt !== undefined;
  }

  /**
   * The messages up to the next `endImplicit` are one transaction where no block is written: PostgreSQL's from the first message
   * to Sync (Protocol flow, Pipelining).
   */
  beginImplicit(): void {
    this.#implicit = true;
  }

  endImplicit(): void {
    this.#implicit = false;
    if (this.#state === 'idle') this.end();
  }

  begin(): void {
    this.#state = 'transaction';
    this.#moment = undefined;
    this.#startedAt = undefined;
    this.#savepoints = [];
  }

  end(): void {
    this.#state = 'idle';
    this.#moment = undefined;
    this.#startedAt = undefined;
    this.#savepoints = [];
  }

  fail(): void {
    if (this.#state === 'transaction') {
      this.#state = 'failed';
    }
  }

  /** In a failed block only its end is understood. */
  refuseWhenFailed(kind: StatementKind): void {
    if (this.#state === 'failed' && !ENDS.has(kind)) {
      throw new QueryError(
        'inFailedTransaction',
        'current transaction is aborted, commands ignored until end of transaction block',
      );
    }
  }

  savepoint(name: string): void {
    this.#requireBlock('SAVEPOINT');
    if (this.#savepoints.length >= MAX_SAVEPOINTS) {
      throw new QueryError(
        'programLimitExceeded',
        `a transaction may hold at most ${MAX_SAVEPOINTS} savepoints: release some`,
      );
    }
    this.#savepoints.push(name);
  }

  release(name: string): void {
    this.#requireBlock('RELEASE SAVEPOINT');
    this.#savepoints.length = this.#place(name);
  }

  rollbackTo(name: string): void {
    this.#requireBlock('ROLLBACK TO SAVEPOINT');
    this.#savepoints.length = this.#place(name) + 1;
    this.#state = 'transaction';
  }

  /** The catalog and now() of the transaction, captured by its first statement; outside of one a new moment each time. */
  async moment(snapshot: () => Promise<CatalogSnapshot>): Promise<Moment> {
    if (this.#moment !== undefined) {
      return this.#moment;
    }
    const moment = { snapshot: await snapshot(), now: this.#startedAt ?? new Date() };
    if (this.#implicit || this.#state === 'transaction') {
      this.#moment = moment;
      this.#startedAt = moment.now;
    }
    return moment;
  }

  /** After a change of the catalog, which takes effect at once, the block sees the new version; its now() stays. */
  dropSnapshot(): void {
    this.#moment = undefined;
  }

  #requireBlock(statement: string): void {
    if (this.#state === 'idle') {
      throw new QueryError(
        'noActiveTransaction',
        `${statement} can only be used in transaction blocks`,
      );
    }
  }

  #place(name: string): number {
    const place = this.#savepoints.lastIndexOf(name);
    if (place < 0) {
      throw new QueryError('invalidSavepoint', `savepoint "${name}" does not exist`);
    }
    return place;
  }
}
