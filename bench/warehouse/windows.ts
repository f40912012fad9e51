import pg from 'pg';
import { startTributary } from '../../test/support/tributary.ts';
import type { Benchmark } from '../report.ts';
import { median, ms, ratio, time } from '../report.ts';
import { comparableRows } from '../tpch-queries.ts';
import { generateTpch } from '../tpch.ts';
import { benchPostgres } from './bench-postgres.ts';

const RUNS = Number(process.env['BENCH_RUNS'] ?? 5);
const YEAR = `SELECT date_trunc('day', "at") AS day, count(*) AS rows, sum(amount) AS amount FROM facts
  WHERE "at" >= '2024-01-01' AND "at" < '2025-01-01' GROUP BY 1 ORDER BY 1`;

export const warehouseWindows: Benchmark = {
  name: 'warehouse-windows',
  description: '10,000,000 rows of a fact in Postgres grouped by day over a year',
  async run(report) {
    const postgres = await benchPostgres(await generateTpch());
    const server = await startTributary({
      sources: `warehouse: { connector: postgres, url: '${postgres.connectionString}', timeColumns: { facts: at } }`,
    });
    const connect = async (options: string): Promise<pg.Client> => {
      const client = new pg.Client({ connectionString: postgres.connectionString, options });
      await client.connect();
      return client;
    };
    const clients: pg.Client[] = [];
    try {
      await server.query("SET search_path = 'warehouse'");
      clients.push(await connect('-c max_parallel_workers_per_gather=0'), await connect(''));
      const ask = (off: string) => async (): Promise<string> => {
        await server.query(`SET tributary.rules_off = '${off}'`);
        return comparableRows((await server.query(YEAR)).rows);
      };
      if ((await ask('')()) !== (await ask('source-windows')())) {
        throw new Error('the answers differ');
      }
      const contenders: (() => Promise<unknown>)[] = [
        ask(''),
        ask('source-windows'),
        ...clients.map((client) => () => client.query(YEAR)),
      ];
      const times: number[][] = contenders.map(() => []);
      for (let run = 0; run <= RUNS; run++) {
        for (const [place, contender] of contenders.entries()) {
          const taken = await time(1, contender, 0);
          if (run > 0) times[place]?.push(...taken);
        }
      }
      const [windows = NaN, whole = NaN, plain = NaN, parallel = NaN] = times.map(median);
      const row = (what: string, base: number, bar: number): void =>
        report({
          what,
          figure: `${ms(windows)} : ${ms(base)} = ${ratio(base / windows)} faster`,
          bar: `at least ${ratio(bar)}`,
          met: base / windows >= bar,
        });
      row('windows against one process of Postgres', plain, 1.5);
      row('windows against Postgres as it is set', parallel, 1);
      row('windows against the same server without them', whole, 1);
    } finally {
      for (const client of clients) await client.end();
      await server.close();
      await postgres.stop();
    }
  },
};
