import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { rename } from 'node:fs/promises';
import type { NewUnit, ReuseStore } from '@tributary/catalog';
import { DAYS, ReuseLake } from './reuse-lake.ts';

let lake: ReuseLake;
/** Tells a store that alters units that nobody reads them any more. */
let answered: () => void = () => undefined;

beforeEach(async () => {
  answered = () => undefined;
  lake = await ReuseLake.create({ auditShare: 1 });
});

afterEach(() => lake.close());

/** Runs a statement and the work that follows its answer. */
async function ask(text: string): Promise<readonly (readonly string[])[]> {
  const rows = await lake.texts(text);
  answered();
  await lake.stack.reuse?.store.settled();
  await lake.stack.reuse?.background.settled();
  return rows;
}

function audits(): readonly [done: number, differences: number] {
  const counts = lake.stack.reuse?.counts;
  return [counts?.auditsDone ?? -1, counts?.auditDifferences ?? -1];
}

describe('an audit of sound cells finds no difference', () => {
  for (const text of [
    'SELECT dt, count(*), sum(n), max(s) FROM lake.t GROUP BY dt',
    "SELECT v, avg(n), count(DISTINCT s), count(DISTINCT n), string_agg(s, ',' ORDER BY n) FROM lake.t GROUP BY v",
    'SELECT s, stddev(n), corr(n, v), median(n), sum(n::float8 / 3) FROM lake.t GROUP BY s',
    'SELECT count(*) FILTER (WHERE v > 2), approx_count_distinct(n), array_agg(n) FROM lake.t',
    'SELECT count(*), min(n) FROM lake.t WHERE n < 0',
    'SELECT dt, v, s, count(*) FROM lake.t GROUP BY GROUPING SETS ((dt), (v, s), ())',
    'SELECT DISTINCT v, s FROM lake.t',
    'SELECT n, v FROM lake.t WHERE v = 3',
    'SELECT n FROM lake.t WHERE v < 0',
    'SELECT v, s FROM lake.t ORDER BY v LIMIT 7 OFFSET 2',
    'SELECT d.name, sum(t.n), count(d.k) FROM lake.t AS t LEFT JOIN lake.d AS d ON d.k = t.v GROUP BY d.name',
    "SELECT v, sum(n) FROM lake.t WHERE dt BETWEEN '2024-01-03' AND '2024-01-06' GROUP BY v",
  ]) {
    test(text, async () => {
      await ask(text);
      expect(audits()).toEqual([0, 0]);
      for (const round of [1, 2, 3]) {
        await ask(text);
        expect(audits()).toEqual([round, 0]);
      }
    });
  }

  test('of a finer shape with fewer filters', async () => {
    await ask('SELECT dt, v, s, sum(n), count(*) FROM lake.t GROUP BY dt, v, s');
    for (let round = 1; round < 5; round++) {
      await ask("SELECT v, sum(n) FROM lake.t WHERE s <> 's1' GROUP BY v");
      expect(await lake.reused()).toEqual({ hits: DAYS, misses: 0 });
      expect(audits()).toEqual([round, 0]);
    }
  });
});

/** A store whose units are altered before they are kept. */
function altering(alter: (unit: NewUnit) => Promise<void>): (store: ReuseStore) => ReuseStore {
  return (store) => {
    const puts: Promise<unknown>[] = [];
    return new Proxy(store, {
      get(target, name) {
        if (name === 'put') {
          return (unit: NewUnit) => {
            const put = alter(unit).then(() => target.put(unit));
            puts.push(put);
            return put;
          };
        }
        if (name === 'settled') {
          return async () => {
            await Promise.all(puts);
            await target.settled();
          };
        }
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  };
}

async function reopen(
  change: string,
  isAltered: (unit: NewUnit) => boolean = () => true,
  reuse: Parameters<ReuseLake['open']>[0] = {},
): Promise<void> {
  let altered = false;
  const read = new Promise<void>((resolve) => {
    answered = resolve;
  });
  await lake.stop();
  await lake.open({
    auditShare: 1,
    ...reuse,
    wrapStore: altering(async (unit) => {
      const { path } = unit;
      if (altered || !isAltered(unit)) return;
      altered = true;
      await read;
      await lake.writer.run(
        `COPY (SELECT ${change} FROM read_parquet('${path}')) TO '${path}.x' (FORMAT parquet)`,
      );
      await rename(`${path}.x`, path);
    }),
  });
}

describe('an audit takes a cell out of use that is not what its data give', () => {
  const day = "dt = '2024-01-04'";
  for (const [what, text, change] of [
    [
      'a count',
      `SELECT v, count(*) FROM lake.t WHERE ${day} GROUP BY v ORDER BY v`,
      'p0 + 1 AS p0',
    ],
    ['a group', `SELECT v, sum(n) FROM lake.t WHERE ${day} GROUP BY v ORDER BY v`, 'k0 + 9 AS k0'],
    ['rows', `SELECT n FROM lake.t WHERE ${day} AND v = 3 ORDER BY n`, 'k0 + 1 AS k0'],
    ['first rows', `SELECT n FROM lake.t WHERE ${day} ORDER BY n LIMIT 3`, 'k0 - 7 AS k0'],
    ['floats', `SELECT sum(n::float8) FROM lake.t WHERE ${day}`, 'p0 * 1.01 AS p0'],
  ] as const) {
    test(what, async () => {
      await reopen(`* REPLACE (${change})`);
      await ask(text);
      expect(await ask(text)).not.toEqual(await lake.expected(text));
      expect(audits()).toEqual([1, 1]);
      expect(await ask(text)).toEqual(await lake.expected(text));
      expect(await lake.reused()).toEqual({ hits: 0, misses: 1 });
      expect(await ask(text)).toEqual(await lake.expected(text));
      expect(await lake.reused()).toEqual({ hits: 1, misses: 0 });
      expect(audits()).toEqual([2, 1]);
      expect(await lake.strayFiles()).toEqual([]);
    });
  }
});

describe('a kept answer is audited like cells are', () => {
  const merging = { mergeAbove: 0 };
  const isFinal = ({ shapeText }: NewUnit): boolean => shapeText.startsWith('{"final"');

  test.each([
    'SELECT v, count(*), sum(n), avg(n::float8), any_value(s) FROM lake.t GROUP BY v ORDER BY v',
    'SELECT count(DISTINCT v), max(s) FROM lake.t',
  ])('and found to be sound: %s', async (text) => {
    await lake.stop();
    await lake.open({ auditShare: 1, ...merging });
    await ask(text);
    expect(audits()).toEqual([0, 0]);
    await ask(text);
    expect(audits()).toEqual([1, 0]);
  });

  test('and taken out of use with what it was made of', async () => {
    const text = 'SELECT v, count(*) FROM lake.t GROUP BY v ORDER BY v';
    await reopen('* REPLACE (a1 + 1 AS a1)', isFinal, merging);
    await ask(text);
    expect(await ask(text)).not.toEqual(await lake.expected(text));
    expect(audits()).toEqual([1, 1]);
    expect(await ask(text)).toEqual(await lake.expected(text));
    expect(await lake.reused()).toEqual({ hits: 0, misses: DAYS });
  });
});

describe('cells that answer by their age are audited', () => {
  const text = 'SELECT v, count(*), sum(n) FROM lake.t GROUP BY v ORDER BY v';

  test('and found to be sound', async () => {
    await ask(text);
    await lake.texts("SET tributary.reuse = '1 hour'");
    await ask(text);
    expect(audits()).toEqual([1, 0]);
  });

  test('without a verdict where the data have changed since', async () => {
    await ask(text);
    await lake.texts("SET tributary.reuse = '1 hour'");
    for (let day = 1; day <= DAYS; day++) await lake.write(day, 'b', day * 7, 60);
    await ask(text);
    expect(audits()).toEqual([0, 0]);
  });

  test('and taken out of use where they differ', async () => {
    await reopen('* REPLACE (p0 + 1 AS p0)');
    await ask(text);
    await lake.texts("SET tributary.reuse = '1 hour'");
    expect(await ask(text)).not.toEqual(await lake.expected(text));
    expect(audits()).toEqual([1, 1]);
  });
});

test('an audit of data that changed meanwhile has no verdict', async () => {
  const text = 'SELECT v, count(*), sum(n) FROM lake.t GROUP BY v ORDER BY v';
  await ask(text);
  const { background } = lake.stack.reuse ?? {};
  if (background === undefined) throw new Error('nothing is reused');
  let go = (): void => undefined;
  const changed = new Promise<void>((resolve) => {
    go = resolve;
  });
  background.add(
    () => changed,
    () => Promise.resolve(),
  );
  await lake.texts(text);
  for (let day = 1; day <= DAYS; day++) await lake.write(day, 'a', day * 7, 60);
  go();
  await background.settled();
  expect(audits()).toEqual([0, 0]);
  expect(await ask(text)).toEqual(await lake.expected(text));
});
