import { describe, expect, test } from '@jest/globals';
import { scanConstraints, shown } from './bound-query.ts';

async function constraintOf(predicate: string): Promise<string> {
  const found = await scanConstraints(`SELECT id FROM t WHERE ${predicate}`);
  const [only] = found.values();
  return only === undefined ? 'no scan' : shown(only);
}

/** `+n`: n conjuncts are left for evaluation a partition. */
const PREDICATES: readonly [string, string][] = [
  [`dt = '2024-01-01'`, 'dt {2024-01-01}'],
  [`'2024-01-01' < dt`, 'dt {[2024-01-02..)}'],
  [`dt <> '2024-01-01'`, 'dt {(..2023-12-31]|[2024-01-02..)}'],
  [`dt >= '2024-01-01' AND dt < '2024-02-01'`, 'dt {[2024-01-01..2024-01-31]}'],
  [`dt BETWEEN '2024-01-01' AND '2024-01-31'`, 'dt {[2024-01-01..2024-01-31]}'],
  [`dt NOT BETWEEN '2024-01-01' AND '2024-01-31'`, 'dt {(..2023-12-31]|[2024-02-01..)}'],
  [`dt = '2024-01-01' OR dt = '2024-01-03'`, 'dt {2024-01-01|2024-01-03}'],
  [`n = 1 OR s = 'a'`, '+1'],
  [`(n = 1 AND s = 'a') OR (n = 2 AND s = 'b')`, 'n {[1..2]}, s {a|b}, +1'],
  [`n = 1 AND n = 2`, 'b {}, dt {}, f {}, id {}, n {}, s {}, ts {}'],
  [`n IN (1, 2, 5)`, 'n {[1..2]|5}'],
  [`n NOT IN (1, 5)`, 'n {(..0]|[2..4]|[6..)}'],
  [`n NOT IN (1, NULL)`, 'b {}, dt {}, f {}, id {}, n {}, s {}, ts {}'],
  [`NOT (n IN (1, 5))`, 'n {(..0]|[2..4]|[6..)}'],
  [`NOT (n > 5 OR s = 'a')`, 'n {(..5]}, s {(..a)|(a..)}'],
  [`n IS NULL`, 'n {NULL}'],
  [`n IS NOT NULL`, 'n {(..)}'],
  [`n IS NULL OR n > 3`, 'n {[4..)|NULL}'],
  [`n IS DISTINCT FROM 3`, 'n {(..2]|[4..)|NULL}'],
  [`n IS NOT DISTINCT FROM 3`, 'n {3}'],
  [`b`, 'b {[t..)}'],
  [`NOT b`, 'b {(..f]}'],
  [`b IS NOT TRUE`, 'b {(..f]|NULL}'],
  [`(n > 3) IS UNKNOWN`, 'n {NULL}'],
  [`(n > 3) IS NOT TRUE`, 'n {(..3]|NULL}'],
  [`n = ANY (ARRAY[1, 3])`, 'n {1|3}'],
  [`n = ANY ('{1,3}'::int[])`, 'n {1|3}'],
  [`n <> ALL (ARRAY[1, 3])`, 'n {(..0]|2|[4..)}'],
  [`n > ALL (ARRAY[1, 3])`, 'n {[4..)}'],
  [`s LIKE 'ab%'`, 's {[ab..ac)}'],
  [`s LIKE 'ab'`, 's {ab}'],
  [`s LIKE 'a\\_b%'`, 's {[a_b..a_c)}'],
  [`s LIKE 'ab%c'`, 's {[ab..ac)}, +1'],
  [`s NOT LIKE 'ab%'`, 's {(..ab)|[ac..)}'],
  [`s > 'b'`, 's {(b..)}'],
  [`dt::timestamp > '2024-01-01 12:00'`, 'dt {[2024-01-02..)}'],
  [`dt > timestamp '2024-01-01 12:00'`, 'dt {[2024-01-02..)}'],
  [`dt::text = '2024-01-01'`, 'dt {2024-01-01}'],
  [`dt::text = '2024-1-1'`, 'b {}, dt {}, f {}, id {}, n {}, s {}, ts {}'],
  [`ts::date = '2024-01-01'`, 'ts {[2024-01-01 00:00:00..2024-01-01 23:59:59.999999]}'],
  [`n::bigint = 7`, 'n {7}'],
  [`n = 7::bigint`, 'n {7}'],
  [`n > 2.5`, 'n {[3..)}'],
  [
    `date_trunc('month', ts) = '2024-02-01'`,
    'ts {[2024-02-01 00:00:00..2024-02-29 23:59:59.999999]}',
  ],
  [`date_trunc('month', ts) = '2024-02-02'`, 'b {}, dt {}, f {}, id {}, n {}, s {}, ts {}'],
  [`extract(year from dt) = 2024`, 'dt {[2024-01-01..2024-12-31]}'],
  [`date_part('year', dt) >= 2023.5`, 'dt {[2024-01-01..)}'],
  [`dt + 1 = '2024-01-01'`, 'dt {2023-12-31}'],
  [`dt - 7 > '2024-01-01'`, 'dt {[2024-01-09..)}'],
  [`dt + interval '1 day' >= '2024-01-02'`, 'dt {[2024-01-01..)}'],
  [`ts - interval '1 hour' < '2024-01-01'`, 'ts {(..2024-01-01 00:59:59.999999]}'],
  [`dt >= date '2024-03-31' - 30`, 'dt {[2024-03-01..)}'],
  [`dt >= date '2024-03-31' - interval '1 month'`, 'dt {[2024-02-29..)}'],
  [`10 - n >= 7`, 'n {(..3]}'],
  [`CASE WHEN n = 1 THEN true WHEN n = 2 THEN false ELSE b END`, 'n {(..1]|[3..)|NULL}, +1'],
  [`CASE n WHEN 1 THEN 'x' ELSE 'y' END = 'x'`, 'n {1}'],
  [`coalesce(n, 5) = 5`, 'n {5|NULL}'],
  [`nullif(n, 5) = 6`, 'n {6}'],
  [`nullif(n, 5) IS NULL`, 'n {5|NULL}'],
  [`lower(s) = 'a'`, 's {(..)}, +1'],
  [`random() < 0.5`, ''],
  [`left(s, 2) = 'ab'`, 's {[ab..ac)}, +1'],
];

describe('a predicate', () => {
  test.each(PREDICATES)('%s leaves %s', async (predicate, expected) => {
    expect(await constraintOf(predicate)).toBe(expected);
  });

  test('on a month of a date leaves at least that month in any zone', async () => {
    expect(await constraintOf(`date_trunc('month', dt) = '2024-02-01'`)).toMatch(
      /^dt \{\[2024-01-3\d\.\.20\d\d-\d\d-\d\d\]\}, \+1$/,
    );
  });
});

const QUERIES: readonly [string, string, Record<string, string>][] = [
  [
    'a subquery',
    `SELECT * FROM (SELECT dt AS d, n + 1 AS m FROM t) q WHERE d = '2024-01-01' AND m > 3`,
    { t: 'dt {2024-01-01}, n {[3..)}' },
  ],
  [
    'an inner join and its equality',
    `SELECT * FROM t JOIN u ON t.dt = u.dt WHERE u.dt >= '2024-01-01'`,
    { t: 'dt {[2024-01-01..)}', u: 'dt {[2024-01-01..)}' },
  ],
  [
    'equality across integer types',
    `SELECT * FROM t JOIN u ON t.id = u.n WHERE u.n = 3`,
    { t: 'id {3}', u: 'n {3}' },
  ],
  [
    'a chain of equalities',
    `SELECT * FROM t, u, v WHERE t.n = u.n AND u.n = v.n AND v.n IN (1, 9)`,
    { t: 'n {1|9}', u: 'n {1|9}', v: 'n {1|9}' },
  ],
  [
    'an inequality between tables',
    `SELECT * FROM t JOIN u ON t.dt > u.dt WHERE u.dt >= '2024-01-01'`,
    { t: 'dt {[2024-01-02..)}', u: 'dt {[2024-01-01..)}' },
  ],
  [
    'the preserved side of a left join',
    `SELECT * FROM t LEFT JOIN u ON t.dt = u.dt AND t.n = 1 WHERE t.dt = '2024-01-01'`,
    { t: 'dt {2024-01-01}', u: 'dt {2024-01-01}' },
  ],
  [
    'no preserved row by the join condition',
    `SELECT * FROM t LEFT JOIN u ON t.id = u.id AND u.n = 1 AND t.n = 2`,
    { t: '', u: 'id {(..)}, n {1}' },
  ],
  [
    'nothing of the other side where it may be absent',
    `SELECT * FROM t LEFT JOIN u ON t.id = u.id WHERE u.n IS NULL OR u.n = 1`,
    { t: '', u: 'id {(..)}' },
  ],
  [
    'both sides where absence is filtered out',
    `SELECT * FROM t LEFT JOIN u ON t.dt = u.dt WHERE u.dt = '2024-01-01'`,
    { t: 'dt {2024-01-01}', u: 'dt {2024-01-01}' },
  ],
  [
    'nothing of a full join',
    `SELECT * FROM t FULL JOIN u ON t.id = u.id WHERE t.n = 1 OR u.n = 1`,
    { t: '', u: '' },
  ],
  [
    'grouping keys only',
    `SELECT * FROM (SELECT dt, sum(n) AS total FROM t GROUP BY dt) q WHERE dt = '2024-01-01' AND total > 3`,
    { t: 'dt {2024-01-01}' },
  ],
  [
    'HAVING on a key',
    `SELECT dt, count(*) FROM t GROUP BY dt HAVING dt = '2024-01-01'`,
    { t: 'dt {2024-01-01}' },
  ],
  [
    'nothing of a global aggregate',
    `SELECT * FROM (SELECT max(dt) AS d FROM t) q WHERE d = '2024-01-01'`,
    { t: '' },
  ],
  [
    'nothing past a limit',
    `SELECT * FROM (SELECT * FROM t ORDER BY dt LIMIT 5) q WHERE dt = '2024-01-01'`,
    { t: '' },
  ],
  [
    'what a limited subquery filters itself',
    `SELECT * FROM (SELECT * FROM t WHERE n = 1 LIMIT 5) q WHERE dt = '2024-01-01'`,
    { t: 'n {1}' },
  ],
  [
    'partition keys of a window',
    `SELECT * FROM (SELECT dt, n, row_number() OVER (PARTITION BY dt ORDER BY n) AS r FROM t) q WHERE dt = '2024-01-01' AND n = 1 AND r = 1`,
    { t: 'dt {2024-01-01}' },
  ],
  [
    'both sides of a union',
    `SELECT * FROM (SELECT dt FROM t UNION ALL SELECT dt FROM u) q WHERE dt = '2024-01-01'`,
    { t: 'dt {2024-01-01}', u: 'dt {2024-01-01}' },
  ],
  [
    'both sides of EXCEPT',
    `SELECT * FROM (SELECT dt FROM t EXCEPT SELECT dt FROM u) q WHERE dt = '2024-01-01'`,
    { t: 'dt {2024-01-01}', u: 'dt {2024-01-01}' },
  ],
  [
    'a common table read once',
    `WITH c AS (SELECT * FROM t) SELECT * FROM c WHERE dt = '2024-01-01' AND lower(s) = 'a'`,
    { t: 'dt {2024-01-01}, s {(..)}, +1' },
  ],
  [
    'the union of what a common table is read for',
    `WITH c AS (SELECT * FROM t) SELECT * FROM c WHERE n = 1 UNION ALL SELECT * FROM c WHERE n = 3`,
    { t: 'n {1|3}' },
  ],
  [
    'all of a common table where one reader needs all',
    `WITH c AS (SELECT * FROM t) SELECT count(*) FROM c x, c y WHERE x.n = 1`,
    { t: '' },
  ],
  [
    'a join with a filtered subquery',
    `SELECT * FROM t JOIN (SELECT dt FROM u WHERE dt > '2024-01-01') q ON t.dt = q.dt`,
    { t: 'dt {[2024-01-02..)}', u: 'dt {[2024-01-02..)}' },
  ],
  [
    'a join with a filtered common table',
    `WITH c AS (SELECT dt FROM u WHERE dt > '2024-01-01') SELECT * FROM t JOIN c ON t.dt = c.dt`,
    { t: 'dt {[2024-01-02..)}', u: 'dt {[2024-01-02..)}' },
  ],
  [
    'a join with values',
    `SELECT * FROM t JOIN (VALUES (1), (3)) w (k) ON t.n = w.k`,
    { t: 'n {1|3}' },
  ],
  [
    'IN a subquery, both ways',
    `SELECT * FROM t WHERE n IN (SELECT n FROM u WHERE n > 5) AND n < 9`,
    { t: 'n {[6..8]}', u: 'n {[6..8]}' },
  ],
  [
    'not the other way for NOT IN',
    `SELECT * FROM t WHERE n NOT IN (SELECT n FROM u WHERE n > 5) AND n < 9`,
    { t: 'n {(..8]}', u: 'n {[6..)}' },
  ],
  [
    'a correlated EXISTS',
    `SELECT * FROM t WHERE dt = '2024-01-01' AND EXISTS (SELECT 1 FROM u WHERE u.dt = t.dt)`,
    { t: 'dt {2024-01-01}', u: 'dt {2024-01-01}' },
  ],
  [
    'a lateral subquery with a limit',
    `SELECT * FROM t, LATERAL (SELECT * FROM u WHERE u.dt = t.dt LIMIT 1) q WHERE t.dt = '2024-01-01'`,
    { t: 'dt {2024-01-01}', u: 'dt {2024-01-01}' },
  ],
  [
    'each occurrence of a table for itself',
    `SELECT * FROM t a JOIN t b ON a.id = b.id WHERE a.n = 1 AND b.n = 2`,
    { t: 'id {(..)}, n {1}', 't#1': 'id {(..)}, n {2}' },
  ],
  [
    'every row of a recursive common table',
    `WITH RECURSIVE c AS (SELECT n FROM t WHERE s = 'a' UNION ALL SELECT c.n + 1 FROM c JOIN u ON u.n = c.n WHERE u.b) SELECT * FROM c WHERE n = 3`,
    { t: 's {a}', u: 'b {[t..)}, n {(..)}' },
  ],
];

describe('constraints pass through', () => {
  test.each(QUERIES)('%s: %s', async (_name, sql, expected) => {
    const found = await scanConstraints(sql);
    expect(Object.fromEntries([...found].map(([name, each]) => [name, shown(each)]))).toEqual(
      expected,
    );
  });
});
