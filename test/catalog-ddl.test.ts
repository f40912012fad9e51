import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startPostgres } from '../packages/sql/test/support/postgres.ts';
import type { TestPostgres } from '../packages/sql/test/support/postgres.ts';
import { connectSql } from './support/sql-client.ts';
import type { SqlClient } from './support/sql-client.ts';
import { startTributary } from './support/tributary.ts';
import type { TestServer } from './support/tributary.ts';

let root = '';
let server: TestServer;
let sql: SqlClient;

async function writeLines(path: string, ...rows: readonly object[]): Promise<void> {
  const folder = join(root, path);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'data.json'), rows.map((row) => JSON.stringify(row)).join('\n'));
}

/** A table of JSON lines below `<root>/<folder>/`. */
function jsonTable(name: string, folder: string, rest: string, properties = ''): string {
  return `CREATE EXTERNAL TABLE ${name} (user_id bigint, event string) ${rest}
    ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION '${root}${folder}/'
    ${properties === '' ? '' : `TBLPROPERTIES (${properties})`}`;
}

const PROJECTED_DAY = `'projection.enabled'='true', 'projection.dt.type'='date',
  'projection.dt.format'='yyyy-MM-dd', 'projection.dt.range'='2024-01-01,2024-01-31'`;

beforeAll(async () => {
  root = `${await realpath(await mkdtemp(join(tmpdir(), 'tributary-ddl-')))}/`;
  await writeLines('events/dt=2024-01-01/app=1', { user_id: 1, event: 'a' });
  await writeLines('events/dt=2024-01-02/app=1', { user_id: 2, event: 'b' });
  await writeLines('events/dt=2024-01-02/app=__HIVE_DEFAULT_PARTITION__', {
    user_id: 3,
    event: 'c',
  });
  server = await startTributary({ sources: `lake: { connector: lake, root: ${root} }` });
  sql = await connectSql(server.url);
});

afterAll(async () => {
  await sql.close();
  await server.close();
  await rm(root, { recursive: true, force: true });
});

describe('schemas', () => {
  test('are created and dropped, as SCHEMA or DATABASE', async () => {
    expect(await sql.command('CREATE SCHEMA lake.one')).toEqual({ tag: 'CREATE', notices: [] });
    expect(await sql.failure('CREATE SCHEMA lake.one')).toMatchObject({ code: '42P06' });
    expect((await sql.command('CREATE DATABASE IF NOT EXISTS lake.one')).notices).toEqual([
      ['NOTICE', '42P06', 'schema "one" already exists, skipping'],
    ]);
    expect((await sql.command('CREATE DATABASE lake.two')).notices).toEqual([]);
    expect((await sql.rows('SHOW SCHEMAS')).flat()).toEqual(
      expect.arrayContaining(['lake_one', 'lake_two', 'public']),
    );
    expect(await sql.rows("SHOW DATABASES LIKE 'lake_t*'")).toEqual([['lake_two']]);
    await sql.command(jsonTable('lake.one.t', 'events', ''));
    expect(await sql.failure('DROP SCHEMA lake.one')).toMatchObject({ code: '2BP01' });
    expect((await sql.command('DROP SCHEMA lake.one CASCADE')).notices).toEqual([]);
    expect(await sql.failure('SELECT * FROM lake.one.t')).toMatchObject({ code: '42P01' });
    await sql.command('DROP DATABASE lake.two');
    expect(await sql.failure('DROP SCHEMA lake.two')).toMatchObject({ code: '3F000' });
    expect((await sql.command('DROP DATABASE IF EXISTS lake.two')).notices).toEqual([
      ['NOTICE', '3F000', 'schema "lake.two" does not exist, skipping'],
    ]);
  });

  test('keep to existing databases and names of their own', async () => {
    expect(await sql.failure('CREATE SCHEMA nowhere.x')).toMatchObject({ code: '3D000' });
    expect(await sql.failure('CREATE SCHEMA pg_mine')).toMatchObject({ code: '42P15' });
    expect(await sql.failure('CREATE SCHEMA information_schema')).toMatchObject({ code: '42P15' });
    expect((await sql.failure('CREATE SCHEMA lake')).code).toMatch(/^42P/);
  });
});

describe('tables', () => {
  test('are created once, described, and dropped', async () => {
    const create = jsonTable('lake.events', 'events', 'PARTITIONED BY (dt date, app int)');
    expect(await sql.command(create)).toEqual({ tag: 'CREATE', notices: [] });
    expect(await sql.failure(create)).toMatchObject({ code: '42P07' });
    expect((await sql.command(create.replace('TABLE', 'TABLE IF NOT EXISTS'))).notices).toEqual([
      ['NOTICE', '42P07', 'relation "events" already exists, skipping'],
    ]);
    expect(await sql.rows('DESCRIBE lake.events')).toEqual([
      ['user_id', 'bigint', '', 'f'],
      ['event', 'string', '', 'f'],
      ['dt', 'date', '', 't'],
      ['app', 'int', '', 't'],
    ]);
    expect(await sql.rows('SHOW COLUMNS IN lake.events')).toEqual([
      ['user_id'],
      ['event'],
      ['dt'],
      ['app'],
    ]);
    expect(await sql.rows('SHOW TABLES IN lake')).toEqual([['events']]);
    expect(await sql.rows("SHOW TABLES IN lake 'x*'")).toEqual([]);
    expect(await sql.failure('SHOW TABLES IN lake.nowhere')).toMatchObject({ code: '3F000' });
    expect(await sql.failure('DROP VIEW lake.events')).toMatchObject({ code: '42809' });
    expect((await sql.command('DROP TABLE lake.events')).tag).toBe('DROP');
    expect(await sql.failure('DROP TABLE lake.events')).toMatchObject({ code: '42P01' });
    expect((await sql.command('DROP TABLE IF EXISTS lake.events')).notices).toEqual([
      ['NOTICE', '42P01', 'table "lake.events" does not exist, skipping'],
    ]);
    expect(await sql.failure('DESCRIBE lake.events')).toMatchObject({ code: '42P01' });
  });

  test.each([
    ['a column twice', '(a int, A string)', '', '42701'],
    ['a column that is a partition column too', '(a int)', 'PARTITIONED BY (a string)', '42701'],
    ['a type that no file has', '(a wibble)', '', '0A000'],
    ['an unknown schema', '(a int)', '', '3F000', 'lake.nowhere.t'],
    ['a database that is no source', '(a int)', '', '42809', 'main.public.t'],
  ])('refuse %s', async (_, columns, rest, code, name = 'lake.refused') => {
    const text = `CREATE EXTERNAL TABLE ${name} ${columns} ${rest} STORED AS PARQUET LOCATION '${root}x/'`;
    expect(await sql.failure(text)).toMatchObject({ code });
    expect(await sql.rows("SHOW TABLES IN lake 'refused'")).toEqual([]);
  });

  test.each([
    ['/etc/'],
    ['/'],
    ['../outside/'],
    ['x/../../outside/'],
    ['file:///etc/'],
    ['s3://bucket/events/'],
    ['http://127.0.0.1/'],
  ])('refuse the location %s outside the root', async (location) => {
    const failure = await sql.failure(
      `CREATE EXTERNAL TABLE lake.outside (a int) STORED AS PARQUET LOCATION '${location}'`,
    );
    expect(failure.code).toMatch(/^(?:42501|22023)$/);
    await sql.command(jsonTable('lake.inside', 'inside', 'PARTITIONED BY (k string)'));
    const partition = await sql.failure(
      `ALTER TABLE lake.inside ADD PARTITION (k='a') LOCATION '${location}'`,
    );
    expect(partition.code).toBe(failure.code);
    expect(await sql.rows('SHOW PARTITIONS lake.inside')).toEqual([]);
    await sql.command('DROP TABLE lake.inside');
    expect(await sql.rows("SHOW TABLES IN lake 'outside'")).toEqual([]);
  });

  test('refuse a sibling folder that begins with the root\u2019s name', async () => {
    const sibling = `${root.slice(0, -1)}-other/`;
    expect(
      (
        await sql.failure(
          `CREATE EXTERNAL TABLE lake.outside (a int) STORED AS PARQUET LOCATION '${sibling}'`,
        )
      ).code,
    ).toMatch(/^(?:42501|22023)$/);
  });

  test.each([
    ['parquet', 'STORED AS PARQUET', ''],
    [
      'delimited',
      "ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' ESCAPED BY '\\\\' NULL DEFINED AS 'nil'",
      '',
    ],
    [
      'csv',
      "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' WITH SERDEPROPERTIES ('separatorChar'=';','quoteChar'='\\'')",
      "'skip.header.line.count'='1'",
    ],
    ['json', "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'", PROJECTED_DAY],
  ])('SHOW CREATE TABLE recreates a table of %s files', async (name, format, properties) => {
    const create = `CREATE EXTERNAL TABLE lake.show_${name} (
        a decimal(12,2) COMMENT 'it''s', "Mixed Case" array<struct<x:int,y:map<string,double>>>, \`order\` timestamp)
      COMMENT 'a ; b' PARTITIONED BY (dt date COMMENT 'day') ${format}
      LOCATION '${root}show ${name}/' ${properties === '' ? '' : `TBLPROPERTIES (${properties})`}`;
    await sql.command(create);
    const show = `SHOW CREATE TABLE lake.show_${name}`;
    const [[printed]] = (await sql.rows(show)) as [[string]];
    const described = await sql.rows(`DESCRIBE lake.show_${name}`);
    await sql.command(`DROP TABLE lake.show_${name}`);
    expect((await sql.command(printed)).notices).toEqual([]);
    expect(await sql.rows(show)).toEqual([[printed]]);
    expect(await sql.rows(`DESCRIBE lake.show_${name}`)).toEqual(described);
    await sql.command(`DROP TABLE lake.show_${name}`);
  });

  test('warn of properties on time that cannot work', async () => {
    const create = jsonTable('lake.timed', 'timed', 'PARTITIONED BY (dt date)');
    const { notices } = await sql.command(
      `${create} TBLPROPERTIES ('tributary.time_column' = 'made_at')`,
    );
    expect(notices).toEqual([
      [
        'WARNING',
        '01000',
        'property "tributary.time_column" names a column that does not exist: "made_at" (table default.timed)',
      ],
    ]);
    const altered = await sql.command(
      "ALTER TABLE lake.timed SET TBLPROPERTIES ('tributary.time_tolerance' = 'some')",
    );
    expect(altered.notices).toHaveLength(2);
    await sql.command('DROP TABLE lake.timed');
  });

  test('take properties and columns', async () => {
    await sql.command(jsonTable('lake.growing', 'growing', 'PARTITIONED BY (dt date)'));
    await writeLines('growing/dt=2024-01-05', { user_id: 1, event: 'a', extra: 7 });
    expect(await sql.rows('SELECT count(*) FROM lake.growing')).toEqual([['0']]);
    expect(
      await sql.command(`ALTER TABLE lake.growing SET TBLPROPERTIES (${PROJECTED_DAY})`),
    ).toEqual({ tag: 'ALTER', notices: [] });
    expect(await sql.rows('SELECT * FROM lake.growing')).toEqual([['1', 'a', '2024-01-05']]);
    await sql.command(
      "ALTER TABLE lake.growing ADD COLUMNS (extra int COMMENT 'more', none string)",
    );
    expect(await sql.rows('SELECT * FROM lake.growing')).toEqual([
      ['1', 'a', '7', null, '2024-01-05'],
    ]);
    expect(await sql.failure('ALTER TABLE lake.growing ADD COLUMNS (EXTRA int)')).toMatchObject({
      code: '42701',
    });
    expect(await sql.failure('ALTER TABLE lake.growing ADD COLUMNS (dt int)')).toMatchObject({
      code: '42701',
    });
    expect(await sql.failure('ALTER TABLE lake.missing ADD COLUMNS (a int)')).toMatchObject({
      code: '42P01',
    });
    await sql.command('DROP TABLE lake.growing');
  });
});

describe('registered partitions', () => {
  const all = 'SELECT user_id, dt, app FROM lake.parts ORDER BY user_id';

  test('are found by MSCK REPAIR, added and dropped by name', async () => {
    await sql.command(jsonTable('lake.parts', 'events', 'PARTITIONED BY (dt date, app int)'));
    expect(await sql.rows(all)).toEqual([]);
    const repaired = await sql.command('MSCK REPAIR TABLE lake.parts');
    expect(repaired.notices).toEqual([['INFO', '00000', '3 partitions added to parts']]);
    expect((await sql.command('MSCK REPAIR TABLE lake.parts')).notices).toEqual([
      ['INFO', '00000', '0 partitions added to parts'],
    ]);
    expect(await sql.rows('SHOW PARTITIONS lake.parts')).toEqual([
      ['dt=2024-01-01/app=1'],
      ['dt=2024-01-02/app=1'],
      ['dt=2024-01-02/app=__HIVE_DEFAULT_PARTITION__'],
    ]);
    expect(await sql.rows(all)).toEqual([
      ['1', '2024-01-01', '1'],
      ['2', '2024-01-02', '1'],
      ['3', '2024-01-02', null],
    ]);
    const first = "PARTITION (dt='2024-01-01', app=1)";
    expect(await sql.failure(`ALTER TABLE lake.parts ADD ${first}`)).toMatchObject({
      code: '42710',
    });
    expect(await sql.command(`ALTER TABLE lake.parts ADD IF NOT EXISTS ${first}`)).toEqual({
      tag: 'ALTER',
      notices: [],
    });
    await sql.command(`ALTER TABLE lake.parts DROP ${first}`);
    expect(await sql.rows('SELECT user_id FROM lake.parts ORDER BY 1')).toEqual([['2'], ['3']]);
    expect(await sql.failure(`ALTER TABLE lake.parts DROP ${first}`)).toMatchObject({
      code: '42704',
    });
    await sql.command(`ALTER TABLE lake.parts DROP IF EXISTS ${first}`);
    // Values are compared as their column's type: other texts of the same value name the same partition.
    await sql.command("ALTER TABLE lake.parts ADD PARTITION (app='01', dt='2024-1-1')");
    expect(
      await sql.rows("SELECT user_id FROM lake.parts WHERE app = 1 AND dt < '2024-01-02'"),
    ).toEqual([]);
    expect(await sql.failure(`ALTER TABLE lake.parts ADD ${first}`)).toMatchObject({
      code: '42710',
    });
    await sql.command(`ALTER TABLE lake.parts DROP ${first}`);
    await sql.command(
      `ALTER TABLE lake.parts ADD PARTITION (dt='2024-03-01', app=9) LOCATION '${root}events/dt=2024-01-01/app=1/'`,
    );
    expect(await sql.rows("SELECT * FROM lake.parts WHERE dt = '2024-03-01'")).toEqual([
      ['1', 'a', '2024-03-01', '9'],
    ]);
    await sql.command('DROP TABLE lake.parts');
  });

  test('are found by value, however their folders spell it', async () => {
    await writeLines('padded/year=2024/month=01', { user_id: 1, event: 'a' });
    await writeLines('padded/year=2024/month=11', { user_id: 2, event: 'b' });
    await sql.command(jsonTable('lake.padded', 'padded', 'PARTITIONED BY (year int, month int)'));
    await sql.command('MSCK REPAIR TABLE lake.padded');
    const user = (where: string) => sql.rows(`SELECT user_id FROM lake.padded WHERE ${where}`);
    expect(await user('month = 1')).toEqual([['1']]);
    expect(await user('year = 2024 AND month IN (1, 2)')).toEqual([['1']]);
    expect(await user('month > 1')).toEqual([['2']]);
    await sql.command('DROP TABLE lake.padded');
  });

  test('are named by all columns, with values of their types', async () => {
    await sql.command(jsonTable('lake.named', 'named', 'PARTITIONED BY (dt date, app int)'));
    const add = (spec: string) => sql.failure(`ALTER TABLE lake.named ADD PARTITION (${spec})`);
    expect(await add("dt='2024-01-01'")).toMatchObject({ code: '42P10' });
    expect(await add("dt='2024-01-01', app=1, x=2")).toMatchObject({ code: '42P10' });
    expect(await add("dt='2024-01-01', dt='2024-01-02'")).toMatchObject({ code: /^42/ });
    expect(await add("dt='yesterweek', app=1")).toMatchObject({ code: '22007' });
    expect(await add("dt='2024-01-01', app='one'")).toMatchObject({ code: '22P02' });
    await sql.command('DROP TABLE lake.named');
    await sql.command(jsonTable('lake.flat', 'flat', ''));
    expect(await sql.failure('SHOW PARTITIONS lake.flat')).toMatchObject({ code: '42809' });
    expect(await sql.failure('MSCK REPAIR TABLE lake.flat')).toMatchObject({ code: '42809' });
    expect(await sql.failure('ALTER TABLE lake.flat ADD PARTITION (x=1)')).toMatchObject({
      code: '42809',
    });
    await sql.command('DROP TABLE lake.flat');
  });

  test('are ignored, with a warning, while projection is enabled', async () => {
    await sql.command(jsonTable('lake.both', 'both', 'PARTITIONED BY (dt date)', PROJECTED_DAY));
    const { notices } = await sql.command(
      `ALTER TABLE lake.both ADD PARTITION (dt='2030-01-01') LOCATION '${root}events/dt=2024-01-01/app=1/'`,
    );
    expect(notices).toEqual([
      ['WARNING', '01000', expect.stringContaining('registered partitions are ignored')],
    ]);
    expect(await sql.rows('SELECT * FROM lake.both')).toEqual([]);
    await sql.command('DROP TABLE lake.both');
  });
});

describe('partition projection', () => {
  const INJECTED = `'projection.enabled'='true', 'projection.k.type'='injected'`;

  test('an injected column needs static equalities', async () => {
    await writeLines('injected/k=a', { user_id: 1, event: 'x' });
    await writeLines('injected/k=b', { user_id: 2, event: 'y' });
    expect(
      (
        await sql.command(
          jsonTable('lake.injected', 'injected', 'PARTITIONED BY (k string)', INJECTED),
        )
      ).notices,
    ).toEqual([]);
    const text =
      'CONSTRAINT_VIOLATION: For the injected projected partition column k, the WHERE clause must contain only static equality conditions, and at least one such condition must be present.';
    for (const where of ['', "WHERE k > 'a'", "WHERE k LIKE 'a%'", "WHERE k = 'a' OR user_id = 1"])
      expect(await sql.failure(`SELECT * FROM lake.injected ${where}`)).toMatchObject({
        code: '44000',
        message: expect.stringContaining(text),
      });
    const users = (where: string) =>
      sql.rows(`SELECT user_id FROM lake.injected WHERE ${where} ORDER BY 1`);
    expect(await users("k = 'a'")).toEqual([['1']]);
    expect(await users("k = 'a' OR k = 'b'")).toEqual([['1'], ['2']]);
    expect(await users("k IN ('b', lower('A'), 'none')")).toEqual([['1'], ['2']]);
    for (const value of ['*', '?', '[a]', '../injected/k=a', 'a/../b', '', '.', '..'])
      expect(await users(`k = '${value}'`)).toEqual([]);
    await sql.command('DROP TABLE lake.injected');
  });

  test.each([
    [
      'a column without configuration',
      "'projection.enabled'='true'",
      '42P16',
      'the following partition columns are missing projection configuration: [k]',
    ],
    [
      'an unknown type',
      "'projection.enabled'='true', 'projection.k.type'='wibble'",
      '22023',
      'INVALID_TABLE_PROPERTY',
    ],
    [
      'a range that does not parse',
      "'projection.enabled'='true', 'projection.k.type'='integer', 'projection.k.range'='1,NOW'",
      '22023',
      'INVALID_TABLE_PROPERTY',
    ],
    [
      'a template without the column',
      `'projection.enabled'='true', 'projection.k.type'='enum', 'projection.k.values'='a', 'storage.location.template'='/x/'`,
      '22023',
      'INVALID_TABLE_PROPERTY',
    ],
  ])(
    '%s is a warning at creation and an error at query time',
    async (_, properties, code, text, type = 'string') => {
      const { notices } = await sql.command(
        jsonTable('lake.wrong', 'wrong', `PARTITIONED BY (k ${type})`, properties),
      );
      expect(notices.map(([severity]) => severity)).toEqual(['WARNING']);
      expect(notices[0]?.[2]).toContain(text);
      const failure = await sql.failure('SELECT * FROM lake.wrong WHERE k IS NOT NULL');
      expect(failure).toMatchObject({ code, message: notices[0]?.[2] });
      await sql.command('DROP TABLE lake.wrong');
    },
  );
});

test('what is only suspicious in the properties is a warning, at creation and at a change', async () => {
  const { notices } = await sql.command(
    jsonTable('lake.suspect', 'suspect', 'PARTITIONED BY (dt date)', "'projection.dt.type'='date'"),
  );
  expect(notices).toEqual([
    ['WARNING', '01000', expect.stringContaining('projection.enabled is not')],
  ]);
  expect(
    (await sql.command("ALTER TABLE lake.suspect SET TBLPROPERTIES ('projection.enabled'='yes')"))
      .notices,
  ).toEqual([['WARNING', '01000', expect.stringContaining("projection.enabled is 'yes'")]]);
  expect(
    (await sql.command("ALTER TABLE lake.suspect SET TBLPROPERTIES ('projection.enabled'='true')"))
      .notices,
  ).toEqual([['WARNING', '22023', expect.stringContaining('projection.dt.format')]]);
  await sql.command('DROP TABLE lake.suspect');
});

test.each([
  ['outside the root', '/elsewhere/k=${k}/', true],
  ['beside the root', '{root}-other/${k}/', true],
  ['above the root', '{root}/../k/${k}/', true],
  ['relative, which is not taken from the root', 'k/${k}/', true],
  ['below the root', '{root}/k/${k}/', false],
])('a location template %s is told at creation and at a change', async (_, template, warned) => {
  const expected = warned
    ? [['WARNING', '01000', expect.stringContaining('storage.location.template leads outside')]]
    : [];
  const set = `'storage.location.template'='${template.replace('{root}', root.slice(0, -1))}'`;
  const projection = `'projection.enabled'='true', 'projection.k.type'='enum', 'projection.k.values'='a'`;
  const by = 'PARTITIONED BY (k string)';
  const created = await sql.command(jsonTable('lake.far', 'far', by, `${projection}, ${set}`));
  expect(created.notices).toEqual(expected);
  const changed = await sql.command(`ALTER TABLE lake.far SET TBLPROPERTIES (${set})`);
  expect(changed.notices).toEqual(expected);
  await sql.command('DROP TABLE lake.far');
});

describe('in a transaction block', () => {
  test('a change takes effect at once and says so', async () => {
    await sql.command('BEGIN');
    expect((await sql.command('CREATE SCHEMA lake.early')).notices).toEqual([
      ['WARNING', '01000', 'CREATE SCHEMA takes effect at once: ROLLBACK does not undo it'],
    ]);
    await sql.command(jsonTable('lake.early.t', 'early', ''));
    expect(await sql.rows('SELECT count(*) FROM lake.early.t')).toEqual([['0']]);
    await sql.command('ROLLBACK');
    expect(await sql.rows('SHOW TABLES IN lake.early')).toEqual([['t']]);
    await sql.command('DROP SCHEMA lake.early CASCADE');
  });

  test('that is read only nothing is changed', async () => {
    const refused = { code: '25006', message: expect.stringContaining('CREATE SCHEMA') };
    await sql.command('BEGIN READ ONLY');
    expect(await sql.failure('CREATE SCHEMA lake.never')).toMatchObject(refused);
    await sql.command('ROLLBACK');
    await sql.command('SET default_transaction_read_only = on');
    expect(await sql.failure('CREATE SCHEMA lake.never')).toMatchObject(refused);
    await sql.command('BEGIN');
    expect(await sql.failure('CREATE SCHEMA lake.never')).toMatchObject(refused);
    await sql.command('ROLLBACK');
    await sql.command('BEGIN READ WRITE');
    await sql.command('CREATE SCHEMA lake.allowed');
    await sql.command('DROP SCHEMA lake.allowed');
    await sql.command('COMMIT');
    await sql.command('RESET default_transaction_read_only');
    await sql.command('CREATE SCHEMA lake.never');
    await sql.command('DROP SCHEMA lake.never');
  });
});

describe('views', () => {
  test('are created, replaced, bound by their own search path, and dropped', async () => {
    expect((await sql.command('CREATE VIEW numbers AS SELECT 1 AS n, 2::bigint')).tag).toBe(
      'CREATE',
    );
    expect(await sql.failure('CREATE VIEW numbers AS SELECT 1')).toMatchObject({ code: '42P07' });
    expect(await sql.rows('SELECT * FROM numbers')).toEqual([['1', '2']]);
    await sql.command("CREATE OR REPLACE VIEW numbers (a, b) AS SELECT 3, 'x'");
    expect(await sql.rows('SELECT b, a FROM numbers')).toEqual([['x', '3']]);
    expect((await sql.rows('DESCRIBE numbers')).map(([name, type]) => [name, type])).toEqual([
      ['a', 'integer'],
      ['b', 'text'],
    ]);
    expect(await sql.failure('SHOW CREATE TABLE numbers')).toMatchObject({ code: '42809' });
    expect(await sql.failure('DROP TABLE numbers')).toMatchObject({ code: '42809' });
    expect(await sql.failure('CREATE VIEW bad AS SELECT * FROM missing')).toMatchObject({
      code: '42P01',
    });
    expect(await sql.failure('CREATE VIEW bad AS SELECT $1::int')).toMatchObject({ code: '42P02' });
    expect(await sql.failure('CREATE VIEW bad AS SELECT 1 AS a, 2 AS a')).toMatchObject({
      code: '42701',
    });
    expect(await sql.failure('CREATE VIEW bad (a, b) AS SELECT 1')).toMatchObject({
      code: '42601',
    });
    expect((await sql.command('DROP VIEW numbers')).tag).toBe('DROP');
    expect(await sql.failure('DROP VIEW numbers')).toMatchObject({ code: '42P01' });
    expect((await sql.command('DROP VIEW IF EXISTS numbers')).notices).toEqual([
      ['NOTICE', '42P01', 'view "numbers" does not exist, skipping'],
    ]);
  });

  test('do not take the place of a table, and prune through themselves', async () => {
    await sql.command(jsonTable('lake.base', 'growing', 'PARTITIONED BY (dt date)', PROJECTED_DAY));
    await writeLines('growing/dt=2024-01-05', { user_id: 1, event: 'a' });
    expect(await sql.failure('CREATE OR REPLACE VIEW lake.base AS SELECT 1')).toMatchObject({
      code: '42809',
    });
    await sql.command('CREATE VIEW days AS SELECT dt AS day, user_id FROM lake.base');
    expect(await sql.rows("SELECT * FROM days WHERE day = '2024-01-05'")).toEqual([
      ['2024-01-05', '1'],
    ]);
    expect(
      await sql.rows('SELECT partitions_considered, partitions_kept FROM tributary.last_query'),
    ).toEqual([['31', '1']]);
    await sql.command('DROP TABLE lake.base');
    expect(await sql.failure('SELECT * FROM days')).toMatchObject({ code: '42P01' });
    await sql.command('DROP VIEW days');
  });
});

describe('two servers on one catalog in PostgreSQL', () => {
  let postgres: TestPostgres;
  const servers: TestServer[] = [];
  const clients: SqlClient[] = [];

  beforeAll(async () => {
    postgres = await startPostgres();
    for (let at = 0; at < 2; at++) {
      const one = await startTributary({
        sources: `lake: { connector: lake, root: ${root} }`,
        config: `catalog: { store: "${postgres.connectionString}" }`,
      });
      servers.push(one);
      clients.push(await connectSql(one.url));
    }
  });

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await Promise.all(servers.map((one) => one.close()));
    await postgres.stop();
  });

  test('see each other\u2019s tables, views and partitions at the next statement', async () => {
    const [one, two] = clients as [SqlClient, SqlClient];
    await one.command(jsonTable('lake.shared', 'events', 'PARTITIONED BY (dt date, app int)'));
    expect(await two.rows('SELECT count(*) FROM lake.shared')).toEqual([['0']]);
    await two.command('MSCK REPAIR TABLE lake.shared');
    expect(await one.rows('SELECT count(*) FROM lake.shared')).toEqual([['3']]);
    await two.command('ALTER TABLE lake.shared ADD COLUMNS (more int)');
    expect(await one.rows('SELECT more FROM lake.shared LIMIT 1')).toEqual([[null]]);
    await one.command('CREATE VIEW seen AS SELECT 1 AS n');
    expect(await two.rows('SELECT n FROM seen')).toEqual([['1']]);
    await two.command('DROP TABLE lake.shared');
    expect(await one.failure('SELECT * FROM lake.shared')).toMatchObject({ code: '42P01' });
  });

  test('lose none of each other\u2019s changes: a statement that came second says so', async () => {
    const [one, two] = clients as [SqlClient, SqlClient];
    await one.command(jsonTable('lake.contended', 'contended', ''));
    const change = async (client: SqlClient, key: string): Promise<void> => {
      const text = `ALTER TABLE lake.contended SET TBLPROPERTIES ('${key}'='set')`;
      for (;;) {
        try {
          await client.command(text);
          return;
        } catch (error) {
          expect(error).toMatchObject({ code: '40001' });
        }
      }
    };
    const run = async (client: SqlClient, prefix: string): Promise<void> => {
      for (let at = 0; at < 20; at++) await change(client, `${prefix}.${at}`);
    };
    await Promise.all([run(one, 'one'), run(two, 'two')]);
    const [[printed]] = (await one.rows('SHOW CREATE TABLE lake.contended')) as [[string]];
    expect(printed.match(/'(?:one|two)\.\d+'='set'/g)).toHaveLength(40);
    await two.command('DROP TABLE lake.contended');
  });
});

describe('keys of lake tables', () => {
  test('are read from the properties by whoever asks the system catalogs', async () => {
    await sql.command(jsonTable('lake.shops', 'shops', '', `'tributary.primary_key'='user_id'`));
    const { notices } = await sql.command(
      jsonTable(
        'lake.visits',
        'visits',
        '',
        `'tributary.primary_key'='nobody', 'tributary.foreign_keys'='user_id references shops (user_id)'`,
      ),
    );
    expect(notices).toEqual([
      [
        'WARNING',
        '01000',
        'property "tributary.primary_key" names a column that does not exist: "nobody" (table default.visits)',
      ],
    ]);
    const declared = (table: string) =>
      sql.rows(
        `SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'lake.${table}'::regclass AND contype <> 'n'`,
      );
    expect(await declared('shops')).toEqual([['shops_pkey', 'PRIMARY KEY (user_id)']]);
    expect(await declared('visits')).toEqual([
      ['visits_user_id_fkey', 'FOREIGN KEY (user_id) REFERENCES lake.shops(user_id)'],
    ]);
    await sql.command(`ALTER TABLE lake.visits SET TBLPROPERTIES ('tributary.foreign_keys'='')`);
    expect(await declared('visits')).toEqual([]);
  });
});
