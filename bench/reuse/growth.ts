import { access, mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { startTributary } from '../../test/support/tributary.ts';
import type { Benchmark } from '../report.ts';
import { folderSize, megabytes } from './store-size.ts';

const QUERIES = 10_000;
const CLIENTS = 4;
const DAYS = 40;
const MAX_BYTES = 1e6;
/** Days of a range at most. */
const LONGEST = 8;
/** Milliseconds: a slow machine runs fewer statements. */
const LIMIT = 7 * 60_000;
/** Statements after which it is told how far the run is, and the folder is measured. */
const PROGRESS = 500;

const TABLE = `CREATE EXTERNAL TABLE lake.default.small (user_id bigint, event string, revenue double)
PARTITIONED BY (dt date) STORED AS PARQUET LOCATION 'small/'
TBLPROPERTIES ('projection.enabled'='true', 'projection.dt.type'='date', 'projection.dt.format'='yyyy-MM-dd',
 'projection.dt.range'='2024-01-01,2024-12-31');`;

async function generate(root: string): Promise<void> {
  await mkdir(join(root, 'small'), { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    await connection.run(`COPY (
      SELECT (hash(d * 1000 + n) % 500)::BIGINT AS user_id, ['view', 'click', 'buy'][1 + n % 3] AS event, (n % 97)::DOUBLE AS revenue,
        DATE '2024-01-01' + d::INTEGER AS dt
      FROM range(${DAYS}) AS d(d), range(60) AS r(n)
    ) TO '${join(root, 'small')}' (FORMAT parquet, PARTITION_BY (dt), OVERWRITE_OR_IGNORE)`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const day = (place: number): string =>
  new Date(Date.UTC(2024, 0, 1 + place)).toISOString().slice(0, 10);

/** Ever new ranges and filters, so that most statements store something. */
function statement(index: number): string {
  const from = (index * 7) % (DAYS - LONGEST);
  const to = from + 2 + ((index * 13) % (LONGEST - 2));
  const users = index % 4 === 0 ? ', count(DISTINCT user_id)' : '';
  return `SELECT event, count(*), sum(revenue)${users} FROM lake.small
    WHERE dt BETWEEN date '${day(from)}' AND date '${day(to)}' AND revenue < ${index % 997} GROUP BY event`;
}

async function size(path: string): Promise<number> {
  const present = await access(path).then(
    () => true,
    () => false,
  );
  return present ? await folderSize(path) : 0;
}

/** The store's bounds over many statements. */
export const reuseGrowth: Benchmark = {
  name: 'reuse-growth',
  description: `${QUERIES} statements that store, reuse.maxBytes ${MAX_BYTES / 1e6} MB`,
  async run(report) {
    const root = await mkdtemp(join(tmpdir(), 'tributary-bench-growth-'));
    await generate(root);
    // Files younger than the settle time are not stored.
    await pause(2500);
    const server = await startTributary({
      sources: `lake: { connector: lake, root: ${root} }`,
      bootstrap: TABLE,
      config: `reuse: { maxBytes: ${MAX_BYTES} }`,
    });
    try {
      const clients = await Promise.all(Array.from({ length: CLIENTS }, () => server.connect()));
      const folder = join(server.state, 'state', 'reuse');
      const measure = async (): Promise<{
        readonly heap: number;
        readonly resident: number;
        readonly stored: number;
        readonly state: number;
      }> => {
        globalThis.gc?.();
        return {
          heap: process.memoryUsage().heapUsed,
          resident: process.memoryUsage.rss(),
          stored: await size(folder),
          state: await size(join(server.state, 'state')),
        };
      };
      let most = 0;
      let next = 0;
      const started = performance.now();
      const run = async (until: number, limit: number): Promise<void> => {
        await Promise.all(
          clients.map(async (client) => {
            while (next < until && performance.now() - started < limit) {
              const index = next++;
              await client.query(statement(index));
              if (index % PROGRESS !== 0) continue;
              most = Math.max(most, await size(folder));
              const seconds = (performance.now() - started) / 1000;
              process.stderr.write(
                `  ${index} statements after ${seconds.toFixed(0)} s, most bytes stored ${megabytes(most)}\n`,
              );
            }
          }),
        );
      };
      await run(QUERIES / 2, LIMIT / 2);
      const middle = await measure();
      await run(QUERIES, LIMIT);
      const end = await measure();
      report({
        what: `statements in ${((performance.now() - started) / 1000).toFixed(0)} s`,
        figure: `${next}`,
        bar: `${QUERIES} in ${LIMIT / 1000} s`,
        met: next >= QUERIES,
      });
      report({
        what: `most bytes in the store's folder, and at the end`,
        figure: `${megabytes(most)}, ${megabytes(end.stored)}`,
        bar: `at most ${megabytes(MAX_BYTES)} and the files being read`,
        met: most <= MAX_BYTES * 1.1,
      });
      report({
        what: 'catalog and index on disk, after half of the statements and at the end',
        figure: `${megabytes(middle.state - middle.stored)}, ${megabytes(end.state - end.stored)}`,
        bar: 'at most 1.2 x + 4 MB',
        met: end.state - end.stored <= 1.2 * (middle.state - middle.stored) + 4e6,
      });
      report({
        what: 'heap after half of the statements and at the end (resident)',
        figure: `${megabytes(middle.heap)}, ${megabytes(end.heap)} (${megabytes(middle.resident)}, ${megabytes(end.resident)})`,
        bar: 'at most 16 MB more',
        met: end.heap - middle.heap <= 16e6,
      });
    } finally {
      await server.close();
      await rm(root, { recursive: true, force: true });
    }
  },
};
