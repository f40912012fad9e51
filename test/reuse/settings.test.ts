import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DAYS, ReuseLake } from './reuse-lake.ts';

const BY_DAY = 'SELECT dt, count(*), sum(n) FROM lake.t GROUP BY dt ORDER BY dt';
const BY_VALUE = 'SELECT v, count(*), max(s) FROM lake.t GROUP BY v ORDER BY v';

let lake: ReuseLake;

beforeEach(async () => {
  lake = await ReuseLake.create();
});

afterEach(() => lake.close());

async function ask(text: string): Promise<{ readonly hits: number; readonly misses: number }> {
  expect(await lake.texts(text)).toEqual(await lake.expected(text));
  const reused = await lake.reused();
  await lake.stack.reuse?.background.settled();
  await lake.stack.reuse?.store.settled();
  return reused;
}

describe('tributary.reuse', () => {
  test('exact uses what is there and keeps what is computed', async () => {
    expect(await ask(BY_DAY)).toEqual({ hits: 0, misses: DAYS });
    expect(await ask(BY_DAY)).toEqual({ hits: DAYS, misses: 0 });
  });

  test('off uses nothing and keeps nothing', async () => {
    await ask(BY_DAY);
    const files = await lake.storeFiles();
    await lake.texts("SET tributary.reuse = 'off'");
    expect(await ask(BY_DAY)).toEqual({ hits: 0, misses: 0 });
    expect(await ask(BY_VALUE)).toEqual({ hits: 0, misses: 0 });
    expect(await lake.storeFiles()).toEqual(files);
    await lake.texts('RESET tributary.reuse');
    expect(await ask(BY_VALUE)).toEqual({ hits: 0, misses: DAYS });
  });

  test('refresh uses nothing and keeps what it computes in the place of what was there', async () => {
    await ask(BY_DAY);
    const before = await lake.texts('SELECT max(cell_id) FROM tributary.cells');
    await lake.texts("SET tributary.reuse = 'refresh'");
    expect(await ask(BY_DAY)).toEqual({ hits: 0, misses: DAYS });
    expect(await ask(BY_DAY)).toEqual({ hits: 0, misses: DAYS });
    await lake.texts('RESET tributary.reuse');
    expect(await ask(BY_DAY)).toEqual({ hits: DAYS, misses: 0 });
    const [[oldest] = []] = await lake.texts(
      "SELECT min(cell_id) FROM tributary.cells WHERE kind = 'cell' AND window_from <= '2024-01-10'",
    );
    expect(Number(oldest)).toBeGreaterThan(Number(before[0]?.[0]));
  });

  test.each(["'5'", "'minutes'", "'-1 hour'", "'always'", "''"])('refuses %s', async (value) => {
    await expect(lake.texts(`SET tributary.reuse = ${value}`)).rejects.toMatchObject({
      code: 'invalidParameterValue',
    });
  });
});

test('with populate off, cells answer and none are added', async () => {
  await ask(`${BY_DAY.replace('GROUP', "WHERE dt < '2024-01-05' GROUP")}`);
  const files = await lake.storeFiles();
  await lake.texts("SET tributary.reuse_populate = 'off'");
  expect(await ask(BY_DAY)).toEqual({ hits: 4, misses: DAYS - 4 });
  expect(await ask(BY_DAY)).toEqual({ hits: 4, misses: DAYS - 4 });
  expect(await lake.storeFiles()).toEqual(files);
  // Nothing is left of what was computed for the answers alone.
  expect(await lake.strayFiles()).toEqual([]);
});

test.each([
  [1, DAYS],
  [3, 4],
  [60, 1],
])('units read at most %d days: %d of them', async (days, units) => {
  let read = 0;
  lake.beforeRead = (sql) => {
    if (sql.startsWith('COPY')) read++;
    return Promise.resolve();
  };
  await lake.texts(`SET tributary.window_days = ${days}`);
  // What is kept is put together afterwards.
  await lake.texts("SET tributary.reuse_populate = 'off'");
  await ask(BY_DAY);
  expect(read).toBe(units);
});

test('an estimate of distinct values is the same of cells, of other ranges and coarser groups, as of all rows', async () => {
  for (let day = 1; day <= DAYS; day++) await lake.write(day, 'more', day * 7_000, 20_000);
  const texts = [
    'SELECT dt, approx_count_distinct(n) FROM lake.t GROUP BY dt ORDER BY dt',
    "SELECT approx_count_distinct(n) FROM lake.t WHERE dt >= '2024-01-02'",
    "SELECT approx_count_distinct(n) FROM lake.t WHERE dt BETWEEN '2024-01-03' AND '2024-01-09'",
    'SELECT v, approx_count_distinct(n), approx_count_distinct(s) FROM lake.t GROUP BY v ORDER BY v',
    'SELECT approx_count_distinct(n), approx_count_distinct(s) FROM lake.t',
  ];
  await lake.texts("SET tributary.reuse = 'off'");
  const whole: (readonly (readonly string[])[])[] = [];
  for (const text of texts) whole.push(await lake.texts(text));
  await lake.texts('RESET tributary.reuse');
  for (let round = 0; round < 2; round++) {
    for (const [at, text] of texts.entries()) expect(await lake.texts(text)).toEqual(whole[at]);
  }
  expect((await lake.reused()).misses).toBe(0);
  const [[estimate, few] = []] = whole[4] ?? [];
  const [[exact] = []] = await lake.expected('SELECT count(DISTINCT n) FROM lake.t');
  expect(Math.abs(Number(estimate) / Number(exact) - 1)).toBeLessThan(0.03);
  expect(few).toBe('3');
});
