import { startTributary } from '../../test/support/tributary.ts';
import type { Benchmark } from '../report.ts';
import { median, ms, ratio, timePair } from '../report.ts';
import { generateTpch } from '../tpch.ts';
import { attachDuckdb } from './attached-duckdb.ts';
import { benchPostgres } from './bench-postgres.ts';

const RUNS = Number(process.env['BENCH_RUNS'] ?? 5);
/** Every column of every row is needed, and nothing of it can be computed by the source. */
const aggregate = (table: string): string =>
  `SELECT count(*), sum(id), sum(part), sum(amount), max("at"), max(length(name || note)) FROM ${table}`;

export const warehouseRows: Benchmark = {
  name: 'warehouse-rows',
  description:
    '5,000,000 rows x 6 columns (2 text) out of Postgres, against DuckDB’s Postgres extension',
  async run(report) {
    const postgres = await benchPostgres(await generateTpch());
    const source = (name: string, extension: string): string =>
      `${name}: { connector: postgres, extension: ${extension}, url: '${postgres.connectionString}' }`;
    const server = await startTributary({
      sources: `${source('warehouse', 'never')}\n  ${source('attached', 'auto')}`,
      extensions: ['postgres_scanner'],
    });
    const duckdb = await attachDuckdb(postgres.connectionString);
    try {
      await server.query("SET tributary.rules_off = 'push-to-source'");
      for (const [what, table, least] of [
        ['with the extension', 'attached.wide', 0.9],
        ['without the extension', 'warehouse.wide', 0.3],
      ] as const) {
        const pair = await timePair(
          RUNS,
          () => server.query(aggregate(table)),
          () => duckdb.rows(aggregate('pg.public.wide')),
        );
        const [a, b] = [median(pair.first), median(pair.second)];
        report({
          what: `rows moved, ${what}`,
          figure: `${ms(a)} : ${ms(b)} = ${ratio(b / a)} its speed`,
          bar: `at least ${least} x`,
          met: b / a >= least,
        });
      }
    } finally {
      await server.close();
      duckdb.close();
      await postgres.stop();
    }
  },
};
