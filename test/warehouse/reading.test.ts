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
