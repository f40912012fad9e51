import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { CompiledQuery, SqliteDialect, SqliteDriver } from 'kysely';
import type { DatabaseConnection, Driver, SqliteDialectConfig } from 'kysely';
import Database from 'libsql';

/** Kysely's driver, with transactions that take the write lock at once: a later upgrade could fail half way. */
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

class LibsqlDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig;

  constructor(config: SqliteDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new ImmediateDriver(this.#config);
  }
}

/** How long a call may block the process on another's lock; beyond it the transaction is tried again, asynchronously. */
const BUSY_TIMEOUT_MS = 20;

/** Kysely's dialect over an embedded database file; makes the file and its folder, for this user only. */
export function libsqlDialect(path: string): SqliteDialect {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = new Database(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    chmodSync(path, 0o600);
  } catch (error) {
    database.close();
    throw error;
  }
  return new LibsqlDialect({ database });
}
