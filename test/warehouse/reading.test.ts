import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';
import { openQueryStack, query } from '../support/query-stack.ts';
import type { QueryStack } from '../support/query-stack.ts';
import type { SqlSession } from '@tributary/planner';

let postgres: TestPostgres;
let stack: QueryStack;
let session: SqlSession;

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.query(
    'CREATE TABLE apps (id int PRIMARY KEY, name text NOT NULL, price numeric(10,2))',
  );
  await postgres.query(
    "INSERT INTO apps VALUES (1, 'one', 1.50), (2, 'two', NULL), (3, 'three', -3.25)",
  );
  stack = await openQueryStack({
    postgres: [{ source: 'warehouse', url: postgres.connectionString }],
  });
  session = await stack.service.createSession('ana', new Map());
});
afterAll(async () => {
  await stack.close();
  await postgres.stop();
});

const rows = async (text: string): Promise<unknown> =>
  (await query(session, text)).rows.map((row) =>
    row.map((cell) => (cell === null ? null : String(cell))),
  );

describe('a table of a Postgres source', () => {
  test('is read under its names', async () => {
    const expected = [
      ['1', 'one', '1.50'],
      ['2', 'two', null],
      ['3', 'three', '-3.25'],
    ];
    expect(await rows('SELECT * FROM warehouse.apps ORDER BY id')).toEqual(expected);
    expect(await rows('SELECT * FROM warehouse.public.apps ORDER BY id')).toEqual(expected);
    expect(await rows('SELECT count(*) FROM warehouse.apps')).toEqual([['3']]);
  });
});

describe('what is pushed to a Postgres source', () => {
  test.each([
    'SELECT count(*), max(price) FROM warehouse.apps WHERE id > 1 GROUP BY name ORDER BY max(price)',
    'SELECT name, upper(name) FROM warehouse.apps a WHERE price > 1 AND upper(name) = $$ONE$$ ORDER BY name LIMIT 2',
    'SELECT a.name, b.price FROM warehouse.apps a JOIN warehouse.apps b ON a.id = b.id WHERE a.id BETWEEN 1 AND 2 ORDER BY a.name LIMIT 2',
    'WITH x AS (SELECT * FROM warehouse.apps WHERE id = 3) SELECT *, (SELECT max(id) FROM x) FROM warehouse.apps a WHERE EXISTS (SELECT 1 FROM x WHERE x.id = a.id)',
    'SELECT a.id, sum(v.n) FROM warehouse.apps a JOIN (VALUES (1, 2), (3, 4)) v(id, n) USING (id) WHERE v.n > 2 GROUP BY 1 ORDER BY 1',
  ])('is a remote query with the rows of a local one: %s', async (sql) => {
    const plan = (await query(session, 'EXPLAIN ' + sql)).rows.flat().map(String).join('\n');
    expect(plan).toContain('push-to-source');
    const pushed = await rows(sql);
    await query(session, "SET tributary.rules_off = 'all'");
    const local = await rows(sql);
    await query(session, "SET tributary.rules_off = ''");
    expect(pushed).toEqual(local);
  });
});
