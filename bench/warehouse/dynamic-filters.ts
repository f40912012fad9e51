import { join } from 'node:path';
import type { QueryAnswer } from '@tributary/client';
import { startTributary } from '../../test/support/tributary.ts';
import type { TestServer } from '../../test/support/tributary.ts';
import type { BenchRow, Benchmark } from '../report.ts';
import { median, ms, ratio, timePair } from '../report.ts';
import { audienceLake } from '../reuse/audience-lake.ts';
import { EVENTS } from '../reuse/audience-shape.ts';
import { generateTpch } from '../tpch.ts';
import { benchPostgres } from './bench-postgres.ts';

const RUNS = Number(process.env['BENCH_RUNS'] ?? 3);

const STAR = `SELECT a.name, e.event, count(*), round(sum(e.revenue)::numeric) FROM lake.events e JOIN warehouse.apps a USING (app_id)
  WHERE a.genre = 'puzzle' AND e.dt BETWEEN '2023-06-01' AND '2024-05-30' GROUP BY 1, 2 ORDER BY 1, 2`;
const ACTIVE = "lake.events WHERE app_id = 6 AND dt = '2024-03-05'";
const PROFILES = `SELECT p.country, count(*) FROM (SELECT DISTINCT user_id FROM ${ACTIVE}) e
  JOIN warehouse.profiles p USING (user_id) GROUP BY 1 ORDER BY 1`;

interface Reading {
  readonly answer: QueryAnswer;
  readonly bytes: number;
  readonly rowsRead: number;
}

async function read(server: TestServer, sql: string, off: string): Promise<Reading> {
  await server.query(`SET tributary.rules_off = '${off}'`);
  const answer = await server.query(sql);
  const last = await server.query('SELECT bytes_read, rows_read FROM tributary.last_query');
  const [bytes, rowsRead] = (last.rows[0] ?? []).map(Number);
  return { answer, bytes: bytes ?? NaN, rowsRead: rowsRead ?? NaN };
}

async function compare(
  server: TestServer,
  sql: string,
): Promise<{
  readonly on: Reading;
  readonly off: Reading;
  readonly times: readonly [number, number];
}> {
  let on: Reading | undefined;
  let off: Reading | undefined;
  const pair = await timePair(
    RUNS,
    async () => (on = await read(server, sql, '')),
    async () => (off = await read(server, sql, 'dynamic-filters')),
  );
  if (on === undefined || off === undefined) throw new Error('nothing was read');
  if (JSON.stringify(on.answer.rows) !== JSON.stringify(off.answer.rows)) {
    throw new Error('the answers differ');
  }
  return { on, off, times: [median(pair.first), median(pair.second)] };
}

function times(what: string, [on, off]: readonly [number, number]): BenchRow {
  return {
    what,
    figure: `${ms(on)} : ${ms(off)} = ${ratio(off / on)} faster`,
    bar: 'at least 5 x',
    met: off / on >= 5,
  };
}

export const warehouseKeys: Benchmark = {
  name: 'warehouse-keys',
  description: 'joins of the lake and Postgres with dynamic filters on and off',
  async run(report) {
    const lake = await audienceLake();
    const postgres = await benchPostgres(await generateTpch());
    const server = await startTributary({
      sources: `lake: { connector: lake, root: ${join(lake, 'partition')} }
  warehouse: { connector: postgres, url: '${postgres.connectionString}' }`,
      bootstrap: EVENTS.partition,
    });
    try {
      await server.query("SET tributary.reuse = 'off'");
      const star = await compare(server, STAR);
      report({
        what: '3 of 40 apps by a column of Postgres, 365 days: bytes',
        figure: `${(star.on.bytes / 1e6).toFixed(1)} : ${(star.off.bytes / 1e6).toFixed(1)} MB = ${ratio(star.off.bytes / star.on.bytes)} fewer`,
        bar: 'at least 10 x',
        met: star.off.bytes / star.on.bytes >= 10,
      });
      report(times('the same: time', star.times));
      const keys = await compare(server, PROFILES);
      const users = await read(server, `SELECT count(DISTINCT user_id) FROM ${ACTIVE}`, '');
      const matching = Number(users.answer.rows[0]?.[0]);
      const moved = keys.on.rowsRead - users.rowsRead;
      report({
        what: `${matching} users of a day and app of 5,000,000 profiles: rows moved`,
        figure: `${moved} (${(keys.on.bytes / 1e3).toFixed(0)} : ${(keys.off.bytes / 1e3).toFixed(0)} kB)`,
        bar: 'at most 2 x the matching',
        met: moved <= 2 * matching,
      });
      report(times('the same: time', keys.times));
    } finally {
      await server.close();
      await postgres.stop();
    }
  },
};
