import { beforeAll, describe, expect, test } from '@jest/globals';
import type { RelationDefinition } from '@tributary/catalog';
import {
  DATE,
  FLOAT8,
  INT4,
  INT8,
  TEXT,
  formatType,
  isQueryError,
  loadParser,
  visitPlan,
} from '@tributary/sql';
import type { QueryError, SqlType } from '@tributary/sql';
import type { BindContext } from '../../src/bind/bind-context.ts';
import { bindText } from './support/bind.ts';
import { lakeTable, snapshotOf, view } from './support/snapshot.ts';

const PLACE: SqlType = {
  kind: 'struct',
  fields: [
    { name: 'city', type: TEXT },
    { name: 'at', type: { kind: 'struct', fields: [{ name: 'lat', type: FLOAT8 }] } },
  ],
};

function table(database: string, schema: string, name: string, mark: string): RelationDefinition {
  return lakeTable(database, schema, { name, columns: [{ name: mark, type: INT4 }] });
}

const RELATIONS: readonly RelationDefinition[] = [
  table('lake', 'default', 'events', 'lake_default'),
  table('lake', 'raw', 'events', 'lake_raw'),
  table('lake', 'raw', 'only_raw', 'only_raw'),
  table('pg', 'public', 'events', 'pg_public'),
  table('pg', 'default', 'others', 'pg_default'),
  table('main', 'public', 'mine', 'main_public'),
  table('main', 'lake', 'shadowing', 'main_lake'),
  lakeTable('main', 'public', {
    name: 'nested',
    columns: [
      { name: 's', type: PLACE },
      { name: 'm', type: { kind: 'map', key: TEXT, value: INT8 } },
      { name: 'd', type: DATE },
      { name: 'größe', type: INT4 },
    ],
  }),
  view('of_raw', ['lake_raw'], 'SELECT * FROM events', { searchPath: ['lake_raw'] }),
  view('kept', ['a'], 'SELECT * FROM wide'),
  view('shrunk', ['a', 'b', 'c'], 'SELECT * FROM wide'),
  view('renamed', ['first', 'second'], 'SELECT a, b FROM wide'),
  view('itself', ['a'], 'SELECT a FROM itself'),
  view('ping', ['a'], 'SELECT a FROM pong'),
  view('pong', ['a'], 'SELECT a FROM ping'),
  view('broken', ['a'], 'SELECT a FROM gone'),
  ...Array.from({ length: 40 }, (_, n) =>
    view(`chain${n}`, ['a'], n === 0 ? 'SELECT a FROM wide' : `SELECT a FROM chain${n - 1}`),
  ),
  lakeTable('main', 'public', {
    name: 'wide',
    columns: [
      { name: 'a', type: INT4 },
      { name: 'b', type: TEXT },
    ],
  }),
];
const CATALOG = snapshotOf([], RELATIONS);

const SYSTEM: BindContext['systemTable'] = (name) => {
  const last = name.at(-1);
  if (name.at(-2) !== 'tributary' || (last !== 'queries' && last !== 'partitions'))
    return undefined;
  return {
    reference: { database: 'main', schema: 'tributary', name: last, id: last, source: 'tributary' },
    columns: [{ name: 'location', type: TEXT }],
    function: last === 'partitions',
  };
};

const bind = (sql: string, options: Partial<BindContext> = {}): ReturnType<typeof bindText> =>
  bindText(sql, CATALOG, { systemTable: SYSTEM, ...options });

/** The names of what a statement answers. */
function columns(sql: string, options: Partial<BindContext> = {}): readonly string[] {
  return bind(sql, options).plan.columns.map(({ name }) => name);
}

function types(sql: string): readonly string[] {
  return bind(sql).plan.columns.map(({ type }) => formatType(type));
}

function refusal(sql: string, options: Partial<BindContext> = {}): QueryError {
  try {
    bind(sql, options);
  } catch (error) {
    if (isQueryError(error)) return error;
    throw error;
  }
  throw new TypeError(`it was bound: ${sql}`);
}

beforeAll(() => loadParser());

describe('in database main', () => {
  test.each([
    ['lake.default.events', 'lake_default'],
    ['lake.events', 'lake_default'],
    ['lake_raw.events', 'lake_raw'],
    ['lake.raw.events', 'lake_raw'],
    ['lake_raw.only_raw', 'only_raw'],
    ['pg.events', 'pg_public'],
    ['pg.public.events', 'pg_public'],
    ['pg.others', 'pg_default'],
    ['public.mine', 'main_public'],
    ['mine', 'main_public'],
    ['main.public.mine', 'main_public'],
    ['main.lake.events', 'lake_default'],
    ['main.lake_raw.events', 'lake_raw'],
    ['lake.shadowing', 'main_lake'],
    ['LAKE.Events', 'lake_default'],
  ])('%s is found', (name, mark) => {
    expect(columns(`SELECT * FROM ${name}`)).toEqual([mark]);
  });

  test.each([
    ['events', '42P01', 'Did you mean "lake.default.events"?'],
    ['lake_default.events', '42P01', undefined],
    ['pg_public.events', '42P01', undefined],
    ['lake.evnts', '42P01', 'Did you mean "lake.events"?'],
    ['lak.default.events', '3D000', 'Did you mean "lake"?'],
    ['"LAKE".events', '42P01', undefined],
    ['nowhere.events', '42P01', undefined],
  ])('%s is not: %s', (name, sqlstate, hint) => {
    expect(refusal(`SELECT * FROM ${name}`)).toMatchObject({ sqlstate, hint, position: 15 });
  });

  test('the search path decides, in its order', () => {
    expect(columns('SELECT * FROM events', { searchPath: ['lake'] })).toEqual(['lake_default']);
    expect(columns('SELECT * FROM events', { searchPath: ['lake_raw', 'lake'] })).toEqual([
      'lake_raw',
    ]);
    expect(columns('SELECT * FROM events', { searchPath: ['missing', 'pg'] })).toEqual([
      'pg_public',
    ]);
  });
});

describe('in the database of a source', () => {
  test.each([
    ['events', 'lake_default'],
    ['public.events', 'lake_default'],
    ['"default".events', 'lake_default'],
    ['raw.events', 'lake_raw'],
    ['pg.public.events', 'pg_public'],
    ['main.public.mine', 'main_public'],
  ])('%s is found', (name, mark) => {
    expect(columns(`SELECT * FROM ${name}`, { database: 'lake' })).toEqual([mark]);
  });

  test('the other sources have no schemas there', () => {
    expect(refusal('SELECT * FROM pg.events', { database: 'lake' }).sqlstate).toBe('42P01');
    expect(refusal('SELECT * FROM lake_raw.events', { database: 'lake' }).sqlstate).toBe('42P01');
  });
});

describe('a view', () => {
  test('has the search path it was created with', () => {
    expect(columns('SELECT * FROM of_raw', { searchPath: ['public'] })).toEqual(['lake_raw']);
    expect(columns('SELECT * FROM main.public.of_raw', { searchPath: ['pg'] })).toEqual([
      'lake_raw',
    ]);
  });

  test('keeps its columns when * would give more, and says so when it gives fewer', () => {
    expect(columns('SELECT * FROM kept')).toEqual(['a']);
    expect(columns('SELECT * FROM renamed')).toEqual(['first', 'second']);
    expect(refusal('SELECT b FROM kept').sqlstate).toBe('42703');
    expect(refusal('SELECT * FROM shrunk')).toMatchObject({
      sqlstate: '42703',
      hint: 'Create the view again: CREATE OR REPLACE VIEW.',
    });
  });

  test('cannot contain itself, directly or by another', () => {
    expect(refusal('SELECT * FROM itself').sqlstate).toBe('42P19');
    expect(refusal('SELECT * FROM ping')).toMatchObject({
      sqlstate: '42P19',
      message: 'infinite recursion detected in view "ping"',
    });
  });

  test('nests 32 deep, and no deeper', () => {
    expect(columns('SELECT * FROM chain31')).toEqual(['a']);
    expect(refusal('SELECT * FROM chain39').sqlstate).toBe('54001');
  });

  test('that is broken fails without a position in a text the user has not written', () => {
    expect(refusal('SELECT * FROM broken')).toMatchObject({
      sqlstate: '42P01',
      position: undefined,
    });
  });

  test('counts among what a statement touched, with what it is made of', () => {
    const names = bind('SELECT * FROM of_raw').relations.map((each) => each.name);
    expect([...names].sort()).toEqual(['events', 'of_raw']);
  });
});

describe('system tables', () => {
  test('are found by their schema, in any database', () => {
    expect(columns('SELECT * FROM tributary.queries')).toEqual(['location']);
    expect(columns('SELECT * FROM main.tributary.queries', { database: 'lake' })).toEqual([
      'location',
    ]);
    expect(refusal('SELECT * FROM queries').sqlstate).toBe('42P01');
  });

  test('that are functions take arguments, which reach the scan', () => {
    const { plan } = bind(`SELECT * FROM tributary.partitions('lake.default.events', 'a = ' || 1)`);
    const found: number[] = [];
    visitPlan(plan, {
      plan: (node) => {
        if (node.kind === 'scan') found.push(node.args?.length ?? -1);
      },
    });
    expect(found).toEqual([2]);
    expect(refusal('SELECT * FROM tributary.partitions').sqlstate).toMatch(/^42/);
    expect(refusal(`SELECT * FROM tributary.queries('x')`).sqlstate).toMatch(/^42/);
  });
});

describe('nested columns', () => {
  test('are reached by field and by key', () => {
    expect(
      types(
        `SELECT (s).city, (s).at, ((s).at).lat, (n.s).city, m['k'], (m)['k'] + 1 FROM nested n`,
      ),
    ).toEqual(['text', 'json', 'double precision', 'text', 'bigint', 'bigint']);
    expect(columns(`SELECT (s).city, m['k'] FROM nested`)).toEqual(['city', 'm']);
  });

  test('that do not exist are refused by name', () => {
    expect(refusal('SELECT (s).town FROM nested')).toMatchObject({ sqlstate: '42703' });
    expect(refusal('SELECT (d).year FROM nested').sqlstate).toBe('42809');
  });
});

describe('an error tells its place', () => {
  test.each([
    ['SELECT nope FROM wide', 8],
    [`SELECT 'größe', nope FROM wide`, 17],
    [`SELECT '😀😀', nope FROM wide`, 14],
    [`SELECT /* 漢字 */ nope FROM wide`, 17],
    [`SELECT a\nFROM wide\nWHERE é = 1`, 26],
    ['SELECT "größe" + größ FROM nested', 18],
    [`SELECT '\u0301e\u0301', upper(d) FROM nested`, 15],
  ])('in characters: %j', (sql, position) => {
    expect(refusal(sql).position).toBe(position);
  });

  test('and the name that may have been meant', () => {
    expect(refusal('SELECT größ FROM nested').hint).toContain('größe');
    expect(refusal('SELECT w.bb FROM wide w').hint).toContain('w.b');
    expect(refusal('SELECT uper(b) FROM wide').hint).toContain('upper');
  });
});
