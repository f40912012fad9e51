import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { Benchmark } from '../report.ts';
import { median, ms, ratio, time } from '../report.ts';
import type { LoadResult } from './load-generator.ts';
import { POINTS, writePoints } from './points.ts';
import { startBuilt } from './start-built.ts';
import { answer } from './wire.ts';

const run = promisify(execFile);

interface Load {
  readonly url: string;
  readonly connections: number;
  readonly statements: number;
  readonly simple?: string;
  readonly prepared?: { readonly sql: string; readonly below: number };
}

async function generate(load: Load): Promise<LoadResult> {
  const script = resolve('bench/wire/load-generator.ts');
  const { stdout } = await run(process.execPath, ['--import', 'tsx', script, JSON.stringify(load)]);
  return JSON.parse(stdout) as LoadResult;
}

const perSecond = ({ statements, ms: elapsed }: LoadResult): number =>
  (statements / elapsed) * 1000;
const share = ({ cpuMs, ms: elapsed }: LoadResult): string =>
  `load generator ${Math.round((cpuMs / elapsed) * 100)} % of a core`;

const POINT = (table: string): string => `SELECT name, amount FROM ${table} WHERE id = $1`;

export const statements: Benchmark = {
  name: 'statements',
  description: 'short statements on one and on many connections, against PostgreSQL',
  async run(report) {
    const folder = resolve('.cache/bench/points/');
    const file = await writePoints(folder);
    const duckdb = await DuckDBInstance.create(':memory:');
    const direct = await duckdb.connect();
    const postgres = await startPostgres();
    await postgres.query(
      `CREATE TABLE points AS SELECT i::bigint AS id, 'name ' || i AS name, i * 1.5::float8 AS amount FROM generate_series(0, ${POINTS - 1}) t(i)`,
    );
    await postgres.query('ALTER TABLE points ADD PRIMARY KEY (id)');
    await postgres.query('VACUUM ANALYZE points');
    const server = await startBuilt([folder, postgres.connectionString]);
    try {
      const { url } = await answer<{ url: string }>(server);
      const theirs = postgres.connectionString;
      const one = { connections: 1, statements: 5000, simple: 'SELECT 1' };
      const a = await generate({ ...one, url });
      const b = await generate({ ...one, url: theirs });
      report({
        what: 'SELECT 1 on one connection',
        figure: `p50 ${ms(a.p50)} : ${ms(b.p50)} = ${ratio(a.p50 / b.p50)}`,
        bar: 'at most 3 x PostgreSQL',
        met: a.p50 / b.p50 <= 3,
      });
      const many = { connections: 16, statements: 30_000, simple: 'SELECT 1' };
      const c = await generate({ ...many, url });
      const d = await generate({ ...many, url: theirs });
      report({
        what: 'SELECT 1 over 16 connections',
        figure: `${Math.round(perSecond(c))} statements/s (${share(c)}); PostgreSQL ${Math.round(perSecond(d))} (${share(d)})`,
        bar: 'at least 5,000/s',
        met: perSecond(c) >= 5000,
      });
      const point = { connections: 1, statements: 1000 };
      const e = await generate({
        ...point,
        url,
        prepared: { sql: POINT('warehouse.points'), below: POINTS },
      });
      const f = await generate({
        ...point,
        url: theirs,
        prepared: { sql: POINT('points'), below: POINTS },
      });
      report({
        what: 'prepared point query on a warehouse table',
        figure: `p50 ${ms(e.p50)} : ${ms(f.p50)} = ${ratio(e.p50 / f.p50)}`,
        bar: 'at most 3 x PostgreSQL',
        met: e.p50 / f.p50 <= 3,
      });
      const g = await generate({
        ...point,
        url,
        prepared: { sql: POINT('lake.points'), below: POINTS },
      });
      const prepared = await direct.prepare(
        `SELECT name, amount FROM read_parquet('${file}') WHERE id = $1`,
      );
      let index = 0;
      const base = median(
        await time(
          1000,
          async () => {
            prepared.bindBigInt(1, BigInt((index++ * 7919) % POINTS));
            await (await prepared.run()).getRows();
          },
          200,
        ),
      );
      report({
        what: 'prepared point query on a lake table',
        figure: `p50 ${ms(g.p50)} : ${ms(base)} = ${ratio(g.p50 / base)}`,
        bar: 'at most 2 x the same in DuckDB, plus listing',
        met: g.p50 / base <= 2,
      });
      const idle = await generate({ ...many, url, connections: 500, statements: 10_000 });
      report({
        what: 'SELECT 1 over 500 connections, all active',
        figure: `${Math.round(perSecond(idle))} statements/s, p50 ${ms(idle.p50)}`,
        bar: 'no failure',
        met: true,
      });
    } finally {
      server.disconnect();
      direct.closeSync();
      duckdb.closeSync();
      await postgres.stop();
    }
  },
};
