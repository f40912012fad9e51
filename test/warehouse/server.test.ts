import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';
import { startTributary } from '../support/tributary.ts';
import type { TestServer } from '../support/tributary.ts';

let postgres: TestPostgres;
let server: TestServer;
let client: pg.Client;

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.query('CREATE TABLE apps (id int PRIMARY KEY, name text NOT NULL)');
  await postgres.query("INSERT INTO apps VALUES (1, 'one'), (2, 'two')");
  await postgres.query("COMMENT ON TABLE apps IS 'the apps'");
  await postgres.query('CREATE SCHEMA sales');
  await postgres.query(
    'CREATE TABLE sales.orders (day date, app_id int, euro numeric(10,2)) PARTITION BY RANGE (day)',
  );
  await postgres.query(
    "CREATE TABLE sales.orders_2024 PARTITION OF sales.orders FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
  );
  await postgres.query(
    "INSERT INTO sales.orders VALUES ('2024-02-29', 1, 9.50), ('2024-03-01', 2, 1.25)",
  );
  await postgres.query(
    'CREATE VIEW sales.totals AS SELECT app_id, sum(euro) AS euro FROM sales.orders GROUP BY 1',
  );
  await postgres.query('CREATE MATERIALIZED VIEW sales.frozen AS SELECT * FROM sales.totals');
  server = await startTributary({
    sources: `warehouse: { connector: postgres, url: '${postgres.connectionString}', catalogAge: 0 }
  gone: { connector: postgres, url: 'postgres://nobody:secret-word@127.0.0.1:1/nowhere' }`,
    bootstrap:
      'CREATE VIEW main.public.named AS SELECT name, euro FROM warehouse_sales.totals JOIN warehouse.apps ON id = app_id;',
  });
  client = new pg.Client({ connectionString: server.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await server.close();
  await postgres.stop();
});

const rows = async (text: string, values: readonly unknown[] = []): Promise<unknown> =>
  (await client.query({ text, values: [...values], rowMode: 'array' })).rows;

describe('a warehouse behind the server', () => {
  test('is queried in one, two and three parts, and through views', async () => {
    expect(await rows('SELECT name FROM warehouse.apps ORDER BY 1')).toEqual([['one'], ['two']]);
    expect(await rows('SELECT sum(euro) FROM warehouse.sales.orders')).toEqual([['10.75']]);
    expect(await rows('SELECT euro FROM warehouse_sales.frozen ORDER BY 1')).toEqual([
      ['1.25'],
      ['9.5'],
    ]);
    expect(await rows('SELECT * FROM named ORDER BY 1')).toEqual([
      ['one', '9.5'],
      ['two', '1.25'],
    ]);
    expect(await rows('SELECT name FROM warehouse.apps WHERE id = $1', [2])).toEqual([['two']]);
  });

  test('is the database that a client connects to', async () => {
    const url = server.url.replace(/main$/, 'warehouse');
    const own = new pg.Client({ connectionString: url });
    await own.connect();
    expect((await own.query('SELECT count(*) FROM apps')).rows).toEqual([{ count: '2' }]);
    await own.end();
  });

  test('shows in the system catalogs', async () => {
    expect(
      await rows(
        "SELECT table_schema, table_name, table_type FROM information_schema.tables WHERE table_schema LIKE 'warehouse%' ORDER BY 1, 2",
      ),
    ).toEqual([
      ['warehouse', 'apps', 'BASE TABLE'],
      ['warehouse_sales', 'frozen', 'BASE TABLE'],
      ['warehouse_sales', 'orders', 'BASE TABLE'],
      ['warehouse_sales', 'totals', 'VIEW'],
    ]);
    expect(await rows("SELECT obj_description('warehouse.apps'::regclass)")).toEqual([
      ['the apps'],
    ]);
    await postgres.query('ALTER TABLE apps ADD COLUMN fresh bool');
    expect(
      await rows(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'warehouse' AND table_name = 'apps'",
      ),
    ).toEqual([['id'], ['name'], ['fresh']]);
  });

  test.each([
    ['CREATE SCHEMA warehouse.more', /declared by that source itself/],
    ['DROP TABLE warehouse.public.apps', /declared by source "warehouse" itself/],
    ['CREATE VIEW warehouse.public.v AS SELECT 1 AS a', /declared by that source itself/],
    ["ALTER TABLE warehouse.public.apps ADD PARTITION (dt = '2024-01-01')", /declared by/],
    ['MSCK REPAIR TABLE warehouse.public.apps', /declared by/],
    ["SELECT * FROM tributary.partitions('warehouse.public.apps')", /./],
  ])('%s is refused', async (text, message) => {
    await expect(rows(text)).rejects.toThrow(message);
    expect(await rows('SELECT count(*) FROM warehouse.apps')).toEqual([['2']]);
  });

  test('keeps the password of a source that is down to itself', async () => {
    await expect(rows('SELECT * FROM gone.anything')).rejects.toMatchObject({
      code: '08001',
      message: 'source "gone" is not available: the connection was refused',
    });
    await expect(rows('EXPLAIN SELECT * FROM gone.public.anything')).rejects.not.toThrow(
      /secret-word/,
    );
    expect(JSON.stringify(await rows('SHOW ALL'))).not.toContain('secret-word');
  });
});
