import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../../sql/test/support/postgres.ts';

export type StoreEngine = 'libsql' | 'postgres';
export type StoreTarget = string | { readonly path: string };

/** Makes targets of empty stores, in a temporary folder and on a PostgreSQL server of the test's own. */
export interface StoreTargets {
  fresh(engine: StoreEngine): Promise<StoreTarget>;
  /** Ends the store's connections on the server, as its restart would. */
  disconnect(): Promise<void>;
  stop(): Promise<void>;
}

export async function startStoreTargets(): Promise<StoreTargets> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-catalog-'));
  const postgres = await startPostgres();
  let next = 0;
  return {
    async fresh(engine) {
      const name = `catalog_${++next}`;
      if (engine === 'libsql') return { path: join(folder, 'state', `${name}.db`) };
      await postgres.query(`create database ${name}`);
      return postgres.connectionString.replace(/\/postgres$/, `/${name}`);
    },
    async disconnect() {
      await postgres.query(
        `select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'tributary-catalog'`,
      );
    },
    async stop() {
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
