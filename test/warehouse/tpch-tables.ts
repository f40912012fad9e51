import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';

export const FIXTURES = resolve('test/fixtures/tpch');
export const TPCH_TABLES = await readdir(join(FIXTURES, 'data'));

const ROWS_AT_ONCE = 1_000;

/** The fixture's tables as views of a DuckDB. */
export async function viewTpch(connection: DuckDBConnection): Promise<void> {
  for (const table of TPCH_TABLES) {
    const files = join(FIXTURES, 'data', table, '*.parquet');
    await connection.run(`CREATE VIEW ${table} AS FROM read_parquet('${files}')`);
  }
}

/** Copies the fixture's tables, as `viewTpch` shows them, into schema `tpch` of a PostgreSQL. */
export async function loadTpch(from: DuckDBConnection, postgres: TestPostgres): Promise<void> {
  await postgres.query('CREATE SCHEMA tpch');
  for (const table of TPCH_TABLES) {
    const described = await from.runAndReadAll(`DESCRIBE ${table}`);
    const columns = described.getRows().map(([name, type]) => {
      const sqlType = String(type).replace('DOUBLE', 'float8').replace('VARCHAR', 'text');
      return `${String(name)} ${sqlType}`;
    });
    await postgres.query(`CREATE TABLE tpch.${table} (${columns.join(', ')})`);
    const reader = await from.runAndReadAll(`SELECT COLUMNS(*)::VARCHAR FROM ${table}`);
    const rows = reader.getRows().map((row) => {
      const cells = row.map((cell) =>
        cell === null ? 'NULL' : `'${String(cell).replaceAll("'", "''")}'`,
      );
      return `(${cells.join(', ')})`;
    });
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
      await postgres.query(
        `INSERT INTO tpch.${table} VALUES ${rows.slice(at, at + ROWS_AT_ONCE).join(', ')}`,
      );
    }
  }
  await postgres.query('ANALYZE');
}
