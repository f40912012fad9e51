import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { DuckDBValue } from '@duckdb/node-api';
import { startTributary } from '../../test/support/tributary.ts';
import type { Benchmark } from '../report.ts';
import { median, ms, ratio, timePair } from '../report.ts';
import { TPCH_TABLES, generateTpch } from '../tpch.ts';
import { attachDuckdb } from './attached-duckdb.ts';
import { benchPostgres } from './bench-postgres.ts';

const RUNS = Number(process.env['BENCH_RUNS'] ?? 3);
const FACTS = new Set(['lineitem', 'orders', 'partsupp']);
const MIXED = new Set(['orders', 'part', 'supplier', 'region']);

/** Which tables the warehouse holds; the lake has the others. */
const PLACEMENTS: Readonly<Record<string, (table: string) => boolean>> = {
  dimensions: (table) => !FACTS.has(table),
  facts: (table) => FACTS.has(table),
  mixed: (table) => MIXED.has(table),
};

/** Values as text; floating-point and decimal ones to ten digits, whatever zeros they are shown with. */
function comparable(row: readonly DuckDBValue[]): readonly (string | null)[] {
  return row.map((value) => {
    if (value === null) return null;
    const text = String(value);
    return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) ? Number(text).toPrecision(10) : text;
  });
}

export const warehouseTpch: Benchmark = {
  name: 'warehouse-tpch',
  description:
    'TPC-H scale factor 1, some tables in Postgres and some in the lake, against DuckDB with its Postgres extension and the same files',
  async run(report) {
    const folder = await generateTpch();
    const fixtures = resolve('test/fixtures/tpch');
    const postgres = await benchPostgres(folder);
    const server = await startTributary({
      sources: `lake: { connector: lake, root: ${folder} }
  warehouse: { connector: postgres, url: '${postgres.connectionString}' }`,
      bootstrap: await readFile(join(fixtures, 'tables.sql'), 'utf8'),
    });
    const duckdb = await attachDuckdb(postgres.connectionString);
    try {
      const files = (await readdir(join(fixtures, 'queries'))).sort();
      const wanted = process.env['BENCH_QUERY'] ?? '';
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
        let ours = 0;
        let base = 0;
        let worst = { file: '', ratio: 0 };
        for (const file of files.filter((each) => each.includes(wanted))) {
          const sql = await readFile(join(fixtures, 'queries', file), 'utf8');
          const answers = [(await server.query(sql)).rows, await duckdb.rows(sql)];
          const [mine, theirs] = answers.map((rows) => JSON.stringify(rows.map(comparable)));
          if (mine !== theirs) throw new Error(`${placement}, ${file}: the answers differ`);
          const pair = await timePair(
            RUNS,
            () => server.query(sql),
            () => duckdb.rows(sql),
            0,
          );
          const [a, b] = [median(pair.first), median(pair.second)];
          ours += a;
          base += b;
          if (a / b > worst.ratio) worst = { file, ratio: a / b };
          report({
            what: `${placement} in Postgres: ${file.replace('.sql', '')}`,
            figure: `${ms(a)} : ${ms(b)} = ${ratio(a / b)}`,
            bar: 'at most 1.20 x',
            met: a / b <= 1.2,
          });
        }
        report({
          what: `${placement} in Postgres: total of medians`,
          figure: `${ms(ours)} : ${ms(base)} = ${ratio(ours / base)}, worst ${worst.file.replace('.sql', '')} ${ratio(worst.ratio)}`,
          bar: 'at most 0.70 x',
          met: ours / base <= 0.7,
        });
      }
    } finally {
      await server.close();
      duckdb.close();
      await postgres.stop();
    }
  },
};
