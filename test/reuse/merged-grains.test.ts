import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ReuseStore } from '@tributary/catalog';
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

/** The spans of merged cells, in days of January. */
async function mergedDays(): Promise<readonly string[]> {
  const store = lake.stack.reuse?.store;
  await lake.stack.reuse?.background.settled();
  const found: string[] = [];
  for await (const { kind, from, to } of store?.list() ?? []) {
    const day = (moment: number | null): number =>
      ((moment ?? 0) - Date.UTC(2023, 11, 31)) / 86_400_000;
    if (kind === 'rollUp') found.push(`${day(from)}-${day(to) - 1}`);
  }
  return found.sort();
}

test('what a range moved by a day has in common with the last one is merged: its first week but a day, and what follows', async () => {
  for (let day = 11; day <= 30; day++) await lake.write(day, 'a', day * 1000, 20);
  for (let day = 31; day <= 35; day++) await lake.write(day, 'a', day * 1000, 20);
  await lake.texts(
    "ALTER TABLE lake.default.t SET TBLPROPERTIES ('projection.dt.range' = '2024-01-01,2024-02-29')",
  );
  const first = question('01-02', '01-31');
  expect(await lake.texts(first)).toEqual(await lake.expected(first));
  expect(await mergedDays()).toEqual(['3-8', '9-31']);
  for (const [from, to, hits] of [
    ['01-03', '02-01', 29],
    ['01-04', '02-02', 29],
    ['01-09', '02-02', 25],
  ] as const) {
    const moved = question(from, to);
    expect(await lake.texts(moved)).toEqual(await lake.expected(moved));
    expect((await lake.reused()).hits).toBe(hits);
  }
}, 120_000);

test('a merged cell that was too large to keep is not made again of the same data', async () => {
  let files = 0;
  await lake.stop();
  await lake.open({
    mergeAbove: 0,
    wrapStore: (store) =>
      new Proxy(store, {
        get(target, name) {
          if (name === 'newFile') {
            return (generation?: number) => {
              files++;
              return target.newFile(generation);
            };
          }
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      }) satisfies ReuseStore,
  });
  for (let day = 1; day <= 32; day++) await lake.write(day, 'a', day * 10_000, 3_000);
  await lake.texts(
    "ALTER TABLE lake.default.t SET TBLPROPERTIES ('projection.dt.range' = '2024-01-01,2024-02-29')",
  );
  // Nothing gets smaller by being merged: every row has a key of its own.
  const text = (to: string): string =>
    `SELECT count(*), sum(h) FROM (SELECT n, count(DISTINCT s || md5(n::text)) AS h FROM lake.t WHERE dt BETWEEN '2024-01-01' AND '2024-${to}' GROUP BY n) AS each`;
  const ask = async (to: string): Promise<readonly [number, number]> => {
    const before = files;
    expect(await lake.texts(text(to))).toEqual(await lake.expected(text(to)));
    await lake.stack.reuse?.background.settled();
    return [files - before, lake.stack.reuse?.refusedMerges.size ?? 0];
  };
  const [, refused] = await ask('01-31');
  // The month and what follows its first week.
  expect(refused).toBe(2);
  // The new day, what follows the first week now, and the whole: the month is not tried again.
  expect(await ask('02-01')).toEqual([3, refused + 1]);
  await lake.write(4, 'late', 900_000, 30);
  expect((await ask('01-31'))[1]).toBe(refused + 2);
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
