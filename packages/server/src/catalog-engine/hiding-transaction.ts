import { hidingStatements } from './dropped-rows.ts';
import type { HiddenObjects } from './mirrored.ts';
import type { RowsStatement } from './rows-statement.ts';

/** What runs in the mirror's one session. */
export interface MirrorSession {
  command(text: string): Promise<unknown>;
  statement(statement: RowsStatement): Promise<unknown>;
}

/**
 * What may tell the time at which a transaction began, or what else it has done. A time hidden from this by building its name
 * (`('n' || 'ow')::timestamptz`) is behind by the age of the transaction at most.
 */
const TELLS_TIME =
  /\bnow\b|time|current_date|today|tomorrow|yesterday|\bage\s*\(|xact|transaction|txid|stat_|pg_lock|pg_cursor|pg_prepared/i;

/**
 * The transaction of a statement from whose reader something is hidden: the rows are deleted at its beginning, and its rollback
 * brings them back. Deleting many takes long, so that the reader's next statements run within it, each in a savepoint of its own.
 */
export class HidingTransaction {
  readonly #session: MirrorSession;
  readonly #keepMs: number;
  #open: { readonly key: string; readonly since: number } | undefined;

  constructor(session: MirrorSession, keepMs: number) {
    this.#session = session;
    this.#keepMs = keepMs;
  }

  /** Ends it, so that nothing is hidden and no transaction is open. */
  async end(): Promise<void> {
    if (this.#open === undefined) return;
    this.#open = undefined;
    await this.#session.command('rollback');
  }

  /** Runs a statement, after what it has to begin with, where the objects are not there. `texts`: all of what it says. */
  async within<T>(
    hidden: HiddenObjects,
    texts: readonly (string | null)[],
    statement: (opening: string) => Promise<T>,
  ): Promise<T> {
    const keeps = this.#keepMs > 0 && !texts.some((text) => text !== null && TELLS_TIME.test(text));
    await this.#hide(hidden, keeps);
    try {
      return await statement('savepoint statement; set transaction read only');
    } finally {
      if (keeps) {
        await this.#session.command('rollback to savepoint statement; release savepoint statement');
      } else {
        await this.end();
      }
    }
  }

  async #hide(hidden: HiddenObjects, mayBeOld: boolean): Promise<void> {
    const open = this.#open;
    if (mayBeOld && open?.key === hidden.key && performance.now() - open.since < this.#keepMs) {
      return;
    }
    await this.end();
    this.#open = { key: hidden.key, since: performance.now() };
    try {
      await this.#session.command('begin; set local allow_system_table_mods = on');
      for (const each of hidingStatements(hidden)) await this.#session.statement(each);
      await this.#session.command('set local allow_system_table_mods = off');
    } catch (error) {
      await this.end();
      throw error;
    }
  }
}
