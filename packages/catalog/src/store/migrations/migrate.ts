import { QueryError } from '@tributary/sql';
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { StoreConnections } from '../store-connections.ts';
import { isUndefinedTable } from '../store-errors.ts';
import type { CatalogTables } from '../tables.ts';
import { firstTables } from './001-first-tables.ts';
import { reuseTables } from './002-reuse-tables.ts';
import { externalSchemas } from './003-external-schemas.ts';
import { fileTimes } from './004-file-times.ts';
import { grants } from './005-grants.ts';
import type { Migration } from './migration.ts';

/** In the order they are applied. */
export const MIGRATIONS: readonly Migration[] = [
  firstTables,
  reuseTables,
  externalSchemas,
  fileTimes,
  grants,
];

/** Any fixed number; taken by every process that migrates the same PostgreSQL database. */
const ADVISORY_LOCK = 7_426_117;

/** Those of the migrations that the store lacks. */
async function missingMigrations(
  db: Kysely<CatalogTables>,
  migrations: readonly Migration[],
): Promise<readonly Migration[]> {
  const rows = await db.selectFrom('tributary_migration').select('id').execute();
  const applied = new Set(rows.map((row) => row.id));
  if (rows.some((row) => !migrations.some((migration) => migration.id === row.id)))
    throw new QueryError(
      'invalidConfiguration',
      'the catalog store was changed by a newer version of Tributary',
      { hint: 'Run that version, or open another store.' },
    );
  return migrations.filter((migration) => !applied.has(migration.id));
}

/** Whether nothing is to be done; found without a lock, so that opening a store waits for no writer. */
async function isCurrent(
  db: Kysely<CatalogTables>,
  migrations: readonly Migration[],
): Promise<boolean> {
  try {
    return (await missingMigrations(db, migrations)).length === 0;
  } catch (error) {
    if (isUndefinedTable(error)) return false;
    throw error;
  }
}

/**
 * Brings the store's tables up to date, in one transaction. Processes that start together wait for each other.
 *
 * @throws QueryError invalidConfiguration when a newer Tributary has changed the store.
 */
export async function migrate(
  { engine, reading, writing }: StoreConnections,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  if (await isCurrent(reading, migrations)) return;
  const text = engine === 'postgres' ? sql`text collate "C"` : sql`text`;
  await writing.transaction().execute(async (transaction) => {
    // The embedded engine's transactions hold its write lock from the start.
    if (engine === 'postgres')
      await sql`select pg_advisory_xact_lock(${ADVISORY_LOCK})`.execute(transaction);
    await transaction.schema
      .createTable('tributary_migration')
      .ifNotExists()
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('applied_at', 'text', (column) => column.notNull())
      .execute();
    for (const migration of await missingMigrations(transaction, migrations)) {
      await migration.apply({ db: transaction as unknown as Kysely<unknown>, text });
      await transaction
        .insertInto('tributary_migration')
        .values({ id: migration.id, name: migration.name, applied_at: new Date().toISOString() })
        .execute();
    }
  });
}
