import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { S3Server } from '../support/s3-server.ts';
import type { S3Request } from '../support/s3-server.ts';
import { listFiles, openWritingLake } from './writing-lake.ts';
import type { WritingLake } from './writing-lake.ts';

const EVENTS = `CREATE EXTERNAL TABLE IF NOT EXISTS lake.default.events (n bigint, t string) PARTITIONED BY (p int)
  STORED AS PARQUET LOCATION 'events/'`;
const ROWS =
  'INSERT INTO lake.events SELECT i, md5(i::text), i % 5 FROM generate_series(1, 1000) g(i)';

let server: S3Server;
let folder: string;
let lake: WritingLake;

async function open(): Promise<WritingLake> {
  return openWritingLake({
    folder,
    reuse: { settle: 0 },
    lake: {
      root: 's3://bucket/lake/',
      s3: {
        endpoint: server.endpoint,
        accessKeyId: server.accessKeyId,
        secretAccessKey: server.secretAccessKey,
        pathStyle: true,
      },
    },
  });
}

/** A write that fails at its third file, while nothing that it left can be taken back. */
async function failToTakeBack(): Promise<void> {
  let completed = 0;
  server.onRequest = ({ operation }: S3Request) => {
    if (operation === 'complete') return ++completed > 2 ? 'error' : undefined;
    return operation === 'delete' || operation === 'abort' ? 'error' : undefined;
  };
  expect(await lake.failure(ROWS)).toMatch(/^08001 /);
  server.onRequest = undefined;
}

beforeEach(async () => {
  folder = `${await realpath(await mkdtemp(join(tmpdir(), 'tributary-writing-s3-')))}/`;
  server = await S3Server.start();
  server.bucket('bucket');
  lake = await open();
  await lake.run(EVENTS);
}, 60_000);

afterEach(async () => {
  server.onRequest = undefined;
  await lake.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

function keys(): string[] {
  return [...server.bucket('bucket').after('', '')].map(({ key }) => key);
}

async function leftAside(): Promise<readonly string[]> {
  return (await listFiles(`${folder}objects/`)).filter((file) => file.startsWith('writes/'));
}

describe('on S3', () => {
  test('all bytes are in the bucket before the first object is visible', async () => {
    expect(await lake.tag(ROWS)).toBe('INSERT 0 1000');
    const operations = server.log.map(({ operation }) => operation);
    expect(operations.lastIndexOf('part')).toBeLessThan(operations.indexOf('complete'));
    expect(await lake.rows('SELECT count(*), count(DISTINCT t) FROM lake.events')).toEqual([
      [1000, 1000],
    ]);
    expect(keys()).toHaveLength(5);
    expect([server.uploads.size, await leftAside()]).toEqual([0, []]);
  });

  test('objects of several parts come whole', async () => {
    expect(
      await lake.tag(
        "CREATE TABLE lake.default.large WITH (parquet_compression = 'none') AS SELECT i AS n, md5(i::text) || md5((i + 1)::text) AS t FROM generate_series(1, 300000) g(i)",
      ),
    ).toBe('SELECT 300000');
    expect(server.log.filter(({ operation }) => operation === 'part').length).toBeGreaterThan(1);
    expect(
      await lake.rows('SELECT count(*), sum(n)::text, count(DISTINCT t) FROM lake.large'),
    ).toEqual([[300000, '45000150000', 300000]]);
  }, 60_000);

  test('answers from before are answered with the new rows after', async () => {
    const text = 'SELECT p, count(*) FROM lake.events GROUP BY p ORDER BY p';
    await lake.run(ROWS);
    const first = await lake.rows(text);
    expect(await lake.rows(text)).toEqual(first);
    await lake.run('INSERT INTO lake.events VALUES (1, NULL, 3)');
    expect(await lake.rows(text)).toEqual(first.map(([p, n]) => [p, p === 3 ? Number(n) + 1 : n]));
  });

  test('a throttled, reset or lost answer is asked for again', async () => {
    const met = new Set<string>();
    server.onRequest = ({ operation, key }: S3Request) => {
      const what = `${operation} ${key}`;
      if (!['begin', 'part', 'complete'].includes(operation) || met.has(what)) return undefined;
      met.add(what);
      return operation === 'complete' ? 'truncate' : operation === 'part' ? 'reset' : 'throttle';
    };
    expect(await lake.tag(ROWS)).toBe('INSERT 0 1000');
    expect(met.size).toBe(15);
    expect(await lake.rows('SELECT count(*) FROM lake.events')).toEqual([[1000]]);
    expect(server.uploads.size).toBe(0);
  }, 60_000);

  test.each(['begin', 'part', 'complete'])(
    'when %s fails for good, nothing stays',
    async (failing) => {
      await lake.run('INSERT INTO lake.events VALUES (1, NULL, 3)');
      const before = keys();
      let count = 0;
      const broken = new Set<string>();
      server.onRequest = ({ operation, key }: S3Request) => {
        if (operation !== failing) return undefined;
        if (++count === 3) broken.add(key);
        return broken.has(key) ? 'error' : undefined;
      };
      expect(await lake.failure(ROWS)).toMatch(/^08001 /);
      server.onRequest = undefined;
      expect(keys()).toEqual(before);
      expect([server.uploads.size, await leftAside()]).toEqual([0, []]);
      expect(await lake.rows('SELECT count(*) FROM lake.events')).toEqual([[1]]);
      expect(await lake.tag(ROWS)).toBe('INSERT 0 1000');
    },
    60_000,
  );

  test('what cannot be taken back now is taken back by the next write', async () => {
    await failToTakeBack();
    expect(keys()).not.toEqual([]);
    expect(await lake.tag('INSERT INTO lake.events VALUES (1, NULL, 3)')).toBe('INSERT 0 1');
    expect([keys().length, server.uploads.size, await leftAside()]).toEqual([1, 0, []]);
    expect(await lake.rows('SELECT count(*) FROM lake.events')).toEqual([[1]]);
  }, 120_000);

  test('uploads that a dead process began are aborted by the next start', async () => {
    await failToTakeBack();
    // Leaves its folder, as a process that dies does.
    await lake.close();
    expect((await leftAside()).length).toBeGreaterThan(0);
    lake = await open();
    expect([keys(), server.uploads.size, await leftAside()]).toEqual([[], 0, []]);
  }, 120_000);

  test('a location with any object is not empty, and one beside it is', async () => {
    server.bucket('bucket').put('lake/made/.hidden', Buffer.alloc(0));
    expect(
      await lake.failure(
        "CREATE TABLE lake.default.made WITH (external_location = 's3://bucket/lake/made/') AS SELECT 1 AS a",
      ),
    ).toMatch(/^55000 's3:\/\/bucket\/lake\/made\/' is not empty$/);
    expect(
      await lake.tag(
        "CREATE TABLE lake.default.made WITH (external_location = 's3://bucket/lake/mad/') AS SELECT 1 AS a",
      ),
    ).toBe('SELECT 1');
  });
});
