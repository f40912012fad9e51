import { access, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { fetchExtensions } from '@tributary/engine';
import { startTributary } from '../test/support/tributary.ts';
import { compareQueries } from './compare-queries.ts';
import type { Benchmark } from './report.ts';
import { comparableRows } from './tpch-queries.ts';

const SCALE = Number(process.env['BENCH_TPCDS_SCALE'] ?? '1');
const RUNS = 3;

async function loadExtension(connection: DuckDBConnection): Promise<void> {
  const folder = resolve('.cache/extensions');
  const file = join(folder, 'tpcds.duckdb_extension');
  const found = await access(file).then(
    () => true,
    async () => (await fetchExtensions(['tpcds'], folder))[0]?.state === 'fetched',
  );
  if (!found) throw new Error('the tpcds extension is needed, and cannot be fetched');
  await connection.run(`LOAD '${file}'`);
}

/** The folder with TPC-DS as Parquet, a file a table, generated once with DuckDB's extension. */
async function generateTpcds(connection: DuckDBConnection): Promise<string> {
  const folder = resolve(`.cache/bench/tpcds-sf${SCALE}`);
  const marker = join(folder, 'complete');
  const done = await access(marker).then(
    () => true,
    () => false,
  );
  if (done) return folder;
  await connection.run(`CALL dsdgen(sf = ${SCALE})`);
  const tables = await connection.runAndReadAll('SELECT table_name FROM duckdb_tables()');
  for (const [name] of tables.getRows()) {
    const table = String(name);
    await mkdir(join(folder, table), { recursive: true });
    await connection.run(
      `COPY ${table} TO '${join(folder, table, `${table}.parquet`)}' (FORMAT parquet)`,
    );
    await connection.run(`DROP TABLE ${table}`);
  }
  await writeFile(marker, '');
  return folder;
}

/** Declares a table of the folder in Athena's DDL, with the columns that its file has. */
async function declaration(
  connection: DuckDBConnection,
  folder: string,
  table: string,
): Promise<string> {
  const columns = await connection.runAndReadAll(
    `DESCRIBE FROM read_parquet('${join(folder, table)}/*.parquet')`,
  );
  const hive: Readonly<Record<string, string>> = { VARCHAR: 'string', INTEGER: 'int' };
  const list = columns
    .getRows()
    .map(([name, type]) => `${String(name)} ${hive[String(type)] ?? String(type).toLowerCase()}`);
  return `CREATE EXTERNAL TABLE IF NOT EXISTS lake.tpcds.${table} (${list.join(', ')}) STORED AS PARQUET LOCATION '${table}/';`;
}

export const tpcds: Benchmark = {
  name: 'tpcds',
  description: `TPC-DS scale factor ${SCALE} through the wire against the DuckDB node API on the same files`,
  async run(report) {
    const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
    const connection = await instance.connect();
    try {
      await loadExtension(connection);
      const folder = await generateTpcds(connection);
      const tables = (await readdir(folder)).filter((each) => each !== 'complete');
      const declarations: string[] = ['CREATE SCHEMA IF NOT EXISTS lake.tpcds;'];
      for (const table of tables) {
        declarations.push(await declaration(connection, folder, table));
        await connection.run(
          `CREATE VIEW ${table} AS FROM read_parquet('${join(folder, table)}/*.parquet')`,
        );
      }
      const found = await connection.runAndReadAll(
        'SELECT query_nr, query FROM tpcds_queries() ORDER BY query_nr',
      );
      const queries = found.getRows().map(([number, sql]) => ({
        name: `q${String(number).padStart(2, '0')}`,
        sql: String(sql),
      }));
      const server = await startTributary({
        sources: `lake: { connector: lake, root: ${folder} }`,
        bootstrap: declarations.join('\n'),
      });
      try {
        await server.query("SET search_path = 'lake_tpcds'");
        await server.query("SET tributary.reuse = 'off'");
        const base = async (sql: string) => (await connection.run(sql)).getRows();
        const sorted = (rows: Parameters<typeof comparableRows>[0]): readonly string[] =>
          rows.map((row) => comparableRows([row])).sort();
        await compareQueries(report, queries, {
          runs: RUNS,
          ours: (sql) => server.query(sql),
          base,
          async check(sql, name) {
            // Rows of a tie come in any order.
            const [own, other] = [sorted((await server.query(sql)).rows), sorted(await base(sql))];
            if (JSON.stringify(own) !== JSON.stringify(other)) {
              throw new Error(`${name}: the answers differ`);
            }
          },
        });
      } finally {
        await server.close();
      }
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  },
};
