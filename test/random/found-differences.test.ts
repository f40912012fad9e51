import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import type { SqlSession } from '@tributary/planner';
import { openQueryStack, query } from '../support/query-stack.ts';
import type { QueryStack } from '../support/query-stack.ts';

let stack: QueryStack;
let session: SqlSession;

beforeAll(async () => {
  stack = await openQueryStack();
  session = await stack.service.createSession('tributary', new Map());
});

afterAll(async () => {
  await session.close();
  await stack.close();
});

async function writeFiles(files: Readonly<Record<string, string>>): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    for (const [path, select] of Object.entries(files)) {
      const file = stack.root + path;
      await mkdir(file.slice(0, file.lastIndexOf('/')), { recursive: true });
      await connection.run(`COPY (${select}) TO '${file}' (FORMAT parquet)`);
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function rows(text: string): Promise<readonly (readonly string[])[]> {
  return (await query(session, text)).rows.map((row) => row.map(String));
}

describe('statements that once answered otherwise', () => {
  test('a join reads a key that some files store narrower, beside a struct', async () => {
    await writeFiles({
      'narrow/a.parquet': `SELECT (i % 100)::SMALLINT AS k, {'x': i} AS s FROM range(3000) AS r(i)`,
      'narrow/b.parquet': `SELECT (i % 100)::INTEGER AS k, {'x': i} AS s FROM range(3000) AS r(i)`,
      'keys/a.parquet': `SELECT (i * 7 % 1000)::INTEGER AS k, i AS y FROM range(400) AS r(i)`,
    });
    await stack.service.runScript(
      `CREATE EXTERNAL TABLE lake.default.narrow (k int, s struct<x:bigint>) STORED AS PARQUET LOCATION '${stack.root}narrow/';
       CREATE EXTERNAL TABLE lake.default.keys (k int, y bigint) STORED AS PARQUET LOCATION '${stack.root}keys/';`,
      new AbortController().signal,
    );
    expect(
      await rows(
        'SELECT count(*), max((n.s).x) FROM lake.narrow AS n WHERE n.k IN (SELECT k FROM lake.keys WHERE y > 100)',
      ),
    ).toEqual([['1740', '2999']]);
  });

  test('an aggregate sorted by a constant takes its rows as they come', async () => {
    expect(
      await rows(
        `SELECT string_agg('a', ',' ORDER BY 'a'), string_agg(DISTINCT 'b', ',' ORDER BY 'b'), string_agg(x::text, ',' ORDER BY date '2024-01-01'::text, x DESC) FROM (VALUES (1), (2)) AS v(x)`,
      ),
    ).toEqual([['a,a', 'b', '2,1']]);
  });

  test('a number between -1 and 1 keeps its zero when it is computed ahead', async () => {
    expect(
      await rows('SELECT sum(DISTINCT abs(0.68)), abs(-0.05)::text, (0.5 - 0.75)::text'),
    ).toEqual([['0.68', '0.05', '-0.25']]);
  });

  test('a condition over groups may compute with arrays', async () => {
    expect(
      await rows(
        'SELECT x, count(*) FROM (VALUES (1), (2), (2), (3)) AS v(x) GROUP BY x HAVING x = ANY (ARRAY[x, x + 1]) AND count(*) = ANY (ARRAY[2, x])  ORDER BY x',
      ),
    ).toEqual([
      ['1', '1'],
      ['2', '2'],
    ]);
  });

  test('a scan in a column that nothing reads leaves no parameters behind', async () => {
    await writeFiles({
      'parts/p=1/a.parquet': 'SELECT 1::INTEGER AS k',
      'parts/p=2/a.parquet': 'SELECT 2::INTEGER AS k',
    });
    await stack.service.runScript(
      `CREATE EXTERNAL TABLE lake.default.parts (k int) PARTITIONED BY (p int) STORED AS PARQUET LOCATION '${stack.root}parts/'
         TBLPROPERTIES ('projection.enabled' = 'true', 'projection.p.type' = 'integer', 'projection.p.range' = '1,9')`,
      new AbortController().signal,
    );
    const text = `SELECT count(*) FROM (SELECT a.k, (SELECT max(b.k) FROM lake.parts AS b WHERE b.p = a.p AND b.k = a.k) AS top FROM lake.parts AS a JOIN lake.parts AS c ON a.k = c.k) AS r JOIN lake.parts AS d ON d.k = r.k WHERE d.p > 0`;
    expect(await rows(text)).toEqual([['2']]);
    await query(session, "SET tributary.rules_off = 'all'");
    try {
      expect(await rows(text)).toEqual([['2']]);
    } finally {
      await query(session, 'RESET tributary.rules_off');
    }
  });

  test.each([
    [
      'RIGHT',
      'b.x IN (SELECT x FROM c)',
      [
        ['null', '1'],
        ['2', '2'],
        ['null', '3'],
      ],
    ],
    [
      'RIGHT',
      'a.x IN (SELECT x FROM c)',
      [
        ['null', '1'],
        ['2', '2'],
        ['null', '3'],
      ],
    ],
    [
      'LEFT',
      'a.x >= (SELECT max(x) FROM c)',
      [
        ['1', 'null'],
        ['2', '2'],
      ],
    ],
    [
      'FULL',
      'NOT EXISTS (SELECT 1 FROM c WHERE c.x = b.x)',
      [
        ['2', 'null'],
        ['1', '1'],
        ['null', '2'],
        ['null', '3'],
      ],
    ],
    [
      'FULL',
      'EXISTS (SELECT 1 FROM c WHERE c.x = 2)',
      [
        ['1', '1'],
        ['2', '2'],
        ['null', '3'],
      ],
    ],
  ])('a %s join may ask a subquery about one side: %s', async (kind, condition, expected) => {
    expect(
      await rows(
        `WITH a AS (SELECT * FROM (VALUES (1), (2)) AS v(x)), b AS (SELECT * FROM (VALUES (1), (2), (3)) AS v(x)), c AS (SELECT * FROM (VALUES (2)) AS v(x))
         SELECT a.x, b.x FROM a ${kind} JOIN b ON a.x = b.x AND ${condition} ORDER BY coalesce(b.x, 0), a.x`,
      ),
    ).toEqual(expected);
  });
});
