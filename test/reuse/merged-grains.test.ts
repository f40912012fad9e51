import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ReuseLake } from './reuse-lake.ts';

let lake: ReuseLake;

beforeEach(async () => {
  lake = await ReuseLake.create({ mergeAbove: 0 });
});

afterEach(() => lake.close());

const question = (from: string, to: string): string =>
  `SELECT v, count(*), string_agg(s, ',' ORDER BY n) FROM lake.t WHERE dt BETWEEN '2024-${from}' AND '2024-${to}' GROUP BY v ORDER BY v`;

test('months, and ranges without their first days, answer other ranges only where they lie in these whole', async () => {
  for (let day = 11; day <= 45; day++) await lake.write(day, 'a', day * 1000, 20);
  await lake.texts(
    "ALTER TABLE lake.default.t SET TBLPROPERTIES ('projection.dt.range' = '2024-01-01,2024-02-29')",
  );
  for (const [from, to] of [
    ['01-01', '01-31'],
    // The month is there, and the month without its first week.
    ['01-01', '02-14'],
    ['01-15', '02-14'],
    ['01-16', '02-15'],
    ['01-22', '02-21'],
    ['02-01', '02-29'],
  ] as const) {
    const text = question(from, to);
    expect(await lake.texts(text)).toEqual(await lake.expected(text));
    await lake.stack.reuse?.background.settled();
  }
}, 120_000);

test('EXPLAIN over windows of which some are missing merges nothing', async () => {
  const text = question('01-01', '01-10');
  await lake.texts(text);
  await lake.stack.reuse?.background.settled();
  await lake.write(4, 'late', 900_000, 30);
  const lines = (await lake.texts(`EXPLAIN ${text}`)).map(([line]) => line).join('\n');
  expect(lines).toContain('10 windows, 9 HIT, 1 MISS');
  await lake.stack.reuse?.background.settled();
  expect(await lake.texts(text)).toEqual(await lake.expected(text));
  expect(await lake.reused()).toEqual({ hits: 9, misses: 1 });
}, 120_000);

test('an answer found unchanged by its merged cells is younger from then on', async () => {
  let offset = 0;
  await lake.stop();
  await lake.open({ mergeAbove: 0, now: () => Date.now() + offset });
  const text = question('01-01', '01-10');
  await lake.texts(text);
  await lake.stack.reuse?.background.settled();
  offset = 600_000;
  const before = await lake.texts(text);
  await lake.write(4, 'late', 900_000, 30);
  offset += 30_000;
  await lake.texts("SET tributary.reuse = '1 minute'");
  expect(await lake.texts(text)).toEqual(before);
  offset += 60_000;
  expect(await lake.texts(text)).toEqual(await lake.expected(text));
}, 120_000);
