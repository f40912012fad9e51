import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../src/make-folder.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tributary-folder-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('a folder is made with those above it, also by two at once, and may exist', async () => {
  const folder = join(root, 'a/b/c/');
  await Promise.all([makeFolder(folder), makeFolder(folder)]);
  await makeFolder(folder);
  expect((await stat(folder)).isDirectory()).toBe(true);
});

test('a folder that cannot be made is refused by name instead of tried for ever', async () => {
  await writeFile(join(root, 'file'), '');
  for (const folder of ['/proc/tributary/state', join(root, 'file'), join(root, 'file/state')]) {
    await expect(makeFolder(folder)).rejects.toMatchObject({ code: 'invalidConfiguration' });
  }
});
