import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DAYS, ReuseLake } from './reuse-lake.ts';

let lake: ReuseLake;

beforeAll(async () => {
  lake = await ReuseLake.create();
});

afterAll(() => lake.close());

const JOIN = 'lake.t AS t JOIN lake.d AS d ON d.k = t.v';
const LEFT = 'lake.t AS t LEFT JOIN lake.d AS d ON d.k = t.v AND d.k > 1';

describe('aggregates over columns of both sides of a join come from cells of the one side', () => {
  test.each([
    `SELECT t.s, sum(t.v * d.k), count(d.name), sum(d.k), sum(d.k * 1.25) FROM ${JOIN} GROUP BY t.s ORDER BY t.s`,
    `SELECT count(*), sum(d.k), sum(t.n + d.k), max(t.n + d.k), count(DISTINCT t.s || d.name) FROM ${LEFT}`,
    `SELECT sum(d.k) FILTER (WHERE t.n < 0), count(d.k) FILTER (WHERE t.n < 0), sum(d.k) FILTER (WHERE t.n % 2 = 0 AND d.k <> 3) FROM ${LEFT}`,
    `SELECT avg(d.k * 0.5::float8), sum(-d.k::smallint), sum(CASE WHEN t.v > 2 THEN d.k END) FROM ${LEFT}`,
    `SELECT d.name, sum(t.v - d.k) FROM ${JOIN} WHERE t.dt > '2024-01-04' GROUP BY d.name ORDER BY d.name`,
    `SELECT sum(d.k), count(d.k) FROM ${JOIN} WHERE t.n < 0`,
    `SELECT x.s, sum(x.m), max(x.name) FROM (SELECT t.s, t.n * 2 AS m, d.name FROM ${JOIN}) AS x GROUP BY x.s ORDER BY x.s`,
    `SELECT x.s, sum(x.m), max(x.name) FROM (SELECT t.s, t.n * d.k AS m, d.name FROM ${JOIN}) AS x GROUP BY x.s ORDER BY x.s`,
  ])('%s', async (text) => {
    for (const round of [1, 2]) {
      expect(await lake.texts(text)).toEqual(await lake.expected(text));
      const { hits, misses } = await lake.reused();
      if (round === 2) expect(misses).toBe(0);
      expect(hits + misses).toBe(text.includes("'2024-01-04'") ? DAYS - 4 : DAYS);
    }
  });
});
