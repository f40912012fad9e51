import { mkdir, readFile, access, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { fetchExtensions } from '@tributary/engine';
import { startTributary } from '../test/support/tributary.ts';
import type { Benchmark } from './report.ts';
import { TPCH_FIXTURES, compareTpch } from './tpch-queries.ts';

export const TPCH_TABLES = [
  'region',
  'nation',
  'supplier',
  'customer',
  'part',
  'partsupp',
  'orders',
  'lineitem',
];
const RUNS = 5;

/** The folder with TPC-H at scale factor 1 as Parquet, generated once with DuckDB's extension. */
export async function generateTpch(): Promise<string> {
  const folder = resolve('.cache/bench/tpch-sf1');
  const marker = join(folder, 'complete');
  const done = await access(marker).then(
    () => true,
    () => false,
  );
  if (done) {
    return folder;
  }
  const extensions = resolve('.cache/extensions');
  const [report] = await fetchExtensions(['tpch'], extensions);
  if (report?.state !== 'fetched') {
    throw new Error(`the tpch extension is needed: ${report?.detail ?? ''}`);
  }
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`LOAD '${join(extensions, 'tpch.duckdb_extension')}'`);
  await connection.run('CALL dbgen(sf = 1)');
  for (const table of TPCH_TABLES) {
    await mkdir(join(folder, table), { recursive: true });
    await connection.run(
      `COPY ${table} TO '${join(folder, table, `${table}.parquet`)}' (FORMAT parquet)`,
    );
  }
  connection.closeSync();
  instance.closeSync();
  await writeFile(marker, '');
  return folder;
}

export const tpch: Benchmark = {
  name: 'tpch',
  description:
    'TPC-H scale factor 1 through the wire against the DuckDB node API on the same files',
  async run(report) {
    const folder = await generateTpch();
    const server = await startTributary({
      sources: `lake: { connector: lake, root: ${folder} }`,
      bootstrap: await readFile(join(TPCH_FIXTURES, 'tables.sql'), 'utf8'),
    });
    const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
    const connection = await instance.connect();
    for (const table of TPCH_TABLES) {
      await connection.run(
        `CREATE VIEW ${table} AS FROM read_parquet('${join(folder, table, '*.parquet')}')`,
      );
    }
    try {
      await server.query("SET search_path = 'lake_tpch'");
      await compareTpch(report, {
        runs: RUNS,
        ours: (sql) => server.query(sql),
        base: async (sql) => (await connection.run(sql)).getRows(),
        totalBar: 1.1,
      });
    } finally {
      await server.close();
      connection.closeSync();
      instance.closeSync();
    }
  },
};
