import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { startTributary } from '../../test/support/tributary.ts';
import type { Benchmark } from '../report.ts';
import { median, ms, ratio, timePair } from '../report.ts';
import { generateTpch } from '../tpch.ts';
import { benchPostgres } from './bench-postgres.ts';

const RUNS = Number(process.env['BENCH_RUNS'] ?? 3);
/** PostgreSQL itself runs it once for each row of an outer query, for longer than anybody waits. */
const LONGEST_MS = 60_000;

export const warehouseWhole: Benchmark = {
  name: 'warehouse-whole',
  description:
    'TPC-H scale factor 1, all in Postgres, against that Postgres directly (node-postgres)',
  async run(report) {
    const folder = await generateTpch();
    const queries = resolve('test/fixtures/tpch/queries');
    const postgres = await benchPostgres(folder);
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
      let ours = 0;
      let base = 0;
      const wanted = process.env['BENCH_QUERY'] ?? '';
      for (const file of (await readdir(queries)).sort().filter((each) => each.includes(wanted))) {
        const sql = await readFile(join(queries, file), 'utf8');
        let ended = false;
        const direct = async (): Promise<void> => {
          if (ended) return;
          await client.query(sql).catch((error: unknown) => {
            if (!String(error).includes('statement timeout')) throw error;
            ended = true;
          });
        };
        const pair = await timePair(RUNS, () => server.query(sql), direct);
        const a = median(pair.first);
        const b = ended ? LONGEST_MS : median(pair.second);
        if (!ended) {
          ours += a;
          base += b;
        }
        report({
          what: file.replace('.sql', ''),
          figure: ended
            ? `${ms(a)} : ended after ${ms(b)}, not in the total`
            : `${ms(a)} : ${ms(b)} = ${ratio(a / b)}`,
          bar: '',
          met: undefined,
        });
      }
      report({
        what: 'total of medians',
        figure: `${ms(ours)} : ${ms(base)} = ${ratio(ours / base)}`,
        bar: 'at most 1.10 x',
        met: ours / base <= 1.1,
      });
    } finally {
      await server.close();
      await client.end();
      await postgres.stop();
    }
  },
};
