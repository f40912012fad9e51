import { QueryError } from '@tributary/sql';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { CatalogStore } from '../catalog-store.ts';
import { libsqlDialect } from './libsql-dialect.ts';
import { migrate } from './migrations/migrate.ts';
import { createSqlCatalogStore } from './sql-catalog-store.ts';
import { againstStore } from './store-errors.ts';
import type { CatalogTables } from './tables.ts';

function postgresDialect(url: string): PostgresDialect {
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    connectionTimeoutMillis: 10_000,
    application_name: 'tributary-catalog',
  });
  // A lost idle connection is replaced at its next use.
  pool.on('error', () => undefined);
  return new PostgresDialect({ pool });
}

async function openEmbedded(path: string): Promise<Kysely<CatalogTables>> {
  const db = await againstStore(
    async () => new Kysely<CatalogTables>({ dialect: libsqlDialect(path) }),
  );
  await againstStore(async () => {
    await sql`PRAGMA journal_mode = WAL`.execute(db);
  });
  return db;
}

/**
 * Opens the catalog store, making its tables at first: `{ path }` is an embedded database file (several processes of one
 * machine may share it), a `postgres://` URL a store that several servers share.
 *
 * @throws QueryError invalidConfiguration for another URL or a store of a newer version, sourceUnavailable.
 */
export async function openCatalogStore(
  target: string | { readonly path: string },
): Promise<CatalogStore> {
  if (typeof target === 'string' && !/^postgres(?:ql)?:\/\//.test(target))
    throw new QueryError(
      'invalidConfiguration',
      'the catalog store must be "embedded" or a postgres:// URL',
    );
  const db =
    typeof target === 'string'
      ? new Kysely<CatalogTables>({ dialect: postgresDialect(target) })
      : await openEmbedded(target.path);
  try {
    await againstStore(() => migrate(db, typeof target === 'string' ? 'postgres' : 'libsql'));
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return createSqlCatalogStore(db);
}
