import { describe, expect, test } from '@jest/globals';
import { found } from './found-fragments.ts';

type Case = readonly [text: string, found: readonly string[]];

const AGGREGATES: readonly Case[] = [
  ['SELECT count(*) FROM t', ['groups t: 0 keys, 1 partials']],
  ['SELECT dt, s, sum(n), count(*) FROM t GROUP BY dt, s', ['groups t: 2 keys, 2 partials']],
  [
    "SELECT s, sum(n) FROM t WHERE dt >= '2024-01-01' AND n > 3 GROUP BY s",
    ['groups t: 1 keys, 1 partials, 1 filters, 1 on time'],
  ],
  ["SELECT date_trunc('month', dt), avg(n) FROM t GROUP BY 1", ['groups t: 1 keys, 2 partials']],
  ['SELECT upper(s), sum(n * 2) FROM t GROUP BY 1', ['groups t: 1 keys, 1 partials']],
  [
    'SELECT s, count(*) FILTER (WHERE b), sum(n) FILTER (WHERE n > 3) FROM t GROUP BY s',
    ['groups t: 1 keys, 2 partials'],
  ],
  [
    'SELECT dt, s, sum(n) FROM t GROUP BY GROUPING SETS ((dt), (s), ())',
    ['groups t: 2 keys, 1 partials'],
  ],
  ['SELECT s, sum(n) FROM t GROUP BY s HAVING count(*) > 2', ['groups t: 1 keys, 2 partials']],
  ['SELECT s, avg(n), sum(n), count(n) FROM t GROUP BY s', ['groups t: 1 keys, 2 partials']],
  ["SELECT string_agg(s, ',' ORDER BY id) FROM t", ['groups t: 0 keys, 1 partials']],
  [
    'SELECT s, sum(n), rank() OVER (ORDER BY sum(n)) FROM t GROUP BY s',
    ['groups t: 1 keys, 1 partials'],
  ],
];

const ROWS: readonly Case[] = [
  ['SELECT DISTINCT s, n FROM t', ['groups t: 2 keys']],
  ['SELECT DISTINCT ON (s) s, n FROM t ORDER BY s, n DESC', ['groups t: 2 keys']],
  ['SELECT id, n FROM t ORDER BY n DESC LIMIT 10', ['top t: 2 keys']],
  ['SELECT id, n FROM t ORDER BY n LIMIT 5 OFFSET 20', ['top t: 2 keys']],
  ['SELECT id FROM t WHERE n > 3', ['rows t: 1 keys, 1 filters']],
  [
    "SELECT id, n + 1 FROM t WHERE n > 3 AND dt = '2024-01-01'",
    ['rows t: 2 keys, 1 filters, 1 on time'],
  ],
];

const JOINS: readonly Case[] = [
  [
    'SELECT v.s, sum(t.n) FROM t JOIN v ON v.id = t.id GROUP BY v.s',
    ['BYPASS v: no_time_column', 'groups t: 1 keys, 1 partials'],
  ],
  [
    'SELECT v.s, sum(t.n), count(v.id) FROM t LEFT JOIN v ON v.id = t.id GROUP BY v.s',
    ['BYPASS v: no_time_column', 'groups t: 1 keys, 2 partials'],
  ],
  [
    'SELECT v.s, sum(t.n) FROM v RIGHT JOIN t ON v.id = t.id GROUP BY v.s',
    ['BYPASS v: no_time_column', 'groups t: 1 keys, 1 partials'],
  ],
  [
    'SELECT s, count(*) FROM t WHERE id IN (SELECT id FROM v) GROUP BY s',
    ['BYPASS v: no_time_column', 'groups t: 2 keys, 1 partials'],
  ],
  [
    'SELECT s, count(*) FROM t WHERE EXISTS (SELECT 1 FROM v WHERE v.id = t.id) GROUP BY s',
    ['BYPASS v: no_time_column', 'groups t: 2 keys, 1 partials'],
  ],
  [
    'SELECT s, count(*) FROM t WHERE NOT EXISTS (SELECT 1 FROM v WHERE v.id = t.id) GROUP BY s',
    ['BYPASS v: no_time_column', 'groups t: 2 keys, 1 partials'],
  ],
  [
    'SELECT max(v.n), count(DISTINCT v.s), sum(t.n) FROM t JOIN v ON v.id = t.id',
    ['BYPASS v: no_time_column', 'groups t: 1 keys, 1 partials'],
  ],
  [
    'SELECT x.s, sum(x.m) FROM (SELECT s, n * 2 AS m FROM t WHERE b) AS x JOIN v ON v.s = x.s GROUP BY x.s',
    ['BYPASS v: no_time_column', 'groups t: 1 keys, 1 partials, 1 filters'],
  ],
];

const MIXED: readonly Case[] = [
  [
    'SELECT sum(t.n * v.n) FROM t JOIN v ON v.id = t.id',
    ['BYPASS v: no_time_column', 'groups t: 2 keys, 1 partials'],
  ],
  [
    'SELECT sum(v.n), avg(v.f), count(v.s) FROM t JOIN v ON v.id = t.id',
    ['BYPASS v: no_time_column', 'groups t: 1 keys, 1 partials'],
  ],
  [
    'SELECT max(t.n + v.n), count(DISTINCT t.s || v.s) FROM t JOIN v ON v.id = t.id',
    ['BYPASS v: no_time_column', 'groups t: 3 keys'],
  ],
  [
    'SELECT sum(v.n) FILTER (WHERE t.b AND v.b) FROM t JOIN v ON v.id = t.id',
    ['BYPASS v: no_time_column', 'groups t: 1 keys, 1 partials'],
  ],
];

const PLACES: readonly Case[] = [
  [
    'WITH x AS (SELECT s, n FROM t) SELECT s, sum(n) FROM x GROUP BY s',
    ['groups t: 1 keys, 1 partials'],
  ],
  [
    "WITH x AS (SELECT s, n, dt FROM t WHERE n > 2), y AS (SELECT * FROM x) SELECT s, sum(n) FROM y WHERE dt > '2024-01-01' GROUP BY s",
    ['groups t: 1 keys, 1 partials, 1 filters, 1 on time'],
  ],
  [
    'WITH x AS (SELECT s, sum(n) AS m FROM t GROUP BY s) SELECT max(m) FROM x',
    ['groups t: 1 keys, 1 partials'],
  ],
  [
    'WITH x AS MATERIALIZED (SELECT s, sum(n) AS m FROM t GROUP BY s) SELECT a.m, b.m FROM x AS a JOIN x AS b ON a.s = b.s',
    ['groups t: 1 keys, 1 partials'],
  ],
  [
    'SELECT * FROM (SELECT s, count(*) AS c FROM t GROUP BY s) AS a JOIN (SELECT s, count(*) AS c FROM u GROUP BY s) AS b USING (s)',
    ['groups t: 1 keys, 1 partials', 'groups u: 1 keys, 1 partials'],
  ],
  [
    'SELECT s, count(*) FROM t GROUP BY s UNION SELECT s, sum(n) FROM u GROUP BY s',
    ['groups t: 1 keys, 1 partials', 'groups u: 1 keys, 1 partials'],
  ],
  [
    'SELECT s FROM t WHERE n = 1 UNION ALL SELECT s FROM u WHERE n = 2',
    ['rows t: 1 keys, 1 filters', 'rows u: 1 keys, 1 filters'],
  ],
  [
    'SELECT (SELECT max(n) FROM t) AS m, v.id FROM v',
    ['BYPASS v: no_time_column', 'groups t: 0 keys, 1 partials'],
  ],
  [
    'SELECT s, count(*) FROM t WHERE n > (SELECT avg(n) FROM u) GROUP BY s',
    ['groups t: 2 keys, 1 partials', 'groups u: 0 keys, 2 partials'],
  ],
  [
    'SELECT t.s, count(*) FROM t JOIN v ON v.id = t.id AND v.n IN (SELECT n FROM u WHERE b) GROUP BY t.s',
    ['BYPASS v: no_time_column', 'groups t: 2 keys, 1 partials', 'rows u: 1 keys, 1 filters'],
  ],
  [
    'SELECT id, (SELECT sum(n) FROM t WHERE t.id = v.id) FROM v',
    ['BYPASS v: no_time_column', 'groups t: 1 keys, 1 partials'],
  ],
];

const REFUSED: readonly Case[] = [
  ['SELECT s, sum(random()) FROM t GROUP BY s', ['BYPASS t: volatile']],
  ['SELECT random() > 0.5, sum(n) FROM t GROUP BY 1', ['BYPASS t: volatile']],
  ['SELECT count(*) FROM t WHERE random() < 0.5', ['BYPASS t: volatile']],
  ['SELECT id FROM t WHERE random() < 0.5', ['BYPASS t: volatile']],
  ['SELECT id FROM t', ['BYPASS t: partial_too_large']],
  ['SELECT id FROM t LIMIT 3', ['BYPASS t: partial_too_large']],
  ['SELECT count(*) FROM (SELECT n FROM t LIMIT 5) AS x', ['BYPASS t: partial_too_large']],
  ['SELECT id FROM t ORDER BY n LIMIT 20000', ['BYPASS t: partial_too_large limit']],
  [
    'SELECT id FROM t ORDER BY n FETCH FIRST 3 ROWS WITH TIES',
    ['BYPASS t: partial_too_large limit'],
  ],
  [
    'SELECT s, string_agg(s, s) FROM t GROUP BY s',
    ['BYPASS t: aggregate_not_mergeable string_agg'],
  ],
  [
    'SELECT regr_slope(DISTINCT f, n) FROM t',
    ['BYPASS t: aggregate_not_mergeable regr_slope(distinct)'],
  ],
  [
    'SELECT v.s, sum(t.n) FROM v LEFT JOIN t ON v.id = t.id GROUP BY v.s',
    ['BYPASS t: join_form', 'BYPASS v: no_time_column'],
  ],
  [
    'SELECT v.s, sum(t.n) FROM v FULL JOIN t ON v.id = t.id GROUP BY v.s',
    ['BYPASS t: join_form', 'BYPASS v: no_time_column'],
  ],
  [
    'SELECT s, count(*) FROM v WHERE EXISTS (SELECT 1 FROM t WHERE v.id = t.id) GROUP BY s',
    ['BYPASS t: correlated', 'BYPASS v: no_time_column'],
  ],
  [
    'SELECT stddev(t.n * v.n) FROM t JOIN v ON v.id = t.id',
    ['BYPASS t: join_aggregate stddev', 'BYPASS v: no_time_column'],
  ],
  [
    "SELECT string_agg(v.s, ',' ORDER BY v.s) FROM t JOIN v ON v.id = t.id",
    ['BYPASS t: join_aggregate string_agg', 'BYPASS v: no_time_column'],
  ],
  ['SELECT sum(n) FROM v', ['BYPASS v: no_time_column']],
];

for (const [what, cases] of [
  ['aggregations become fragments', AGGREGATES],
  ['rows become fragments', ROWS],
  ['joins keep the other side above the cells', JOINS],
  ['aggregates of joined rows count how often each stands there', MIXED],
  ['fragments stand anywhere', PLACES],
  ['what cannot be merged says why', REFUSED],
] as const) {
  describe(what, () => {
    for (const [text, expected] of cases) {
      test(text, async () => {
        expect(await found(text)).toEqual(expected);
      });
    }
  });
}

test('of two tables with windows, the one whose time is bounded has the cells', async () => {
  const text = 'SELECT sum(t.n) FROM t JOIN u ON u.id = t.id';
  expect((await found(text)).at(-1)).toMatch(/^groups t: /);
});
