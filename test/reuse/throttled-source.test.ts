import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { S3Server } from '../support/s3-server.ts';
import { startTributary } from '../support/tributary.ts';
import type { TestServer } from '../support/tributary.ts';
import { writeRows } from './lake-files.ts';

const DAYS = 8;
const ROWS = 50;

let s3: S3Server;
let server: TestServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-throttled-'));
  const instance = await DuckDBInstance.create(':memory:');
  const writer = await instance.connect();
  for (let day = 1; day <= DAYS; day++)
    await writeRows(
      writer,
      `SELECT (${day} * 1000 + i)::BIGINT AS n, (i % 5)::INTEGER AS v FROM range(${ROWS}) AS r(i)`,
      `${folder}/t/dt=2024-01-0${day}/a.parquet`,
      true,
    );
  writer.closeSync();
  instance.closeSync();
  s3 = await S3Server.start();
  await s3.bucket('lake').addFolder(folder);
  server = await startTributary({
    sources: `lake: { connector: lake, root: 's3://lake/', s3: { endpoint: '${s3.endpoint}', region: us-east-1, accessKeyId: '${s3.accessKeyId}', secretAccessKey: '${s3.secretAccessKey}', pathStyle: true } }`,
    bootstrap: `CREATE EXTERNAL TABLE lake.default.t (n bigint, v int) PARTITIONED BY (dt date) STORED AS PARQUET LOCATION 's3://lake/t/'
      TBLPROPERTIES ('projection.enabled' = 'true', 'projection.dt.type' = 'date', 'projection.dt.format' = 'yyyy-MM-dd', 'projection.dt.range' = '2024-01-01,2024-01-31');`,
  });
});

afterAll(async () => {
  await server.close();
  await s3.close();
  await rm(folder, { recursive: true, force: true });
});

test('a source that throttles 30 % of requests is asked again, and what was computed is reused', async () => {
  s3.faults = { throttle: 0.3 };
  const sums = Array.from({ length: DAYS }, (_, at) => {
    const day = at + 1;
    return [`2024-01-0${day}`, String(ROWS), String(day * 1000 * ROWS + (ROWS * (ROWS - 1)) / 2)];
  });
  const text = 'SELECT dt, count(*), sum(n) FROM lake.t GROUP BY dt ORDER BY dt';
  for (let round = 0; round < 4; round++) {
    await server.query(`SET tributary.window_days = ${round === 0 ? 1 : 60}`);
    expect((await server.query(text)).rows).toEqual(sums);
  }
  const last = await server.query('SELECT windows_hit, windows_miss FROM tributary.last_query');
  expect(last.rows).toEqual([[String(DAYS), '0']]);
  expect(s3.log.length).toBeGreaterThan(DAYS);
  expect((await server.query('SELECT v, count(*) FROM lake.t GROUP BY v ORDER BY v')).rows).toEqual(
    Array.from({ length: 5 }, (_, v) => [String(v), String((DAYS * ROWS) / 5)]),
  );
});
