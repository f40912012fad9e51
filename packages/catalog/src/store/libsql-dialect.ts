import { SqliteDialect, SqliteDriver } from 'kysely';
import type { DatabaseConnection, Driver, TransactionSettings } from 'kysely';
import type { LibsqlDatabase } from './libsql-database.ts';

/** Kysely's driver with transactions that take their lock at the start: a later upgrade could fail half way. */
class LibsqlDriver extends SqliteDriver {
  readonly #database: LibsqlDatabase;

  constructor(database: LibsqlDatabase) {
    super({ database });
    this.#database = database;
  }

  override beginTransaction(
    _connection: DatabaseConnection,
    { accessMode }: TransactionSettings = {},
  ): Promise<void> {
    this.#database.begin(accessMode === 'read only' ? 'read' : 'write');
    return Promise.resolve();
  }

  override commitTransaction(): Promise<void> {
    this.#database.commit();
    return Promise.resolve();
  }

  override rollbackTransaction(): Promise<void> {
    this.#database.rollback();
    return Promise.resolve();
  }
}

/** Kysely's dialect over one connection to an embedded database, which it closes. */
export class LibsqlDialect extends SqliteDialect {
  readonly #database: LibsqlDatabase;

  constructor(database: LibsqlDatabase) {
    super({ database });
    this.#database = database;
  }

  override createDriver(): Driver {
    return new LibsqlDriver(this.#database);
  }
}
