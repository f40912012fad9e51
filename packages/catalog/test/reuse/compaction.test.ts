import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openReuseStore } from '../../src/reuse/open-reuse-store.ts';
import type { Compaction, ReuseStore, StoredUnit } from '../../src/reuse/reuse-store.ts';
import {
  DAY,
  allCells,
  base,
  cell,
  days,
  keep,
  parquetFiles,
  putUnit,
} from '../support/reuse-units.ts';

let directory: string;
let store: ReuseStore;

const open = (maxBytes = 100_000_000): Promise<ReuseStore> =>
  openReuseStore({ directory, maxBytes, database: { path: join(directory, 'catalog.db') } });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tributary-reuse-'));
  store = await open();
});

afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

/** What a planner does with a compaction; a file's contents stand for its rows. */
async function compact(
  compaction: Compaction,
  before: () => Promise<unknown> = () => Promise.resolve(),
): Promise<StoredUnit | undefined> {
  const lease = await store.lease(compaction.cells.map((one) => one.file));
  const path = await store.newFile();
  const rows = await Promise.all([...lease.paths.values()].map((file) => readFile(file)));
  await writeFile(path, Buffer.concat(rows));
  await before();
  const unit = await store.put({
    base: compaction.base,
    shapeText: compaction.shapeText,
    cells: compaction.cells,
    path,
    inputBytes: compaction.cells.reduce((total, one) => total + one.inputBytes, 0),
    copiedFrom: compaction.cells.map((one) => one.id),
  });
  if (unit === undefined) await store.discard(path);
  lease.release();
  await store.settled();
  return unit;
}

test('neighbouring small files become one with the same cells', async () => {
  for (let day = 9; day >= 0; day--)
    await keep(store, { cells: days(day, day + 1), content: Buffer.from(`${day} `) });
  const before = await allCells(store);
  const [compaction, ...more] = await store.compactable();
  expect(more).toEqual([]);
  expect(compaction).toMatchObject({ base: base(), shapeText: 'shape' });
  expect(compaction?.cells).toEqual(before);
  const unit = await compact(compaction!);
  expect(await readFile([...unit!.lease.paths.values()][0]!, 'utf8')).toBe('0 1 2 3 4 5 6 7 8 9 ');
  unit?.lease.release();
  const content = ({ from, version, detail, verifiedAt, inputBytes }: (typeof before)[number]) => ({
    from,
    version,
    detail,
    verifiedAt,
    inputBytes,
  });
  expect((await allCells(store)).map(content)).toEqual(before.map(content));
  expect(await parquetFiles(directory)).toHaveLength(1);
  expect(await store.compactable()).toEqual([]);
});

test('a compaction whose cells have changed is not kept', async () => {
  for (let day = 0; day < 8; day++) await keep(store, { cells: days(day, day + 1) });
  const [compaction] = await store.compactable();
  const replaced = () => keep(store, { cells: [cell(3, { version: 'new' })] });
  expect(await compact(compaction!, replaced)).toBeUndefined();
  expect((await allCells(store)).map((one) => one.version)[3]).toBe('new');
  const [again] = await store.compactable();
  const quarantined = () => store.quarantine([again!.cells[0]!.id]);
  expect(await compact(again!, quarantined)).toBeUndefined();
  expect((await allCells(store)).length).toBe(7);
  expect(await parquetFiles(directory)).toHaveLength(8);
});

test('a compacted file takes the place of its files in the order of eviction', async () => {
  await store.close();
  store = await open(10_000);
  for (let day = 0; day < 8; day++) await keep(store, { cells: days(day, day + 1), bytes: 100 });
  await keep(store, { shape: 'other', bytes: 2_000, cells: days(0, 1) });
  (await compact((await store.compactable())[0]!))?.lease.release();
  for (const reopened of [false, true]) {
    if (reopened) {
      await store.close();
      store = await open(10_000);
    }
    expect((await store.shapes(base())).map((shape) => shape.text)).toEqual(['shape', 'other']);
  }
  for (let at = 0; at < 4; at++)
    await keep(store, { shape: 'new', bytes: 2_000, cells: days(at, at + 1) });
  expect((await store.shapes(base())).map((shape) => shape.text)).toEqual(['other', 'new']);
});

test('files that are large, of other kinds, in quarantine or too few are left alone', async () => {
  for (let day = 0; day < 7; day++) await keep(store, { cells: days(day, day + 1) });
  await keep(store, { cells: days(7, 8), bytes: 1_100_000 });
  await keep(store, { cells: [cell(8, { kind: 'rollUp' })] });
  const bad = await putUnit(store, { cells: days(9, 11) });
  await store.quarantine([bad!.cells[0]!.id]);
  bad?.lease.release();
  // Its window overlaps that of another file, so their rows could not be told apart.
  await keep(store, { cells: [cell(0, { to: 2 * DAY })] });
  expect(await store.compactable()).toEqual([]);
  await keep(store, { cells: days(20, 21) });
  const [compaction] = await store.compactable();
  expect(compaction?.cells.map((one) => one.from! / DAY)).toEqual([0, 1, 2, 3, 4, 5, 6, 20]);
});
