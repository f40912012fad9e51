import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openReuseStore } from '../../src/reuse/open-reuse-store.ts';
import type { ReuseStoreConfig } from '../../src/reuse/open-reuse-store.ts';
import type { ListedCell, ReuseStore } from '../../src/reuse/reuse-store.ts';
import {
  DAY,
  allCells,
  base,
  cell,
  contents,
  days,
  keep,
  parquetFiles,
  putUnit,
} from '../support/reuse-units.ts';
import { startStoreTargets } from '../support/store-targets.ts';
import type { StoreTarget, StoreTargets } from '../support/store-targets.ts';

let targets: StoreTargets;

beforeAll(async () => {
  targets = await startStoreTargets();
});

afterAll(() => targets.stop());

const daysOf = (cells: readonly { readonly from: number | null }[]) =>
  cells.map(({ from }) => (from === null ? null : from / DAY));

async function listed(store: ReuseStore): Promise<readonly ListedCell[]> {
  const cells: ListedCell[] = [];
  for await (const one of store.list()) cells.push(one);
  return cells;
}

describe.each(['libsql', 'postgres'] as const)('the reuse store on %s', (engine) => {
  let directory: string;
  let database: StoreTarget;
  let store: ReuseStore;
  let now: number;

  const open = (change: Partial<ReuseStoreConfig> = {}): Promise<ReuseStore> =>
    openReuseStore({ directory, maxBytes: 10_000, database, now: () => now, ...change });

  const reopen = async (change: Partial<ReuseStoreConfig> = {}): Promise<void> => {
    await store.close();
    store = await open(change);
  };

  beforeEach(async () => {
    now = 1_000_000;
    directory = await mkdtemp(join(tmpdir(), 'tributary-reuse-'));
    database = await targets.fresh(engine);
    store = await open();
  });

  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('keeps a unit whole, also when it is opened again', async () => {
    const content = randomBytes(200);
    const unit = await putUnit(store, {
      content,
      cells: [cell(5), cell(4), cell(0, { from: null, to: null })],
    });
    expect(unit?.cells).toHaveLength(3);
    expect([...(await contents(unit!.lease)).values()]).toEqual([content]);
    unit?.lease.release();
    for (const again of [false, true]) {
      if (again) await reopen();
      const shapes = await store.shapes(base());
      expect(shapes).toEqual([{ id: expect.any(Number), text: 'shape', note: null }]);
      const cells = await allCells(store);
      expect(daysOf(cells)).toEqual([null, 4, 5]);
      expect(cells[2]).toEqual({
        ...cell(5),
        id: expect.any(Number),
        shape: shapes[0]!.id,
        file: unit!.cells[0]!.file,
        inputBytes: 3_000,
      });
      const lease = await store.lease(cells.map((one) => one.file));
      expect([...(await contents(lease)).values()]).toEqual([content]);
      lease.release();
      expect(await store.totals()).toEqual({ files: 1, bytes: 200, cells: 3, quarantined: 0 });
    }
  });

  test('texts are kept as they are, whatever characters they hold', async () => {
    const odd = 'a\\u0000 \0 \\ \ud800 é 😀 \\n';
    await keep(store, {
      base: base(odd),
      shape: odd,
      cells: [cell(1, { version: odd, detail: odd })],
    });
    await reopen();
    expect((await store.shapes(base(odd))).map((shape) => shape.text)).toEqual([odd]);
    expect(await allCells(store, base(odd))).toMatchObject([{ version: odd, detail: odd }]);
    expect(await store.shapes(base('a\\u0000 \0 \\ \ufffd é 😀 \\n'))).toEqual([]);
  });

  test('bases and shapes of the same hash and different texts are told apart', async () => {
    const one = base('one', { hash: 'same' });
    const other = base('other', { hash: 'same' });
    await keep(store, { base: one });
    expect(await store.shapes(other)).toEqual([]);
    expect(await store.shapes(base('one', { hash: 'same', table: 'table-2' }))).toEqual([]);
    await keep(store, { base: other, cells: days(7, 9) });
    for (const again of [false, true]) {
      if (again) await reopen();
      expect(daysOf(await allCells(store, one))).toEqual([0, 1, 2]);
      expect(daysOf(await allCells(store, other))).toEqual([7, 8]);
    }
  });

  test('cells answers what overlaps the span, the NULL window always', async () => {
    await keep(store, { cells: [...days(0, 10), cell(0, { from: null, to: null })] });
    await keep(store, { cells: [cell(2, { kind: 'rollUp', to: 6 * DAY })] });
    const [shape] = await store.shapes(base());
    const found = await store.cells([shape!.id], 5 * DAY, 7 * DAY + 1);
    expect(found.map(({ kind, from }) => [kind, from === null ? null : from / DAY])).toEqual([
      ['cell', null],
      ['rollUp', 2],
      ['cell', 5],
      ['cell', 6],
      ['cell', 7],
    ]);
    expect(await store.cells([shape!.id + 1_000], 0, DAY)).toEqual([]);
  });

  test('cells come in order of shape, then time', async () => {
    await keep(store, { shape: 'b', cells: days(3, 5) });
    await keep(store, { shape: 'a', cells: days(1, 3) });
    await keep(store, { shape: 'b', cells: days(0, 2) });
    const cells = await allCells(store);
    expect(daysOf(cells)).toEqual([0, 1, 3, 4, 1, 2]);
    expect(new Set(cells.map((one) => one.shape)).size).toBe(2);
  });

  test('a unit replaces cells of the same shape, kind and window, and a file goes with its last cell', async () => {
    await keep(store, { cells: days(0, 2) });
    await keep(store, {
      cells: [cell(1, { version: 'new' }), cell(0, { kind: 'result', to: 3 * DAY })],
    });
    expect((await allCells(store)).map(({ kind, version }) => [kind, version])).toEqual([
      ['cell', 'version of 0'],
      ['result', 'version of 0'],
      ['cell', 'new'],
    ]);
    expect(await parquetFiles(directory)).toHaveLength(2);
    await keep(store, { cells: [cell(0, { version: 'newer' })] });
    expect(await parquetFiles(directory)).toHaveLength(2);
    expect(await store.totals()).toMatchObject({ files: 2, cells: 3 });
    await reopen();
    expect((await allCells(store)).map((one) => one.version)).toEqual([
      'version of 0',
      'newer',
      'new',
    ]);
  });

  test('a leased file stays readable after it is dropped, and goes with the last lease', async () => {
    const unit = await putUnit(store);
    const second = await store.lease([unit!.cells[0]!.file]);
    await store.dropFiles([unit!.cells[0]!.file]);
    expect(await allCells(store)).toEqual([]);
    unit?.lease.release();
    unit?.lease.release();
    await store.settled();
    expect((await contents(second)).size).toBe(1);
    second.release();
    await store.settled();
    expect(await parquetFiles(directory)).toEqual([]);
    expect(await store.totals()).toEqual({ files: 0, bytes: 0, cells: 0, quarantined: 0 });
  });

  test('a unit that is too large is not kept, and stays its writer’s', async () => {
    await reopen({ maxFileBytes: 1_000 });
    const path = await store.newFile();
    await writeFile(path, randomBytes(1_001));
    const unit = { base: base(), shapeText: 'shape', cells: days(0, 1), path, inputBytes: 1 };
    expect(await store.put(unit)).toBeUndefined();
    expect(await parquetFiles(directory)).toEqual([path]);
    await store.discard(path);
    await store.discard(path);
    expect(await parquetFiles(directory)).toEqual([]);
    expect(await store.shapes(base())).toEqual([]);
  });

  test('the least recently used files go when bytes are short, none that is leased', async () => {
    const [a] = await keep(store, { bytes: 2_500, cells: days(0, 1) });
    const [b] = await keep(store, { bytes: 2_500, cells: days(1, 2) });
    const [c] = await keep(store, { bytes: 2_500, cells: days(2, 3) });
    await keep(store, { bytes: 2_500, cells: days(3, 4) });
    store.touch([a!]);
    const lease = await store.lease([b!.file]);
    await keep(store, { bytes: 100, cells: days(4, 5) });
    expect(daysOf(await allCells(store))).toEqual([0, 1, 3, 4]);
    const file = await store.lease([c!.file]);
    expect(file.paths.size).toBe(0);
    lease.release();
    await keep(store, { bytes: 2_500, cells: days(5, 6) });
    expect(daysOf(await allCells(store))).toEqual([0, 3, 4, 5]);
    expect((await store.totals()).bytes).toBe(7_600);
    expect(await parquetFiles(directory)).toHaveLength(4);
  });

  test('the order of use outlives the process and a clock that is set back', async () => {
    const [a] = await keep(store, { bytes: 2_500, cells: days(0, 1) });
    await keep(store, { bytes: 2_500, cells: days(1, 2) });
    now = 10;
    await keep(store, { bytes: 2_500, cells: days(2, 3) });
    store.touch([a!]);
    await reopen();
    await keep(store, { bytes: 2_500, cells: days(3, 4) });
    await keep(store, { bytes: 2_500, cells: days(4, 5) });
    expect(daysOf(await allCells(store))).toEqual([0, 2, 3, 4]);
  });

  test('a unit is not kept when everything else is leased', async () => {
    const units = [];
    for (let at = 0; at < 4; at++)
      units.push(await putUnit(store, { bytes: 2_500, cells: days(at, at + 1) }));
    expect(await putUnit(store, { bytes: 1, cells: days(9, 10) })).toBeUndefined();
    expect(daysOf(await allCells(store))).toEqual([0, 1, 2, 3]);
    for (const unit of units) unit?.lease.release();
  });

  test('the number of cells is bounded', async () => {
    await reopen({ maxCells: 5 });
    await keep(store, { cells: days(0, 2) });
    await keep(store, { cells: days(2, 4) });
    await keep(store, { cells: days(4, 6) });
    expect(daysOf(await allCells(store))).toEqual([2, 3, 4, 5]);
    expect(await putUnit(store, { cells: days(0, 6) })).toBeUndefined();
    await reopen({ maxCells: 3 });
    expect(daysOf(await allCells(store))).toEqual([4, 5]);
    expect(await parquetFiles(directory)).toHaveLength(1);
  });

  test('invalidation drops what overlaps, by name or id, and keeps no unit begun before', async () => {
    const path = await store.newFile();
    await writeFile(path, 'begun before');
    await keep(store, { cells: [...days(0, 10), cell(0, { from: null, to: null })] });
    await keep(store, { base: base('other', { table: 'table-2', tableName: 'lake.sales.other' }) });
    expect(await store.invalidate('lake.sales.events', 2 * DAY, 3 * DAY + 1)).toBe(2);
    expect(await store.invalidate('table-1', 9 * DAY)).toBe(1);
    expect(await store.invalidate('table-1', undefined, DAY)).toBe(1);
    expect(daysOf(await allCells(store))).toEqual([null, 1, 4, 5, 6, 7, 8]);
    expect(
      await store.put({ base: base(), shapeText: 's', cells: days(0, 1), path, inputBytes: 1 }),
    ).toBeUndefined();
    await store.discard(path);
    expect(await store.invalidate('lake.sales.events')).toBe(7);
    expect(await store.invalidate('lake.sales.nothing')).toBe(0);
    expect(await allCells(store)).toEqual([]);
    expect(await store.shapes(base())).toEqual([]);
    expect(await parquetFiles(directory)).toHaveLength(1);
    await keep(store);
    expect(daysOf(await allCells(store))).toEqual([0, 1, 2]);
  });

  test('what was begun before an invalidation is not kept, however late its file was', async () => {
    const generation = store.generation();
    await keep(store);
    expect(await store.invalidate('table-1')).toBe(3);
    const path = await store.newFile(generation);
    await writeFile(path, 'merged of what was dropped');
    expect(
      await store.put({ base: base(), shapeText: 's', cells: days(0, 1), path, inputBytes: 1 }),
    ).toBeUndefined();
    await store.discard(path);
    expect(store.generation()).toBe(generation + 1);
    expect(await parquetFiles(directory)).toEqual([]);
  });

  test('who reads a base while a unit of it is put sees the unit', async () => {
    const [one, two] = [await store.newFile(), await store.newFile()];
    for (const path of [one, two]) await writeFile(path, 'complete');
    const unit = { base: base(), shapeText: 'shape', inputBytes: 1 };
    const putting = store.put({ ...unit, path: one, cells: days(0, 3) });
    const noted = store.setShapeNote(base(), 'shape', 'a note');
    expect((await store.shapes(base())).map(({ note }) => note)).toEqual(['a note']);
    expect(daysOf(await allCells(store))).toEqual([0, 1, 2]);
    const also = store.put({ ...unit, path: two, cells: days(3, 4) });
    expect((await store.totals()).cells).toBe(4);
    for (const each of [await putting, await also]) each?.lease.release();
    await noted;
  });

  test('shapes are kept in memory as they change: one that did not change is the same object', async () => {
    await keep(store, { shape: 'one' });
    const [one] = await store.shapes(base());
    await keep(store, { shape: 'two' });
    await store.setShapeNote(base(), 'two', 'a note');
    await store.setShapeNote(base(), 'three', 'another');
    const texts = (): Promise<unknown> =>
      store.shapes(base()).then((each) => each.map(({ text, note }) => [text, note]));
    expect(await texts()).toEqual([
      ['one', null],
      ['two', 'a note'],
      ['three', 'another'],
    ]);
    expect((await store.shapes(base()))[0]).toBe(one);
    await store.setShapeNote(base(), 'three', null);
    await store.invalidate('table-1');
    expect(await texts()).toEqual([['two', 'a note']]);
    await store.setShapeNote(base(), 'two', null);
    expect(await texts()).toEqual([]);
    await keep(store, { shape: 'one' });
    expect(await texts()).toEqual([['one', null]]);
  });

  test('a unit may wait for something, but not where its base is read, or the store closed', async () => {
    const [one, two] = [await store.newFile(), await store.newFile()];
    for (const path of [one, two]) await writeFile(path, 'complete');
    const unit = { base: base(), shapeText: 'shape', inputBytes: 1 };
    const never = new Promise<void>(() => undefined);
    const waiting = store.put({ ...unit, path: one, cells: days(0, 1) }, never);
    expect((await store.shapes(base('other'))).length).toBe(0);
    expect((await store.shapes(base())).length).toBe(1);
    (await waiting)?.lease.release();
    const failed = Promise.reject(new Error('what it waits for may fail'));
    (await store.put({ ...unit, path: two, cells: days(1, 2) }, failed))?.lease.release();
    expect(daysOf(await allCells(store))).toEqual([0, 1]);
    const three = await store.newFile();
    await writeFile(three, 'complete');
    const last = store.put({ ...unit, path: three, cells: days(2, 3) }, never);
    await store.settled();
    (await last)?.lease.release();
    expect(daysOf(await allCells(store))).toEqual([0, 1, 2]);
  });

  test('a file that was put is not discarded, and not put again', async () => {
    const unit = await putUnit(store);
    const [path = ''] = [...(unit?.lease.paths.values() ?? [])];
    await store.discard(path);
    await expect(
      store.put({ base: base(), shapeText: 's', cells: days(5, 6), path, inputBytes: 1 }),
    ).rejects.toMatchObject({ code: 'internalError' });
    await store.discard(path);
    expect(await parquetFiles(directory)).toEqual([path]);
    unit?.lease.release();
  });

  test('cells in quarantine are listed, not served', async () => {
    const cells = await keep(store, { cells: days(0, 3) });
    await store.quarantine([cells[1]!.id]);
    for (const again of [false, true]) {
      if (again) await reopen();
      expect(daysOf(await allCells(store))).toEqual([0, 2]);
      expect(await store.totals()).toMatchObject({ cells: 2, quarantined: 1 });
      expect((await listed(store)).map((one) => one.quarantined)).toEqual([false, true, false]);
    }
    await keep(store, { cells: days(1, 2) });
    expect(daysOf(await allCells(store))).toEqual([0, 1, 2]);
    expect(await store.totals()).toMatchObject({ cells: 3, quarantined: 0 });
  });

  test('list says what people ask', async () => {
    await keep(store, { cells: days(0, 1), bytes: 77 });
    now += 500;
    store.touch(await allCells(store));
    store.verified(await allCells(store), now - 1);
    expect(await listed(store)).toEqual([
      {
        ...cell(0),
        verifiedAt: now - 1,
        id: expect.any(Number),
        shape: expect.any(Number),
        file: expect.any(Number),
        inputBytes: 9_000,
        tableName: 'lake.sales.events',
        shapeText: 'shape',
        path: (await parquetFiles(directory))[0],
        fileBytes: 77,
        createdAt: now - 500,
        lastUsedAt: now,
        quarantined: false,
      },
    ]);
  });

  test('list streams more than one page', async () => {
    await keep(store, { cells: days(0, 1_203) });
    expect(daysOf(await listed(store))).toEqual(Array.from({ length: 1_203 }, (_, at) => at));
  });

  test('the latest moment of verification counts, and none after the clock was set back', async () => {
    await keep(store, { cells: days(0, 2) });
    const cells = await allCells(store);
    store.verified([cells[0]!], 5_000);
    store.verified([cells[0]!], 4_000);
    store.verified([cells[1]!], 500);
    const moments = async () => (await allCells(store)).map((one) => one.verifiedAt);
    expect(await moments()).toEqual([5_000, 1_000]);
    store.verified([cells[0]!], now + 1e9);
    expect(await moments()).toEqual([now, 1_000]);
    now -= 2_000;
    expect(await moments()).toEqual([0, 0]);
    store.verified([cells[0]!], now);
    expect(await moments()).toEqual([now, 0]);
    await reopen();
    expect(await moments()).toEqual([0, 0]);
    await keep(store, {
      cells: [cell(1, { verifiedAt: now - 1 }), cell(0, { verifiedAt: now + 1 })],
    });
    expect(await moments()).toEqual([0, now - 1]);
    await store.close();
    now -= 2_000;
    store = await open();
    expect(await moments()).toEqual([0, 0]);
  });

  test('notes stay without cells until they are forgotten', async () => {
    await store.setShapeNote(base(), 'shape', 'too large');
    const notes = async () => (await store.shapes(base())).map((shape) => shape.note);
    expect(await notes()).toEqual(['too large']);
    await store.setShapeNote(base(), 'shape', 'larger');
    await reopen();
    expect(await notes()).toEqual(['larger']);
    await keep(store);
    await store.invalidate('table-1');
    expect(await notes()).toEqual(['larger']);
    await store.setShapeNote(base(), 'shape', null);
    expect(await notes()).toEqual([]);
    await store.setShapeNote(base(), 'shape', null);
    expect(await notes()).toEqual([]);
  });

  test('the number of notes is bounded: the least recently used go', async () => {
    await reopen({ maxNotes: 3 });
    const noted = (at: number) => base(`base ${at}`);
    for (const at of [1, 2, 3]) await store.setShapeNote(noted(at), 'shape', 'note');
    await keep(store, { base: noted(2) });
    await store.shapes(noted(1));
    await store.settled();
    for (const at of [4, 5, 6]) await store.setShapeNote(noted(at), 'shape', 'note');
    const left = [];
    for (const at of [1, 2, 3, 4, 5, 6]) left.push((await store.shapes(noted(at))).length);
    expect(left.slice(1, 3)).toEqual([1, 0]);
    expect(left.reduce((one, other) => one + other)).toBeLessThanOrEqual(5);
    expect(left[5]).toBe(1);
    expect((await allCells(store, noted(2))).length).toBe(3);
  });

  test('what does not fit a boundary is refused', async () => {
    for (const maxBytes of [0, Number.NaN, 1.5])
      await expect(open({ maxBytes })).rejects.toMatchObject({ code: 'invalidConfiguration' });
    await expect(putUnit(store, { cells: [] })).rejects.toMatchObject({ code: 'internalError' });
    await expect(putUnit(store, { cells: [cell(1, { from: null })] })).rejects.toMatchObject({
      code: 'internalError',
    });
    await expect(putUnit(store, { cells: [cell(1), cell(1)] })).rejects.toMatchObject({
      code: 'internalError',
    });
    const foreign = join(directory, 'foreign.parquet');
    await writeFile(foreign, 'x');
    await expect(
      store.put({ base: base(), shapeText: 's', cells: days(0, 1), path: foreign, inputBytes: 1 }),
    ).rejects.toMatchObject({ code: 'internalError' });
    await store.discard(foreign);
    expect(await parquetFiles(directory)).toEqual([foreign]);
    await store.close();
    await expect(store.newFile()).rejects.toMatchObject({ code: 'internalError' });
  });
});
