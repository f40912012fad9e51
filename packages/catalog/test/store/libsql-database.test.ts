import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LibsqlDatabase } from '../../src/store/libsql-database.ts';

let folder = '';
let one: LibsqlDatabase;
let two: LibsqlDatabase;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-libsql-'));
  one = new LibsqlDatabase(join(folder, 'x.db'));
  two = new LibsqlDatabase(join(folder, 'x.db'));
  one.begin('write');
  one.prepare('create table t (v integer)').run([]);
  one.prepare('insert into t values (0)').run([]);
  one.commit();
});

afterEach(async () => {
  one.close();
  two.close();
  await rm(folder, { recursive: true, force: true });
});

function value(database: LibsqlDatabase): unknown {
  return database.prepare('select v from t').all([]);
}

function set(database: LibsqlDatabase, to: number): void {
  database.begin('write');
  database.prepare('update t set v = ?').run([to]);
  database.commit();
}

test('a connection that was refused the write lock sees later commits and gets the lock', () => {
  expect(value(two)).toEqual([{ v: 0 }]);
  one.begin('write');
  for (let at = 0; at < 3; at++)
    expect(() => two.begin('write')).toThrow(expect.objectContaining({ code: 'SQLITE_BUSY' }));
  one.prepare('update t set v = 1').run([]);
  expect(value(two)).toEqual([{ v: 0 }]);
  one.commit();
  expect(value(two)).toEqual([{ v: 1 }]);
  set(one, 2);
  expect(value(two)).toEqual([{ v: 2 }]);
  set(two, 3);
  expect(value(one)).toEqual([{ v: 3 }]);
});

test('a statement that fails leaves no lock and no old snapshot', () => {
  expect(() => two.prepare('select abs(-9223372036854775808) from t').all([])).toThrow(/overflow/);
  expect(() => two.prepare('insert into t values (1, 2)').run([])).toThrow(/values/);
  set(one, 1);
  expect(value(two)).toEqual([{ v: 1 }]);
  set(two, 2);
  expect(value(one)).toEqual([{ v: 2 }]);
});

test('a read transaction stands still, a rolled back one leaves nothing', () => {
  two.begin('read');
  set(one, 1);
  expect(value(two)).toEqual([{ v: 0 }]);
  two.commit();
  expect(value(two)).toEqual([{ v: 1 }]);
  two.begin('write');
  two.prepare('update t set v = 5').run([]);
  two.rollback();
  two.rollback();
  expect(value(two)).toEqual([{ v: 1 }]);
});

test('more texts than are kept prepared go on working', () => {
  for (let at = 0; at < 250; at++)
    expect(two.prepare(`select ${at} as n`).all([])).toEqual([{ n: at }]);
  expect(two.prepare('select 0 as n').all([])).toEqual([{ n: 0 }]);
});

test('commits wait for the disk, or are synchronized when it is asked for', async () => {
  const three = new LibsqlDatabase(join(folder, 'x.db'), 'returns');
  try {
    const mode = (database: LibsqlDatabase) => database.prepare('pragma synchronous').all([]);
    expect([mode(one), mode(three)]).toEqual([[{ synchronous: 2 }], [{ synchronous: 1 }]]);
    set(three, 4);
    await three.synchronize();
    expect(value(one)).toEqual([{ v: 4 }]);
  } finally {
    three.close();
  }
});

test('changes are told apart whoever commits them, and keep no snapshot', () => {
  const first = two.changes();
  expect(first).toBeDefined();
  expect(two.changes()).toBe(first);
  set(one, 1);
  const second = two.changes();
  expect(second).not.toBe(first);
  expect(two.changes()).toBe(second);
  expect(value(two)).toEqual([{ v: 1 }]);
  one.begin('write');
  one.prepare('update t set v = 2').run([]);
  expect(two.changes()).toBe(second);
  one.rollback();
  expect(two.changes()).toBe(second);
  two.begin('read');
  expect(two.changes()).toBeUndefined();
  two.commit();
});
