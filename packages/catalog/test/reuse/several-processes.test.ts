import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openReuseStore } from '../../src/reuse/open-reuse-store.ts';
import type { ReuseStoreConfig } from '../../src/reuse/open-reuse-store.ts';
import type { ReuseStore } from '../../src/reuse/reuse-store.ts';
import type { ReuseProcessTask } from '../support/reuse-process.ts';
import { DAY, allCells, base, days, keep, parquetFiles, putUnit } from '../support/reuse-units.ts';
import { startStoreTargets } from '../support/store-targets.ts';
import type { StoreTarget, StoreTargets } from '../support/store-targets.ts';

let targets: StoreTargets;

beforeAll(async () => {
  targets = await startStoreTargets();
});

afterAll(() => targets.stop());

const children = new Set<ChildProcess>();

/** Starts a process that puts units; answers when it has put so many. */
async function startWriter(task: ReuseProcessTask, puts: number): Promise<ChildProcess> {
  const script = new URL('../support/reuse-process.ts', import.meta.url).pathname;
  const child = fork(script, { execArgv: ['--conditions=source', '--import', 'tsx'] });
  children.add(child);
  child.send(task);
  let done = 0;
  await new Promise<void>((resolve, reject) => {
    child.on('message', (message) => {
      if (message === 'put' && ++done === puts) resolve();
      if (typeof message === 'string' && message.startsWith('failed')) reject(new Error(message));
    });
    child.on('exit', () => reject(new Error('the process has ended')));
  });
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (!children.delete(child) || child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

describe.each(['libsql', 'postgres'] as const)(
  'reuse stores of several processes on %s',
  (engine) => {
    let directory: string;
    let database: StoreTarget;
    let now: number;
    const opened: ReuseStore[] = [];

    const open = async (change: Partial<ReuseStoreConfig> = {}): Promise<ReuseStore> => {
      const store = await openReuseStore({
        directory,
        maxBytes: 100_000,
        database,
        now: () => now,
        ...change,
      });
      opened.push(store);
      return store;
    };

    beforeEach(async () => {
      now = Date.now();
      directory = await mkdtemp(join(tmpdir(), 'tributary-reuse-'));
      database = await targets.fresh(engine);
    });

    afterEach(async () => {
      for (const child of children) await kill(child);
      for (const store of opened.splice(0)) await store.close();
      await rm(directory, { recursive: true, force: true });
    });

    test('each has its own folder and sees its own files; a folder that is free is taken again', async () => {
      const one = await open();
      const two = await open();
      await keep(one, { cells: days(0, 2) });
      await keep(two, { cells: days(5, 6) });
      expect(await one.totals()).toMatchObject({ files: 1, cells: 2 });
      expect(await two.totals()).toMatchObject({ files: 1, cells: 1 });
      expect((await allCells(one)).length).toBe(2);
      expect((await allCells(two)).length).toBe(1);
      await one.close();
      const again = await open();
      expect((await allCells(again)).length).toBe(2);
      expect(await readdir(directory)).toHaveLength(2);
    });

    test('an invalidation reaches all of them, and the units they have begun', async () => {
      const one = await open();
      const two = await open();
      await keep(one, { cells: days(0, 4) });
      const kept = await keep(two, { cells: days(0, 2) });
      await keep(two, { cells: days(2, 3) });
      await keep(two, { base: base('x', { table: 'table-2', tableName: 'other' }) });
      await two.quarantine([kept[0]!.id]);
      const path = await two.newFile();
      await writeFile(path, 'begun before');
      expect(await one.invalidate('lake.sales.events', DAY, 3 * DAY)).toBe(4);
      expect((await allCells(two)).length).toBe(0);
      expect(await two.totals()).toMatchObject({ cells: 3, quarantined: 1 });
      const unit = { base: base(), shapeText: 's', cells: days(0, 1), path, inputBytes: 1 };
      expect(await two.put(unit)).toBeUndefined();
      await two.discard(path);
      await keep(two, { cells: days(1, 2) });
      expect((await allCells(two)).length).toBe(1);
      expect((await allCells(one)).length).toBe(2);
      expect(await two.invalidate('table-1')).toBe(3);
      expect((await allCells(one)).length).toBe(0);
      await one.settled();
      expect(await parquetFiles(directory)).toHaveLength(1);
    });

    test('a folder that no process takes for a week goes with its rows, one that is held stays', async () => {
      const one = await open();
      const two = await open();
      const three = await open();
      await keep(one, { cells: days(0, 2) });
      await keep(two, { cells: days(0, 3) });
      await keep(three, { cells: days(0, 4) });
      const left = (await parquetFiles(directory)).map((file) => dirname(file));
      expect(new Set(left).size).toBe(3);
      await one.close();
      now += 86_400_000;
      await two.close();
      now += 6.5 * 86_400_000;
      await three.close();
      const four = await open();
      expect((await allCells(four)).length).toBe(4);
      expect(await readdir(directory)).toHaveLength(2);
      now += 86_400_000;
      const held = await open();
      expect((await allCells(held)).length).toBe(3);
      now += 60 * 86_400_000;
      const five = await open();
      expect(await five.totals()).toMatchObject({ files: 0 });
      expect(await readdir(directory)).toHaveLength(3);
      // Its owner was forgotten as one that never came back; it did, and starts empty.
      expect((await allCells(held)).length).toBe(0);
      await keep(held, { cells: days(0, 1) });
      expect((await allCells(held)).length).toBe(1);
      expect(await parquetFiles(directory)).toHaveLength(1 + (await four.totals()).files);
    });

    test('one that is killed at any moment leaves neither wrong rows nor files', async () => {
      const task = { directory, database, maxBytes: 20_000 };
      const mine = await open();
      await keep(mine, { cells: days(0, 2) });
      for (const puts of [3, 17, 40]) {
        const child = await startWriter(task, puts);
        // Not kept when the other invalidates meanwhile.
        (await putUnit(mine, { cells: days(0, 2) }))?.lease.release();
        await kill(child);
        const store = await open({ maxBytes: 20_000 });
        const cells = await allCells(store);
        const files = new Set(cells.map((cell) => cell.file));
        const lease = await store.lease([...files]);
        expect(lease.paths.size).toBe(files.size);
        const totals = await store.totals();
        expect(totals).toMatchObject({
          files: files.size,
          cells: cells.length,
          bytes: files.size * 500,
        });
        const own = await parquetFiles(directory);
        expect(own).toHaveLength(files.size + (await mine.totals()).files);
        lease.release();
        await store.close();
      }
    });
  },
);
