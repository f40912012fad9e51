import { createHash, randomBytes } from 'node:crypto';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LibsqlDatabase } from '../../src/store/libsql-database.ts';
import { openReuseStore } from '../../src/reuse/open-reuse-store.ts';
import type { ReuseStore, StoredCell } from '../../src/reuse/reuse-store.ts';
import { STORE_FILES } from '../../src/reuse/store-files.ts';
import type { StoreFiles } from '../../src/reuse/store-files.ts';
import {
  allCells,
  base,
  contents,
  days,
  keep,
  parquetFiles,
  putUnit,
} from '../support/reuse-units.ts';

let folder: string;
let directory: string;
let path: string;
let store: ReuseStore;
let warned: string[];

const open = (files: Partial<StoreFiles> = {}): Promise<ReuseStore> =>
  openReuseStore({
    directory,
    maxBytes: 4_000_000,
    database: { path },
    files: { ...STORE_FILES, ...files },
    log: (_, message) => warned.push(message),
  });

beforeEach(async () => {
  warned = [];
  folder = await mkdtemp(join(tmpdir(), 'tributary-reuse-'));
  directory = join(folder, 'reuse');
  path = join(folder, 'catalog.db');
  store = await open();
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function pathOf(cells: readonly StoredCell[]): Promise<string> {
  const lease = await store.lease(cells.map((cell) => cell.file));
  lease.release();
  const [first] = lease.paths.values();
  if (first === undefined) throw new Error('no file');
  return first;
}

/** Changes a byte and sets the times back: only the ctime, which nobody can set, tells. */
async function damage(file: string): Promise<void> {
  const { atime, mtime } = await stat(file);
  const content = await readFile(file);
  content[50]! ^= 1;
  await writeFile(file, content);
  await utimes(file, atime, mtime);
}

const DAMAGES: readonly (readonly [string, (file: string, other: string) => Promise<void>])[] = [
  ['missing', (file) => unlink(file)],
  ['damaged', damage],
  ['truncated', (file) => truncate(file, 60)],
  ['emptied', (file) => truncate(file, 0)],
  [
    'swapped with another',
    async (file, other) => {
      const aside = `${file}.aside`;
      await rename(file, aside);
      await rename(other, file);
      await rename(aside, other);
    },
  ],
  [
    'replaced by a copy of the same contents, size and time',
    async (file) => {
      const { atime, mtime } = await stat(file);
      const aside = `${file}.aside`;
      await copyFile(file, aside);
      await utimes(aside, atime, mtime);
      await rename(aside, file);
    },
  ],
  [
    'a folder',
    async (file) => {
      await unlink(file);
      await mkdir(file);
    },
  ],
];

describe.each(DAMAGES)('a file that is %s', (_, change) => {
  test.each(['in the process that wrote it', 'in a later process'])(
    'is a miss %s',
    async (when) => {
      const cells = await keep(store, { cells: days(0, 2), bytes: 100 });
      const others = await keep(store, { shape: 'other', cells: days(0, 1), bytes: 100 });
      const file = await pathOf(cells);
      const other = await pathOf(others);
      if (when === 'in a later process') {
        await store.close();
        await change(file, other);
        store = await open();
      } else await change(file, other);
      const lease = await store.lease(cells.map((cell) => cell.file));
      expect(lease.paths.size).toBe(0);
      lease.release();
      expect((await allCells(store)).filter((cell) => cell.shape === cells[0]!.shape)).toEqual([]);
      const again = await keep(store, { cells: days(0, 2), content: Buffer.from('again') });
      const kept = await store.lease(again.map((cell) => cell.file));
      expect([...(await contents(kept)).values()]).toEqual([Buffer.from('again')]);
      kept.release();
    },
  );
});

test('contents that changed while the system says that nothing did are a miss for a later process', async () => {
  const cells = await keep(store, { cells: days(0, 2), bytes: 100 });
  const large = await keep(store, { cells: days(5, 6), bytes: 400_000 });
  await store.close();
  const database = new LibsqlDatabase(path);
  database
    .prepare('update tributary_reuse_file set sha256 = ?')
    .run([createHash('sha256').update('other').digest('hex')]);
  database.close();
  store = await open();
  const lease = await store.lease([cells[0]!.file, large[0]!.file]);
  expect(lease.paths.size).toBe(0);
  lease.release();
  expect(await allCells(store)).toEqual([]);
  await store.settled();
  expect(await parquetFiles(directory)).toEqual([]);
});

test('contents are read once in a process, however many leases ask', async () => {
  const cells = await keep(store, { cells: days(0, 2), bytes: 300_000 });
  await store.close();
  let reads = 0;
  store = await open({
    hash: (file, bytes) => {
      reads++;
      return STORE_FILES.hash(file, bytes);
    },
  });
  const leases = await Promise.all([1, 2, 3].map(() => store.lease([cells[0]!.file])));
  for (const lease of leases) {
    expect(lease.paths.size).toBe(1);
    lease.release();
  }
  (await store.lease([cells[0]!.file])).release();
  expect(reads).toBe(1);
});

test('a process short of descriptors holds no file and drops none', async () => {
  const cells = await keep(store);
  await store.close();
  let short = true;
  store = await open({
    hash: (file, bytes) =>
      short
        ? Promise.reject(Object.assign(new Error('too many'), { code: 'EMFILE' }))
        : STORE_FILES.hash(file, bytes),
  });
  const none = await store.lease([cells[0]!.file]);
  expect(none.paths.size).toBe(0);
  none.release();
  short = false;
  const lease = await store.lease([cells[0]!.file]);
  expect(lease.paths.size).toBe(1);
  lease.release();
});

test('a start removes what a killed process left, and nothing else', async () => {
  const cells = await keep(store, { cells: days(0, 2) });
  const gone = await keep(store, { cells: days(5, 6) });
  const own = dirname(await pathOf(cells));
  await unlink(await pathOf(gone));
  const unit = await store.newFile();
  await store.close();
  const names = ['cells-0123456789abcdef.parquet', 'tmp_unit-0-0123456789abcdef.parquet'];
  for (const name of names) await writeFile(join(own, name), 'left');
  await writeFile(unit, 'left');
  const strangers = ['notes.txt', 'cells-x.parquet', 'unit.parquet'];
  for (const name of strangers) await writeFile(join(own, name), 'a stranger');
  await mkdir(join(directory, 'a folder'));
  await writeFile(join(directory, 'a folder', names[0]!), 'a stranger');
  store = await open();
  expect((await allCells(store)).map((cell) => cell.id)).toEqual(cells.map((cell) => cell.id));
  expect(await store.totals()).toMatchObject({ files: 1, cells: 2 });
  expect([...(await parquetFiles(directory))].sort()).toEqual(
    [
      join(directory, 'a folder', names[0]!),
      await pathOf(cells),
      join(own, 'cells-x.parquet'),
      join(own, 'unit.parquet'),
    ].sort(),
  );
  expect(await readFile(join(own, 'notes.txt'), 'utf8')).toBe('a stranger');
});

describe('a put that fails leaves nothing', () => {
  const fail = (code: string) => () =>
    Promise.reject(Object.assign(new Error(`injected ${code}`), { code }));

  const FAILURES: readonly (readonly [string, Partial<StoreFiles>, string])[] = [
    ['syncing on a full disk', { sync: fail('ENOSPC') }, 'diskFull'],
    ['syncing over quota', { sync: fail('EDQUOT') }, 'diskFull'],
    ['reading', { hash: fail('EIO') }, 'sourceUnavailable'],
    [
      'looking at the file once more',
      {
        identify: (() => {
          let looks = 0;
          return (file: string) => {
            if (++looks === 2) throw Object.assign(new Error('injected'), { code: 'EIO' });
            return STORE_FILES.identify(file);
          };
        })(),
      },
      'sourceUnavailable',
    ],
    [
      'a file that is written while it is put',
      {
        hash: async (file, bytes) => {
          const found = await STORE_FILES.hash(file, bytes);
          await writeFile(file, 'more', { flag: 'a' });
          return found;
        },
      },
      'internalError',
    ],
    [
      'a file that is replaced while it is put',
      {
        sync: async (file) => {
          await writeFile(`${file}.new`, await readFile(file));
          await rename(`${file}.new`, file);
        },
      },
      'internalError',
    ],
  ];

  test.each(FAILURES)('%s', async (_, files, code) => {
    const before = await keep(store, { cells: days(0, 1) });
    await store.close();
    store = await open(files);
    const untouched = await parquetFiles(directory);
    await expect(putUnit(store, { cells: days(0, 3) })).rejects.toMatchObject({ code });
    expect(await parquetFiles(directory)).toEqual(untouched);
    await store.close();
    store = await open();
    expect((await allCells(store)).map((cell) => cell.id)).toEqual(before.map((cell) => cell.id));
    expect(await parquetFiles(directory)).toEqual(untouched);
  });

  test.each([
    ['the file', 'tributary_reuse_file', 'insert'],
    ['the cells', 'tributary_reuse_cell', 'insert'],
    ['the replaced cells', 'tributary_reuse_cell', 'delete'],
    ['the base', 'tributary_reuse_base', 'insert'],
    ['the shape', 'tributary_reuse_shape', 'insert'],
  ])('writing the rows of %s', async (_, table, event) => {
    const other = { base: { text: 'other', hash: 'h', table: 't', tableName: 'n' } };
    await keep(store, { cells: days(0, 1) });
    const untouched = await parquetFiles(directory);
    const database = new LibsqlDatabase(path);
    const run = (text: string) => {
      database.begin('write');
      database.prepare(text).run([]);
      database.commit();
    };
    run(`create trigger injected before ${event} on ${table} begin select raise(abort, 'no'); end`);
    const unit = event === 'delete' ? {} : other;
    const file = await store.newFile();
    await writeFile(file, 'whole');
    const sound = {
      base: base(),
      shapeText: 'shape',
      cells: days(0, 3),
      path: file,
      inputBytes: 1,
    };
    expect(await store.put({ ...sound, ...unit })).toBeUndefined();
    expect(warned).toEqual([expect.stringMatching(/not kept/)]);
    // It is its writer's still, who need not compute it again.
    expect(await readFile(file, 'utf8')).toBe('whole');
    await store.discard(file);
    expect(await parquetFiles(directory)).toEqual(untouched);
    expect((await allCells(store)).length).toBe(1);
    expect(await store.shapes(other.base)).toEqual([]);
    run('drop trigger injected');
    database.close();
    await keep(store, unit);
    expect(await store.totals()).toEqual(
      event === 'delete'
        ? { files: 1, bytes: 100, cells: 3, quarantined: 0 }
        : { files: 2, bytes: 200, cells: 4, quarantined: 0 },
    );
  });
});

test('a file that cannot be deleted counts until it can', async () => {
  await store.close();
  let stuck = true;
  store = await open({
    unlink: (file) =>
      stuck
        ? Promise.reject(Object.assign(new Error('stuck'), { code: 'EBUSY' }))
        : STORE_FILES.unlink(file),
  });
  const cells = await keep(store, { cells: days(0, 1), content: randomBytes(22_500) });
  await store.dropFiles([cells[0]!.file]);
  expect(await store.totals()).toMatchObject({ files: 1, bytes: 22_500, cells: 0 });
  stuck = false;
  await keep(store, { bytes: 10 });
  expect(await store.totals()).toMatchObject({ files: 1, bytes: 10 });
});

test('a unit that is discarded goes with what the engine wrote before it', async () => {
  const unit = await store.newFile();
  await writeFile(join(dirname(unit), `tmp_${basename(unit)}`), 'half');
  await store.discard(unit);
  await writeFile(unit, 'whole');
  await store.discard(unit);
  expect(await parquetFiles(directory)).toEqual([]);
});

test('a directory or database that cannot be used is refused', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  const config = { directory, maxBytes: 1_000, database: { path } };
  for (const unusable of [file, join(file, 'below'), '/proc/none/reuse'])
    await expect(openReuseStore({ ...config, directory: unusable })).rejects.toMatchObject({
      code: 'sourceUnavailable',
    });
  await expect(openReuseStore({ ...config, database: { path: folder } })).rejects.toMatchObject({
    name: 'QueryError',
  });
  await expect(openReuseStore({ ...config, database: 'mysql://x' })).rejects.toMatchObject({
    code: 'invalidConfiguration',
  });
});
