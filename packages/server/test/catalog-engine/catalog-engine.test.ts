import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NO_ROLES } from '@tributary/planner';
import type { CatalogScope } from '@tributary/planner';
import {
  BPCHAR,
  DATE,
  FLOAT8,
  INT4,
  INT8,
  NAME,
  OID,
  TEXT,
  arrayOf,
  numericType,
  scalar,
} from '@tributary/sql';
import { createCatalogEngine } from '../../src/catalog-engine/catalog-engine.ts';
import type { RunningCatalogEngine } from '../../src/catalog-engine/catalog-engine.ts';
import { snapshotOf, sourceTable, table, view } from './support/snapshot.ts';

const START_MS = 300_000;

const MIXED = 'Mixed "Case"';

function catalog(version: number, extraColumn: boolean) {
  const events = table(
    'events',
    [
      { name: 'user_id', type: INT8, comment: "who's it" },
      { name: 'price', type: numericType(12, 2) },
      { name: 'code', type: BPCHAR },
      { name: 'tags', type: arrayOf(scalar('varchar', 14)) },
      {
        name: 'device',
        type: { kind: 'struct', fields: [{ name: 'os', type: TEXT }] },
      },
      { name: 'attributes', type: arrayOf({ kind: 'map', key: TEXT, value: TEXT }) },
    ],
    {
      comment: 'What people did',
      partitionColumns: [{ name: 'dt', type: DATE, comment: 'day' }],
    },
  );
  const apps = table(
    'apps',
    [{ name: 'app_id', type: INT4 }, ...(extraColumn ? [{ name: 'name', type: TEXT }] : [])],
    { version },
  );
  return snapshotOf(version, {
    main: {
      public: [
        view('revenue', [
          { name: 'dt', type: DATE },
          { name: 'total', type: FLOAT8 },
        ]),
      ],
    },
    lake: { default: [events, apps], raw: [table(MIXED, [{ name: 'A b', type: INT4 }])] },
    warehouse: {
      public: [
        sourceTable(
          'customers',
          [
            { name: 'id', type: INT8, nullable: false, default: "nextval('customers_id_seq')" },
            { name: 'region', type: TEXT },
            { name: 'code', type: scalar('varchar', 14), default: "'x'::character varying" },
          ],
          {
            keys: [
              { kind: 'primary', columns: ['id'] },
              { kind: 'unique', name: 'customers_by_code', columns: ['region', 'code'] },
            ],
            estimate: { rows: 5000, bytes: 81920 },
          },
        ),
        sourceTable('orders', [{ name: 'customer', type: INT8 }], {
          keys: [
            {
              kind: 'foreign',
              columns: ['customer'],
              references: { schema: 'public', name: 'customers', columns: ['id'] },
            },
          ],
        }),
      ],
    },
  });
}

const BEFORE = catalog(1, false);
const AFTER = catalog(2, true);

const SCOPE: CatalogScope = {
  snapshot: BEFORE,
  database: 'main',
  searchPath: ['public'],
  user: 'ann',
  reader: NO_ROLES.reader('ann'),
  timeZone: 'UTC',
};

const NEVER = new AbortController().signal;

describe('The system catalogs', () => {
  let engine: RunningCatalogEngine;
  let psql: Readonly<Record<string, string>>;
  let snapshots: string;
  const warnings: unknown[] = [];
  const logger = {
    info: (): void => undefined,
    warn: (fields: object): void => {
      warnings.push(fields);
    },
  };

  const ask = (
    text: string,
    scope: Partial<CatalogScope> = {},
    parameters: readonly (string | null)[] = [],
  ) => engine.execute(text, parameters, { ...SCOPE, ...scope }, NEVER);
  const statement = (name: string, oid = '0'): string => {
    const text = psql[name];
    if (text === undefined) {
      throw new Error(`no statement ${name}`);
    }
    return text.replaceAll('{oid}', oid);
  };
  const oidOf = async (relation: string): Promise<string> => {
    const [row] = await ask(`select '${relation}'::regclass::oid`);
    return row?.[0] ?? '';
  };

  beforeAll(async () => {
    const file = new URL('./fixtures/psql-statements.json', import.meta.url);
    psql = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
    snapshots = await mkdtemp(join(tmpdir(), 'tributary-catalogs-'));
    engine = createCatalogEngine({
      logger,
      snapshots,
      roles: [{ name: 'bea', memberOf: ['analyst'] }],
      limits: { startMs: START_MS, statementMs: START_MS },
    });
    await ask('select 1 from pg_class limit 1');
  }, START_MS);

  afterAll(async () => {
    await engine.close();
    await rm(snapshots, { recursive: true, force: true });
  });

  test('show every source as schemas of main', async () => {
    const rows = await ask(statement('schemas'));
    expect(rows.map(([name]) => name)).toEqual([
      'lake',
      'lake_raw',
      'public',
      'tributary',
      'warehouse',
    ]);
  });

  test('show every database, the session in its own', async () => {
    const rows = await ask(statement('databases'));
    expect(rows.map(([name]) => name)).toEqual(['lake', 'main', 'warehouse']);
    expect(await ask('select current_database() from pg_am limit 1')).toEqual([['main']]);
  });

  test('list a schema', async () => {
    expect(await ask(statement('tables of a schema'))).toEqual([
      ['lake', 'apps', 'table', 'tributary'],
      ['lake', 'events', 'table', 'tributary'],
    ]);
  });

  test('list what the search path makes visible, views as views', async () => {
    expect(await ask(statement('relations'))).toEqual([['public', 'revenue', 'view', 'tributary']]);
    const rows = await ask(statement('relations'), { searchPath: ['lake_raw', 'lake'] });
    expect(rows.map(([, name]) => name)).toEqual(['apps', 'events', MIXED]);
  });

  test('describe a table: PostgreSQL types, partition columns last, comments', async () => {
    const [found] = await ask(statement('a relation by name'));
    const rows = await ask(statement('columns of a table with comments', found?.[0] ?? ''));
    expect(rows.map((row) => [row[0], row[1], row.at(-1)])).toEqual([
      ['user_id', 'bigint', "who's it"],
      ['price', 'numeric(12,2)', null],
      ['code', 'bpchar', null],
      ['tags', 'character varying(10)[]', null],
      ['device', 'json', null],
      ['attributes', 'json[]', null],
      ['dt', 'date', 'day'],
    ]);
    expect(await ask("select obj_description('lake.events'::regclass)")).toEqual([
      ['What people did'],
    ]);
  });

  test('answer everything that psql asks', async () => {
    const oid = await oidOf('lake.events');
    for (const name of Object.keys(psql)) {
      const text = statement(name, oid);
      const { columns } = await engine.describe(text, SCOPE);
      const rows = await ask(text);
      expect(columns.length).toBeGreaterThan(0);
      expect(rows.every((row) => row.length === columns.length)).toBe(true);
    }
  });

  test('show relations through information_schema', async () => {
    const rows = await ask(`select table_catalog, table_schema, table_name, table_type
      from information_schema.tables where table_schema like 'lake%' order by 2, 3`);
    expect(rows).toEqual([
      ['main', 'lake', 'apps', 'BASE TABLE'],
      ['main', 'lake', 'events', 'BASE TABLE'],
      ['main', 'lake_raw', MIXED, 'BASE TABLE'],
    ]);
  });

  test('show keys, defaults and estimates of a source as PostgreSQL would', async () => {
    const keys = `select conname, contype, pg_get_constraintdef(oid) from pg_constraint
      where conrelid = any(array['warehouse.customers', 'warehouse.orders']::regclass[]) order by 1`;
    expect(await ask(keys)).toEqual([
      ['customers_by_code', 'u', 'UNIQUE (region, code)'],
      ['customers_id_not_null', 'n', 'NOT NULL id'],
      ['customers_pkey', 'p', 'PRIMARY KEY (id)'],
      ['orders_customer_fkey', 'f', 'FOREIGN KEY (customer) REFERENCES warehouse.customers(id)'],
    ]);
    const indexes = `select indexdef from pg_indexes where schemaname = 'warehouse' order by indexname`;
    expect(await ask(indexes)).toEqual([
      ['CREATE UNIQUE INDEX customers_by_code ON warehouse.customers USING btree (region, code)'],
      ['CREATE UNIQUE INDEX customers_pkey ON warehouse.customers USING btree (id)'],
    ]);
    const columns = `select column_name, column_default, is_nullable from information_schema.columns
      where table_name = 'customers' order by ordinal_position`;
    expect(await ask(columns)).toEqual([
      ['id', "nextval('customers_id_seq')", 'NO'],
      ['region', null, 'YES'],
      ['code', "'x'::character varying", 'YES'],
    ]);
    const links = `select c.constraint_name, u.table_name, u.column_name, r.unique_constraint_name
      from information_schema.referential_constraints r
      join information_schema.key_column_usage c using (constraint_name)
      join information_schema.constraint_column_usage u using (constraint_name)`;
    // As in PostgreSQL, these views show what the owner may change.
    expect(await ask(links, { user: 'tributary' })).toEqual([
      ['orders_customer_fkey', 'customers', 'id', 'customers_pkey'],
    ]);
    const estimate = `select reltuples, relpages, pg_total_relation_size(oid) from pg_class where oid = 'warehouse.customers'::regclass`;
    expect(await ask(estimate)).toEqual([['5000', '10', '0']]);
  });

  test("show a view's own query, and print PostgreSQL's views as before", async () => {
    expect(await ask("select pg_get_viewdef('revenue'::regclass)")).toEqual([[' select 1;']]);
    expect(await ask("select definition from pg_views where viewname = 'revenue'")).toEqual([
      [' select 1;'],
    ]);
    const [[own] = []] = await ask("select pg_get_viewdef('pg_user'::regclass, true)");
    expect(own).toMatch(/^ SELECT usename,\s/);
    const expression = `select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid < 16384 limit 1`;
    expect((await ask(expression)).length).toBeLessThanOrEqual(1);
    const updatable = `select table_name, is_updatable from information_schema.views where table_schema = 'public'`;
    expect(await ask(updatable)).toEqual([['revenue', 'NO']]);
  });

  test('show who can log in, and which roles they have', async () => {
    const members = `select m.rolname, r.rolname from pg_auth_members a join pg_roles r on r.oid = a.roleid
      join pg_roles m on m.oid = a.member where m.rolname = 'bea'`;
    expect(await ask(members)).toEqual([['bea', 'analyst']]);
  });

  test('answer columns by the names that a psql before 17 knows', async () => {
    const text =
      'select d.datname, d.daticulocale from pg_database d where datname = current_database()';
    expect(await ask(text)).toEqual([['main', null]]);
  });

  test(
    'keep numbers when they start again',
    async () => {
      const text = `select oid, relname from pg_class where relnamespace in ('lake'::regnamespace, 'warehouse'::regnamespace) order by 1`;
      const before = await ask(text);
      expect(before.length).toBe(6);
      const again = createCatalogEngine({ logger, snapshots, limits: { startMs: START_MS } });
      try {
        expect(await again.execute(text, [], SCOPE, NEVER)).toEqual(before);
      } finally {
        await again.close();
      }
    },
    START_MS,
  );

  test(
    'start anew where what they kept cannot be read',
    async () => {
      const [kept = ''] = await readdir(snapshots);
      const before = await readFile(join(snapshots, kept));
      await writeFile(join(snapshots, kept), before.subarray(0, 100_000));
      const again = createCatalogEngine({ logger, snapshots, limits: { startMs: START_MS } });
      try {
        const count = 'select count(*) from pg_am';
        expect(await again.execute(count, [], SCOPE, NEVER)).toEqual(await ask(count));
        expect((await readFile(join(snapshots, kept))).length).toBeGreaterThan(10_000_000);
      } finally {
        await again.close();
      }
    },
    START_MS,
  );

  test(
    'answer short statements beside a long one',
    async () => {
      const cancel = new AbortController();
      const long = engine.execute(
        'select count(*) from pg_attribute a, pg_attribute b, pg_attribute c, pg_attribute d',
        [],
        SCOPE,
        cancel.signal,
      );
      const ended = expect(long).rejects.toMatchObject({ code: 'queryCanceled' });
      // The second thread is started for this one.
      expect(await ask('select 2 from pg_am limit 1')).toEqual([['2']]);
      cancel.abort();
      await ended;
    },
    START_MS,
  );

  test('tell the types of parameters and columns', async () => {
    const described = await engine.describe(
      'select oid, relname, reltuples::float8, relacl from pg_class where relname = $1 and oid > $2',
      SCOPE,
      [TEXT],
    );
    expect(described.parameters).toEqual([TEXT, OID]);
    expect(described.columns).toEqual([
      { id: 1, name: 'oid', type: OID },
      { id: 2, name: 'relname', type: NAME },
      { id: 3, name: 'reltuples', type: FLOAT8 },
      { id: 4, name: 'relacl', type: TEXT, catalogType: { oid: 1034, length: -1 } },
    ]);
  });

  test('take parameters as text and answer PostgreSQL text', async () => {
    const text = `select relname, array['a,b', $2], '2024-01-02 03:04:05+00'::timestamptz, true
      from pg_class where relname = $1`;
    expect(await ask(text, { timeZone: 'Europe/Berlin' }, ['events', null])).toEqual([
      ['events', '{"a,b",NULL}', '2024-01-02 04:04:05+01', 't'],
    ]);
  });

  test('run as the user, who is never a superuser', async () => {
    const text = `select current_user, rolsuper from pg_roles where rolname = current_user`;
    for (const user of ['ann', 'postgres', 'tributary', `O'Neil "x"`]) {
      expect(await ask(text, { user })).toEqual([[user, 'f']]);
    }
    await expect(
      ask(`select set_config('role', 'pg_bootstrap', true) from pg_am`),
    ).rejects.toMatchObject({ code: 'insufficientPrivilege' });
    await expect(ask(text, { user: 'pg_bootstrap' })).rejects.toMatchObject({
      name: 'QueryError',
    });
  });

  test('fail as PostgreSQL fails, and go on', async () => {
    await expect(ask('select nope from pg_class')).rejects.toMatchObject({
      code: 'undefinedColumn',
      position: 8,
      message: 'column "nope" does not exist',
    });
    await expect(ask('create table x (a int)')).rejects.toMatchObject({
      code: 'readOnlyTransaction',
    });
    expect(await ask("select count(*) from pg_class where relname = 'events'")).toEqual([['1']]);
  });

  test('remember answers, but not those that differ from call to call', async () => {
    const lasting = 'select relname from pg_class order by 1';
    expect(await ask(lasting)).toBe(await ask(lasting));
    const varying = 'select clock_timestamp() from pg_am limit 1';
    expect(await ask(varying)).not.toEqual(await ask(varying));
  });

  test('follow the catalog, and keep the oids of what did not change', async () => {
    const columns = `select attname from pg_attribute where attnum > 0 and attrelid = 'lake.apps'::regclass`;
    expect(await ask(columns)).toEqual([['app_id']]);
    const before = await oidOf('lake.events');
    expect(await ask(columns, { snapshot: AFTER })).toEqual([['app_id'], ['name']]);
    expect(await ask(`select 'lake.events'::regclass::oid`, { snapshot: AFTER })).toEqual([
      [before],
    ]);
  });

  test(
    "show a source's own schemas to sessions in its database",
    async () => {
      const scope = { database: 'lake', snapshot: AFTER };
      const rows = await ask(statement('schemas'), scope);
      expect(rows.map(([name]) => name)).toEqual(['default', 'raw', 'tributary']);
      // `public` means the default schema there.
      const visible = await ask(statement('relations'), scope);
      expect(visible.map(([, name]) => name)).toEqual(['apps', 'events']);
    },
    START_MS,
  );

  test(
    'stop a cancelled statement and answer the next one',
    async () => {
      const cancel = new AbortController();
      const endless = engine.execute(
        'with recursive t(n) as (select 1 union all select n + 1 from t) select max(n) from t, pg_am',
        [],
        SCOPE,
        cancel.signal,
      );
      // The thread is idle, so this statement is the one that runs.
      setImmediate(() => cancel.abort());
      await expect(endless).rejects.toMatchObject({ code: 'queryCanceled' });
      expect(await ask("select count(*) from pg_class where relname = 'revenue'")).toEqual([['1']]);
    },
    START_MS,
  );

  test(
    'stop a statement that runs too long',
    async () => {
      const hasty = createCatalogEngine({
        logger,
        snapshots,
        limits: { startMs: START_MS, statementMs: 1 },
      });
      try {
        await expect(
          hasty.execute(
            'with recursive t(n) as (select 1 union all select n + 1 from t) select max(n) from t',
            [],
            SCOPE,
            NEVER,
          ),
        ).rejects.toMatchObject({ code: 'queryCanceled' });
      } finally {
        await hasty.close();
      }
    },
    START_MS,
  );

  test('refuse more waiting statements than the limit, and all once closed', async () => {
    const small = createCatalogEngine({ logger, snapshots, limits: { waiting: 1 } });
    const first = small.execute('select 1', [], SCOPE, NEVER);
    await expect(small.execute('select 2', [], SCOPE, NEVER)).rejects.toMatchObject({
      code: 'configurationLimitExceeded',
    });
    await Promise.all([
      expect(first).rejects.toMatchObject({ code: 'adminShutdown' }),
      small.close(),
    ]);
    await expect(small.execute('select 3', [], SCOPE, NEVER)).rejects.toMatchObject({
      code: 'adminShutdown',
    });
  });

  test('could mirror everything', () => {
    expect(warnings).toEqual([]);
  });

  test('leave out only what PostgreSQL cannot show, and say so', async () => {
    // PostgreSQL cuts names to 63 bytes.
    const long = 'x'.repeat(63);
    const columns = [{ name: 'a', type: INT4 }];
    const relations = [table(`${long}1`, columns), table(`${long}2`, columns), table('z', columns)];
    const snapshot = snapshotOf(3, { main: { public: relations } });
    const rows = await ask(statement('relations'), { snapshot });
    expect(rows.map(([, name]) => name)).toEqual([long, 'z']);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({
      reason: expect.stringContaining(`relation "${long}" already exists`),
    });
  });
});
