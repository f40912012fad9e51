import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isQueryError } from '@tributary/sql';
import { openQueryStack, query } from '../../../../test/support/query-stack.ts';
import type { QueryStack } from '../../../../test/support/query-stack.ts';
import type { SqlSession } from '../../src/index.ts';

const T = `(VALUES (1, 'a', 10), (2, 'a', 30), (3, 'b', 20), (4, 'b', 20), (5, 'c', NULL)) AS t(id, k, v)`;

/** A statement with QUALIFY, and the same without. */
const PAIRS: readonly (readonly [string, string])[] = [
  [
    `SELECT id FROM ${T} QUALIFY row_number() OVER (PARTITION BY k ORDER BY id) = 1`,
    `SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY k ORDER BY id) AS r FROM ${T}) q WHERE r = 1`,
  ],
  [
    `SELECT id, row_number() OVER (PARTITION BY k ORDER BY id DESC) AS r FROM ${T} QUALIFY r = 1`,
    `SELECT * FROM (SELECT id, row_number() OVER (PARTITION BY k ORDER BY id DESC) AS r FROM ${T}) q WHERE r = 1`,
  ],
  [
    `SELECT id FROM ${T} WHERE v IS NOT NULL QUALIFY v = max(v) OVER (PARTITION BY k) ORDER BY id DESC LIMIT 2`,
    `SELECT id FROM (SELECT id, v, max(v) OVER (PARTITION BY k) AS m FROM ${T} WHERE v IS NOT NULL) q WHERE v = m ORDER BY id DESC LIMIT 2`,
  ],
  [
    `SELECT k, sum(v) FROM ${T} GROUP BY k HAVING count(*) > 1 QUALIFY rank() OVER (ORDER BY sum(v) DESC, k) = 1`,
    `SELECT k, s FROM (SELECT k, sum(v) AS s, rank() OVER (ORDER BY sum(v) DESC, k) AS r FROM ${T} GROUP BY k HAVING count(*) > 1) q WHERE r = 1`,
  ],
  [
    `SELECT * FROM (SELECT id, k FROM ${T} QUALIFY row_number() OVER (PARTITION BY k ORDER BY id) = 1) q WHERE k <> 'a'`,
    `SELECT id, k FROM (SELECT id, k, row_number() OVER (PARTITION BY k ORDER BY id) AS r FROM ${T}) q WHERE r = 1 AND k <> 'a'`,
  ],
  [
    `WITH c AS (SELECT id FROM ${T} QUALIFY lag(id) OVER (ORDER BY id) IS NULL) SELECT id FROM c`,
    `SELECT 1`,
  ],
  [
    `SELECT id FROM ${T} QUALIFY row_number() OVER (ORDER BY id) = 1 UNION ALL SELECT id FROM ${T} QUALIFY row_number() OVER (ORDER BY id DESC) = 1`,
    `SELECT 1 UNION ALL SELECT 5`,
  ],
  [
    `SELECT id FROM ${T} WHERE id IN (SELECT max(id) FROM ${T} GROUP BY k QUALIFY row_number() OVER (ORDER BY k) < 3)`,
    `VALUES (2), (4)`,
  ],
  [
    `SELECT o.id, (SELECT i.id FROM ${T.replace('AS t', 'AS i')} WHERE i.k = o.k QUALIFY row_number() OVER (ORDER BY i.id DESC) = 1) FROM ${T.replace('AS t', 'AS o')}`,
    `SELECT o.id, (SELECT max(i.id) FROM ${T.replace('AS t', 'AS i')} WHERE i.k = o.k) FROM ${T.replace('AS t', 'AS o')}`,
  ],
  [
    `SELECT id FROM ${T} WINDOW w AS (PARTITION BY k ORDER BY id) QUALIFY count(*) OVER w = 2`,
    `VALUES (2), (4)`,
  ],
  [`SELECT DISTINCT k FROM ${T} QUALIFY count(*) OVER (PARTITION BY k) = 2`, `VALUES ('a'), ('b')`],
  [
    `SELECT 'QUALIFY' AS qualify, "qualify".id FROM ${T.replace('AS t', 'AS "qualify"')} WHERE id = 1`,
    `SELECT 'QUALIFY', 1`,
  ],
];

let stack: QueryStack;
let session: SqlSession;

beforeAll(async () => {
  stack = await openQueryStack();
  session = await stack.service.createSession('ana', new Map());
});

afterAll(() => stack.close());

async function rows(text: string): Promise<readonly string[]> {
  const answer = await query(session, text);
  return answer.rows.map((row) => row.map(String).join('|')).sort();
}

describe('QUALIFY keeps the rows that a filter above the window functions keeps', () => {
  test.each(PAIRS)('%s', async (qualified, spelledOut) => {
    const expected = await rows(spelledOut);
    expect(expected.length).toBeGreaterThan(0);
    expect(await rows(qualified)).toEqual(expected);
  });

  test.each([
    [`SELECT id FROM ${T} QUALIFY id`, '42804'],
    [`SELECT id FROM ${T} QUALIFY nope = 1`, '42703'],
    [`SELECT id FROM ${T} GROUP BY id QUALIFY v = 1`, '42803'],
    [`SELECT id FROM ${T} WHERE row_number() OVER () = 1`, '42P20'],
    [`SELECT id FROM ${T} QUALIFY sum(row_number() OVER ()) OVER () = 1`, '42P20'],
  ])('%s is refused: %s', async (text, sqlstate) => {
    const error: unknown = await query(session, text).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(isQueryError(error) && error.sqlstate).toBe(sqlstate);
  });
});
