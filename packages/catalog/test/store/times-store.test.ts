import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { CatalogStore } from '../../src/catalog-store.ts';
import { createWrite } from '../../src/store/catalog-writer.ts';
import { openCatalogStore } from '../../src/store/open-catalog-store.ts';
import { connectStore } from '../../src/store/store-connections.ts';
import { createTimesStore } from '../../src/store/stored-times.ts';
import type { StoredTimes } from '../../src/times-store.ts';
import { startStoreTargets } from '../support/store-targets.ts';
import type { StoreTarget, StoreTargets } from '../support/store-targets.ts';

let targets: StoreTargets;

beforeAll(async () => {
  targets = await startStoreTargets();
});

afterAll(() => targets.stop());

const place = (at: number, version = 'v1'): StoredTimes => ({
  place: `lake /data/dt=${at}/`,
  version,
  times: `${at} ${at + 1}`,
});

const places = (count: number): readonly StoredTimes[] =>
  Array.from({ length: count }, (_, at) => place(at));

describe.each(['libsql', 'postgres'] as const)(
  'what files tell of their times, on %s',
  (engine) => {
    let target: StoreTarget;
    let store: CatalogStore;

    beforeEach(async () => {
      target = await targets.fresh(engine);
      store = await openCatalogStore(target);
    });

    afterEach(() => store.close());

    test('is remembered by column and place, also when the store is opened again', async () => {
      const all = places(1_200);
      await store.times.write('ts TIMESTAMP', all);
      await store.times.write('other TIMESTAMP', [place(1, 'v2')]);
      await store.close();
      store = await openCatalogStore(target);
      const asked = [...all.map((each) => each.place), 'elsewhere'];
      const found = await store.times.read('ts TIMESTAMP', asked);
      expect([...found.values()]).toHaveLength(all.length);
      expect(found.get(all[1]?.place ?? '')).toEqual(all[1]);
      expect([...(await store.times.read('other TIMESTAMP', asked)).values()]).toEqual([
        place(1, 'v2'),
      ]);
    });

    test('is replaced by what is known of a later version', async () => {
      await store.times.write('ts', [place(1), place(2)]);
      await store.times.write('ts', [place(1, 'v2')]);
      const found = await store.times.read('ts', [place(1).place, place(2).place]);
      expect([...found.values()].map(({ version }) => version).sort()).toEqual(['v1', 'v2']);
    });

    test('is no change of the catalog', async () => {
      const before = (await store.snapshot()).version;
      await store.times.write('ts', places(3));
      expect((await store.snapshot()).version).toBe(before);
      expect(await store.events(before, 10)).toEqual([]);
    });

    test('is forgotten where it was written longest ago, above a bound', async () => {
      const connections = connectStore(target);
      try {
        const { reading, writing } = connections;
        let now = 1_000;
        const bounded = createTimesStore(reading, createWrite(writing), 10, () => now++);
        for (let at = 0; at < 30; at++) await bounded.write('ts', [place(at)]);
        const found = await bounded.read(
          'ts',
          places(30).map((each) => each.place),
        );
        expect(found.size).toBeLessThanOrEqual(20);
        expect(found.has(place(29).place)).toBe(true);
        expect(found.has(place(0).place)).toBe(false);
      } finally {
        await connections.close();
      }
    });
  },
);
