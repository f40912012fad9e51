import { expect, test } from '@jest/globals';
import { INT4, TEXT, isQueryError } from '@tributary/sql';
import type { CatalogSnapshot, CatalogStore, RelationName } from '../../src/catalog-store.ts';
import type { RegisteredPartition, RelationDefinition } from '../../src/definitions.ts';
import { openCatalogStore } from '../../src/store/open-catalog-store.ts';
import { RandomSource } from '../../../../test/support/random-source.ts';
import { newTable, newView } from '../support/relations.ts';
import type { StoreTarget, StoreTargets } from '../support/store-targets.ts';

type Mutation = (store: CatalogStore) => Promise<unknown>;

const DATABASES = ['lake', 'Lake', 'pond'];
const SCHEMAS = ['sales', 'a"b', 'é'];
const NAMES = ['events', 'Events', 'totals', 'e\u0301', "it's"];

/** A change that may or may not be possible; the same draws whatever the store holds. */
function randomMutation(random: RandomSource, versions: (name: RelationName) => number): Mutation {
  const database = random.pick(DATABASES);
  const schema = random.pick(SCHEMAS);
  const place = { database, schema, name: random.pick(NAMES) };
  const actor = random.pick(['ana', 'bea']);
  const flag = random.chance(0.5);
  const other = random.chance(0.5);
  const basedOn = random.chance(0.8) ? versions(place) : random.integer(1, 3);
  const values = (): (string | null)[] => [
    random.pick(['2024-01-01', '2024-01-02', null]),
    random.pick(['1', '2', '10', null]),
    random.pick(['x', '', "it's", '\u0001', 'é', '\ud83d\ude00', null]),
  ];
  const some = Array.from({ length: random.integer(0, 4) }, values);
  const text = random.pick(['y', '', 'NULL', '\\', '"', '\u2028']);
  return random.choose<Mutation>(
    () => (store) => store.ensureDatabase(database, actor),
    () => (store) => store.createSchema(database, schema, actor, flag),
    () => (store) => store.createSchema(database, schema, actor, true),
    () => (store) => store.dropSchema(database, schema, actor, { ifExists: flag, cascade: other }),
    () => (store) => store.createTable(newTable(place), actor, flag),
    () => (store) => store.createTable(newTable({ ...place, comment: text }), actor, flag),
    () => (store) => store.createView(newView({ ...place, text }), actor, flag),
    () => (store) => store.dropRelation(place, other ? 'table' : 'view', actor, flag),
    () => (store) => store.setProperties(place, new Map([[text, actor]]), actor, basedOn),
    () => (store) =>
      store.addColumns(place, [{ name: text, type: flag ? INT4 : TEXT }], actor, basedOn),
    () => (store) => {
      const partitions = some.map((one) => ({ values: one, location: `s3://${text}/` }));
      return store.addPartitions(place, partitions, actor, flag);
    },
    () => (store) => store.dropPartitions(place, some, actor, flag),
  );
}

async function outcome(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    if (!isQueryError(error)) throw error;
    return { code: error.code, message: error.message, hint: error.hint, detail: error.detail };
  }
}

function relations(snapshot: CatalogSnapshot): RelationDefinition[] {
  return snapshot
    .databases()
    .flatMap((database) =>
      snapshot.schemas(database).flatMap((schema) => [...snapshot.relations(database, schema)]),
    );
}

/** All that a store answers, without what differs from store to store by nature: ids and times. */
async function contents(store: CatalogStore): Promise<unknown> {
  const snapshot = await store.snapshot();
  const partitions: RegisteredPartition[][] = [];
  for (const relation of relations(snapshot)) {
    if (relation.kind !== 'table') continue;
    const found: RegisteredPartition[] = [];
    for await (const one of store.partitions(relation, new Map())) found.push(one);
    expect(await store.countPartitions(relation)).toBe(found.length);
    partitions.push(found);
  }
  return {
    version: snapshot.version,
    schemas: snapshot.databases().map((database) => [database, snapshot.schemas(database)]),
    relations: relations(snapshot).map((relation) => ({ ...relation, id: '' })),
    partitions,
    events: (await store.events(0, 10_000)).map(({ detail, ...event }) => ({
      ...event,
      at: '',
      detail: detail && { ...detail, id: '' },
    })),
  };
}

/** Tests that both engines go the same way, with every mutation of the store. */
export function testRandomChanges(targets: () => StoreTargets): void {
  test.each([1, 2, 3, 4])(
    'random changes (seed %i) leave both engines with the same catalog, read at once or bit by bit',
    async (seed) => {
      const random = new RandomSource(seed);
      const opened: CatalogStore[] = [];
      const open = async (target: StoreTarget): Promise<CatalogStore> => {
        const store = await openCatalogStore(target);
        opened.push(store);
        return store;
      };
      try {
        const [libsql, postgres] = [
          await targets().fresh('libsql'),
          await targets().fresh('postgres'),
        ];
        const writers = [await open(libsql), await open(postgres)] as const;
        const readers = [await open(libsql), await open(postgres)] as const;
        for (const store of writers) await store.ensureDatabase('lake', 'ana');
        let made = 0;
        for (let at = 0; at < 150; at++) {
          const current = await writers[0].snapshot();
          const mutation = randomMutation(
            random,
            ({ database, schema, name }) => current.relation(database, schema, name)?.version ?? 1,
          );
          const [onLibsql, onPostgres] = await Promise.all(
            writers.map((store) => outcome(mutation(store))),
          );
          expect(onPostgres).toEqual(onLibsql);
          if ((await writers[0].snapshot()).version > current.version) made++;
          if (random.chance(0.1)) await Promise.all(readers.map((store) => store.snapshot()));
        }
        expect(made).toBeGreaterThan(30);
        const expected = await contents(writers[0]);
        for (const store of [writers[1], ...readers, await open(libsql), await open(postgres)])
          expect(await contents(store)).toEqual(expected);
      } finally {
        await Promise.all(opened.map((store) => store.close()));
      }
    },
  );
}
