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
}

async function reading(sql: string, off: string): Promise<Reading> {
  await query(session, `SET tributary.rules_off = '${off}'`);
  const { rows } = await query(session, sql);
  const last = await query(session, 'SELECT partitions_kept::int4 FROM tributary.last_query');
  return {
    rows: rows.map((row) => row.map(String).join()).sort(),
    partitions: Number(last.rows[0]?.[0]),
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
      'a missing key, which reads everything',
      "SELECT count(*) FROM lake.events WHERE app_id NOT IN (SELECT app_id FROM warehouse.apps WHERE category = 'tools')",
      ALL,
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
    const without = await reading(sql, 'dynamic-filters');
    expect(filtered.rows).toEqual(without.rows);
    expect(filtered.rows).toEqual((await reading(sql, 'all')).rows);
    expect(filtered.partitions).toBe(partitions);
    if (partitions < ALL) expect(without.partitions).toBeGreaterThan(filtered.partitions);
  });

  test('with reuse, repeated and after a change of the warehouse', async () => {
    await query(session, "SET tributary.reuse = 'exact'");
    const sql =
      "SELECT category, count(*) FROM lake.events JOIN warehouse.apps USING (app_id) WHERE dt < '2024-01-09' GROUP BY 1";
    const first = await reading(sql, '');
    expect(first.rows).toEqual(['games,120', 'tools,360']);
    expect((await reading(sql, '')).rows).toEqual(first.rows);
    await postgres.query("UPDATE apps SET category = 'games' WHERE app_id = 1");
    expect((await reading(sql, '')).rows).toEqual(['games,160', 'tools,320']);
    await postgres.query("UPDATE apps SET category = 'tools' WHERE app_id = 1");
  });
});
