import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLakeConnector, type Connector } from '@tributary/connectors';
import { createEngine, type Engine } from '@tributary/engine';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { S3Server } from '../../../../test/support/s3-server.ts';
import {
  context,
  EVENT_COLUMNS,
  openWorkspace,
  read,
  request,
  services,
  tableOf,
  type Workspace,
} from './support.ts';

/** A folder with httpfs.duckdb_extension of the engine's version; without it these tests are skipped. */
const EXTENSIONS = process.env['TRIBUTARY_EXTENSIONS'] ?? '';
const withHttpfs = existsSync(join(EXTENSIONS, 'httpfs.duckdb_extension')) ? test : test.skip;

const TABLE = tableOf('s3://bucket/lake/large/', EVENT_COLUMNS);
const SUM = 'SELECT sum(c1)::BIGINT FROM r';

let workspace: Workspace;
let server: S3Server;
let engine: Engine;
let lake: Connector;

async function put(first: number): Promise<Buffer> {
  const path = `${workspace.folder}large.parquet`;
  await workspace.writer.run(
    `COPY (SELECT ${first} + i AS user_id, md5(i::VARCHAR) AS event FROM range(100000) r(i)) TO '${path}' (FORMAT parquet)`,
  );
  const body = readFileSync(path);
  server.bucket('bucket').put('lake/large/a.parquet', body);
  return body;
}

beforeAll(async () => {
  workspace = await openWorkspace();
  server = await S3Server.start();
  const s3 = {
    endpoint: server.endpoint,
    region: 'us-east-1',
    accessKeyId: server.accessKeyId,
    secretAccessKey: server.secretAccessKey,
    pathStyle: true,
  };
  engine = await createEngine({
    threads: 2,
    memoryLimit: 1e9,
    spillDirectory: `${workspace.folder}spill-httpfs/`,
    spillLimit: 1e9,
    allowedDirectories: [workspace.folder],
    s3: [{ scope: 's3://bucket/lake/', ...s3 }],
    extensionDirectories: [EXTENSIONS],
    extensions: ['httpfs'],
    maxConcurrent: 2,
  });
  const cache = { directory: `${workspace.folder}cache/`, maxBytes: 1e9, wholeObjectLimit: 1000 };
  lake = createLakeConnector(
    { source: 'lake', root: 's3://bucket/lake/', s3, cache },
    services(engine),
  );
});

afterAll(async () => {
  await lake.close();
  await engine.close();
  await server.close();
  await workspace.close();
});

withHttpfs(
  'large objects are read by range: of a narrow question less than the object',
  async () => {
    const body = await put(0);
    const relation = await lake.scan(request(TABLE, ['user_id']), context());
    server.log.length = 0;
    expect(await read(engine, relation, SUM)).toEqual([[4999950000n]]);
    await relation.verify();
    const ranges = server.log.flatMap(({ range }) => {
      const [, from, to] = /bytes=(\d+)-(\d+)/.exec(range ?? '') ?? [];
      return from === undefined ? [] : [Number(to) - Number(from) + 1];
    });
    const fetched = ranges.reduce((sum, bytes) => sum + bytes, 0);
    expect(fetched).toBeGreaterThan(0);
    expect(fetched).toBeLessThan(body.length / 2);
    expect(relation.statistics.bytesRead).toBeGreaterThanOrEqual(body.length);
    await relation.release();
  },
);

withHttpfs('an object that changes while it is read by range is found out', async () => {
  await put(0);
  const relation = await lake.scan(request(TABLE, ['user_id']), context());
  await put(1);
  // Whether the engine reads the new object or refuses it, the answer does not count.
  await read(engine, relation, SUM).catch(() => undefined);
  await expect(relation.verify()).rejects.toMatchObject({ code: 'dataChanged' });
  await relation.release();
  const again = await lake.scan(request(TABLE, ['user_id']), context());
  expect(await read(engine, again, SUM)).toEqual([[5000050000n]]);
  await again.verify();
  await again.release();
});
