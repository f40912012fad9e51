import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DATE, INT4, TEXT, rangesDomain, valuesDomain } from '@tributary/sql';
import type { Constraint } from '@tributary/sql';
import type { CatalogStore, NewTable, NewView } from '../../src/catalog-store.ts';
import type { RegisteredPartition, TableDefinition } from '../../src/definitions.ts';
import { openCatalogStore } from '../../src/store/open-catalog-store.ts';
import { startPostgres } from '../../../sql/test/support/postgres.ts';
import type { TestPostgres } from '../../../sql/test/support/postgres.ts';

let folder = '';
let postgres: TestPostgres | undefined;
let next = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-catalog-'));
  postgres = await startPostgres();
});

afterAll(async () => {
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A fresh empty store's target. */
const FRESH: Readonly<Record<'libsql' | 'postgres', () => Promise<string | { path: string }>>> = {
  libsql: async () => ({ path: join(folder, 'state', `${++next}.db`) }),
  postgres: async () => {
    const name = `catalog_${++next}`;
    await postgres?.query(`create database ${name}`);
    return (postgres?.connectionString ?? '').replace(/\/postgres$/, `/${name}`);
  },
};

const NAME = { database: 'lake', schema: 'sales', name: 'events' };

function newTable(change: Partial<NewTable> = {}): NewTable {
  return {
    kind: 'table',
    ...NAME,
    source: 'lake',
    columns: [
      {
        name: 'Amount',
        type: {
          kind: 'scalar',
          name: 'numeric',
          typmod: 786438,
          digits: { precision: 12, scale: 2 },
        },
      },
    ],
    partitionColumns: [
      { name: 'dt', type: DATE, hiveType: 'date', comment: 'day' },
      { name: 'app', type: INT4 },
      { name: 'kind', type: TEXT },
    ],
    storage: { format: 'csv', delimiter: '\u0001' },
    location: 's3://bucket/events/',
    properties: { 'a.b': 'c' },
    ...change,
  };
}

function newView(change: Partial<NewView> = {}): NewView {
  return {
    kind: 'view',
    database: 'lake',
    schema: 'sales',
    name: 'totals',
    columns: [{ name: 'x', type: INT4 }],
    text: 'select 1 as x',
    searchPath: ['public'],
    ...change,
  };
}

async function collect(
  store: CatalogStore,
  table: TableDefinition,
  constraint: Constraint = new Map(),
) {
  const found: RegisteredPartition[] = [];
  for await (const partition of store.partitions(table, constraint)) found.push(partition);
  return found;
}

function writer(target: string | { path: string }, actor: string, count: number): ChildProcess {
  const script = new URL('../support/writer-process.ts', import.meta.url).pathname;
  const where = typeof target === 'string' ? target : target.path;
  return spawn(
    process.execPath,
    ['--conditions=source', '--import', 'tsx', script, where, actor, String(count)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
}

describe.each(['libsql', 'postgres'] as const)('the catalog store on %s', (engine) => {
  let target: string | { path: string };
  let store: CatalogStore;

  beforeEach(async () => {
    target = await FRESH[engine]();
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

  test('two processes writing at once lose no update', async () => {
    await store.createTable(newTable(), 'ana', false);
    const processes = [writer(target, 'p1', 30), writer(target, 'p2', 30)];
    const codes = await Promise.all(
      processes.map(async (one) => (await once(one, 'exit')) as [number]),
    );
    expect(codes.map(([code]) => code)).toEqual([0, 0]);
    const { properties, version } = await table();
    expect(properties['total']).toBe('60');
    expect(version).toBe(61);
    expect(Object.values(properties).filter((value) => value === 'written')).toHaveLength(60);
    const versions = (await store.events(0, 1000)).map((event) => event.version);
    expect(versions).toEqual(versions.map((_, at) => at + 1));
  });

  test('a process killed while it writes leaves a usable store', async () => {
    await store.createTable(newTable(), 'ana', false);
    const killed = writer(target, 'p', Infinity);
    const exited = once(killed, 'exit');
    let written = 0;
    for await (const chunk of killed.stdout ?? []) {
      written = Number(String(chunk).trim().split('\n').at(-1)) || 0;
      if (written >= 5) break;
    }
    killed.kill('SIGKILL');
    await exited;
    const { properties, version } = await table();
    expect(Number(properties['total'])).toBeGreaterThanOrEqual(written);
    expect(version).toBe(Number(properties['total']) + 1);
    const again = await openCatalogStore(target);
    await again.setProperties(NAME, new Map([['x', 'y']]), 'ana', version);
    expect((await table()).version).toBe(version + 1);
    await again.close();
  });

  test('connections that open an empty store at once all find it ready', async () => {
    const empty = await FRESH[engine]();
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

    test('100,000 are added and pruned in reasonable time and streamed in batches', async () => {
      await store.createTable(newTable(), 'ana', false);
      const many = Array.from({ length: 100_000 }, (_, at): RegisteredPartition => {
        const day = new Date(Date.UTC(2020, 0, 1 + Math.floor(at / 100)))
          .toISOString()
          .slice(0, 10);
        return { values: [day, String(at % 100), 'x'], location: `s3://b/${at}/` };
      });
      const started = performance.now();
      expect(await store.addPartitions(NAME, many, 'ana', false)).toBe(100_000);
      const added = performance.now();
      expect(added - started).toBeLessThan(45_000);
      const current = await table();
      const day = BigInt(Date.UTC(2021, 0, 1) / 86_400_000);
      expect(
        await collect(store, current, new Map([['dt', valuesDomain(DATE, [day])]])),
      ).toHaveLength(100);
      expect(performance.now() - added).toBeLessThan(2_000);
      let count = 0;
      let last = '';
      for await (const { values } of store.partitions(current, new Map())) {
        count++;
        const key = values.join('\u0001');
        expect(last < key).toBe(true);
        last = key;
      }
      expect(count).toBe(100_000);
    });
  });
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
