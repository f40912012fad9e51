import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { startTributary } from '../support/tributary.ts';
import type { TestServer } from '../support/tributary.ts';

const folder = await realpath(await mkdtemp(join(tmpdir(), 'tributary-writing-safety-')));
const lake = join(folder, 'pre');
const beside = join(folder, 'pre-other');
const closed = join(folder, 'closed');
const outside = join(folder, 'outside');

let server: TestServer;

const USERS = `auth:
  users:
    - { name: tributary, password: open, roles: [loader] }
    - { name: reader, password: open, roles: [analyst] }
`;

async function as(user: string): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: server.sqlPort,
    user,
    password: 'open',
    database: 'main',
  });
  await client.connect();
  return client;
}

async function answer(client: pg.Client, text: string): Promise<string> {
  try {
    const { command, rowCount } = await client.query(text);
    return `${command} ${rowCount}`;
  } catch (error) {
    const { code, message } = error as pg.DatabaseError;
    return `${code} ${message}`;
  }
}

let writer: pg.Client;
let reader: pg.Client;

beforeAll(async () => {
  for (const each of [lake, beside, closed, outside]) await mkdir(each);
  await symlink(outside, join(lake, 'link'));
  await mkdir(join(lake, '_tributary/writes'), { recursive: true });
  server = await startTributary({
    sources: `lake: { connector: lake, root: ${lake}, write: { roles: [loader] } }
  other: { connector: lake, root: ${closed} }`,
    bootstrap: `CREATE EXTERNAL TABLE lake.default.events (n bigint) PARTITIONED BY (p string) STORED AS PARQUET LOCATION 'events/';
CREATE EXTERNAL TABLE other.default.events (n bigint) STORED AS PARQUET LOCATION 'events/';
`,
    config: USERS,
    password: 'open',
  });
  writer = await as('tributary');
  reader = await as('reader');
}, 60_000);

afterAll(async () => {
  await writer.end();
  await reader.end();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Everything outside the one root that may be written to. */
async function strangers(): Promise<readonly string[]> {
  const found = await Promise.all(
    [beside, closed, outside].map((each) => readdir(each, { recursive: true })),
  );
  return found.flat();
}

describe('a location that cannot be written to', () => {
  const locations = [
    '../outside/x/',
    `${lake}/../outside/x/`,
    `${lake}/a/../../outside/x/`,
    `${lake}//x/`,
    `${lake}/./x/`,
    `${beside}/x/`,
    `${closed}/x/`,
    `${outside}/x/`,
    `${lake}/link/x/`,
    'link/x/',
    '/',
    '/tmp/x/',
    `${lake}-other/x/`,
    'file:///tmp/x/',
    's3://bucket/x/',
    'http://127.0.0.1/x/',
    `_tributary/writes/x/`,
    `${lake}/_tributary/x/`,
  ];
  test.each(locations)('%s is refused by UNLOAD and by CREATE TABLE', async (location) => {
    for (const text of [
      `UNLOAD ('SELECT 1 AS a') TO '${location}' PARQUET`,
      `UNLOAD (SELECT 1 AS a) TO '${location}' WITH (format = 'JSON')`,
      `CREATE TABLE lake.default.made WITH (external_location = '${location}') AS SELECT 1 AS a`,
    ]) {
      expect(await answer(writer, text)).toMatch(/^22023 /);
    }
    expect(await strangers()).toEqual([]);
  });

  test('a name with a star, brackets or a quote is a name like any other', async () => {
    for (const name of ['a*b', 'c[1]d', 'e?f', "g''h", 'i{0}j', '$1']) {
      expect(
        await answer(
          writer,
          `UNLOAD ('SELECT 1 AS a, 2 AS p') TO 'odd/${name}/' PARQUET PARTITION BY (p)`,
        ),
      ).toBe('UNLOAD null');
    }
    expect((await readdir(join(lake, 'odd'))).sort()).toEqual(
      ['a*b', 'c[1]d', 'e?f', "g'h", 'i{0}j', '$1'].sort(),
    );
  });

  test('a partition value cannot lead out of the table', async () => {
    for (const value of ['../../../outside', '..', '/etc', 'a/b', "x'y", '%2e%2e%2f', 'a*']) {
      expect(
        await answer(
          writer,
          `INSERT INTO lake.events VALUES (1, '${value.replaceAll("'", "''")}')`,
        ),
      ).toBe('INSERT 1');
    }
    expect(await strangers()).toEqual([]);
    const { rows } = await writer.query('SELECT count(DISTINCT p)::int AS n FROM lake.events');
    expect(rows).toEqual([{ n: 7 }]);
  });

  test('a link that appears where a partition would be is not followed out of the root', async () => {
    await symlink(outside, join(lake, 'events/p=linked'));
    expect(await answer(writer, "INSERT INTO lake.events VALUES (1, 'linked')")).toMatch(/^22023 /);
    await rm(join(lake, 'events/p=linked'));
    expect(await strangers()).toEqual([]);
  });
});

describe('who may write', () => {
  test.each([
    'INSERT INTO lake.events VALUES (1, NULL)',
    'CREATE TABLE lake.default.mine AS SELECT 1 AS a',
    `UNLOAD ('SELECT 1') TO '${lake}/mine/'`,
    "UNLOAD (SELECT 1) TO 'mine/' WITH (format = 'PARQUET')",
  ])('a user without a role of the source may not: %s', async (text) => {
    expect(await answer(reader, text)).toBe('42501 permission denied to write to source "lake"');
  });

  test('nobody may write to a source without roles', async () => {
    expect(await answer(writer, 'INSERT INTO other.events VALUES (1)')).toBe(
      '42501 permission denied to write to source "other"',
    );
  });

  test('what is written says INSERT and SELECT with its rows, as PostgreSQL does', async () => {
    expect(
      await answer(writer, "INSERT INTO lake.events SELECT i, 'k' FROM generate_series(1, 3) g(i)"),
    ).toBe('INSERT 3');
    expect(await answer(writer, 'CREATE TABLE lake.default.made AS SELECT 1 AS a')).toBe(
      'SELECT 1',
    );
    const { rows } = await reader.query('SELECT a FROM lake.made');
    expect(rows).toEqual([{ a: 1 }]);
  });
});

test('a file of the user in the staging folder of nobody is not taken for a write', async () => {
  await writeFile(join(lake, '_tributary/writes/note'), 'x');
  expect(await answer(writer, "INSERT INTO lake.events VALUES (9, 'k')")).toBe('INSERT 1');
});
