import { describe, expect, test } from '@jest/globals';
import { BOOL, DATE, INT4, TEXT, UNKNOWN, arrayOf, scalar } from '@tributary/sql';
import { mirrorChanges, mirrorContents } from '../../src/catalog-engine/mirror-plan.ts';
import { snapshotOf, table, view } from './support/snapshot.ts';

const A = table('a', [{ name: 'x', type: INT4 }]);

function changes(
  from: Parameters<typeof snapshotOf>[1],
  to: Parameters<typeof snapshotOf>[1],
  database = 'main',
): readonly string[] {
  return mirrorChanges(
    mirrorContents(snapshotOf(1, from), database),
    mirrorContents(snapshotOf(2, to), database),
  ).objects;
}

describe('The mirror of a catalog', () => {
  test('changes nothing where nothing changed', () => {
    const same = { main: { public: [A] } };
    expect(
      mirrorChanges(
        mirrorContents(snapshotOf(1, same), 'main'),
        mirrorContents(snapshotOf(2, same), 'main'),
      ),
    ).toEqual({ databases: [], objects: [] });
  });

  test('shows the other databases', () => {
    const { databases } = mirrorChanges(
      mirrorContents(snapshotOf(1, { main: {}, old: {} }), 'main'),
      mirrorContents(snapshotOf(2, { main: {}, "l'ake": {} }), 'main'),
    );
    expect(databases).toEqual([
      "delete from pg_database where datname = 'old'",
      expect.stringContaining("'l''ake'"),
    ]);
  });

  test('replaces what has a new version, is another object, or became a view', () => {
    const created = [
      'drop table if exists "public"."a"',
      'create table "public"."a" ("x" integer)',
    ];
    const to = (relation: Parameters<typeof snapshotOf>[1][string][string][number]) =>
      changes({ main: { public: [A] } }, { main: { public: [relation] } });
    expect(to({ ...A, version: 2 })).toEqual(created);
    expect(to({ ...A, id: 'other' })).toEqual(created);
    expect(to(view('a', [{ name: 'x', type: BOOL }]))).toEqual([
      'drop table if exists "public"."a"',
      'create view "public"."a" as select null::boolean as "x" where false',
    ]);
  });

  test('drops relations before schemas and creates them after', () => {
    expect(changes({ main: { old: [A] } }, { main: { new: [A] } })).toEqual([
      'drop table if exists "old"."a"',
      'drop schema if exists "old" cascade',
      'create schema "new"',
      'create table "new"."a" ("x" integer)',
    ]);
  });

  test('names the schemas of sources in main, and leaves them out elsewhere', () => {
    const databases = { main: { public: [] }, lake: { default: [A], raw: [A] } };
    expect(changes({ main: { public: [] }, lake: {} }, databases)).toEqual([
      'create schema "lake"',
      'create schema "lake_raw"',
      'create table "lake"."a" ("x" integer)',
      'create table "lake_raw"."a" ("x" integer)',
    ]);
    expect(changes({ main: {}, lake: {} }, databases, 'lake')).toEqual([
      'create schema "default"',
      'create schema "raw"',
      'create table "default"."a" ("x" integer)',
      'create table "raw"."a" ("x" integer)',
    ]);
  });

  test('shows the relation that a name means where two schemas bear one name', () => {
    const own = view('a', [{ name: 'x', type: DATE }]);
    const databases = { main: { lake: [own] }, lake: { default: [A] } };
    expect(changes({ main: {}, lake: {} }, databases)).toEqual([
      'create schema "lake"',
      'create view "lake"."a" as select null::date as "x" where false',
    ]);
  });

  test('declares types of which columns can be, and quotes names and comments', () => {
    const odd = table(
      'q"t',
      [
        { name: 'a"b', type: scalar('bpchar'), comment: "it's" },
        { name: 'c', type: UNKNOWN },
        { name: 'd', type: arrayOf(arrayOf(scalar('bpchar'))) },
        { name: 'e', type: { kind: 'map', key: TEXT, value: TEXT } },
      ],
      { comment: "'" },
    );
    expect(changes({ main: { public: [] } }, { main: { public: [odd] } })).toEqual([
      'create table "public"."q""t" ("a""b" bpchar, "c" text, "d" bpchar[], "e" json)',
      `comment on table "public"."q""t" is ''''`,
      `comment on column "public"."q""t"."a""b" is 'it''s'`,
    ]);
  });

  test('shows as many columns as PostgreSQL can', () => {
    const wide = table(
      'wide',
      Array.from({ length: 2000 }, (_, index) => ({ name: `c${index}`, type: INT4 })),
    );
    const [create] = changes({ main: { public: [] } }, { main: { public: [wide] } });
    expect(create).toMatch(/"c1599" integer\)$/);
  });
});
