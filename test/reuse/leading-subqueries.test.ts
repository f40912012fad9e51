import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DAYS, ReuseLake } from './reuse-lake.ts';

let lake: ReuseLake;

beforeAll(async () => {
  lake = await ReuseLake.create();
});

afterAll(() => lake.close());

/** Windows that a statement was cut into, those of subqueries that run before it included. */
async function windows(text: string): Promise<number> {
  expect(await lake.texts(text)).toEqual(await lake.expected(text));
  const { hits, misses } = await lake.reused();
  return hits + misses;
}

const MAX = 'SELECT max(dt) FROM lake.t';

describe('the value of a subquery without outer columns chooses windows', () => {
  test.each<readonly [text: string, windows: number]>([
    [`SELECT s, sum(n) FROM lake.t WHERE dt > (${MAX}) - 3 GROUP BY s ORDER BY s`, DAYS + 3],
    [
      `SELECT s, sum(n) FROM lake.t WHERE dt > (SELECT max(dt) - 3 FROM lake.t) GROUP BY s ORDER BY s`,
      DAYS + 3,
    ],
    [`SELECT count(*) FROM lake.t WHERE dt = (${MAX})`, DAYS + 1],
    [`SELECT count(*) FROM lake.t WHERE dt BETWEEN (${MAX}) - 4 AND (${MAX}) - 1`, 2 * DAYS + 4],
    [
      "SELECT count(*), sum(n) FROM lake.t WHERE dt IN (SELECT DATE '2024-01-02' + k FROM lake.d WHERE k < 2)",
      2,
    ],
    [
      "SELECT count(*), sum(n) FROM lake.t WHERE dt IN (SELECT DATE '2024-01-02' + k FROM lake.d WHERE k > 100)",
      0,
    ],
    [
      `SELECT count(*) FROM lake.t WHERE dt >= (SELECT max(dt) FROM lake.t WHERE dt < (${MAX}))`,
      DAYS + DAYS - 1 + 2,
    ],
    [
      `WITH latest AS (SELECT max(dt) AS d FROM lake.t) SELECT s, count(*) FROM lake.t WHERE dt >= (SELECT d FROM latest) - 1 GROUP BY s ORDER BY s`,
      DAYS + 2,
    ],
    [
      `WITH latest AS (SELECT max(dt) AS d FROM lake.t) SELECT s, count(*), (SELECT d::text FROM latest) FROM lake.t WHERE dt >= (SELECT d FROM latest) - 1 GROUP BY s ORDER BY s`,
      2 * DAYS + 2,
    ],
  ])('%s', async (text, expected) => {
    expect(await windows(text)).toBe(expected);
  });

  test('anew each time', async () => {
    const text = `SELECT dt::text, count(*) FROM lake.t WHERE dt = (${MAX}) GROUP BY dt`;
    expect(await lake.texts(text)).toEqual([['2024-01-10', '100']]);
    await lake.write(11, 'a', 11_000, 7);
    expect(await lake.texts(text)).toEqual([['2024-01-11', '7']]);
    expect(await lake.reused()).toEqual({ hits: DAYS, misses: 2 });
  });
});

test('a subquery that fails, or has no row, is left to its statement', async () => {
  await expect(
    lake.texts('SELECT count(*) FROM lake.t WHERE dt = (SELECT dt FROM lake.t)'),
  ).rejects.toMatchObject({ code: 'cardinalityViolation' });
  const none = 'SELECT count(*) FROM lake.t WHERE dt > (SELECT max(dt) FROM lake.t WHERE n < 0)';
  expect(await lake.texts(none)).toEqual([['0']]);
  const without = 'SELECT count(*) FROM lake.t WHERE dt > (SELECT dt FROM lake.t WHERE n < 0)';
  expect(await lake.texts(without)).toEqual([['0']]);
});

test('the rows are the same when its rule is off', async () => {
  const text = `SELECT s, sum(n) FROM lake.t WHERE dt > (${MAX}) - 3 GROUP BY s ORDER BY s`;
  await lake.texts("SET tributary.rules_off = 'leading-subqueries'");
  expect(await windows(text)).toBeGreaterThan(DAYS + 3);
  await lake.texts("SET tributary.rules_off = ''");
});
