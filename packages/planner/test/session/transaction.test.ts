import { describe, expect, test } from '@jest/globals';
import { NO_GRANTS } from '@tributary/catalog';
import type { CatalogSnapshot } from '@tributary/catalog';
import { Transaction } from '../../src/session/transaction.ts';

/** A catalog that moves on with each look at it. */
function movingCatalog(): () => Promise<CatalogSnapshot> {
  let version = 0;
  return () =>
    Promise.resolve({
      version: ++version,
      grants: NO_GRANTS,
      databases: () => [],
      schemas: () => [],
      hasSchema: () => false,
      relation: () => undefined,
      relations: () => [],
    });
}

describe('a transaction block', () => {
  test('sees one catalog version and one now()', async () => {
    const transaction = new Transaction();
    const catalog = movingCatalog();
    transaction.begin();
    const first = await transaction.moment(catalog);
    expect(await transaction.moment(catalog)).toBe(first);
    transaction.end();
    expect((await transaction.moment(catalog)).snapshot.version).toBe(2);
  });

  test('sees its own change of the catalog, and keeps its now()', async () => {
    const transaction = new Transaction();
    const catalog = movingCatalog();
    transaction.begin();
    const before = await transaction.moment(catalog);
    transaction.dropSnapshot();
    const after = await transaction.moment(catalog);
    expect(after.snapshot.version).toBe(2);
    expect(after.now).toBe(before.now);
  });

  test('that failed understands only its end', () => {
    const transaction = new Transaction();
    transaction.begin();
    transaction.savepoint('a');
    transaction.fail();
    expect(() => transaction.refuseWhenFailed('select')).toThrow(/aborted/);
    expect(() => transaction.refuseWhenFailed('rollback')).not.toThrow();
    transaction.rollbackTo('a');
    expect(transaction.state).toBe('transaction');
    expect(() => transaction.refuseWhenFailed('select')).not.toThrow();
  });

  test('knows its savepoints by name, the newest first', () => {
    const transaction = new Transaction();
    transaction.begin();
    transaction.savepoint('a');
    transaction.savepoint('b');
    transaction.rollbackTo('a');
    expect(() => transaction.release('b')).toThrow('savepoint "b" does not exist');
    transaction.release('a');
    expect(() => transaction.rollbackTo('a')).toThrow('savepoint "a" does not exist');
  });
});

test('outside a block every statement has its own moment', async () => {
  const transaction = new Transaction();
  const catalog = movingCatalog();
  expect((await transaction.moment(catalog)).snapshot.version).toBe(1);
  expect((await transaction.moment(catalog)).snapshot.version).toBe(2);
  expect(() => transaction.savepoint('a')).toThrow('transaction blocks');
});

test('statements up to the end of an implicit transaction share a moment, and nothing beyond', async () => {
  const transaction = new Transaction();
  const catalog = movingCatalog();
  transaction.beginImplicit();
  const first = await transaction.moment(catalog);
  transaction.beginImplicit();
  expect(await transaction.moment(catalog)).toBe(first);
  transaction.endImplicit();
  expect((await transaction.moment(catalog)).snapshot.version).toBe(2);
  expect((await transaction.moment(catalog)).snapshot.version).toBe(3);
});

test('a block that is begun in an implicit transaction outlives it', async () => {
  const transaction = new Transaction();
  const catalog = movingCatalog();
  transaction.beginImplicit();
  transaction.begin();
  const first = await transaction.moment(catalog);
  transaction.endImplicit();
  expect(transaction.state).toBe('transaction');
  expect(await transaction.moment(catalog)).toBe(first);
});
