import { describe, expect, test } from '@jest/globals';
import { pruneColumns } from '../../src/rules/prune-columns.ts';
import { planAfter, scansAfter } from './rule-plans.ts';

describe('prune-columns reads only what is needed', () => {
  test('and drops what projections compute for nobody', async () => {
    expect(
      await planAfter(pruneColumns, 'SELECT a FROM (SELECT id AS a, upper(s) AS b, n FROM t) q'),
    ).toEqual([
      'Project',
      '  columns: a#1',
      '  -> Project',
      '       columns: a#1',
      '    -> Scan lake.public.t',
      '         columns: id#1',
    ]);
  });

  test.each<readonly [string, readonly string[]]>([
    ['SELECT id FROM t WHERE n > 1', ['t: id#1, n#2']],
    ['SELECT count(*) FROM t', ['t: ']],
    ['SELECT count(n) FROM t GROUP BY s', ['t: n#2, s#3']],
    ['SELECT s FROM (SELECT s, sum(n) AS a, max(id) AS b FROM t GROUP BY s) q', ['t: s#3']],
    ['SELECT id FROM t ORDER BY dt', ['t: id#1, dt#7']],
    [
      'SELECT t.id FROM t JOIN u ON t.dt = u.dt AND t.n < u.n',
      ['t: id#1, n#2, dt#7', 'u: n#9, dt#14'],
    ],
    ['SELECT t.id FROM t JOIN u USING (s)', ['t: id#1, s#3', 'u: s#10']],
    [
      'SELECT id FROM t WHERE EXISTS (SELECT * FROM u WHERE u.s = t.s)',
      ['t: id#1, s#3', 'u: s#10'],
    ],
    ['SELECT id FROM t WHERE n = (SELECT max(u.n) FROM u)', ['t: id#1, n#2', 'u: n#9']],
    ['SELECT id FROM t UNION SELECT n FROM u', ['t: id#1', 'u: n#9']],
    ['SELECT DISTINCT s FROM t', ['t: s#3']],
    ['WITH c AS (SELECT * FROM t) SELECT x.id FROM c x JOIN c y ON x.id = y.n', ['t: id#1, n#2']],
    ['SELECT a FROM (SELECT id AS a, sum(n) OVER (PARTITION BY s) AS w FROM t) q', ['t: id#1']],
    ['SELECT w FROM (SELECT id AS a, sum(n) OVER (PARTITION BY s) AS w FROM t) q', ['t: n#2, s#3']],
    ['SELECT l.x FROM t, LATERAL (SELECT t.n + u.id AS x, u.s FROM u) l', ['t: n#2', 'u: id#8']],
  ])('%s', async (text, scans) => {
    expect(await scansAfter(pruneColumns, text, 'columns')).toEqual(scans);
  });
});

describe('prune-columns leaves alone', () => {
  test.each([
    'SELECT * FROM t',
    'SELECT DISTINCT * FROM t',
    'SELECT * FROM t UNION SELECT * FROM u',
    'SELECT id, n, s, b, f, ts, dt FROM t WHERE n > 1',
    'SELECT 1',
    'VALUES (1, 2)',
  ])('%s', async (text) => {
    expect(await planAfter(pruneColumns, text)).toBeUndefined();
  });
});
