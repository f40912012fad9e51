import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { CompiledQuery, SqliteDialect, SqliteDriver } from 'kysely';
import type { DatabaseConnection, Driver, SqliteDatabase, SqliteStatement } from 'kysely';
import Database from 'libsql';

/** A database that can be opened anew under Kysely's one connection. */
class ReopenedDatabase implements SqliteDatabase {
  readonly #path: string;
  #database: Database.Database;

  constructor(path: string) {
    this.#path = path;
    this.#database = openDatabase(path);
  }

  prepare(sql: string): SqliteStatement {
    return this.#database.prepare(sql) as unknown as SqliteStatement;
  }

  reopen(): void {
    const old = this.#database;
    this.#database = openDatabase(this.#path);
    old.close();
  }

  close(): void {
    this.#database.close();
  }
}

function openDatabase(path: string): Database.Database {
  const database = new Database(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA synchronous = FULL`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Kysely's driver, with transactions that take the write lock at once: a later upgrade could fail half way. */
class ImmediateDriver extends SqliteDriver {
  readonly #database: ReopenedDatabase;

  constructor(database: ReopenedDatabase) {
    super({ database });
    this.#database = database;
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await connection.executeQuery(CompiledQuery.raw('begin immediate'));
    } catch (error) {
      // libsql ends a statement when it is collected, and until then the connection may stay at an old snapshot: it would
      // never get the write lock again.
      if ((error as { code?: unknown }).code === 'SQLITE_BUSY_SNAPSHOT') this.#database.reopen();
      throw error;
    }
  }
}

class LibsqlDialect extends SqliteDialect {
  readonly #database: ReopenedDatabase;

  constructor(database: ReopenedDatabase) {
    super({ database });
    this.#database = database;
  }

  override createDriver(): Driver {
    return new ImmediateDriver(this.#database);
  }
}

/** How long a call may block the process on another's lock; beyond it the transaction is tried again, asynchronously. */
const BUSY_TIMEOUT_MS = 20;

/** Kysely's dialect over an embedded database file; makes the file and its folder, for this user only. */
export function libsqlDialect(path: string): SqliteDialect {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = new ReopenedDatabase(path);
  try {
    chmodSync(path, 0o600);
  } catch (error) {
    database.close();
    throw error;
  }
  return new LibsqlDialect(database);
}
