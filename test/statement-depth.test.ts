import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SqlSession } from '@tributary/planner';
import { isQueryError } from '@tributary/sql';
import { openQueryStack, query } from './support/query-stack.ts';
import type { QueryStack } from './support/query-stack.ts';

let stack: QueryStack;
let session: SqlSession;

beforeAll(async () => {
  stack = await openQueryStack();
  session = await stack.service.createSession('ana', new Map());
});

afterAll(() => stack.close());

const nested = (before: string, inner: string, after: string, depth: number): string =>
  `${before.repeat(depth)}${inner}${after.repeat(depth)}`;
const chain = (item: string, between: string, depth: number): string =>
  Array.from({ length: depth }, () => item).join(between);

/** A statement of a depth, and the first value of its answer. */
const ANSWERED: readonly (readonly [string, (depth: number) => string, unknown])[] = [
  ['parentheses', (n) => `SELECT ${nested('(', '7', ')', n)}`, 7],
  ['function calls', (n) => `SELECT ${nested('abs(', '7', ')', n)}`, 7],
  ['coalesce', (n) => `SELECT ${nested('coalesce(NULL, ', '7', ')', n)}`, 7],
  ['NOT', (n) => `SELECT ${nested('NOT ', 'true', '', n)}`, 't'],
  ['minus', (n) => `SELECT ${nested('- ', '7', '', n)}`, 7],
  ['casts', (n) => `SELECT 7${'::int'.repeat(n)}`, 7],
  ['additions', (n) => `SELECT ${chain('i', '+', n)} FROM generate_series(1, 1) AS g(i)`, 498],
  ['CASE in THEN', (n) => `SELECT ${nested('CASE WHEN true THEN ', '7', ' END', n)}`, 7],
  [
    'CASE in ELSE',
    (n) =>
      `SELECT ${nested('CASE WHEN i = 2 THEN 1 ELSE ', '7', ' END', n)} FROM generate_series(1, 1) AS g(i)`,
    7,
  ],
  ['AND', (n) => `SELECT 7 WHERE ${chain('1 = 1', ' AND ', n)}`, 7],
  ['OR', (n) => `SELECT 7 WHERE ${chain('1 = 1', ' OR ', n)}`, 7],
  ['BETWEEN', (n) => `SELECT 7 WHERE ${chain('2 BETWEEN 1 AND 3', ' AND ', n)}`, 7],
  [
    'common tables',
    (n) =>
      `WITH c0 AS (SELECT 7 AS a)${Array.from({ length: n }, (_, k) => `, c${k + 1} AS (SELECT a FROM c${k})`).join('')} SELECT a FROM c${n}`,
    7,
  ],
];

/** What the printed plan or the engine cannot take as deep, and how deep it goes. */
const BOUNDED: readonly (readonly [string, (depth: number) => string, number])[] = [
  ['subqueries in FROM', (n) => nested('SELECT * FROM (', 'SELECT 1 AS a', ') s', n), 200],
  ['scalar subqueries', (n) => nested('SELECT (', 'SELECT 1', ')', n), 12],
  ['EXISTS', (n) => nested('SELECT EXISTS (', 'SELECT 1', ')', n), 12],
  [
    'IN',
    (n) =>
      nested('SELECT 1 IN (', 'SELECT 1', ')', n).replaceAll(
        '(SELECT 1 IN',
        '(SELECT 1 WHERE 1 IN',
      ),
    12,
  ],
  [
    'joins',
    (n) =>
      `SELECT 1 FROM (SELECT 1 AS a) t${Array.from({ length: n - 1 }, (_, k) => ` CROSS JOIN (SELECT 1 AS a) t${k}`).join('')}`,
    20,
  ],
  ['UNION', (n) => chain('SELECT 1', ' UNION ', n), 200],
];

describe('a deep statement', () => {
  test.each(ANSWERED)('of 498 levels of %s is answered', async (_, statement, expected) => {
    const { rows } = await query(session, statement(498));
    // Constants come in PostgreSQL's text.
    expect(String(rows[0]?.[0])).toBe(String(expected));
  });

  test.each(BOUNDED)(
    'of %s is answered up to a depth, and refused beyond',
    async (_, statement, depth) => {
      const { rows } = await query(session, statement(depth));
      expect(rows).toHaveLength(1);
      const error: unknown = await query(session, statement(1000)).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(isQueryError(error) && error.code).toBe('statementTooComplex');
    },
  );

  test.each([...ANSWERED, ...BOUNDED])(
    'of 20,000 levels of %s is answered if flat, otherwise refused',
    async (_, statement) => {
      const error: unknown = await query(session, statement(20_000)).then(
        (answer) => answer.rows.length,
        (reason: unknown) => reason,
      );
      // Chains of AND and OR are flat.
      const flat = /WHERE 1 = 1|BETWEEN/.test(statement(1));
      if (flat && typeof error === 'number') {
        expect(error).toBe(1);
      } else {
        expect(isQueryError(error) && error.sqlstate).toMatch(/^5400/);
      }
    },
  );
});
