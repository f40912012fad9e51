import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SqlSession } from '@tributary/planner';
import { openQueryStack, query } from './support/query-stack.ts';
import type { QueryStack } from './support/query-stack.ts';

let stack: QueryStack;
let session: SqlSession;

beforeAll(async () => {
  stack = await openQueryStack({});
});
afterAll(() => stack.close());

const rows = async (text: string, of = session): Promise<unknown> =>
  (await query(of, text)).rows.map((row) => row.map(String));

describe.each([
  ['remembered', ''],
  ['bound anew each time', 'bound-queries'],
])('a statement that is asked again, %s,', (_, off) => {
  beforeAll(async () => {
    session = await stack.service.createSession('ana', new Map());
    await query(session, `SET tributary.rules_off = '${off}'`);
  });
  afterAll(() => session.close());

  test.each([
    "SELECT date '2024-01-01', time '12:00', timestamptz '2024-01-01 12:00+02', interval '1 day'",
    'SELECT current_date, now(), current_user',
  ])('is bound once or each time: %s', async (text) => {
    const bound = async (): Promise<unknown> => {
      const [statement] = await session.parse(text);
      if (statement === undefined) throw new Error('no statement');
      return ((await session.prepare(statement, [])) as unknown as { bound: { select: object } })
        .bound.select;
    };
    const first = await bound();
    expect((await bound()) === first).toBe(off === '');
  });

  test('sees what has become of the views it names', async () => {
    await query(session, 'CREATE OR REPLACE VIEW v AS SELECT 1 AS a');
    expect(await rows('SELECT * FROM v')).toEqual([['1']]);
    expect(await rows('SELECT * FROM v')).toEqual([['1']]);
    await query(session, 'CREATE OR REPLACE VIEW v AS SELECT 1 AS a, 2 AS b');
    expect(await rows('SELECT * FROM v')).toEqual([['1', '2']]);
    await query(session, 'DROP VIEW v');
    await expect(rows('SELECT * FROM v')).rejects.toMatchObject({ code: 'undefinedTable' });
  });

  test('sees another search path and another zone', async () => {
    await query(session, 'CREATE SCHEMA other');
    await query(session, "CREATE VIEW w AS SELECT 'public' AS s");
    await query(session, "CREATE VIEW other.w AS SELECT 'other' AS s");
    const text = "SELECT s, timestamptz '2024-06-01 12:00' AT TIME ZONE 'UTC' FROM w";
    expect(await rows(text)).toEqual([['public', '2024-06-01 12:00:00']]);
    await query(session, 'SET search_path = other');
    await query(session, "SET TimeZone = 'America/New_York'");
    expect(await rows(text)).toEqual([['other', '2024-06-01 16:00:00']]);
    await query(session, 'RESET search_path');
    await query(session, 'RESET TimeZone');
    expect(await rows(text)).toEqual([['public', '2024-06-01 12:00:00']]);
    await query(session, 'DROP VIEW w');
    await query(session, 'DROP SCHEMA other CASCADE');
  });

  // A time that stands still ends in this test's timeout.
  test.each(["SELECT 'now'::timestamptz", "SELECT now() - 'today'"])(
    'has the time of its own moment: %s',
    async (text) => {
      const first = JSON.stringify(await rows(text));
      while (JSON.stringify(await rows(text)) === first);
    },
  );

  test('answers each user for himself', async () => {
    const eve = await stack.service.createSession('eve', new Map());
    await query(eve, `SET tributary.rules_off = '${off}'`);
    const text = 'SELECT current_user';
    expect(await rows(text)).toEqual([['ana']]);
    expect(await rows(text, eve)).toEqual([['eve']]);
    expect(await rows(text)).toEqual([['ana']]);
    await eve.close();
  });
});

test.each([
  "SELECT 1, -2::int8, 'a b', true, NULL::text, 7::int2",
  'VALUES (1, false), (NULL, true)',
])('constants are answered alike with and without the engine: %s', async (text) => {
  const asked = await stack.service.createSession('ana', new Map());
  const cells = async (): Promise<unknown> =>
    (await query(asked, text)).rows.map((row) =>
      row.map((cell) => (typeof cell === 'boolean' ? String(cell).slice(0, 1) : String(cell))),
    );
  const beside = await cells();
  await query(asked, "SET tributary.rules_off = 'constant-rows'");
  expect(await cells()).toEqual(beside);
  await asked.close();
});
