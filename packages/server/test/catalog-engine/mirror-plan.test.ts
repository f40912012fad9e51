import { describe, expect, test } from '@jest/globals';
import type { SourceTableDefinition } from '@tributary/catalog';
import { BOOL, INT4, TEXT, UNKNOWN, arrayOf, numericType, scalar } from '@tributary/sql';
import {
  NO_CONTENTS,
  mirrorChanges,
  mirrorContents,
} from '../../src/catalog-engine/mirror-plan.ts';
import type { MirroredRelation } from '../../src/catalog-engine/mirrored.ts';
import { snapshotOf, sourceTable, table, view } from './support/snapshot.ts';

type Databases = Parameters<typeof snapshotOf>[1];

const A = table('a', [{ name: 'x', type: INT4 }]);

function contents(databases: Databases, database = 'main', version = 1) {
  return mirrorContents(snapshotOf(version, databases), database);
}

/** What changes, with names in the place of numbers. */
function changes(from: Databases, to: Databases, database = 'main') {
  const [before, after] = [contents(from, database), contents(to, database, 2)];
  const schemas = new Map(
    [...before.schemas, ...after.schemas].map(([oid, { name }]) => [oid, name]),
  );
  const relations = new Map(
    [...before.relations, ...after.relations].map(([oid, { shape }]) => {
      const { schema, name } = shape();
      return [oid, `${schemas.get(schema)}.${name}`];
    }),
  );
  const parts = [...mirrorChanges(before, after)];
  const named = (names: ReadonlyMap<number, string>, oids: readonly number[]) =>
    oids.map((oid) => names.get(oid));
  return {
    droppedSchemas: parts.flatMap(({ dropped }) => named(schemas, dropped.schemas)),
    droppedRelations: parts.flatMap(({ dropped }) => named(relations, dropped.relations)),
    schemas: parts.flatMap((part) => part.schemas.map(({ name }) => name)),
    relations: parts.flatMap((part) => part.relations.map(({ oid }) => relations.get(oid))),
  };
}

const NOTHING = { droppedSchemas: [], droppedRelations: [], schemas: [], relations: [] };

function shown(databases: Databases, name: string, database = 'main'): MirroredRelation {
  const found = [...contents(databases, database).relations.values()]
    .map(({ shape }) => shape())
    .find((relation) => relation.name === name);
  if (found === undefined) {
    throw new Error(`no relation ${name}`);
  }
  return found;
}

describe('The mirror of a catalog', () => {
  test('changes nothing where nothing changed', () => {
    const same = { main: { public: [A] } };
    expect([...mirrorChanges(contents(same), contents(same, 'main', 2))]).toEqual([]);
  });

  test('numbers what it shows alike every time, whatever else there is', () => {
    const alone = contents({ main: { public: [A] } });
    const among = contents({
      main: { public: [table('0', []), A, table('z', [])] },
      lake: { default: [table('b', [])] },
    });
    expect([...among.relations.keys()]).toEqual(
      expect.arrayContaining([...alone.relations.keys()]),
    );
    expect([...among.schemas.keys()]).toEqual(expect.arrayContaining([...alone.schemas.keys()]));
    expect(alone.relations.size).toBeGreaterThan(1);
  });

  test('shows the other databases', () => {
    const [change] = mirrorChanges(
      contents({ main: {}, old: {} }),
      contents({ main: {}, "l'ake": {} }),
    );
    expect(change?.dropped.databases).toHaveLength(1);
    expect(change?.databases.map(({ name }) => name)).toEqual(["l'ake"]);
  });

  test('replaces what has a new version, is another object, or became a view', () => {
    const to = (relation: Databases[string][string][number]) =>
      changes({ main: { public: [A] } }, { main: { public: [relation] } });
    const replaced = {
      ...NOTHING,
      droppedRelations: ['public.a'],
      relations: ['public.a'],
    };
    expect(to({ ...A, version: 2 })).toEqual(replaced);
    expect(to({ ...A, id: 'other' })).toEqual(replaced);
    expect(to(view('a', [{ name: 'x', type: BOOL }]))).toEqual(replaced);
  });

  test('drops what leaves a schema, and the schema', () => {
    expect(changes({ main: { old: [A] } }, { main: { new: [A] } })).toEqual({
      droppedSchemas: ['old'],
      droppedRelations: ['old.a'],
      schemas: ['new'],
      relations: ['new.a'],
    });
  });

  test('names the schemas of sources in main, and leaves them out elsewhere', () => {
    const databases = { main: { public: [] }, lake: { default: [A], raw: [{ ...A, id: 'b' }] } };
    expect(changes({ main: { public: [] }, lake: {} }, databases)).toEqual({
      ...NOTHING,
      schemas: ['lake', 'lake_raw'],
      relations: ['lake.a', 'lake_raw.a'],
    });
    expect(changes({ main: {}, lake: {} }, databases, 'lake')).toEqual({
      ...NOTHING,
      schemas: ['default', 'raw'],
      relations: ['default.a', 'raw.a'],
    });
  });

  test('shows the relation that a name means where two schemas bear one name', () => {
    const own = view('a', [{ name: 'x', type: TEXT }]);
    const both = { main: { lake: [own] }, lake: { default: [A] } };
    expect(shown(both, 'a').kind).toBe('view');
    expect(contents(both).hidden).toEqual([]);
  });

  test('declares types of which columns can be', () => {
    const odd = table('odd', [
      { name: 'a', type: scalar('bpchar'), comment: 'c' },
      { name: 'b', type: UNKNOWN },
      { name: 'c', type: arrayOf(arrayOf(scalar('bpchar', 9))) },
      { name: 'd', type: { kind: 'map', key: TEXT, value: TEXT } },
      { name: 'e', type: numericType(12, 2) },
    ]);
    const columns = shown({ main: { public: [odd] } }, 'odd').columns;
    expect(columns.map(({ type, modifier, dimensions }) => [type, modifier, dimensions])).toEqual([
      [1042, -1, 0],
      [25, -1, 0],
      [1014, 9, 1],
      [114, -1, 0],
      [1700, ((12 << 16) | 2) + 4, 0],
    ]);
    expect(columns[0]?.comment).toBe('c');
  });

  test('shows as many columns as PostgreSQL can', () => {
    const wide = table(
      'wide',
      Array.from({ length: 2000 }, (_, index) => ({ name: `c${index}`, type: INT4 })),
    );
    const { columns } = shown({ main: { public: [wide] } }, 'wide');
    expect(columns.map(({ name }) => name).slice(1598)).toEqual(['c1598', 'c1599']);
  });

  test('sends many relations in parts', () => {
    const many = Array.from({ length: 1000 }, (_, index) => table(`t${index}`, []));
    const parts = [...mirrorChanges(NO_CONTENTS, contents({ main: { public: many } }))];
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.flatMap(({ relations }) => relations).length).toBeGreaterThanOrEqual(1000);
  });
});

describe('Keys in the mirror', () => {
  const columns = [
    { name: 'id', type: INT4 },
    { name: 'region', type: TEXT, nullable: false as const, default: "'eu'::text" },
  ];
  const customers = sourceTable('customers', columns, {
    keys: [{ kind: 'primary', name: 'customers_pk', columns: ['id'] }],
    estimate: { rows: 1234, bytes: 16384 },
  });
  const orders = (target: string): SourceTableDefinition =>
    sourceTable('orders', [{ name: 'customer', type: INT4 }], {
      keys: [
        {
          kind: 'foreign',
          columns: ['customer'],
          references: { schema: 'public', name: target, columns: ['id'] },
        },
      ],
    });
  const warehouse = (...relations: readonly SourceTableDefinition[]): Databases => ({
    main: {},
    warehouse: { public: relations },
  });

  test('are those of the source, with its names, defaults and estimates', () => {
    const found = shown(warehouse(customers), 'customers');
    expect(found).toMatchObject({ rows: 1234, pages: 2, linked: false });
    expect(found.columns.map(({ notNull, default: given }) => [notNull, given?.text])).toEqual([
      [true, undefined],
      [true, "'eu'::text"],
    ]);
    expect(found.keys.map(({ kind, name, columns: numbers }) => [kind, name, numbers])).toEqual([
      ['primary', 'customers_pk', [1]],
      ['notNull', 'customers_id_not_null', [1]],
      ['notNull', 'customers_region_not_null', [2]],
    ]);
  });

  test('point at the table that is shown, and follow it', () => {
    const both = warehouse(customers, orders('customers'));
    const [key] = shown(both, 'orders').keys;
    const target = shown(both, 'customers');
    expect(key).toMatchObject({
      kind: 'foreign',
      name: 'orders_customer_fkey',
      index: target.keys[0]?.index,
      target: { relation: target.oid, columns: [1] },
    });
    expect(target.linked).toBe(true);
    expect(shown(warehouse(orders('customers')), 'orders').keys).toEqual([]);
    expect(changes(both, warehouse(orders('customers'))).relations).toEqual(['warehouse.orders']);
  });

  test('of a lake table are those of its properties, to the tables that a session finds by these names', () => {
    const events = {
      ...table('events', [{ name: 'customer', type: INT4 }]),
      properties: {
        'tributary.primary_key': 'customer',
        'tributary.foreign_keys':
          'customer references warehouse.customers (id), customer references nowhere (id)',
      },
    };
    const both: Databases = {
      main: {},
      lake: { default: [events] },
      warehouse: { public: [customers] },
    };
    const target = shown(both, 'customers');
    expect(shown(both, 'events').keys).toMatchObject([
      { kind: 'primary', name: 'events_pkey', columns: [1] },
      { kind: 'foreign', columns: [1], target: { relation: target.oid, columns: [1] } },
      { kind: 'notNull' },
    ]);
    expect(
      shown({ main: {}, lake: { default: [events] } }, 'events').keys.map(({ kind }) => kind),
    ).toEqual(['primary', 'notNull']);
  });

  test('over columns that are not shown are left out', () => {
    const hidden = sourceTable('h', columns, { keys: [{ kind: 'unique', columns: ['gone'] }] });
    expect(shown(warehouse(hidden), 'h').keys.map(({ kind }) => kind)).toEqual(['notNull']);
  });
});
