import { describe, expect, test } from '@jest/globals';
import { shapeOf, shapeText } from '../../src/reuse/shape.ts';
import { fragmentOf } from './found-fragments.ts';

async function textOf(query: string): Promise<string> {
  return shapeText(shapeOf(await fragmentOf(query)));
}

describe('one shape for', () => {
  for (const [what, ...texts] of [
    [
      'names and aliases',
      'SELECT s AS a, sum(n) AS b FROM t GROUP BY s',
      'SELECT x.s, sum(x.n) FROM t AS x GROUP BY x.s',
      'SELECT l, sum(k) FROM (SELECT n AS k, s AS l FROM t) AS y GROUP BY l',
    ],
    [
      'the order of conditions',
      "SELECT count(*) FROM t WHERE n > 3 AND b AND (s = 'a' OR id = 4)",
      "SELECT count(*) FROM t WHERE (id = 4 OR s = 'a') AND n > 3 AND b",
      "SELECT count(*) FROM (SELECT * FROM t WHERE b) AS x WHERE (s = 'a' OR id = 4) AND n > 3",
    ],
    [
      'the order and repetition of lists',
      'SELECT count(*) FROM t WHERE n IN (1, 2, 3)',
      'SELECT count(*) FROM t WHERE n IN (3, 1, 2, 1)',
    ],
    [
      'the order of keys and aggregates',
      'SELECT s, b, sum(n), max(id) FROM t GROUP BY s, b',
      'SELECT max(id), b, s, sum(n), sum(n) + 1 FROM t GROUP BY b, s',
    ],
    [
      'any range of time and any grain of it',
      "SELECT s, sum(n) FROM t WHERE dt BETWEEN '2024-01-01' AND '2024-03-01' GROUP BY s",
      'SELECT s, sum(n) FROM t GROUP BY s',
      "SELECT s, date_trunc('week', dt), sum(n) FROM t GROUP BY 1, 2",
      'SELECT s, dt, sum(n) FROM t WHERE extract(dow FROM dt) = 1 GROUP BY 1, 2',
    ],
  ] as const) {
    test(what, async () => {
      const [first, ...others] = await Promise.all(texts.map(textOf));
      for (const other of others) expect(other).toBe(first);
    });
  }
});

describe('shapes of their own for', () => {
  for (const [what, one, other] of [
    ['other constants', 'SELECT count(*) FROM t WHERE n > 3', 'SELECT count(*) FROM t WHERE n > 4'],
    [
      'a negated list',
      'SELECT count(*) FROM t WHERE n IN (1)',
      'SELECT count(*) FROM t WHERE n NOT IN (1)',
    ],
    ['another aggregate', 'SELECT min(n) FROM t', 'SELECT max(n) FROM t'],
    ['DISTINCT', 'SELECT count(n) FROM t', 'SELECT count(DISTINCT n) FROM t'],
    ['FILTER', 'SELECT count(*) FROM t', 'SELECT count(*) FILTER (WHERE b) FROM t'],
    [
      'AND and OR',
      'SELECT count(*) FROM t WHERE b AND n = 1',
      'SELECT count(*) FROM t WHERE b OR n = 1',
    ],
    ['other types', 'SELECT sum(n) FROM t', 'SELECT sum(n::int8) FROM t'],
    ['text and names', "SELECT max('n') FROM t", 'SELECT max(n) FROM t'],
    [
      'another order',
      'SELECT id FROM t ORDER BY n LIMIT 3',
      'SELECT id FROM t ORDER BY n DESC LIMIT 3',
    ],
    [
      'NULLS FIRST',
      'SELECT id FROM t ORDER BY n LIMIT 3',
      'SELECT id FROM t ORDER BY n NULLS FIRST LIMIT 3',
    ],
  ] as const) {
    test(what, async () => {
      expect(await textOf(one)).not.toBe(await textOf(other));
    });
  }
});
