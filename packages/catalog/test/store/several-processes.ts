import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { CatalogStore } from '../../src/catalog-store.ts';
import type { TableDefinition } from '../../src/definitions.ts';
import { openCatalogStore } from '../../src/store/open-catalog-store.ts';
import { startCatalogProcess } from '../support/other-process.ts';
import type { CatalogProcess } from '../support/other-process.ts';
import { NAME, newTable } from '../support/relations.ts';
import type { StoreTarget, StoreTargets } from '../support/store-targets.ts';

/** Tests of a store that several processes share. */
export function testProcesses(targets: () => StoreTargets): void {
  let first: CatalogProcess;
  let second: CatalogProcess;

  beforeAll(() => {
    first = startCatalogProcess();
    second = startCatalogProcess();
  });

  afterAll(() => Promise.all([first.kill(), second.kill()]));

  describe.each(['libsql', 'postgres'] as const)('several processes on %s', (engine) => {
    let target: StoreTarget;
    let store: CatalogStore;

    beforeEach(async () => {
      target = await targets().fresh(engine);
      store = await openCatalogStore(target);
      await store.ensureDatabase('lake', 'ana');
      await store.createSchema('lake', 'sales', 'ana', false);
      await store.createTable(newTable(), 'ana', false);
    });

    afterEach(() => store.close());

    const table = async (): Promise<TableDefinition> => {
      const relation = (await store.snapshot()).relation('lake', 'sales', 'events');
      if (relation?.kind !== 'table') throw new Error('no table');
      return relation;
    };
    const total = async (): Promise<number> => Number((await table()).properties['total'] ?? '0');
    const setTotal = async (value: number): Promise<void> => {
      const { version } = await table();
      await store.setProperties(NAME, new Map([['total', String(value)]]), 'ana', version);
    };

    test('each sees what another has committed, at once', async () => {
      await first.open(target);
      for (let at = 0; at < 40; at += 2) {
        await setTotal(at + 1);
        expect(await first.total()).toBe(at + 1);
        await first.increment('p1', 1);
        expect(await total()).toBe(at + 2);
      }
      await first.close();
    });

    test('a writer that had to wait sees later changes and writes again', async () => {
      await first.open(target);
      expect(await first.total()).toBe(0);
      // Far longer than a statement waits for a lock before it fails and is tried again.
      const many = Array.from({ length: 20_000 }, (_, at) => ({
        values: ['2024-01-01', String(at), 'x'],
        location: 's3://p/',
      }));
      const long = store.addPartitions(NAME, many, 'ana', false);
      await first.increment('p1', 1);
      await long;
      expect(await total()).toBe(1);
      for (let at = 1; at < 11; at += 2) {
        await setTotal(at + 1);
        expect(await first.total()).toBe(at + 1);
        await first.increment('p1', 1);
        expect(await total()).toBe(at + 2);
      }
      await first.close();
    });

    test('writers at once lose no update, and readers go only forward', async () => {
      await Promise.all([first.open(target), second.open(target)]);
      let writing = 2;
      const done = (): void => void writing--;
      const writers = [first.increment('p1', 30).then(done), second.increment('p2', 30).then(done)];
      let last = 0;
      while (writing > 0) {
        const seen = await total();
        expect(seen).toBeGreaterThanOrEqual(last);
        last = seen;
        await new Promise(setImmediate);
      }
      await Promise.all(writers);
      const { properties, version } = await table();
      expect(properties['total']).toBe('60');
      expect(version).toBe(61);
      expect(Object.values(properties).filter((value) => value === 'written')).toHaveLength(60);
      expect([await first.total(), await second.total()]).toEqual([60, 60]);
      const versions = (await store.events(0, 1000)).map((event) => event.version);
      expect(versions).toEqual(versions.map((_, at) => at + 1));
      await Promise.all([first.close(), second.close()]);
    });

    test('a process killed while it writes leaves a usable store', async () => {
      const killed = second;
      second = startCatalogProcess();
      await killed.open(target);
      let written = 0;
      const enough = new Promise<void>((resolve) => {
        killed.onWritten((value) => {
          written = value;
          if (value >= 5) resolve();
        });
      });
      const writing = killed.increment('p', Number.MAX_SAFE_INTEGER);
      await Promise.race([enough, writing]);
      await killed.kill();
      await expect(writing).rejects.toThrow(/ended/);
      const { properties, version } = await table();
      expect(Number(properties['total'])).toBeGreaterThanOrEqual(written);
      expect(version).toBe(Number(properties['total']) + 1);
      const again = await openCatalogStore(target);
      await again.setProperties(NAME, new Map([['x', 'y']]), 'ana', version);
      expect((await table()).version).toBe(version + 1);
      await again.close();
    });
  });
}
