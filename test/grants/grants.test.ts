import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { startGrantingServer } from './granting-server.ts';
import type { GrantingServer, Rows, User } from './granting-server.ts';

let server: GrantingServer;

type Step = readonly [who: User, statement: string, expected: Rows | string];

/** Runs statements in order, those of simple and of extended protocol alike, and tells of all that were answered otherwise. */
async function steps(all: readonly Step[]): Promise<void> {
  const wrong: unknown[] = [];
  for (const [who, statement, expected] of all) {
    const changes = !/^(?:select|show|table|explain)/i.test(statement);
    const answers = [await server.ask(who, statement)];
    if (!changes) answers.push(await server.ask(who, statement, []));
    for (const answer of answers) {
      const same =
        typeof expected === 'string' && typeof answer === 'string'
          ? answer.startsWith(expected)
          : JSON.stringify(answer) === JSON.stringify(expected);
      if (!same) wrong.push({ who, statement, expected, answer });
    }
  }
  expect(wrong).toEqual([]);
}

const DENIED = '42501 permission denied';

describe.each(['embedded', 'postgres'] as const)('grants in the %s store', (store) => {
  beforeAll(async () => {
    server = await startGrantingServer(store);
  }, 90_000);

  afterAll(() => server.close());

  test('are asked for reading tables, views with the rights of their makers, and relations of sources', () =>
    steps([
      ['ben', 'SELECT n FROM lake.secrets ORDER BY n', [[1], [2]]],
      ['ben', 'SELECT id FROM warehouse.orders ORDER BY id', [[1], [2]]],
      ['ben', 'REVOKE SELECT ON lake.secrets FROM PUBLIC', '42501 permission denied to revoke'],
      ['root', 'REVOKE SELECT ON lake.secrets, warehouse.orders FROM PUBLIC', []],
      ['root', 'GRANT SELECT ON TABLE lake.secrets, warehouse.orders TO analysts', []],
      ['ben', 'SELECT n FROM lake.secrets', `${DENIED} for table secrets`],
      ['ben', 'SELECT n FROM lake.default.secrets', `${DENIED} for table secrets`],
      [
        'ben',
        'SELECT 1 WHERE EXISTS (SELECT 1 FROM warehouse.orders)',
        `${DENIED} for table orders`,
      ],
      ['ben', 'TABLE warehouse.orders', DENIED],
      ['ben', 'SELECT * FROM lake.events e JOIN lake.secrets s USING (n)', DENIED],
      ['ben', 'SELECT total::text FROM sums', [['3']]],
      ['ana', 'SELECT n FROM lake.secrets ORDER BY n', [[1], [2]]],
      ['root', 'SELECT n FROM lake.secrets ORDER BY n', [[1], [2]]],
      ['ana', 'SELECT id FROM warehouse.orders ORDER BY id', [[1], [2]]],
      ['root', 'REVOKE SELECT ON sums FROM PUBLIC', []],
      ['ben', 'SELECT total FROM sums', `${DENIED} for view sums`],
      ['root', 'GRANT SELECT ON sums TO ben', []],
      ['ben', 'SELECT total::text FROM sums', [['3']]],
      ['root', 'GRANT SELECT ON sums TO nobody', '42704 role "nobody" does not exist'],
      ['root', 'GRANT SELECT ON nothing TO ben', '42P01 relation "nothing" does not exist'],
      ['root', 'GRANT SELECT (n) ON lake.events TO ben', '0A000 a privilege on columns (SELECT)'],
      ['root', 'GRANT INSERT ON lake.events TO ben', '0A000 the privilege INSERT is not supported'],
      ['root', 'GRANT analysts TO ben', '0A000 roles are not granted'],
    ]));

  test('are asked for what statements write, show, explain and define', () =>
    steps([
      ['ben', 'CREATE VIEW mine AS SELECT * FROM lake.secrets', DENIED],
      ['ben', 'CREATE TABLE lake.default.copied AS SELECT * FROM lake.secrets', DENIED],
      ['ben', 'INSERT INTO lake.events SELECT n FROM lake.secrets', DENIED],
      ['ben', "INSERT INTO lake.secrets VALUES (3, 'y')", DENIED],
      ['ben', "UNLOAD ('SELECT * FROM lake.secrets') TO 'out/' FORMAT PARQUET", DENIED],
      ['ben', 'DROP TABLE lake.secrets', DENIED],
      ['ben', 'DROP TABLE IF EXISTS lake.secrets', DENIED],
      ['ben', 'DROP SCHEMA lake.default CASCADE', DENIED],
      ['ben', "ALTER TABLE lake.secrets SET TBLPROPERTIES ('a' = 'b')", DENIED],
      ['ben', 'COPY lake.secrets TO STDOUT', DENIED],
      ['ben', 'DECLARE c CURSOR WITH HOLD FOR SELECT * FROM lake.secrets', DENIED],
      ['ben', 'EXPLAIN SELECT * FROM lake.secrets', DENIED],
      ['ben', 'EXPLAIN SELECT * FROM sums', `${DENIED} to explain`],
      ['ben', 'SHOW CREATE TABLE lake.default.secrets', DENIED],
      ['ben', 'SHOW COLUMNS IN lake.default.secrets', DENIED],
      ['ben', 'SHOW TABLES IN lake', [['events']]],
      ['ana', 'SHOW TABLES IN lake', [['events'], ['secrets']]],
      ['ben', "SELECT * FROM tributary.partitions('lake.secrets')", DENIED],
      ['ben', "CALL tributary.invalidate('lake.secrets')", DENIED],
      ['ben', "SELECT count(*)::int FROM tributary.cells WHERE table_name LIKE '%secrets%'", [[0]]],
      ['ben', 'SELECT * FROM lake.secretz', '42P01 relation "lake.secretz" does not exist'],
    ]));

  test("keep a name's nearest neighbour out of hints", async () => {
    const hint = async (user: User): Promise<string | undefined> => {
      const client = await server.connect(user);
      return client.query('SELECT * FROM lake.secretz').then(
        () => undefined,
        (error: unknown) => (error as pg.DatabaseError).hint,
      );
    };
    expect(await hint('ana')).toContain('secrets');
    expect(await hint('ben')).toBeUndefined();
  });

  test("refuse another table over a hidden one's files", async () => {
    const made = await server.ask('root', 'SHOW CREATE TABLE lake.default.secrets');
    const location = /LOCATION\s+'([^']*)'/.exec(String(made))?.[1] ?? '';
    expect(location).not.toBe('');
    const around = location.replace(/[^/]*\/$/, '');
    for (const place of [location, around]) {
      const statement = `CREATE EXTERNAL TABLE lake.default.other (n int) STORED AS PARQUET LOCATION '${place}'`;
      expect(await server.ask('ben', statement)).toContain(
        "42501 permission denied for location '",
      );
    }
  });

  test('are needed on the schema as well, and searching for a name passes over a closed one', () =>
    steps([
      ['root', 'CREATE SCHEMA private', []],
      ['root', 'CREATE VIEW private.one AS SELECT 1 AS n', []],
      ['ben', 'SELECT n FROM private.one', [[1]]],
      ['root', 'REVOKE USAGE ON SCHEMA private FROM PUBLIC', []],
      ['root', 'GRANT USAGE ON SCHEMA private TO clerks', []],
      ['root', 'REVOKE ALL PRIVILEGES ON ALL TABLES IN SCHEMA private FROM PUBLIC', []],
      ['root', 'GRANT ALL ON ALL TABLES IN SCHEMA private TO analysts', []],
      ['ben', 'SELECT n FROM private.one', `${DENIED} for schema private`],
      ['ben', 'CREATE VIEW private.two AS SELECT 2 AS n', `${DENIED} for schema private`],
      ['ben', 'DROP SCHEMA private CASCADE', `${DENIED} for schema private`],
      ['ben', 'SHOW SCHEMAS', [['lake'], ['public'], ['warehouse'], ['warehouse_hr']]],
      ['ana', 'SELECT n FROM private.one', [[1]]],
      ['ana', 'SHOW TABLES IN private', [['one']]],
      ['ben', 'SHOW TABLES IN private', []],
      ['ben', 'SET search_path = private, public', []],
      ['ben', 'SELECT n FROM one', '42P01 relation "one" does not exist'],
      ['ben', 'SET search_path = public', []],
      ['root', 'REVOKE USAGE ON SCHEMA warehouse_hr FROM PUBLIC', []],
      ['ben', 'SELECT id FROM warehouse_hr.staff', `${DENIED} for schema hr`],
    ]));

  test('revoked after a statement was prepared are revoked from it', async () => {
    const client = await server.connect('ben');
    await server.ask('root', 'GRANT SELECT ON lake.secrets TO ben');
    const named = {
      name: 'mine',
      text: 'SELECT count(*)::int AS n FROM lake.secrets WHERE n > $1',
    };
    const ask = async (text: string | pg.QueryConfig, values?: unknown[]): Promise<unknown> =>
      client.query<{ n: number }>(text as pg.QueryConfig, values).then(
        ({ rows }) => rows,
        (error: unknown) => (error as pg.DatabaseError).code,
      );
    await ask('PREPARE other AS SELECT count(*)::int AS n FROM lake.secrets');
    const written = {
      name: 'written',
      text: 'INSERT INTO lake.events SELECT n FROM lake.secrets WHERE n > $1',
    };
    expect(await ask(written, [5])).toEqual([]);
    expect(await ask(named, [0])).toEqual([{ n: 2 }]);
    expect(await ask('EXECUTE other')).toEqual([{ n: 2 }]);
    await server.ask('root', 'REVOKE SELECT ON lake.secrets FROM ben');
    expect(await ask(named, [0])).toBe('42501');
    expect(await ask('EXECUTE other')).toBe('42501');
    expect(await ask(written, [5])).toBe('42501');
    await server.ask('root', 'GRANT SELECT ON lake.secrets TO ben');
    expect(await ask(named, [0])).toEqual([{ n: 2 }]);
    await server.ask('root', 'REVOKE SELECT ON lake.secrets FROM ben');
  });

  test('a warehouse table answered beside the engine is asked for as well', async () => {
    const client = await server.connect('ben');
    const text = { name: 'point', text: 'SELECT note FROM warehouse.orders WHERE id = $1' };
    const ask = async (): Promise<unknown> =>
      client.query(text, [1]).then(
        ({ rows }) => rows as unknown,
        (error: unknown) => (error as pg.DatabaseError).code,
      );
    await server.ask('root', 'GRANT SELECT ON warehouse.orders TO ben');
    expect(await ask()).toEqual([{ note: 'one' }]);
    await server.ask('root', 'REVOKE SELECT ON warehouse.orders FROM ben');
    expect(await ask()).toBe('42501');
    expect(await server.ask('ana', text.text, [1])).toEqual([['one']]);
    expect(await ask()).toBe('42501');
  });

  test('stay over a restart, and a view that is replaced keeps them', async () => {
    await server.restart();
    await steps([
      ['ben', 'SELECT n FROM lake.secrets', DENIED],
      ['ben', 'SELECT total::text FROM sums', [['3']]],
      ['ana', 'SELECT total FROM sums', `${DENIED} for view sums`],
      ['ben', 'SELECT id FROM warehouse.orders', DENIED],
      ['ben', 'SELECT n FROM private.one', `${DENIED} for schema private`],
      ['ana', 'SELECT n FROM private.one', [[1]]],
    ]);
  });

  test('go with what they were granted on; of a source they stay by name', async () => {
    await steps([
      ['root', 'DROP VIEW sums', []],
      ['root', 'CREATE VIEW sums AS SELECT 1 AS total', []],
      ['ana', 'SELECT total FROM sums', [[1]]],
      ['root', 'DROP SCHEMA private CASCADE', []],
      ['root', 'CREATE SCHEMA private', []],
      ['root', 'CREATE VIEW private.one AS SELECT 1 AS n', []],
      ['ben', 'SELECT n FROM private.one', [[1]]],
    ]);
    await server.inWarehouse('DROP TABLE lines');
    await server.inWarehouse('DROP TABLE orders');
    await server.inWarehouse('CREATE TABLE orders (id int)');
    await steps([['ben', 'SELECT id FROM warehouse.orders', DENIED]]);
  });
});
