import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DuckDBInstance } from '@duckdb/node-api';
import type { SqlSession } from '@tributary/planner';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';
import { openQueryStack, query } from '../support/query-stack.ts';
import type { QueryStack } from '../support/query-stack.ts';

const DAYS = 10;
const APPS = 12;

let postgres: TestPostgres;
let stack: QueryStack;
let session: SqlSession;

async function writeEvents(root: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (
    SELECT n AS user_id, DATE '2024-01-01' + d::int AS dt, a::int AS app_id
    FROM range(5) r(n), range(${DAYS}) x(d), range(1, ${APPS + 1}) y(a)
  ) TO '${root}events' (FORMAT parquet, PARTITION_BY (dt, app_id))`);
  connection.closeSync();
  instance.closeSync();
}

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.query(
    `CREATE TABLE apps AS SELECT n AS app_id, CASE n % 4 WHEN 0 THEN 'games' ELSE 'tools' END AS category FROM generate_series(1, ${APPS}) n`,
  );
  await postgres.query("INSERT INTO apps VALUES (NULL, 'games')");
  await postgres.query(
    `CREATE TABLE holidays AS SELECT date '2024-01-01' + n AS day, n = 3 AS big FROM generate_series(1, 5) n`,
  );
  await postgres.query(
    "CREATE TABLE profiles AS SELECT n::int8 AS user_id, 'user ' || n AS name, n % 10 AS level FROM generate_series(0, 79999) n",
  );
  await postgres.query('CREATE UNIQUE INDEX ON profiles (user_id)');
  await postgres.query('ANALYZE');
  stack = await openQueryStack({
    postgres: [{ source: 'warehouse', url: postgres.connectionString, catalogAge: 0 }],
  });
  await writeEvents(stack.root);
  session = await stack.service.createSession('ana', new Map());
  await query(
    session,
    `CREATE EXTERNAL TABLE lake.default.events (user_id bigint)
    PARTITIONED BY (dt date, app_id int) STORED AS PARQUET LOCATION 'events/'
    TBLPROPERTIES ('projection.enabled'='true', 'projection.dt.type'='date', 'projection.dt.format'='yyyy-MM-dd',
      'projection.dt.range'='2024-01-01,2024-01-${DAYS}', 'projection.app_id.type'='integer', 'projection.app_id.range'='1,${APPS}')`,
  );
  await query(session, "SET tributary.reuse = 'off'");
});
afterAll(async () => {
  await stack.close();
  await postgres.stop();
});

interface Reading {
  readonly rows: readonly string[];
  readonly partitions: number;
  readonly bytes: number;
}

async function reading(sql: string, off: string): Promise<Reading> {
  // Nobody counts the bytes of rows that are read as they come.
  await query(session, `SET tributary.rules_off = '${off === '' ? '' : `${off}, `}streamed-rows'`);
  const { rows } = await query(session, sql);
  const last = await query(
    session,
    'SELECT partitions_kept::int4, bytes_read::int8 FROM tributary.last_query',
  );
  return {
    rows: rows.map((row) => row.map(String).join()).sort(),
    partitions: Number(last.rows[0]?.[0]),
    bytes: Number(last.rows[0]?.[1]),
  };
}

const ALL = DAYS * APPS;

describe('keys of a warehouse table prune the lake', () => {
  test.each([
    [
      'a join',
      "SELECT app_id, count(*) FROM lake.events JOIN warehouse.apps USING (app_id) WHERE category = 'games' GROUP BY 1",
      DAYS * 3,
    ],
    [
      'two joins',
      "SELECT count(*) FROM lake.events e JOIN warehouse.apps a USING (app_id) JOIN warehouse.holidays h ON h.day = e.dt WHERE a.category = 'games' AND h.big",
      3,
    ],
    [
      'a subquery',
      "SELECT count(*) FROM lake.events WHERE app_id IN (SELECT app_id FROM warehouse.apps WHERE category = 'games')",
      DAYS * 3,
    ],
    [
      'a common table',
      "WITH g AS (SELECT app_id FROM warehouse.apps WHERE category = 'games') SELECT count(*) FROM g JOIN lake.events USING (app_id)",
      DAYS * 3,
    ],
    [
      'an outer join that keeps the warehouse',
      "SELECT a.app_id, count(user_id) FROM (SELECT * FROM warehouse.apps WHERE category = 'games') a LEFT JOIN lake.events e USING (app_id) GROUP BY 1",
      DAYS * 3,
    ],
    [
      'an outer join that keeps the lake, which reads everything',
      "SELECT count(a.app_id), count(*) FROM lake.events e LEFT JOIN (SELECT * FROM warehouse.apps WHERE category = 'games') a USING (app_id)",
      ALL,
    ],
    [
      'a key that must be missing, by the values that are asked for first',
      "SELECT count(*) FROM lake.events WHERE app_id NOT IN (SELECT app_id FROM warehouse.apps WHERE category = 'tools')",
      DAYS * 3,
    ],
    [
      'no key at all',
      "SELECT count(*) FROM lake.events JOIN warehouse.apps USING (app_id) WHERE category = 'none'",
      0,
    ],
    [
      'a key and a range',
      "SELECT count(*) FROM lake.events JOIN warehouse.apps USING (app_id) WHERE category = 'games' AND dt >= '2024-01-09'",
      6,
    ],
  ])('%s', async (_, sql, partitions) => {
    const filtered = await reading(sql, '');
    const without = await reading(sql, 'dynamic-filters,leading-subqueries');
    expect(filtered.rows).toEqual(without.rows);
    expect(filtered.rows).toEqual((await reading(sql, 'all')).rows);
    expect(filtered.partitions).toBe(partitions);
    if (partitions < ALL) expect(without.partitions).toBeGreaterThan(filtered.partitions);
  });
});

describe('keys of the lake reduce what comes from a large warehouse table', () => {
  const FEW = 200_000;

  test.each([
    [
      'a join',
      "SELECT p.name, count(*) FROM lake.events e JOIN warehouse.profiles p ON p.user_id = e.user_id WHERE e.app_id = 3 AND e.dt = '2024-01-02' GROUP BY 1",
    ],
    [
      'a join with conditions on both sides',
      "SELECT p.name FROM warehouse.profiles p JOIN lake.events e USING (user_id) WHERE e.app_id = 3 AND e.user_id % 2 = 1 AND p.level > 1 AND e.dt < '2024-01-03'",
    ],
    [
      'a subquery',
      "SELECT name FROM warehouse.profiles WHERE user_id IN (SELECT user_id FROM lake.events WHERE app_id = 2 AND dt = '2024-01-01')",
    ],
    [
      'an outer join that keeps the lake',
      "SELECT e.user_id, p.name FROM lake.events e LEFT JOIN warehouse.profiles p ON p.user_id = e.user_id WHERE e.app_id = 3 AND e.dt = '2024-01-02'",
    ],
    [
      'a grouping before the join',
      "SELECT p.name, e.c FROM (SELECT user_id, count(*) AS c FROM lake.events WHERE dt = '2024-01-04' GROUP BY 1) e JOIN warehouse.profiles p USING (user_id)",
    ],
    [
      'no key at all',
      'SELECT count(*) FROM lake.events e JOIN warehouse.profiles p ON p.user_id = e.user_id WHERE e.user_id > 1000',
    ],
    [
      'a list of tables with conditions',
      "SELECT p.name, count(*) FROM warehouse.profiles p, lake.events e WHERE p.user_id = e.user_id AND e.app_id = 3 AND e.dt = '2024-01-02' GROUP BY 1",
    ],
    [
      'a table of the lake that another one of the lake restricts',
      `SELECT p.name, count(*) FROM warehouse.profiles p, lake.events e, lake.events f
        WHERE p.user_id = e.user_id + 0 AND p.user_id = e.user_id AND e.user_id = f.user_id AND f.user_id % 3 = 1
        AND f.app_id = 3 AND f.dt = '2024-01-02' GROUP BY 1`,
    ],
    [
      'members that the source itself tells',
      `SELECT p.name, count(*) FROM warehouse.profiles p, lake.events e WHERE p.user_id = e.user_id
        AND p.user_id IN (SELECT user_id FROM warehouse.profiles WHERE name = 'user 3' GROUP BY user_id) GROUP BY 1`,
    ],
    [
      'a join inside a subquery that depends on its row',
      `SELECT h.day, (SELECT count(*) FROM lake.events e, warehouse.profiles p, (SELECT dt FROM lake.events WHERE dt = h.day) d
        WHERE p.user_id = e.user_id AND d.dt = e.dt AND e.app_id = 3) FROM warehouse.holidays h`,
    ],
  ])('%s', async (_, sql) => {
    await query(session, "SET tributary.reuse = 'off'");
    const filtered = await reading(sql, '');
    const without = await reading(sql, 'dynamic-filters');
    expect(filtered.rows).toEqual(without.rows);
    expect(filtered.rows).toEqual((await reading(sql, 'all')).rows);
    expect(filtered.bytes).toBeLessThan(FEW);
    expect(without.bytes).toBeGreaterThan(filtered.bytes);
  });

  test('an outer join that keeps the warehouse reads everything', async () => {
    const sql =
      'SELECT count(*), count(e.user_id) FROM warehouse.profiles p LEFT JOIN (SELECT DISTINCT user_id FROM lake.events WHERE app_id = 3) e ON p.user_id = e.user_id';
    expect((await reading(sql, '')).rows).toEqual(['80000,5']);
    expect((await reading(sql, 'all')).rows).toEqual(['80000,5']);
  });
});

test('EXPLAIN names the keys that will narrow other scans', async () => {
  const explain = async (sql: string): Promise<string> =>
    (await query(session, `EXPLAIN ${sql}`)).rows.map(([line]) => String(line)).join('\n');
  await query(session, "SET tributary.rules_off = ''");
  expect(await explain('SELECT * FROM lake.events JOIN warehouse.apps USING (app_id)')).toMatch(
    /dynamic filters: app_id of source warehouse prunes partitions/,
  );
  expect(
    await explain('SELECT * FROM lake.events JOIN warehouse.profiles USING (user_id)'),
  ).toMatch(/dynamic filters: user_id of lake.events reduces a large query to a source/);
  expect(await explain('SELECT * FROM lake.events, warehouse.apps')).not.toMatch(/dynamic filters/);
});
