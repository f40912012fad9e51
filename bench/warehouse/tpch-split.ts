import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTributary } from '../../test/support/tributary.ts';
import type { Benchmark } from '../report.ts';
import { TPCH_FIXTURES, compareTpch, comparableRows } from '../tpch-queries.ts';
import { TPCH_TABLES, generateTpch } from '../tpch.ts';
import { attachDuckdb } from './attached-duckdb.ts';
import { benchPostgres } from './bench-postgres.ts';

const RUNS = Number(process.env['BENCH_RUNS'] ?? 3);
/** `never`: rows come by COPY. */
const EXTENSION = process.env['BENCH_EXTENSION'] ?? 'auto';
const FACTS = new Set(['lineitem', 'orders', 'partsupp']);
const MIXED = new Set(['orders', 'part', 'supplier', 'region']);

/** Which tables the warehouse holds; the lake has the others. */
const PLACEMENTS: Readonly<Record<string, (table: string) => boolean>> = {
  dimensions: (table) => !FACTS.has(table),
  facts: (table) => FACTS.has(table),
  mixed: (table) => MIXED.has(table),
};

export const warehouseTpch: Benchmark = {
  name: 'warehouse-tpch',
  description:
    'TPC-H scale factor 1, some tables in Postgres and some in the lake, against DuckDB with its Postgres extension and the same files',
  async run(report) {
    const folder = await generateTpch();
    const postgres = await benchPostgres(folder);
    const server = await startTributary({
      sources: `lake: { connector: lake, root: ${folder} }
  warehouse: { connector: postgres, extension: ${EXTENSION}, url: '${postgres.connectionString}' }`,
      extensions: ['postgres_scanner'],
      bootstrap: await readFile(join(TPCH_FIXTURES, 'tables.sql'), 'utf8'),
    });
    const duckdb = await attachDuckdb(postgres.connectionString);
    try {
      for (const [placement, inWarehouse] of Object.entries(PLACEMENTS)) {
        if (!placement.includes(process.env['BENCH_PLACEMENT'] ?? '')) continue;
        await server.query(`CREATE SCHEMA main.${placement}`);
        await duckdb.rows(`CREATE SCHEMA ${placement}`);
        for (const table of TPCH_TABLES) {
          const from = inWarehouse(table) ? 'warehouse_tpch' : 'lake_tpch';
          await server.query(
            `CREATE VIEW main.${placement}.${table} AS SELECT * FROM ${from}.${table}`,
          );
          await duckdb.rows(
            `CREATE VIEW ${placement}.${table} AS FROM ${inWarehouse(table) ? `pg.tpch.${table}` : `read_parquet('${join(folder, table, '*.parquet')}')`}`,
          );
        }
        await server.query(`SET search_path = '${placement}'`);
        await duckdb.rows(`USE memory.${placement}`);
        await compareTpch(report, {
          runs: RUNS,
          label: `${placement} in Postgres: `,
          ours: (sql) => server.query(sql),
          base: (sql) => duckdb.rows(sql),
          async check(sql, name) {
            const mine = comparableRows((await server.query(sql)).rows);
            if (mine !== comparableRows(await duckdb.rows(sql))) {
              throw new Error(`${placement}, ${name}: the answers differ`);
            }
          },
          queryBar: 1.2,
          totalBar: 0.7,
        });
      }
    } finally {
      await server.close();
      duckdb.close();
      await postgres.stop();
    }
  },
};
