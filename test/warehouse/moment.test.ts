import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SqlSession } from '@tributary/planner';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';
import { openQueryStack, query } from '../support/query-stack.ts';
import type { QueryStack } from '../support/query-stack.ts';

/** Rows that a transaction moves from one table to the other: one moment has them all, wherever they are. */
const ROWS = 20_000;

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.query(
    `CREATE TABLE here AS SELECT n, lower(n::text) AS label FROM generate_series(1, ${ROWS}) n`,
  );
  await postgres.query('CREATE TABLE there AS SELECT * FROM here WHERE false');
});
afterAll(() => postgres.stop());

async function withStack(
  connections: number,
  run: (session: SqlSession, stack: QueryStack) => Promise<void>,
): Promise<void> {
  const stack = await openQueryStack({
    postgres: [{ source: 'warehouse', url: postgres.connectionString, connections }],
  });
  try {
    await run(await stack.service.createSession('ana', new Map()), stack);
  } finally {
    await stack.close();
  }
}

/** Moves rows to and fro until told to stop. */
async function moveRows(isOver: () => boolean): Promise<number> {
  let moves = 0;
  while (!isOver()) {
    const [from, to] = moves % 2 === 0 ? ['here', 'there'] : ['there', 'here'];
    await postgres.query(
      `WITH moved AS (DELETE FROM ${from} WHERE n % 2 = 0 RETURNING *) INSERT INTO ${to} SELECT * FROM moved`,
    );
    moves += 1;
  }
  return moves;
}

const PULLED =
  "SELECT count(*)::int4 FROM (SELECT label FROM warehouse.here WHERE lower(label) <> '' UNION ALL SELECT label FROM warehouse.there WHERE lower(label) <> '') t";

describe('several queries of one statement to one source', () => {
  test.each([1, 2, 4])('see one moment with %i connections', async (connections) => {
    await withStack(connections, async (session) => {
      await query(session, "SET tributary.rules_off = 'push-to-source'");
      let over = false;
      const moving = moveRows(() => over);
      try {
        for (let run = 0; run < 5; run++) {
          expect((await query(session, PULLED)).rows).toEqual([[ROWS]]);
        }
      } finally {
        over = true;
      }
      expect(await moving).toBeGreaterThan(0);
    });
  });

  test('of many statements at once share few connections without waiting for each other for ever', async () => {
    await withStack(2, async (_, stack) => {
      const sessions = await Promise.all(
        Array.from({ length: 6 }, () => stack.service.createSession('ana', new Map())),
      );
      const answers = await Promise.all(
        sessions.map(async (session) => {
          await query(session, "SET tributary.rules_off = 'push-to-source'");
          return (await query(session, PULLED)).rows;
        }),
      );
      expect(answers).toEqual(sessions.map(() => [[ROWS]]));
      expect(
        await postgres.query(
          "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tributary' AND state <> 'idle'",
        ),
      ).toEqual([['0']]);
    });
  });

  test('of which one fails say why, and leave no transaction open', async () => {
    await withStack(2, async (session) => {
      await expect(
        query(
          session,
          'SELECT count(a.n + b.s) FROM warehouse.here a, (SELECT sum(10 / (n - 1)) AS s FROM warehouse.here) b WHERE lower(a.label) > b.s::text',
        ),
      ).rejects.toMatchObject({ code: 'divisionByZero' });
      expect(
        await postgres.query(
          "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tributary' AND state <> 'idle'",
        ),
      ).toEqual([['0']]);
      expect((await query(session, PULLED)).rows).toEqual([[ROWS]]);
    });
  });

  test('begin again where the connection that holds the moment is lost', async () => {
    await withStack(1, async (session) => {
      expect((await query(session, PULLED)).rows).toEqual([[ROWS]]);
      // The pool's connection is dead when the next statement takes it.
      await postgres.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tributary'",
      );
      expect((await query(session, PULLED)).rows).toEqual([[ROWS]]);
    });
  });
});
