import type { DuckDBConnection } from '@duckdb/node-api';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';

const ROWS_AT_ONCE = 1_000;

/** PostgreSQL's name of a DuckDB type. */
function postgresType(type: string): string {
  switch (type) {
    case 'DOUBLE':
      return 'float8';
    case 'FLOAT':
      return 'float4';
    case 'VARCHAR':
      return 'text';
    default:
      return type;
  }
}

/** Copies a table or view of a DuckDB, `lake.<name>` or `<name>`, into a schema of a PostgreSQL. */
export async function copyToWarehouse(
  from: DuckDBConnection,
  { name, qualified = `lake.${name}` }: { readonly name: string; readonly qualified?: string },
  postgres: TestPostgres,
  schema: string,
): Promise<void> {
  const described = await from.runAndReadAll(`DESCRIBE ${qualified}`);
  const columns = described
    .getRows()
    .map(([column, type]) => `"${String(column)}" ${postgresType(String(type))}`);
  await postgres.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
  await postgres.query(`CREATE TABLE ${schema}.${name} (${columns.join(', ')})`);
  const reader = await from.runAndReadAll(`SELECT COLUMNS(*)::VARCHAR FROM ${qualified}`);
  const rows = reader.getRows().map((row) => {
    const cells = row.map((cell) =>
      cell === null ? 'NULL' : `'${String(cell).replaceAll("'", "''")}'`,
    );
    return `(${cells.join(', ')})`;
  });
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
    const values = rows.slice(at, at + ROWS_AT_ONCE).join(', ');
    await postgres.query(`INSERT INTO ${schema}.${name} VALUES ${values}`);
  }
}
