import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DuckDBInstance } from '@duckdb/node-api';
import { openQueryStack, query } from '../../../../test/support/query-stack.ts';
import type { QueryStack } from '../../../../test/support/query-stack.ts';
import type { SqlSession } from '../../src/index.ts';
import { RULE_NAMES } from '../../src/rules/rules.ts';

const QUERIES: readonly string[] = [
  `SELECT id FROM t WHERE dt = DATE '2024-01-02'`,
  `SELECT id, s FROM t WHERE dt >= DATE '2024-01-02' AND s IN ('a', 'c')`,
  `SELECT count(*) FROM t`,
  `SELECT count(*) FROM t WHERE s = 'a' AND s = 'b'`,
  `SELECT id FROM t WHERE upper(s) = 'B' AND dt < DATE '2024-01-03'`,
  `SELECT id FROM t WHERE dt = DATE '2024-01-01' OR n > 5`,
  `SELECT id FROM t WHERE (dt = DATE '2024-01-01') IS NOT TRUE`,
  `SELECT s, sum(n) FROM t WHERE extract(day FROM dt) = 2 GROUP BY s`,
  `SELECT s FROM (SELECT s, sum(n) AS a FROM t GROUP BY s) q`,
  `SELECT x.id, y.id FROM t x LEFT JOIN t y ON x.id = y.id AND y.dt = DATE '2024-01-01' AND x.dt > DATE '2024-01-01'`,
  `SELECT x.id, y.s FROM t x FULL JOIN t y ON x.id = y.id AND x.dt = DATE '2024-01-03'`,
  `SELECT x.id FROM t x JOIN t y ON x.dt = y.dt WHERE y.s = 'a' AND y.dt = DATE '2024-01-03'`,
  `SELECT id FROM t WHERE dt = (SELECT max(dt) FROM t WHERE s = 'b')`,
  `SELECT id FROM t WHERE dt >= (SELECT max(dt) - 1 FROM t) AND s IN (SELECT s FROM t WHERE n > 8)`,
  `SELECT id FROM t WHERE s NOT IN (SELECT s FROM t WHERE n > 9) OR dt = (SELECT min(dt) FROM t)`,
  `SELECT id FROM t x WHERE EXISTS (SELECT 1 FROM t y WHERE y.s = x.s AND y.dt = DATE '2024-01-02')`,
  `SELECT id FROM t WHERE s NOT IN (SELECT s FROM t WHERE dt = DATE '2024-01-01' AND s < 'b')`,
  `WITH c AS (SELECT id, s, dt FROM t) SELECT a.id FROM c a JOIN c b ON a.s = b.s WHERE b.dt = DATE '2024-01-02'`,
  `WITH c AS (SELECT s, n, dt FROM t) SELECT s, sum(n) FROM c WHERE dt > DATE '2024-01-01' GROUP BY s`,
  `WITH a AS (SELECT s, n FROM t WHERE n > 2), b AS (SELECT s, max(n) AS m FROM a GROUP BY s) SELECT x.s, y.m FROM b x JOIN b y ON x.m <= y.m`,
  `WITH RECURSIVE a AS (SELECT s, n FROM t WHERE n > 2), r(m) AS (SELECT 1 UNION ALL SELECT r.m + 1 FROM r, (SELECT max(n) AS n FROM a) q WHERE r.m < q.n) SELECT m FROM r`,
  `SELECT id FROM (SELECT * FROM t ORDER BY id, dt, s LIMIT 4) q WHERE q.s = 'b'`,
  `SELECT id FROM (SELECT id, s, row_number() OVER (ORDER BY id, dt, s) AS r FROM t) q WHERE q.s = 'b' AND r < 9`,
  `SELECT DISTINCT s FROM t WHERE dt <> DATE '2024-01-02' UNION SELECT 'z'`,
  `SELECT id FROM t WHERE s = 'a' EXCEPT SELECT id FROM t WHERE dt = DATE '2024-01-03'`,
];

let stack: QueryStack;
let session: SqlSession;

beforeAll(async () => {
  stack = await openQueryStack();
  session = await stack.service.createSession('ana', new Map());
  const instance = await DuckDBInstance.create(':memory:');
  const writer = await instance.connect();
  await writer.run(
    `COPY (SELECT i::BIGINT AS id, (i * 7) % 11 AS n, DATE '2024-01-01' + (i % 3)::INTEGER AS dt, chr((97 + i % 4)::INTEGER) AS s FROM range(40) r(i))
     TO '${stack.root}t' (FORMAT parquet, PARTITION_BY (dt, s))`,
  );
  writer.closeSync();
  instance.closeSync();
  await query(
    session,
    `CREATE EXTERNAL TABLE lake.default.t (id bigint, n bigint) PARTITIONED BY (dt date, s string) STORED AS PARQUET LOCATION 't/'
     TBLPROPERTIES ('projection.enabled'='true', 'projection.dt.type'='date', 'projection.dt.format'='yyyy-MM-dd',
       'projection.dt.range'='2024-01-01,2024-01-05', 'projection.s.type'='enum', 'projection.s.values'='a,b,c,d')`,
  );
  await query(session, "SET search_path = 'lake'");
}, 60_000);

afterAll(() => stack.close());

async function rowsWithout(rules: string, text: string): Promise<readonly string[]> {
  await query(session, `SET tributary.rules_off = '${rules}'`);
  const { rows } = await query(session, text);
  return rows.map((row) => row.map(String).join('|')).sort();
}

describe('the rows are the same without rules:', () => {
  test.each(QUERIES)('%s', async (text) => {
    const expected = await rowsWithout('all', text);
    expect(expected.length).toBeGreaterThan(0);
    for (const rule of ['', ...RULE_NAMES]) {
      expect({ rule, rows: await rowsWithout(rule, text) }).toEqual({ rule, rows: expected });
    }
  });
});
