import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';
import { copyToWarehouse } from './copy-to-warehouse.ts';

export const FIXTURES = resolve('test/fixtures/tpch');
export const TPCH_TABLES = await readdir(join(FIXTURES, 'data'));

/** The fixture's tables as views of a DuckDB. */
export async function viewTpch(connection: DuckDBConnection): Promise<void> {
  for (const table of TPCH_TABLES) {
    const files = join(FIXTURES, 'data', table, '*.parquet');
    await connection.run(`CREATE VIEW ${table} AS FROM read_parquet('${files}')`);
  }
}

/** Copies the fixture's tables, as `viewTpch` shows them, into schema `tpch` of a PostgreSQL. */
export async function loadTpch(from: DuckDBConnection, postgres: TestPostgres): Promise<void> {
  for (const name of TPCH_TABLES) {
    await copyToWarehouse(from, { name, qualified: name }, postgres, 'tpch');
  }
  await postgres.query('ANALYZE');
}
