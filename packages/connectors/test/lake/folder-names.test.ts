import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noScanStatistics } from '../../src/scan-statistics.ts';
import { LocalStore } from '../../src/lake/local-store.ts';

let root: string;
let store: LocalStore;

const OLD = new Date('2024-01-01T00:00:00Z');

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tributary-names-'));
  await mkdir(join(root, 'p'));
  // A clock that is ahead: every folder counts as settled, so that its names are remembered.
  store = new LocalStore({ source: 'lake', root, now: () => Date.now() + 60_000 });
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

function context(confirms = false) {
  return {
    confirms,
    signal: new AbortController().signal,
    statistics: noScanStatistics('local'),
  };
}

async function names(): Promise<readonly string[]> {
  const files = await store.list([`${root}/p/`], context());
  return files.map(({ path }) => path.slice(root.length + 3));
}

test('a file added to, renamed in or removed from a listed folder is seen by the next listing', async () => {
  const folder = join(root, 'p');
  await writeFile(join(folder, 'a'), '1');
  expect(await names()).toEqual(['a']);
  await writeFile(join(folder, 'b'), '2');
  expect(await names()).toEqual(['a', 'b']);
  await rename(join(folder, 'a'), join(folder, 'c'));
  expect(await names()).toEqual(['b', 'c']);
  await rm(join(folder, 'b'));
  expect(await names()).toEqual(['c']);
});

test("a change is seen although the folder's modification time was set back", async () => {
  const folder = join(root, 'p');
  await writeFile(join(folder, 'a'), '1');
  await utimes(folder, OLD, OLD);
  expect(await names()).toEqual(['a']);
  await writeFile(join(folder, 'b'), '2');
  await utimes(folder, OLD, OLD);
  expect(await names()).toEqual(['a', 'b']);
});

test('a folder that was replaced by another of the same name is read anew', async () => {
  const folder = join(root, 'p');
  await writeFile(join(folder, 'a'), '1');
  await utimes(folder, OLD, OLD);
  expect(await names()).toEqual(['a']);
  await mkdir(join(root, 'q'));
  await writeFile(join(root, 'q', 'z'), '1');
  await rm(folder, { recursive: true });
  await rename(join(root, 'q'), folder);
  await utimes(folder, OLD, OLD);
  expect(await names()).toEqual(['z']);
});

test('a file that was written in place is found before it is read, and its next listing is new', async () => {
  const file = join(root, 'p', 'a');
  await writeFile(file, '1');
  const list = () => store.list([`${root}/p/`], context(true));
  const confirm = async (files: Awaited<ReturnType<typeof list>>) =>
    (await store.open(files, context())).confirm?.();
  expect(await list()).toMatchObject([{ size: 1 }]);
  const remembered = await list();
  expect(remembered).toMatchObject([{ size: 1, remembered: true }]);
  await confirm(remembered);
  await writeFile(file, 'longer');
  const stale = await list();
  expect(stale).toMatchObject([{ size: 1, remembered: true }]);
  await expect(confirm(stale)).rejects.toMatchObject({ code: 'dataChanged' });
  expect(await list()).toMatchObject([{ size: 6 }]);
});

test('a listing that is not confirmed takes nothing of a file from memory', async () => {
  const file = join(root, 'p', 'a');
  await writeFile(file, '1');
  await store.list([`${root}/p/`], context(true));
  await writeFile(file, 'longer');
  expect(await store.list([`${root}/p/`], context())).toMatchObject([{ size: 6 }]);
});
