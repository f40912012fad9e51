import { join, resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { fetchExtensions } from '@tributary/engine';

export interface AttachedDuckdb {
  readonly connection: DuckDBConnection;
  /** All rows, so that nothing is left to fetch. */
  rows(sql: string): Promise<readonly (readonly DuckDBValue[])[]>;
  close(): void;
}

/** A DuckDB with its Postgres extension, fetched once, and a Postgres attached as `pg`. Fails where it cannot be had. */
export async function attachDuckdb(url: string): Promise<AttachedDuckdb> {
  const extensions = resolve('.cache/extensions');
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  const file = join(extensions, 'postgres_scanner.duckdb_extension');
  try {
    await connection.run(`LOAD '${file}'`).catch(async () => {
      const [report] = await fetchExtensions(['postgres_scanner'], extensions);
      if (report?.state !== 'fetched') {
        throw new Error(`the postgres_scanner extension is needed: ${report?.detail ?? ''}`);
      }
      await connection.run(`LOAD '${file}'`);
    });
    await connection.run(`ATTACH '${url}' AS pg (TYPE postgres, READ_ONLY)`);
    await connection.run('SET pg_connection_limit = 4').catch(() => undefined);
  } catch (error) {
    instance.closeSync();
    throw error;
  }
  return {
    connection,
    async rows(sql) {
      return (await connection.runAndReadAll(sql)).getRows();
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
