import { describe, expect, test } from '@jest/globals';
import { compareText } from '@tributary/sql';
import { coverPrefixes, distinctPrefixes } from '../../src/lake/s3/cover.ts';
import { RangeLister, type ListRequest } from '../../src/lake/s3/list-ranges.ts';

function day(index: number): string {
  return new Date(Date.UTC(2023, 0, 1 + index)).toISOString().slice(0, 10);
}

function product(count: number, others: number, key: (a: number, b: number) => string): string[] {
  return Array.from({ length: count * others }, (_, index) =>
    key(Math.floor(index / others), index % others),
  );
}

/** A bucket of keys that counts requests, and how many had to wait for another. */
class Keys {
  requests = 0;
  listed = 0;
  readonly #keys: readonly string[];

  constructor(keys: readonly string[]) {
    this.#keys = [...keys].sort(compareText);
  }

  readonly request: ListRequest = async (prefix, startAfter, limit) => {
    this.requests += 1;
    await Promise.resolve();
    const matching = this.#keys.filter(
      (key) => key.startsWith(prefix) && compareText(key, startAfter) > 0,
    );
    const page = matching.slice(0, Math.min(limit, 1000));
    this.listed += page.length;
    return {
      objects: page.map((key) => ({ key, size: 1, etag: '"e"' })),
      truncated: matching.length > page.length,
    };
  };
}

async function listed(keys: Keys, prefixes: readonly string[], lister = new RangeLister()) {
  const found = await lister.list(prefixes, keys.request);
  return new Map([...found].map(([prefix, objects]) => [prefix, objects.map(({ key }) => key)]));
}

describe('listing many prefixes', () => {
  test('180 days of 40 apps, app before date, take about a request an app', async () => {
    const keys = new Keys(product(40, 730, (app, date) => `t/app=${app}/dt=${day(date)}/f`));
    const wanted = product(40, 180, (app, date) => `t/app=${app}/dt=${day(date + 300)}/`);
    const found = await listed(keys, wanted);
    expect(found.size).toBe(7200);
    expect(keys.requests).toBeLessThanOrEqual(44);
  });

  test('180 days of 40 apps, date before app, take few requests', async () => {
    const keys = new Keys(product(400, 40, (date, app) => `t/dt=${day(date)}/app=${app}/f`));
    const wanted = product(180, 40, (date, app) => `t/dt=${day(date + 100)}/app=${app}/`);
    const found = await listed(keys, wanted);
    expect(found.size).toBe(7200);
    expect(keys.requests).toBeLessThanOrEqual(20);
  });

  test('wide gaps cost one page, then each prefix is listed by itself', async () => {
    const keys = new Keys(product(100, 100, (date, app) => `t/dt=${day(date)}/app=${app}/f`));
    const wanted = Array.from({ length: 100 }, (_, date) => `t/dt=${day(date)}/app=77/`);
    const lister = new RangeLister();
    expect((await listed(keys, wanted, lister)).size).toBe(100);
    const first = keys.requests;
    expect(first).toBeLessThanOrEqual(105);
    await listed(keys, wanted, lister);
    expect(keys.requests - first).toBeLessThanOrEqual(100);
  });

  test('a prefix of thousands of keys among small ones is complete', async () => {
    const keys = new Keys([
      ...Array.from({ length: 3500 }, (_, index) => `t/b/${index}`),
      't/a/1',
      't/c/1',
      't/d/1',
    ]);
    const found = await listed(keys, ['t/a/', 't/b/', 't/c/', 't/d/']);
    expect([...found].map(([prefix, objects]) => [prefix, objects.length])).toEqual([
      ['t/a/', 1],
      ['t/b/', 3500],
      ['t/c/', 1],
      ['t/d/', 1],
    ]);
  });

  test('prefixes without objects, repeated ones and ones inside others are each answered', async () => {
    const keys = new Keys(['t/a/1', 't/a/x/2', 't/a0/3', 't/é/4', 't/😀/5', 't/z/6']);
    const found = await listed(keys, ['t/😀/', 't/a/', 't/a/', 't/a/x/', 't/nothing/', 't/é/']);
    expect(Object.fromEntries(found)).toEqual({
      't/a/': ['t/a/1', 't/a/x/2'],
      't/a/x/': ['t/a/x/2'],
      't/é/': ['t/é/4'],
      't/😀/': ['t/😀/5'],
    });
  });

  test('finds what listing each prefix by itself finds, whatever is wanted', async () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    for (let round = 0; round < 60; round++) {
      const folder = () => `t/a=${random(12)}/b=${random(40)}/`;
      const keys = Array.from({ length: random(4000) }, () => `${folder()}${random(20)}`);
      const unique = [...new Set(keys)];
      const wanted = [...new Set(Array.from({ length: 1 + random(200) }, folder))];
      const found = await listed(new Keys(unique), wanted);
      for (const prefix of wanted) {
        const expected = unique.filter((key) => key.startsWith(prefix)).sort(compareText);
        expect(found.get(prefix) ?? []).toEqual(expected);
      }
    }
  });

  test('a failure is thrown when all requests have ended', async () => {
    let running = 0;
    const request: ListRequest = async (prefix) => {
      running += 1;
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (prefix.startsWith('t/')) throw new Error('refused');
      return { objects: [], truncated: false };
    };
    const prefixes = ['s', 't', 'u'].flatMap((top) => product(600, 1, (a) => `${top}/a${a}/`));
    await expect(new RangeLister().list(prefixes, request)).rejects.toThrow('refused');
    expect(running).toBe(0);
  });
});

test('ranges keep to a folder unless folders are small', () => {
  const prefixes = distinctPrefixes([
    ...product(3, 10, (a, b) => `t/small=${a}/x=${b}/`),
    ...product(2, 300, (a, b) => `t/wide=${a}/x=${b}/`),
  ]);
  const ranges = coverPrefixes(prefixes, 400);
  expect(ranges.map(({ ancestor, prefixes: part }) => [ancestor, part.length])).toEqual([
    ['t/', 30],
    ['t/wide=0/', 300],
    ['t/wide=1/', 300],
  ]);
});
