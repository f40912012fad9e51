import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';
import { startTributary } from '../support/tributary.ts';
import type { TestServer } from '../support/tributary.ts';

let postgres: TestPostgres;
let server: TestServer;
let client: pg.Client;
let folder: string;
let from: string;

const notices: string[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.query('CREATE SCHEMA sales');
  await postgres.query('CREATE TABLE sales.apps (id int PRIMARY KEY, name text NOT NULL)');
  await postgres.query("INSERT INTO sales.apps VALUES (1, 'one'), (2, 'two')");
  folder = await mkdtemp(join(tmpdir(), 'tributary-external-'));
  server = await startTributary({
    sources: `lake: { connector: lake, root: ${folder}, write: { roles: [] } }
  warehouse: { connector: postgres, url: '${postgres.connectionString}', catalogAge: 0 }`,
    bootstrap:
      'CREATE TABLE lake.default.events AS SELECT i AS n, i % 2 + 1 AS app FROM generate_series(1, 10) g(i);',
  });
  client = new pg.Client({ connectionString: server.url });
  client.on('notice', ({ message }) => notices.push(message ?? ''));
  await client.connect();
  const { hostname, port, pathname } = new URL(postgres.connectionString);
  from = `FROM POSTGRES DATABASE '${pathname.slice(1)}' SCHEMA 'sales' URI '${hostname}' PORT ${port}`;
}, 60_000);

afterAll(async () => {
  await client.end();
  await server.close();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

async function rows(text: string): Promise<unknown> {
  return (await client.query({ text, rowMode: 'array' })).rows;
}

async function failure(text: string): Promise<string> {
  try {
    await client.query(text);
    return 'it did not fail';
  } catch (error) {
    const { code, message } = error as pg.DatabaseError;
    return `${code} ${message}`;
  }
}

describe('CREATE EXTERNAL SCHEMA', () => {
  test("names a source's schema, whose tables show as they are now", async () => {
    const { command } = await client.query(
      `CREATE EXTERNAL SCHEMA shop ${from} IAM_ROLE 'arn:aws:iam::1:role/x' SECRET_ARN 'arn:aws:secretsmanager:x'`,
    );
    expect(command).toBe('CREATE');
    expect(notices.splice(0)).toEqual([
      'IAM_ROLE has no effect: the access of source "warehouse" is used',
      'SECRET_ARN has no effect: the access of source "warehouse" is used',
    ]);
    expect(await rows('SELECT name FROM shop.apps ORDER BY 1')).toEqual([['one'], ['two']]);
    await postgres.query('CREATE TABLE sales.later AS SELECT 7 AS n');
    expect(await rows('SELECT n FROM main.shop.later')).toEqual([[7]]);
    expect(
      await rows(
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'shop' ORDER BY 1",
      ),
    ).toEqual([['apps'], ['later']]);
    const explained = JSON.stringify(await rows('EXPLAIN SELECT count(*) FROM shop.apps'));
    expect(explained).toContain('Remote Query warehouse');
  });

  test('opens no connection: what is no configured source is refused', async () => {
    for (const text of [
      from.replace(/URI '[^']*'/, "URI '10.0.0.1'"),
      from.replace(/PORT \d+/, 'PORT 1'),
      from.replace(/PORT \d+/, ''),
      from.replace(/DATABASE '[^']*'/, "DATABASE 'other'"),
    ]) {
      expect(await failure(`CREATE EXTERNAL SCHEMA far ${text}`)).toMatch(
        /^42704 no configured source is database/,
      );
    }
    expect(
      await failure(`CREATE EXTERNAL SCHEMA far ${from.replace("'sales'", "'nothing'")}`),
    ).toBe('3F000 source "warehouse" has no schema "nothing" that it shows');
    expect(await failure("CREATE EXTERNAL SCHEMA far FROM DATA CATALOG DATABASE 'x'")).toMatch(
      /^0A000 /,
    );
    expect(await failure("CREATE EXTERNAL SCHEMA far FROM POSTGRES DATABASE 'x'")).toMatch(
      /^42601 .*URI/,
    );
  });

  test('takes a name once, and none that means something already', async () => {
    expect(await failure(`CREATE EXTERNAL SCHEMA shop ${from}`)).toBe(
      '42P06 schema "shop" already exists',
    );
    await client.query(`CREATE EXTERNAL SCHEMA IF NOT EXISTS shop ${from}`);
    expect(notices.splice(0)).toEqual(['schema "shop" already exists, skipping']);
    expect(await failure(`CREATE EXTERNAL SCHEMA warehouse ${from}`)).toMatch(/^42P06 /);
    expect(await failure(`CREATE EXTERNAL SCHEMA pg_x ${from}`)).toMatch(/^42P15 /);
    expect(await failure(`CREATE EXTERNAL SCHEMA lake.shop ${from}`)).toMatch(/^42P15 /);
  });

  test('holds nothing of its own', async () => {
    expect(await failure('CREATE VIEW shop.mine AS SELECT 1 AS a')).toMatch(
      /^42809 schema "shop" shows/,
    );
    expect(await failure('DROP TABLE shop.apps')).toMatch(
      /^42809 .*declared by source "warehouse"/,
    );
    await client.query('DROP SCHEMA shop');
    expect(await failure('SELECT * FROM shop.apps')).toMatch(/^42P01 /);
    await client.query(`CREATE EXTERNAL SCHEMA shop ${from}`);
    expect(await rows('SELECT count(*) FROM shop.apps')).toEqual([['2']]);
  });
});

describe('CREATE VIEW across sources', () => {
  test('joins lake and warehouse, under views of views, and in what is written from it', async () => {
    await client.query(`CREATE VIEW public.named AS
      SELECT a.name, count(*) AS n FROM lake.events e JOIN shop.apps a ON a.id = e.app GROUP BY 1`);
    await client.query('CREATE VIEW public.large AS SELECT name FROM named WHERE n >= 5');
    expect(await rows('SELECT * FROM named ORDER BY 1')).toEqual([
      ['one', '5'],
      ['two', '5'],
    ]);
    expect(await rows('SELECT count(*) FROM large')).toEqual([['2']]);
    await client.query('CREATE TABLE lake.default.kept AS SELECT * FROM named');
    expect(await rows('SELECT name, n FROM lake.kept ORDER BY 1')).toEqual([
      ['one', '5'],
      ['two', '5'],
    ]);
    await postgres.query("UPDATE sales.apps SET name = 'uno' WHERE id = 1");
    expect(await rows('SELECT name FROM named ORDER BY 1')).toEqual([['two'], ['uno']]);
    await client.query('CREATE OR REPLACE VIEW public.large AS SELECT name FROM shop.apps');
    expect(await rows('SELECT * FROM large ORDER BY 1')).toEqual([['two'], ['uno']]);
  });
});
