import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DuckDBInstance } from '@duckdb/node-api';
import pg from 'pg';
import type { TestServer } from '../support/tributary.ts';
import { startTributary } from '../support/tributary.ts';

let folder: string;
let server: TestServer;
let client: pg.Client;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-joins-'));
  await mkdir(join(folder, 'owners'));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(
    `COPY (FROM (VALUES ('owners', 'ana', 3), ('apps', 'bob', 4), ('gone', 'cid', 5)) v(table_name, owner, size))
     TO '${join(folder, 'owners/data.parquet')}'`,
  );
  connection.closeSync();
  instance.closeSync();
  server = await startTributary({
    sources: `lake: { connector: lake, root: ${folder} }`,
    bootstrap: `CREATE EXTERNAL TABLE IF NOT EXISTS lake.default.owners (table_name string, owner string, size int)
        STORED AS PARQUET LOCATION 'owners/';
      CREATE EXTERNAL TABLE IF NOT EXISTS lake.default.apps (app_id int) STORED AS PARQUET LOCATION 'apps/';`,
  });
  client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query('SELECT FROM pg_class LIMIT 1');
}, 240_000);
afterAll(async () => {
  await client.end();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

describe('system catalogs and data in one statement', () => {
  it('join each other', async () => {
    const { rows } = await client.query(
      `SELECT o.table_name, o.owner, c.relkind, n.nspname AS schema
       FROM lake.owners o JOIN pg_class c ON c.relname = o.table_name
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = 'lake' ORDER BY o.size`,
    );
    expect(rows).toEqual([
      { table_name: 'owners', owner: 'ana', relkind: 'r', schema: 'lake' },
      { table_name: 'apps', owner: 'bob', relkind: 'r', schema: 'lake' },
    ]);
  });

  it('subqueries, parameters, information_schema and WITH queries named like catalogs', async () => {
    const { rows } = await client.query(
      `WITH pg_mine AS (SELECT table_name FROM lake.owners WHERE owner <> $1)
       SELECT m.table_name, (SELECT count(*)::int FROM information_schema.columns k WHERE k.table_name = m.table_name
         AND k.table_schema = 'lake') AS columns
       FROM pg_mine m WHERE m.table_name NOT IN (SELECT relname FROM pg_class WHERE relname = 'apps') ORDER BY 1`,
      ['bob'],
    );
    expect(rows).toEqual([
      { table_name: 'gone', columns: 0 },
      { table_name: 'owners', columns: 3 },
    ]);
  });

  it('a catalog without rows has its types all the same', async () => {
    const { rows, fields } = await client.query(
      'SELECT i.*, o.owner FROM pg_index i RIGHT JOIN lake.owners o ON i.indexrelid = o.size AND i.indisvalid AND false ORDER BY 1, o.owner LIMIT 1',
    );
    expect(fields.find(({ name }) => name === 'indexrelid')?.dataTypeID).toBe(26);
    expect(rows).toMatchObject([{ indexrelid: null, owner: 'ana' }]);
  });

  it('a prepared statement sees tables that came after it', async () => {
    const count = {
      name: 'known',
      text: 'SELECT count(*)::int AS n FROM lake.owners o JOIN pg_class c ON c.relname = o.table_name AND c.relkind = $1',
      values: ['v'],
    };
    expect((await client.query(count)).rows).toEqual([{ n: 0 }]);
    await client.query('CREATE VIEW gone AS SELECT 1 AS one');
    expect((await client.query(count)).rows).toEqual([{ n: 1 }]);
  });

  it('functions that only the catalogs know are refused by name', async () => {
    await expect(
      client.query('SELECT pg_get_viewdef(c.oid) FROM pg_class c, lake.owners'),
    ).rejects.toMatchObject({ code: '42883' });
  });
});
