import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openWritingLake } from './writing-lake.ts';
import type { WritingLake } from './writing-lake.ts';

let lake: WritingLake;
/** What happens between the choice of places and the registration of new partitions. */
let meanwhile: (() => Promise<void>) | undefined;

beforeAll(async () => {
  lake = await openWritingLake({
    wrapCatalog: (store) =>
      new Proxy(store, {
        get(target, key) {
          const value: unknown = Reflect.get(target, key);
          if (typeof value !== 'function') return value;
          return async (...values: readonly unknown[]): Promise<unknown> => {
            const happens = meanwhile;
            if (key === 'addPartitions' && happens !== undefined) {
              meanwhile = undefined;
              await happens();
            }
            return Reflect.apply(value, target, values) as unknown;
          };
        },
      }),
  });
  await lake.run(`CREATE EXTERNAL TABLE lake.default.events (n bigint) PARTITIONED BY (region string)
    STORED AS PARQUET LOCATION 'events/'`);
}, 60_000);
afterAll(() => lake.close());

const add = (region: string, place: string): Promise<unknown> =>
  lake.run(
    `ALTER TABLE lake.default.events ADD PARTITION (region = '${region}') LOCATION '${place}'`,
  );

test('rows whose new partition was registered elsewhere meanwhile are refused and leave nothing', async () => {
  meanwhile = async () => {
    await add('eu', 'elsewhere/eu/');
  };
  expect(await lake.failure("INSERT INTO lake.default.events VALUES (1, 'eu')")).toMatch(
    /^40001 .*registered elsewhere/,
  );
  expect(await lake.files()).toEqual([]);
  expect(await lake.rows('SELECT count(*) FROM lake.default.events')).toEqual([[0]]);
});

test('the statement that is run again puts them where the partition is', async () => {
  expect(await lake.tag("INSERT INTO lake.default.events VALUES (1, 'eu')")).toBe('INSERT 0 1');
  expect(await lake.files()).toEqual([expect.stringMatching(/^elsewhere\/eu\//)]);
  expect(await lake.rows('SELECT n, region FROM lake.default.events')).toEqual([[1, 'eu']]);
});

test('rows whose new partition was registered meanwhile at its own place are written', async () => {
  meanwhile = async () => {
    await add('us', 'events/region=us/');
  };
  expect(await lake.tag("INSERT INTO lake.default.events VALUES (2, 'us')")).toBe('INSERT 0 1');
  expect(await lake.rows("SELECT n FROM lake.default.events WHERE region = 'us'")).toEqual([[2]]);
});
