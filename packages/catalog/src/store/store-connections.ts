import { QueryError } from '@tributary/sql';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { LibsqlDatabase } from './libsql-database.ts';
import type { Commit } from './libsql-database.ts';
import { LibsqlDialect } from './libsql-dialect.ts';
import type { CatalogTables } from './tables.ts';

/** A store's database. Reads never wait for this process's writer. */
export interface StoreConnections {
  readonly engine: 'libsql' | 'postgres';
  readonly reading: Kysely<CatalogTables>;
  /** Used by one writer at a time. */
  readonly writing: Kysely<CatalogTables>;
  /**
   * A number that stays the same only while nobody has committed anything that `reading` would see, asked for without waiting; undefined where
   * the database has none.
   */
  changes(): number | undefined;
  /** Returns when all that was committed is on the disk, where commits do not wait for it. */
  synchronize(): Promise<void>;
  close(): Promise<void>;
}

function connections(
  engine: StoreConnections['engine'],
  reading: Kysely<CatalogTables>,
  writing: Kysely<CatalogTables>,
  changes: () => number | undefined,
  synchronize: () => Promise<void>,
): StoreConnections {
  return {
    engine,
    reading,
    writing,
    changes,
    synchronize,
    close: async () => {
      await Promise.all([reading.destroy(), writing.destroy()]);
    },
  };
}

/** Connects to an embedded database file. Throws the driver's errors. */
function connectLibsql(path: string, commit: Commit): StoreConnections {
  const writing = new LibsqlDatabase(path, commit);
  try {
    const reading = new LibsqlDatabase(path);
    return connections(
      'libsql',
      new Kysely({ dialect: new LibsqlDialect(reading) }),
      new Kysely({ dialect: new LibsqlDialect(writing) }),
      () => reading.changes(),
      () => (commit === 'waits' ? Promise.resolve() : writing.synchronize()),
    );
  } catch (error) {
    writing.close();
    throw error;
  }
}

function postgresDatabase(connectionString: string, max: number): Kysely<CatalogTables> {
  const pool = new pg.Pool({
    connectionString,
    max,
    connectionTimeoutMillis: 10_000,
    application_name: 'tributary-catalog',
  });
  // A lost idle connection is replaced at its next use.
  pool.on('error', () => undefined);
  return new Kysely({ dialect: new PostgresDialect({ pool }) });
}

/** Connects, at first use, to a PostgreSQL database. */
function connectPostgres(url: string): StoreConnections {
  return connections(
    'postgres',
    postgresDatabase(url, 3),
    postgresDatabase(url, 1),
    () => undefined,
    () => Promise.resolve(),
  );
}

/**
 * Connects to a store's database: `{ path }` is an embedded database file, a text a `postgres://` URL, whose commits always wait. Throws the driver's
 * errors, and QueryError invalidConfiguration for another URL.
 */
export function connectStore(
  target: string | { readonly path: string },
  commit: Commit = 'waits',
): StoreConnections {
  if (typeof target !== 'string') return connectLibsql(target.path, commit);
  if (!/^postgres(?:ql)?:\/\//.test(target))
    throw new QueryError(
      'invalidConfiguration',
      'the catalog store must be "embedded" or a postgres:// URL',
    );
  return connectPostgres(target);
}
