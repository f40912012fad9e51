import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DuckDBInstance } from '@duckdb/node-api';
import type { SqlSession } from '@tributary/planner';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';
import { openQueryStack, query } from '../support/query-stack.ts';
import type { QueryStack } from '../support/query-stack.ts';

const DAYS = 6;
const APPS = 4;
const ROWS = 5;

let postgres: TestPostgres;
let stack: QueryStack;
let session: SqlSession;

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.query(
    `CREATE TABLE apps AS SELECT n AS app_id, CASE n % 2 WHEN 0 THEN 'games' ELSE 'tools' END AS category, n * 1.5::numeric AS price FROM generate_series(1, ${APPS}) n`,
  );
  await postgres.query("CREATE TABLE holidays AS SELECT date '2024-01-02' AS day");
  stack = await openQueryStack({
    reuse: { settle: 0, auditShare: 1 },
    postgres: [{ source: 'warehouse', url: postgres.connectionString, catalogAge: 0 }],
  });
  const instance = await DuckDBInstance.create(':memory:');
  const writer = await instance.connect();
  await writer.run(
    `COPY (SELECT n AS user_id, DATE '2024-01-01' + d::int AS dt, a::int AS app_id FROM range(${ROWS}) r(n), range(${DAYS}) x(d), range(1, ${APPS + 1}) y(a))
     TO '${stack.root}events' (FORMAT parquet, PARTITION_BY (dt, app_id))`,
  );
  writer.closeSync();
  instance.closeSync();
  session = await stack.service.createSession('ana', new Map());
  await query(
    session,
    `CREATE EXTERNAL TABLE lake.default.events (user_id bigint) PARTITIONED BY (dt date, app_id int) STORED AS PARQUET LOCATION 'events/'
     TBLPROPERTIES ('projection.enabled'='true', 'projection.dt.type'='date', 'projection.dt.format'='yyyy-MM-dd',
       'projection.dt.range'='2024-01-01,2024-01-0${DAYS}', 'projection.app_id.type'='integer', 'projection.app_id.range'='1,${APPS}')`,
  );
}, 120_000);

afterAll(async () => {
  await stack.close();
  await postgres.stop();
});

async function rows(text: string): Promise<readonly string[]> {
  const answer = await query(session, text);
  await stack.reuse?.background.settled();
  expect(stack.reuse?.counts).toMatchObject({ auditDifferences: 0, damaged: 0 });
  return answer.rows.map((row) => row.map(String).join());
}

async function reused(): Promise<readonly number[]> {
  const last = await query(session, 'SELECT windows_hit, windows_miss FROM tributary.last_query');
  return (last.rows[0] ?? []).map(Number);
}

/** A statement's rows, which are those without reuse. */
async function right(text: string): Promise<readonly string[]> {
  const answer = await rows(text);
  const counts = await reused();
  await query(session, "SET tributary.reuse = 'off'");
  expect(answer).toEqual(await rows(text));
  await query(session, "SET tributary.reuse = 'exact'");
  expect(counts).toEqual(expect.arrayContaining([DAYS, 0]));
  return answer;
}

const EACH = DAYS * ROWS;
const BY_APP = 'SELECT app_id, count(*) FROM lake.events JOIN warehouse.apps USING (app_id)';

describe('cells of a table that a warehouse filters', () => {
  test('hold what the filter leaves out of the statement that filled them', async () => {
    const games = `${BY_APP} WHERE category = 'games' GROUP BY 1 ORDER BY 1`;
    const tools = `${BY_APP} WHERE category = 'tools' GROUP BY 1 ORDER BY 1`;
    expect(await right(games)).toEqual([`2,${EACH}`, `4,${EACH}`]);
    expect(await rows(tools)).toEqual([`1,${EACH}`, `3,${EACH}`]);
    expect(await reused()).toEqual([DAYS, 0]);
    const holidays = 'SELECT count(*) FROM lake.events e JOIN warehouse.holidays h ON h.day = e.dt';
    expect(await right(holidays)).toEqual([`${APPS * ROWS}`]);
    await postgres.query("INSERT INTO holidays VALUES ('2024-01-04')");
    expect(await rows(holidays)).toEqual([`${2 * APPS * ROWS}`]);
    expect(await reused()).toEqual([DAYS, 0]);
  });

  test('answer by the warehouse as it stands, also where aggregates read its columns', async () => {
    const text =
      'SELECT category, count(*), sum(price)::float8, sum(user_id * price)::float8 FROM lake.events JOIN warehouse.apps USING (app_id) GROUP BY 1 ORDER BY 1';
    expect(await right(text)).toEqual([
      `games,${2 * EACH},${EACH * 9},${DAYS * 10 * 9}`,
      `tools,${2 * EACH},${EACH * 6},${DAYS * 10 * 6}`,
    ]);
    await postgres.query("UPDATE apps SET category = 'games', price = 10 WHERE app_id = 1");
    expect(await rows(text)).toEqual([
      `games,${3 * EACH},${EACH * 19},${DAYS * 10 * 19}`,
      `tools,${EACH},${EACH * 4.5},${DAYS * 10 * 4.5}`,
    ]);
    expect(await reused()).toEqual([DAYS, 0]);
    const chosen =
      "SELECT count(*) FROM lake.events WHERE app_id IN (SELECT app_id FROM warehouse.apps WHERE category = 'tools')";
    expect(await rows(chosen)).toEqual([`${EACH}`]);
    await postgres.query("UPDATE apps SET category = 'tools' WHERE app_id = 2");
    expect(await rows(chosen)).toEqual([`${2 * EACH}`]);
  });
});
