import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ReuseLake } from './reuse-lake.ts';

let lake: ReuseLake;

beforeAll(async () => {
  lake = await ReuseLake.create();
});

afterAll(() => lake.close());

async function whole(text: string): Promise<readonly (readonly string[])[]> {
  await lake.texts("SET tributary.reuse = 'off'");
  const rows = await lake.texts(text);
  await lake.texts("SET tributary.reuse = 'exact'");
  return rows;
}

/** Expressions over few and many values, with and without NULLs, floats that are not numbers among them. */
const KEYS = [
  'n % 7',
  'CASE WHEN n % 3 = 0 THEN NULL ELSE n % 11 END',
  'CASE WHEN n > 0 THEN NULL ELSE n END',
  "CASE n % 5 WHEN 0 THEN 'NaN'::float8 WHEN 1 THEN -0.0 WHEN 2 THEN 'infinity'::float8 ELSE n / 10 END",
  'dt + (n % 4)::int',
  's',
] as const;
const ORDERS = ['ASC', 'DESC', 'ASC NULLS FIRST', 'DESC NULLS LAST'] as const;

test.each(KEYS)(
  'the first rows by %s are those of all rows, ties and NULLs included',
  async (key) => {
    for (const order of ORDERS)
      for (const count of [0, 1, 10, 150]) {
        const text = (days: string): string =>
          `SELECT n, v FROM lake.t WHERE dt BETWEEN '2024-01-01' AND '2024-01-${days}' AND v <> 1 ORDER BY ${key} ${order}, n LIMIT ${count}`;
        for (const days of ['08', '09']) {
          const answer = await lake.texts(text(days));
          const reused = await lake.reused();
          if (count === 10 && days === '09') expect(reused).toEqual({ hits: 8, misses: 1 });
          expect({ order, count, answer }).toEqual({
            order,
            count,
            answer: await whole(text(days)),
          });
        }
      }
  },
  120_000,
);
