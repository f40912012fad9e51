import pg from 'pg';
import { startTributary } from '../../test/support/tributary.ts';
import type { Benchmark } from '../report.ts';
import { GAVE_UP, compareTpch } from '../tpch-queries.ts';
import { generateTpch } from '../tpch.ts';
import { benchPostgres } from './bench-postgres.ts';

const RUNS = Number(process.env['BENCH_RUNS'] ?? 3);
/** PostgreSQL itself runs some once for each row of an outer query, for longer than anybody waits. */
const LONGEST_MS = 60_000;

export const warehouseWhole: Benchmark = {
  name: 'warehouse-whole',
  description:
    'TPC-H scale factor 1, all in Postgres, against that Postgres directly (node-postgres)',
  async run(report) {
    const postgres = await benchPostgres(await generateTpch());
    const server = await startTributary({
      sources: `warehouse: { connector: postgres, url: '${postgres.connectionString}' }`,
    });
    const client = new pg.Client({
      connectionString: postgres.connectionString,
      options: `-c search_path=tpch -c statement_timeout=${LONGEST_MS}`,
    });
    await client.connect();
    try {
      await server.query("SET search_path = 'warehouse_tpch'");
      await compareTpch(report, {
        runs: RUNS,
        ours: (sql) => server.query(sql),
        base: (sql) =>
          client.query(sql).catch((error: unknown) => {
            if (!String(error).includes('statement timeout')) throw error;
            return GAVE_UP;
          }),
        totalBar: 1.1,
      });
    } finally {
      await server.close();
      await client.end();
      await postgres.stop();
    }
  },
};
