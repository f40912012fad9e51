import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SqlSession } from '@tributary/planner';
import { openQueryStack, query } from './support/query-stack.ts';
import type { QueryStack } from './support/query-stack.ts';

let stack: QueryStack;
let session: SqlSession;

beforeAll(async () => {
  stack = await openQueryStack();
  session = await stack.service.createSession('ana', new Map());
});

afterAll(() => stack.close());

describe('a series', () => {
  test.each([
    'generate_series(1::numeric, 1000000000)',
    'generate_series(1, (SELECT 100000000))',
    'generate_series(1::bigint, (SELECT 9223372036854775807))',
    `generate_series(timestamp '2024-01-01', timestamp '2124-01-01', interval '1 second')`,
    `generate_series(now(), now() + interval '100 years', interval '1 second')`,
    'unnest(sequence(1, 100000000))',
    'unnest(sequence(100000000, 1, -1))',
  ])('that would be a list of too many values is refused: %s', async (series) => {
    await expect(query(session, `SELECT count(*) FROM ${series}`)).rejects.toMatchObject({
      code: 'programLimitExceeded',
      sqlstate: '54000',
    });
  });

  test.each([
    ['generate_series(1, 20000000)', '20000000'],
    ['generate_series(1, (SELECT 1000))', '1000'],
    ['generate_series(10, (SELECT 1), -3)', '4'],
    ['generate_series(10, (SELECT 1))', '0'],
    ['generate_series(1.5, 3.5, 0.5)', '5'],
    ['unnest(sequence(3, 1))', '3'],
  ])('of constant bounds, or of few values, is answered: %s', async (series, rows) => {
    const answer = await query(session, `SELECT count(*) FROM ${series}`);
    expect(String(answer.rows[0]?.[0])).toBe(rows);
  });
});
