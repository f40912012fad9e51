import { describe, expect, test } from '@jest/globals';
import { parseShape, serves, shapeOf, shapeText } from '../../src/reuse/shape.ts';
import type { Service } from '../../src/reuse/shape.ts';
import { fragmentOf } from './found-fragments.ts';

/** How the cells of one query answer another. */
async function service(stored: string, wanted: string): Promise<Service | undefined> {
  const shape = parseShape(shapeText(shapeOf(await fragmentOf(stored))));
  if (shape === undefined) throw new Error('a shape does not come back');
  return serves(shape, await fragmentOf(wanted));
}

describe('cells serve', () => {
  for (const [what, stored, wanted, residual] of [
    [
      'their own question',
      'SELECT s, sum(n) FROM t WHERE b GROUP BY s',
      'SELECT s, sum(n) FROM t WHERE b GROUP BY s',
      0,
    ],
    [
      'fewer keys',
      'SELECT s, b, sum(n) FROM t GROUP BY s, b',
      'SELECT s, sum(n) FROM t GROUP BY s',
      0,
    ],
    [
      'a computed key',
      'SELECT s, sum(n) FROM t GROUP BY s',
      'SELECT upper(s), sum(n) FROM t GROUP BY 1',
      0,
    ],
    ['fewer aggregates', 'SELECT avg(n), max(id), count(n) FROM t', 'SELECT count(n) FROM t', 0],
    [
      'a condition on a key',
      'SELECT s, sum(n) FROM t GROUP BY s',
      "SELECT sum(n) FROM t WHERE s = 'a'",
      1,
    ],
    [
      'more conditions',
      'SELECT s, b, sum(n) FROM t WHERE id > 4 GROUP BY s, b',
      "SELECT sum(n) FROM t WHERE id > 4 AND s LIKE 'a%' AND b",
      2,
    ],
    [
      'another grain of time',
      'SELECT dt, sum(n) FROM t GROUP BY dt',
      "SELECT date_trunc('month', dt), sum(n) FROM t GROUP BY 1",
      0,
    ],
    [
      'distinct rows of fewer columns',
      'SELECT DISTINCT s, n FROM t',
      'SELECT DISTINCT s FROM t',
      0,
    ],
    [
      'rows of a narrower condition',
      'SELECT id, n FROM t WHERE b',
      'SELECT id FROM t WHERE b AND n > 3',
      1,
    ],
    [
      'fewer first rows',
      'SELECT id FROM t ORDER BY n LIMIT 20',
      'SELECT id FROM t ORDER BY n LIMIT 5 OFFSET 9',
      0,
    ],
  ] as const) {
    test(what, async () => {
      expect((await service(stored, wanted))?.residual).toHaveLength(residual);
      expect((await service(stored, wanted))?.sameRows).toBe(residual === 0);
    });
  }
});

describe('cells do not serve', () => {
  for (const [what, stored, wanted] of [
    [
      'finer keys',
      'SELECT s, sum(n) FROM t GROUP BY s',
      'SELECT s, b, sum(n) FROM t GROUP BY s, b',
    ],
    [
      'what a computed key came from',
      'SELECT upper(s), sum(n) FROM t GROUP BY 1',
      'SELECT s, sum(n) FROM t GROUP BY s',
    ],
    ['other aggregates', 'SELECT sum(n) FROM t', 'SELECT max(n) FROM t'],
    [
      'fewer conditions',
      'SELECT s, sum(n) FROM t WHERE b GROUP BY s',
      'SELECT s, sum(n) FROM t GROUP BY s',
    ],
    [
      'a condition on what is no key',
      'SELECT s, sum(n) FROM t GROUP BY s',
      'SELECT s, sum(n) FROM t WHERE b GROUP BY s',
    ],
    [
      'rows instead of groups',
      'SELECT s, count(*) FROM t WHERE b GROUP BY s',
      'SELECT s FROM t WHERE b',
    ],
    [
      'more first rows',
      'SELECT id FROM t ORDER BY n LIMIT 5',
      'SELECT id FROM t ORDER BY n LIMIT 6',
    ],
    [
      'first rows of some',
      'SELECT id, b FROM t ORDER BY n LIMIT 5',
      'SELECT id, b FROM t WHERE b ORDER BY n LIMIT 5',
    ],
    [
      'another order',
      'SELECT id, n FROM t ORDER BY n LIMIT 5',
      'SELECT id, n FROM t ORDER BY id LIMIT 5',
    ],
  ] as const) {
    test(what, async () => {
      expect(await service(stored, wanted)).toBeUndefined();
    });
  }
});

test('texts of other versions are no shapes', () => {
  for (const text of ['', '{}', 'null', '{"filters":[],"keys":[]}', '[1]', 'measured {}']) {
    expect(parseShape(text)).toBeUndefined();
  }
});
