import { resolve } from 'node:path';
import { generateLake } from '@tributary/server';
import type { TestServer } from '../test/support/tributary.ts';
import type { LakeShape } from '../packages/server/src/demo/generate-lake.ts';

/** 100,000 partition files: 500 days x 200 apps. */
export const SHAPE: LakeShape = {
  apps: 200,
  days: 500,
  rowsPerFile: 200,
  lastDay: new Date(Date.UTC(2024, 11, 31)),
};

export const FIRST_DAY = '2024-02-01';
export const LAST_DAY = '2024-07-29';
export const APP = 7;

/** Generates the benchmark's lake once below `.cache` and answers its root. */
export async function benchLake(): Promise<string> {
  const root = resolve('.cache/bench/lake');
  await generateLake(root, SHAPE, () => undefined, new AbortController().signal);
  return root;
}

/** Names of the 180 partitions' files, relative to the root. */
export function wantedFiles(): readonly string[] {
  const files: string[] = [];
  for (let day = Date.parse(FIRST_DAY); day <= Date.parse(LAST_DAY); day += 86_400_000) {
    files.push(
      `events/dt=${new Date(day).toISOString().slice(0, 10)}/app_id=${APP}/events_0.parquet`,
    );
  }
  return files;
}

export const TABLE = `CREATE EXTERNAL TABLE lake.default.events (user_id bigint, event string, revenue double, ts timestamp)
PARTITIONED BY (dt date, app_id int) STORED AS PARQUET LOCATION 'events/'
TBLPROPERTIES ('projection.enabled'='true', 'projection.dt.type'='date', 'projection.dt.format'='yyyy-MM-dd',
 'projection.dt.range'='2023-01-01,2025-12-31', 'projection.app_id.type'='integer', 'projection.app_id.range'='1,5000');`;

const COLUMNS = 'count(*) AS n, count(DISTINCT user_id) AS users, sum(revenue) AS revenue';

export const TRIBUTARY_QUERY = `SELECT event, ${COLUMNS} FROM lake.events
WHERE dt BETWEEN date '${FIRST_DAY}' AND date '${LAST_DAY}' AND app_id = ${APP} GROUP BY event`;

export const exactQuery = (relation: string): string =>
  `SELECT event, ${COLUMNS} FROM ${relation} GROUP BY event`;

export const globQuery = (root: string): string => `SELECT event, ${COLUMNS}
FROM read_parquet('${root}/events/*/*/*.parquet', hive_partitioning = true)
WHERE dt BETWEEN date '${FIRST_DAY}' AND date '${LAST_DAY}' AND app_id = ${APP} GROUP BY event`;

/** Statements of the server's shared connection read their files each time: what is measured is the scan. */
export async function readEachTime(server: TestServer): Promise<void> {
  await server.query("SET tributary.reuse = 'off'");
  await server.query("SET tributary.reuse_populate = 'off'");
}
