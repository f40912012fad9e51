import { closeSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import Database from 'libsql';
import { makeFolder } from './make-folder.ts';

/** How long a call may block the process on another's lock; beyond it the transaction is tried again, asynchronously. */
const BUSY_TIMEOUT_MS = 20;

/** Prepared statements kept; libsql ends one only when it is collected. */
const MAX_STATEMENTS = 100;

const DATA_VERSION = 'PRAGMA data_version';

type Statement = ReturnType<Database.Database['prepare']>;

/**
 * Whether a commit waits for the disk. One that does not is whole or gone after a crash of the machine, and never gone after one of
 * the process.
 */
export type Commit = 'waits' | 'returns';

/** What a transaction does, and so which lock it takes at its start. */
export type TransactionMode = 'read' | 'write';

/**
 * One connection to an embedded database file.
 *
 * libsql leaves a statement that failed unfinished until it is collected, and while one that failed for a lock stands, the
 * connection stays at the snapshot it has: it reads old rows and gets no write lock. So locks are taken by `exec` alone,
 * which finishes its statements also when they fail, and every prepared statement runs in a transaction that holds its lock.
 */
export class LibsqlDatabase implements SqliteDatabase {
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Statement>();
  readonly #path: string;
  #dataVersion: Statement;

  /** Makes the file and its folder, for this user only. Throws the driver's error, SQLITE_BUSY* when it is worth trying again. */
  constructor(path: string, commit: Commit = 'waits') {
    this.#path = path;
    makeFolder(dirname(path));
    closeSync(openSync(path, 'a', 0o600));
    this.#database = new Database(path);
    try {
      this.#database.exec(
        `PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA synchronous = ${commit === 'waits' ? 'FULL' : 'NORMAL'}; PRAGMA foreign_keys = ON`,
      );
      this.#database.exec('PRAGMA journal_mode = WAL');
      this.#dataVersion = this.#database.prepare(DATA_VERSION).raw();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  begin(mode: TransactionMode): void {
    if (mode === 'write') {
      this.#database.exec('begin immediate');
      return;
    }
    this.#database.exec('begin');
    try {
      // The first read takes the snapshot, and may have to wait for it.
      this.#database.exec('pragma schema_version');
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /**
   * A number that is another one whenever other connections have committed since it was last asked for (`PRAGMA data_version`); undefined
   * where a lock is in the way, or while this connection is in a transaction.
   */
  changes(): number | undefined {
    if (this.#database.inTransaction) return undefined;
    try {
      const [version] = this.#dataVersion.get([]) as [number];
      return version;
    } catch {
      // A statement that failed holds the connection where it is until it is collected: another one takes its place.
      this.#dataVersion = this.#database.prepare(DATA_VERSION).raw();
      return undefined;
    }
  }

  commit(): void {
    this.#database.exec('commit');
  }

  /** Returns when all that was committed is on the disk: in the log, or in the file, which a checkpoint has synchronized. */
  async synchronize(): Promise<void> {
    const log = await open(`${this.#path}-wal`, 'r+');
    try {
      await log.sync();
    } finally {
      await log.close();
    }
  }

  /** Safe to call when the engine has rolled back on its own, as it does when the disk is full. */
  rollback(): void {
    if (this.#database.inTransaction) this.#database.exec('rollback');
  }

  prepare(sql: string): SqliteStatement {
    const statement = this.#statement(sql);
    return {
      reader: statement.reader,
      all: (parameters) => this.#inTransaction(() => statement.all(parameters)),
      run: (parameters) => this.#inTransaction(() => statement.run(parameters)),
      iterate: () => {
        throw new Error('an embedded database is read in batches, not streamed');
      },
    };
  }

  /** Leaves everything in the one file, unless others use it. libsql lets go of it when its statements are collected. */
  close(): void {
    this.#statements.clear();
    try {
      this.#database.exec('pragma wal_checkpoint(truncate)');
    } catch {
      // What is committed is in the log, and the next connection reads it there.
    } finally {
      this.#database.close();
    }
  }

  #inTransaction<T>(work: () => T): T {
    if (this.#database.inTransaction) return work();
    this.begin('read');
    try {
      const result = work();
      this.commit();
      return result;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  #statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) {
      this.#statements.delete(sql);
      this.#statements.set(sql, known);
      return known;
    }
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    const [oldest] = this.#statements.keys();
    if (this.#statements.size > MAX_STATEMENTS && oldest !== undefined)
      this.#statements.delete(oldest);
    return statement;
  }
}
