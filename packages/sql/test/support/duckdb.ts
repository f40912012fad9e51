import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBValue } from '@duckdb/node-api';

/** A DuckDB in memory with the settings of the product's engine. */
export interface TestDuckdb {
  query(sql: string): Promise<readonly (readonly DuckDBValue[])[]>;
  close(): void;
}

/** Opens it. `close` releases the instance. */
export async function openDuckdb(): Promise<TestDuckdb> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run('SET integer_division = true');
  await connection.run("SET default_null_order = 'postgres'");
  await connection.run("SET TimeZone = 'UTC'");
  return {
    async query(sql) {
      const reader = await connection.runAndReadAll(sql);
      return reader.getRows();
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
