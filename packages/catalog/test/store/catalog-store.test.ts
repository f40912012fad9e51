import { copyFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DATE, INT4, TEXT, rangesDomain, valuesDomain } from '@tributary/sql';
import type { Constraint } from '@tributary/sql';
import { sql } from 'kysely';
import Database from 'libsql';
import type { CatalogStore } from '../../src/catalog-store.ts';
import { PUBLIC } from '../../src/grants.ts';
import type { GrantTarget } from '../../src/grants.ts';
import type { RegisteredPartition, TableDefinition } from '../../src/definitions.ts';
import { MIGRATIONS, migrate } from '../../src/store/migrations/migrate.ts';
import { openCatalogStore } from '../../src/store/open-catalog-store.ts';
import { connectStore } from '../../src/store/store-connections.ts';
import { NAME, newTable, newView } from '../support/relations.ts';
import { startStoreTargets } from '../support/store-targets.ts';
import type { StoreTarget, StoreTargets } from '../support/store-targets.ts';
import { testRandomChanges } from './random-changes.ts';
import { testProcesses } from './several-processes.ts';

let targets: StoreTargets;

beforeAll(async () => {
  targets = await startStoreTargets();
});

afterAll(() => targets.stop());

async function collect(
  store: CatalogStore,
  table: TableDefinition,
  constraint: Constraint = new Map(),
) {
  const found: RegisteredPartition[] = [];
  for await (const partition of store.partitions(table, constraint)) found.push(partition);
  return found;
}

testProcesses(() => targets);
testRandomChanges(() => targets);

describe.each(['libsql', 'postgres'] as const)('the catalog store on %s', (engine) => {
  let target: StoreTarget;
  let store: CatalogStore;

  beforeEach(async () => {
    target = await targets.fresh(engine);
    store = await openCatalogStore(target);
    await store.ensureDatabase('lake', 'ana');
    await store.createSchema('lake', 'sales', 'ana', false);
  });

  afterEach(() => store.close());

  const table = async (from: CatalogStore = store): Promise<TableDefinition> => {
    const relation = (await from.snapshot()).relation('lake', 'sales', 'events');
    if (relation?.kind !== 'table') throw new Error('no table');
    return relation;
  };

  test('keeps grants, which its readers see at once and which go with their objects', async () => {
    await store.createTable(newTable(), 'ana', false);
    const other = await openCatalogStore(target);
    const grantees = async (from: CatalogStore): Promise<unknown[]> => {
      const { grants } = await from.snapshot();
      const schema = { database: 'lake', schema: 'sales' };
      return [grants.of(NAME), grants.of(schema)].map((names) => names && [...names]);
    };
    const change = (revoke: boolean, grantee: string, targets: readonly GrantTarget[]) =>
      store.changeGrants(
        {
          revoke,
          grantees: [grantee],
          targets: targets.map((each) => ({ ...each, stored: true })),
        },
        'ana',
      );
    const schema = { database: 'lake', schema: 'sales' };
    try {
      expect(await grantees(other)).toEqual([undefined, undefined]);
      const { version } = await store.snapshot();
      await change(true, PUBLIC, [NAME, schema]);
      await change(true, PUBLIC, [NAME]);
      expect((await store.snapshot()).version).toBe(version + 1);
      expect((await store.snapshot()).grants.open).toBe(false);
      await change(false, 'ben', [NAME]);
      expect(await grantees(store)).toEqual([['ben'], []]);
      expect(await grantees(other)).toEqual([['ben'], []]);
      await change(false, PUBLIC, [schema]);
      expect(await grantees(other)).toEqual([['ben'], undefined]);
      expect((await store.events(version, 10)).map(({ kind, detail }) => [kind, detail])).toEqual([
        [
          'grantsChanged',
          { revoke: true, grantees: [PUBLIC], targets: ['lake.sales.events', 'lake.sales'] },
        ],
        ['grantsChanged', { revoke: false, grantees: ['ben'], targets: ['lake.sales.events'] }],
        ['grantsChanged', { revoke: false, grantees: [PUBLIC], targets: ['lake.sales'] }],
      ]);
      await store.dropRelation(NAME, 'table', 'ana', false);
      await expect(change(true, PUBLIC, [NAME])).rejects.toMatchObject({ code: 'undefinedTable' });
      await store.createTable(newTable(), 'ana', false);
      expect(await grantees(other)).toEqual([undefined, undefined]);
      await change(true, PUBLIC, [NAME, schema]);
      await store.dropSchema('lake', 'sales', 'ana', { ifExists: false, cascade: true });
      await store.createSchema('lake', 'sales', 'ana', false);
      expect(await grantees(other)).toEqual([undefined, undefined]);
      expect((await other.snapshot()).grants.open).toBe(true);
    } finally {
      await other.close();
    }
  });

  test('keeps definitions whole, also when it is opened again', async () => {
    expect(await store.createTable(newTable(), 'ana', false)).toBe(true);
    await store.createView(newView(), 'ana', false);
    const before = await table();
    expect(before).toMatchObject({ ...newTable(), version: 1 });
    const again = await openCatalogStore(target);
    const snapshot = await again.snapshot();
    expect(snapshot.relation('lake', 'sales', 'events')).toEqual(before);
    expect(snapshot.relation('lake', 'sales', 'totals')).toMatchObject(newView());
    expect(snapshot.relations('lake', 'sales').map((relation) => relation.name)).toEqual([
      'events',
      'totals',
    ]);
    expect(snapshot.databases()).toEqual(['lake']);
    await again.close();
  });

  test('names are told apart by case and bytes', async () => {
    for (const name of ['events', 'Events', 'é', 'e\u0301', 'a"b'])
      await store.createTable(newTable({ name }), 'ana', false);
    expect((await store.snapshot()).relations('lake', 'sales').map((one) => one.name)).toEqual([
      'Events',
      'a"b',
      'events',
      'e\u0301',
      'é',
    ]);
  });

  test('of before external schemas is brought up to date, and keeps what it has', async () => {
    const old = await targets.fresh(engine);
    const connections = connectStore(old);
    try {
      await migrate(connections, MIGRATIONS.slice(0, 2));
      await connections.writing.insertInto('tributary_database').values({ name: 'lake' }).execute();
      await sql`insert into tributary_schema (database_name, name) values ('lake', 'sales')`.execute(
        connections.writing,
      );
    } finally {
      await connections.close();
    }
    const opened = await openCatalogStore(old);
    try {
      await opened.createSchema('lake', 'orders', 'ana', false, {
        database: 'warehouse',
        schema: 'public',
      });
      const snapshot = await opened.snapshot();
      expect(snapshot.schemas('lake')).toEqual(['orders', 'sales']);
      expect(snapshot.externalSchema?.('lake', 'sales')).toBeUndefined();
      expect(snapshot.externalSchema?.('lake', 'orders')).toEqual({
        database: 'warehouse',
        schema: 'public',
      });
    } finally {
      await opened.close();
    }
  });

  test('databases and schemas', async () => {
    await store.ensureDatabase('lake', 'ana');
    expect(await store.createSchema('lake', 'sales', 'ana', true)).toBe(false);
    await expect(store.createSchema('lake', 'sales', 'ana', false)).rejects.toMatchObject({
      code: 'duplicateSchema',
    });
    await expect(store.createSchema('pond', 'sales', 'ana', false)).rejects.toMatchObject({
      code: 'undefinedDatabase',
    });
    await store.createTable(newTable(), 'ana', false);
    await expect(
      store.dropSchema('lake', 'sales', 'ana', { ifExists: false, cascade: false }),
    ).rejects.toMatchObject({ code: 'dependentObjects' });
    expect((await store.snapshot()).hasSchema('lake', 'sales')).toBe(true);
    expect(await store.dropSchema('lake', 'sales', 'ana', { ifExists: false, cascade: true })).toBe(
      true,
    );
    expect(await store.dropSchema('lake', 'sales', 'ana', { ifExists: true, cascade: true })).toBe(
      false,
    );
    await expect(
      store.dropSchema('lake', 'sales', 'ana', { ifExists: false, cascade: true }),
    ).rejects.toMatchObject({ code: 'undefinedSchema' });
    const snapshot = await store.snapshot();
    expect(snapshot.schemas('lake')).toEqual([]);
    expect(snapshot.relation('lake', 'sales', 'events')).toBeUndefined();
  });

  test('relations', async () => {
    expect(await store.createTable(newTable(), 'ana', false)).toBe(true);
    expect(await store.createTable(newTable(), 'ana', true)).toBe(false);
    await expect(store.createTable(newTable(), 'ana', false)).rejects.toMatchObject({
      code: 'duplicateTable',
    });
    await expect(
      store.createTable(newTable({ schema: 'nowhere' }), 'ana', false),
    ).rejects.toMatchObject({ code: 'undefinedSchema' });
    await expect(store.createView(newView({ name: 'events' }), 'ana', true)).rejects.toMatchObject({
      code: 'wrongObjectType',
    });
    await expect(store.dropRelation(NAME, 'view', 'ana', false)).rejects.toMatchObject({
      code: 'wrongObjectType',
    });
    const { id } = await table();
    expect(await store.dropRelation(NAME, 'table', 'ana', false)).toBe(true);
    expect(await store.dropRelation(NAME, 'table', 'ana', true)).toBe(false);
    await expect(store.dropRelation(NAME, 'table', 'ana', false)).rejects.toMatchObject({
      code: 'undefinedTable',
    });
    await store.createTable(newTable(), 'ana', false);
    expect((await table()).id).not.toBe(id);

    await store.createView(newView(), 'ana', false);
    const view = (await store.snapshot()).relation('lake', 'sales', 'totals');
    await expect(store.createView(newView(), 'ana', false)).rejects.toMatchObject({
      code: 'duplicateTable',
    });
    await store.createView(newView({ text: 'select 2 as x' }), 'ana', true);
    expect((await store.snapshot()).relation('lake', 'sales', 'totals')).toMatchObject({
      id: view?.id,
      version: 2,
      text: 'select 2 as x',
    });
  });

  test('changes are based on a version', async () => {
    await store.createTable(newTable(), 'ana', false);
    await store.setProperties(NAME, new Map([['x', 'y']]), 'ana', 1);
    await expect(store.setProperties(NAME, new Map([['x', 'z']]), 'bea', 1)).rejects.toMatchObject({
      code: 'concurrentChange',
      sqlstate: '40001',
    });
    await store.addColumns(NAME, [{ name: 'more', type: TEXT }], 'ana', 2);
    await expect(
      store.addColumns(NAME, [{ name: 'dt', type: TEXT }], 'ana', 3),
    ).rejects.toMatchObject({ code: 'duplicateColumn' });
    expect(await table()).toMatchObject({
      version: 3,
      properties: { 'a.b': 'c', x: 'y' },
      columns: [{ name: 'Amount' }, { name: 'more' }],
    });
  });

  test('every change is an event with its actor and time, and nothing else is', async () => {
    await store.createTable(newTable(), 'bea', false);
    const before = (await store.snapshot()).version;
    await store.createTable(newTable(), 'bea', true);
    await store.ensureDatabase('lake', 'bea');
    await store.addPartitions(NAME, [], 'bea', false);
    await expect(store.setProperties(NAME, new Map(), 'bea', 9)).rejects.toMatchObject({
      code: 'concurrentChange',
    });
    expect((await store.snapshot()).version).toBe(before);
    await store.addPartitions(
      NAME,
      [{ values: ['2024-01-01', '1', 'x'], location: 's3://p/' }],
      'cyd',
      false,
    );
    await store.dropRelation(NAME, 'table', 'cyd', false);
    const events = await store.events(0, 100);
    expect(events.map(({ version, actor, kind }) => [version, actor, kind])).toEqual([
      [1, 'ana', 'databaseCreated'],
      [2, 'ana', 'schemaCreated'],
      [3, 'bea', 'relationCreated'],
      [4, 'cyd', 'partitionsAdded'],
      [5, 'cyd', 'relationDropped'],
    ]);
    for (const event of events) expect(new Date(event.at).toISOString()).toBe(event.at);
    expect((await store.events(3, 1)).map((event) => event.version)).toEqual([4]);
    expect(events[3]).toMatchObject({ ...NAME, detail: { count: 1 } });
  });

  test('a snapshot stands still, shares what did not change, and is kept while nothing changes', async () => {
    await store.createTable(newTable(), 'ana', false);
    await store.createTable(newTable({ name: 'other' }), 'ana', false);
    const first = await store.snapshot();
    expect(await store.snapshot()).toBe(first);
    await store.setProperties(NAME, new Map([['x', 'y']]), 'ana', 1);
    const second = await store.snapshot();
    expect(first.relation('lake', 'sales', 'events')).toMatchObject({ version: 1 });
    expect(second.relation('lake', 'sales', 'events')).toMatchObject({ version: 2 });
    expect(second.relation('lake', 'sales', 'other')).toBe(
      first.relation('lake', 'sales', 'other'),
    );
    expect(() =>
      Object.assign(second.relation('lake', 'sales', 'other')?.columns[0] ?? {}, { name: 'x' }),
    ).toThrow();
  });

  test("sees another connection's changes of every kind", async () => {
    const other = await openCatalogStore(target);
    await other.snapshot();
    await store.createTable(newTable(), 'ana', false);
    expect(await table(other)).toMatchObject({ version: 1 });
    await store.setProperties(NAME, new Map([['x', 'y']]), 'ana', 1);
    expect(await table(other)).toMatchObject({ version: 2 });
    await store.dropRelation(NAME, 'table', 'ana', false);
    await store.createView(newView(), 'ana', false);
    const seen = await other.snapshot();
    expect(seen.relations('lake', 'sales').map((relation) => relation.name)).toEqual(['totals']);
    await store.dropSchema('lake', 'sales', 'ana', { ifExists: false, cascade: true });
    await store.createSchema('lake', 'sales', 'ana', false);
    expect((await other.snapshot()).relations('lake', 'sales')).toEqual([]);
    for (let at = 0; at < 120; at++)
      await store.createView(newView({ name: `v${at}` }), 'ana', false);
    expect((await other.snapshot()).relations('lake', 'sales')).toHaveLength(120);
    expect((await other.snapshot()).version).toBe((await store.snapshot()).version);
    await other.close();
  });

  test('two connections writing at once lose no update', async () => {
    const other = await openCatalogStore(target);
    await store.createTable(newTable(), 'ana', false);
    const increment = async (through: CatalogStore, times: number): Promise<number> => {
      let conflicts = 0;
      for (let done = 0; done < times;) {
        const current = await table(through);
        const total = Number(current.properties['total'] ?? '0') + 1;
        try {
          await through.setProperties(
            NAME,
            new Map([['total', String(total)]]),
            'ana',
            current.version,
          );
          done++;
        } catch (error) {
          expect(error).toMatchObject({ code: 'concurrentChange' });
          conflicts++;
        }
      }
      return conflicts;
    };
    const conflicts = await Promise.all([
      increment(store, 25),
      increment(other, 25),
      increment(store, 25),
      increment(other, 25),
    ]);
    expect((await table()).properties['total']).toBe('100');
    expect((await table(other)).version).toBe(101);
    expect(conflicts.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(0);
    await other.close();
  });

  test('an unchanged catalog is asked for its version only', async () => {
    await store.createTable(newTable(), 'ana', false);
    const first = await store.snapshot();
    const all = await Promise.all(Array.from({ length: 50 }, () => store.snapshot()));
    expect(all.every((one) => one === first)).toBe(true);
    await store.addPartitions(NAME, [{ values: [null, '1', 'x'], location: 's3://p/' }], 'a', true);
    const changed = await store.snapshot();
    expect(changed.version).toBe(first.version + 1);
    expect(changed.relation('lake', 'sales', 'events')).toBe(
      first.relation('lake', 'sales', 'events'),
    );
    const times: number[] = [];
    for (let at = 0; at < 200; at++) {
      const from = performance.now();
      await store.snapshot();
      times.push(performance.now() - from);
    }
    // A tenth of the time on an idle machine.
    expect(times.sort((a, b) => a - b)[100]).toBeLessThan(engine === 'libsql' ? 1 : 10);
  });

  test('a reader goes on while a writer of the same store adds many rows', async () => {
    await store.createTable(newTable(), 'ana', false);
    const { version } = await store.snapshot();
    const partitions = Array.from({ length: 5_000 }, (_, at) => ({
      values: ['2024-01-01', String(at), 'x'],
      location: 's3://p/',
    }));
    let done = false;
    const writing = store.addPartitions(NAME, partitions, 'ana', false).then(() => (done = true));
    let during = 0;
    for (;;) {
      const seen = await store.snapshot();
      if (done) break;
      if (seen.version === version) during++;
      await new Promise(setImmediate);
    }
    await writing;
    expect(during).toBeGreaterThan(3);
    expect((await store.snapshot()).version).toBe(version + 1);
  });

  test('connections that open an empty store at once all find it ready', async () => {
    const empty = await targets.fresh(engine);
    const stores = await Promise.all([1, 2, 3, 4].map(() => openCatalogStore(empty)));
    await Promise.all(stores.map((one) => one.ensureDatabase('lake', 'ana')));
    for (const one of stores) expect((await one.snapshot()).version).toBe(1);
    await Promise.all(stores.map((one) => one.close()));
  });

  describe('registered partitions', () => {
    const PARTITIONS: RegisteredPartition[] = [];
    for (const day of ['2024-01-01', '2024-01-02', null])
      for (const app of ['1', '2', '10', null])
        for (const kind of ["it's", 'a/b', '\u0001\u0002', ''])
          PARTITIONS.push({
            values: [day, app, kind],
            location: `s3://b/${String(day)}/${String(app)}/${kind.length}/`,
          });

    test('are kept, streamed and dropped by their values', async () => {
      await store.createTable(newTable(), 'ana', false);
      expect(await store.addPartitions(NAME, PARTITIONS, 'ana', false)).toBe(48);
      expect(await store.addPartitions(NAME, PARTITIONS.slice(0, 5), 'ana', true)).toBe(0);
      await expect(
        store.addPartitions(
          NAME,
          [{ values: ['2025-01-01', '1', 'x'], location: 's3://x/' }, ...PARTITIONS.slice(0, 1)],
          'ana',
          false,
        ),
      ).rejects.toMatchObject({ code: 'duplicateObject' });
      const current = await table();
      expect(await store.countPartitions(current)).toBe(48);
      const found = await collect(store, current);
      expect(new Set(found.map((one) => JSON.stringify(one)))).toEqual(
        new Set(PARTITIONS.map((one) => JSON.stringify(one))),
      );
      expect(found.slice(-1)[0]?.values[0]).toBeNull();
      expect(
        await store.dropPartitions(
          NAME,
          PARTITIONS.slice(0, 3).map((one) => one.values),
          'ana',
          false,
        ),
      ).toBe(3);
      expect(
        await store.dropPartitions(
          NAME,
          PARTITIONS.slice(0, 4).map((one) => one.values),
          'ana',
          true,
        ),
      ).toBe(1);
      await expect(
        store.dropPartitions(NAME, [['2024-01-01', '7', 'x']], 'ana', false),
      ).rejects.toMatchObject({ code: 'undefinedObject' });
      await expect(
        store.dropPartitions(NAME, [['2024-01-01']], 'ana', false),
      ).rejects.toMatchObject({ code: 'invalidParameterValue' });
      expect(await store.countPartitions(current)).toBe(44);
      await store.dropRelation(NAME, 'table', 'ana', false);
      expect(await store.countPartitions(current)).toBe(0);
    });

    test('answer to a constraint', async () => {
      await store.createTable(newTable(), 'ana', false);
      await store.addPartitions(NAME, PARTITIONS, 'ana', false);
      const current = await table();
      const day = BigInt(Date.UTC(2024, 0, 2) / 86_400_000);
      const of = async (constraint: Constraint) =>
        (await collect(store, current, constraint)).length;
      expect(await of(new Map([['dt', valuesDomain(DATE, [day])]]))).toBe(16);
      expect(await of(new Map([['dt', { ...valuesDomain(DATE, [day]), nulls: true }]]))).toBe(32);
      expect(
        await of(
          new Map([['dt', rangesDomain(DATE, [{ high: { value: day, inclusive: false } }])]]),
        ),
      ).toBe(16);
      expect(
        await of(new Map([['app', rangesDomain(INT4, [{ low: { value: 2n, inclusive: true } }])]])),
      ).toBe(24);
      expect(
        await of(
          new Map([['kind', rangesDomain(TEXT, [{ low: { value: 'a', inclusive: true } }])]]),
        ),
      ).toBe(24);
      expect(
        await of(
          new Map([['kind', rangesDomain(TEXT, [{ low: { value: "it's", inclusive: false } }])]]),
        ),
      ).toBe(0);
      expect(await of(new Map([['kind', valuesDomain(TEXT, [])]]))).toBe(0);
      expect(
        await of(
          new Map([
            ['dt', valuesDomain(DATE, [day])],
            ['app', valuesDomain(INT4, [1n, 10n])],
            ['kind', valuesDomain(TEXT, ['', 'a/b'])],
          ]),
        ),
      ).toBe(4);
    });

    test('20,000 are added, pruned and streamed in batches, in value order', async () => {
      await store.createTable(newTable(), 'ana', false);
      const many = Array.from({ length: 20_000 }, (_, at): RegisteredPartition => {
        const day = new Date(Date.UTC(2020, 0, 1 + Math.floor(at / 50))).toISOString().slice(0, 10);
        return { values: [day, String(at % 50), 'x'], location: `s3://b/${at}/` };
      });
      const started = performance.now();
      expect(await store.addPartitions(NAME, many, 'ana', false)).toBe(20_000);
      const added = performance.now();
      expect(added - started).toBeLessThan(20_000);
      const current = await table();
      const day = BigInt(Date.UTC(2020, 11, 31) / 86_400_000);
      expect(
        await collect(store, current, new Map([['dt', valuesDomain(DATE, [day])]])),
      ).toHaveLength(50);
      expect(performance.now() - added).toBeLessThan(2_000);
      const keys = (await collect(store, current)).map(({ values }) => values.join('\u0001'));
      expect(keys).toHaveLength(20_000);
      expect(keys.every((key, at) => at === 0 || (keys[at - 1] ?? '') < key)).toBe(true);
    });
  });
});

test('a store on PostgreSQL survives the loss of its connections', async () => {
  const store = await openCatalogStore(await targets.fresh('postgres'));
  await store.ensureDatabase('lake', 'ana');
  const before = await store.snapshot();
  await targets.disconnect();
  expect(await store.snapshot()).toBe(before);
  await store.createSchema('lake', 'sales', 'ana', false);
  expect((await store.snapshot()).schemas('lake')).toEqual(['sales']);
  await store.close();
});

test('an embedded store is for its user alone', async () => {
  const target = await targets.fresh('libsql');
  if (typeof target === 'string') throw new Error('no file');
  const store = await openCatalogStore(target);
  await store.ensureDatabase('lake', 'ana');
  for (const suffix of ['', '-wal', '-shm'])
    expect(((await stat(target.path + suffix)).mode & 0o777).toString(8)).toBe('600');
  expect(((await stat(dirname(target.path))).mode & 0o777).toString(8)).toBe('700');
  await store.close();
});

test('a closed embedded store is one file', async () => {
  const target = await targets.fresh('libsql');
  if (typeof target === 'string') throw new Error('no file');
  const store = await openCatalogStore(target);
  await store.ensureDatabase('lake', 'ana');
  await store.close();
  const copy = { path: `${target.path}.copy` };
  await copyFile(target.path, copy.path);
  const again = await openCatalogStore(copy);
  expect((await again.snapshot()).databases()).toEqual(['lake']);
  await again.close();
});

test('a store that a newer version has changed is refused', async () => {
  const target = await targets.fresh('libsql');
  if (typeof target === 'string') throw new Error('no file');
  await (await openCatalogStore(target)).close();
  const database = new Database(target.path);
  database.exec("insert into tributary_migration values (999, 'later', '2099-01-01')");
  database.close();
  await expect(openCatalogStore(target)).rejects.toMatchObject({ code: 'invalidConfiguration' });
});

test('a store that cannot be opened says so without naming its secret', async () => {
  await expect(openCatalogStore('mysql://root:secret@host/x')).rejects.toMatchObject({
    code: 'invalidConfiguration',
  });
  const error: unknown = await openCatalogStore('postgres://root:secret@127.0.0.1:1/x').catch(
    (caught: unknown) => caught,
  );
  expect(error).toMatchObject({ code: 'sourceUnavailable' });
  expect((error as Error).message).not.toContain('secret');
  await expect(openCatalogStore({ path: '/proc/nowhere/x.db' })).rejects.toMatchObject({
    name: 'QueryError',
  });
});
