import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DAYS, ReuseLake } from './reuse-lake.ts';

let lake: ReuseLake;

beforeEach(async () => {
  lake = await ReuseLake.create();
});

afterEach(() => lake.close());

test('distinct integers of large groups come from cells of small ones, though by themselves they would have another form', async () => {
  await lake.texts('SELECT dt, v, count(DISTINCT n) FROM lake.t GROUP BY dt, v');
  for (const text of [
    'SELECT dt, count(DISTINCT n) FROM lake.t GROUP BY dt ORDER BY dt',
    'SELECT count(DISTINCT n) FROM lake.t',
    'SELECT v, count(DISTINCT n) FROM lake.t GROUP BY v ORDER BY v',
  ]) {
    expect(await lake.texts(text)).toEqual(await lake.expected(text));
    expect(await lake.reused()).toEqual({ hits: DAYS, misses: 0 });
  }
});

test('the form that was measured for a question stays its own where its cells serve it', async () => {
  const coarse = 'SELECT dt, count(DISTINCT n) FROM lake.t GROUP BY dt ORDER BY dt';
  await lake.texts(coarse);
  await lake.texts('SELECT dt, v, count(DISTINCT n) FROM lake.t GROUP BY dt, v');
  expect(await lake.reused()).toEqual({ hits: 0, misses: DAYS });
  expect(await lake.texts(coarse)).toEqual(await lake.expected(coarse));
  expect(await lake.reused()).toEqual({ hits: DAYS, misses: 0 });
});

test('cells that are gone do not choose a form', async () => {
  await lake.texts('SELECT dt, v, count(DISTINCT n) FROM lake.t GROUP BY dt, v');
  await lake.texts("CALL tributary.invalidate('lake.default.t')");
  await lake.texts('SELECT dt, count(DISTINCT n) FROM lake.t GROUP BY dt');
  expect(await lake.reused()).toEqual({ hits: 0, misses: DAYS });
  const rows = await lake.texts('SELECT DISTINCT shape FROM tributary.cells');
  expect(rows.map(([shape = '']) => shape.includes('of_few'))).toEqual([false]);
});

test('what was measured for one question says nothing to those that need no measure', async () => {
  await lake.texts('SELECT dt, count(DISTINCT n) FROM lake.t GROUP BY dt');
  const days = "dt BETWEEN '2024-01-01' AND '2024-01-10'";
  for (const text of [
    `SELECT n FROM lake.t WHERE v = 3 AND ${days} ORDER BY n LIMIT 3`,
    `SELECT n FROM lake.t WHERE v = 3 AND n < 1010 AND ${days} ORDER BY n`,
    `SELECT count(*) FROM lake.t WHERE ${days}`,
  ]) {
    await lake.texts(text);
    await lake.texts("SET tributary.reuse = '60 seconds'");
    expect(await lake.texts(text)).toEqual(await lake.expected(text));
    expect(await lake.reused()).toEqual({ hits: DAYS, misses: 0 });
    await lake.texts("SET tributary.reuse = 'exact'");
  }
});
