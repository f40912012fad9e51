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
    const server = await startTributary({
      sources: `warehouse: { connector: postgres, url: '${postgres.connectionString}' }`,
    });
    const duckdb = await attachDuckdb(postgres.connectionString);
    try {
      await server.query("SET tributary.rules_off = 'push-to-source'");
      const pair = await timePair(
        RUNS,
        () => server.query(aggregate('warehouse.wide')),
        () => duckdb.rows(aggregate('pg.public.wide')),
      );
      const [a, b] = [median(pair.first), median(pair.second)];
      report({
        what: 'rows moved, without the extension',
        figure: `${ms(a)} : ${ms(b)} = ${ratio(b / a)} its speed`,
        bar: 'at least 0.3 x',
        met: b / a >= 0.3,
      });
    } finally {
      await server.close();
      duckdb.close();
      await postgres.stop();
    }
  },
};
