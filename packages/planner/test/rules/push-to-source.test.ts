import { describe, expect, test } from '@jest/globals';
import { pushToSource } from '../../src/rules/push-to-source.ts';
import { sourcePlanAfter } from './source-plans.ts';

const pushed = (text: string, sources?: Readonly<Record<string, string>>): Promise<string> =>
  sourcePlanAfter(pushToSource, text, sources === undefined ? {} : { sources });

describe('push-to-source sends whole', () => {
  test.each([
    ['SELECT id FROM t WHERE n > 1', '[project(filter(t))]'],
    ['SELECT s, count(*), sum(n) FROM t GROUP BY s', '[project(aggregate(t))]'],
    ['SELECT t.id FROM t JOIN u ON t.id = u.id', '[project(join(t, u))]'],
    ['SELECT id FROM t UNION SELECT n FROM u', '[setOperation(project(t), project(project(u)))]'],
    ['SELECT id FROM t WHERE id IN (SELECT id FROM u)', '[project(filter(t, project(u)))]'],
    ['SELECT n, row_number() OVER (ORDER BY id) FROM t', '[project(window(t))]'],
    [
      'WITH c AS (SELECT * FROM t WHERE n = 1) SELECT * FROM c x JOIN c y ON x.id = y.id',
      '[with(project(filter(t)), project(join(commonTableScan, commonTableScan)))]',
    ],
    ['SELECT DISTINCT n FROM t', '[distinct(project(t))]'],
  ])('%s', async (text, after) => {
    expect(await pushed(text)).toBe(after);
  });
});

describe('push-to-source keeps the order of rows', () => {
  test.each([
    // Sorting all of them is done here; a top-N there, and its few rows are sorted again.
    ['SELECT id FROM t WHERE n > 1 ORDER BY id', 'sort([project(filter(t))])'],
    ['SELECT id FROM t ORDER BY id LIMIT 3', 'sort([limit(sort(project(t)))])'],
    // The column that orders them is gone above.
    ['SELECT id FROM t ORDER BY n LIMIT 3', 'project(sort([limit(sort(project(t)))]))'],
  ])('%s', async (text, after) => {
    expect(await pushed(text)).toBe(after);
  });
});

describe('push-to-source sends a part', () => {
  test.each([
    [
      'SELECT count(*) FROM t JOIN v ON t.id = v.id WHERE t.n = 1',
      'project(aggregate(filter(join([tidn], v))))',
    ],
    ['SELECT upper(s), n FROM t WHERE n = 1', 'project([filter(t)])'],
    ['SELECT id FROM t WHERE n = 1 AND upper(s) = $$A$$', 'project(filter([tns]))'],
    [
      'SELECT * FROM (SELECT n, count(*) AS c FROM t GROUP BY n) a JOIN v ON v.n = a.n',
      'project(join([project(aggregate(tn))], v))',
    ],
    [
      'SELECT id FROM v WHERE id IN (SELECT id FROM t WHERE n = 1)',
      'project(filter(v, [project(filter(t))]))',
    ],
    ['SELECT min(s) FROM t', 'project(aggregate([t]))'],
  ])('%s', async (text, after) => {
    expect(await pushed(text)).toBe(after);
  });
});

describe('push-to-source sends partial results of what it must not send whole', () => {
  test.each([
    ['SELECT s, avg(n) FROM t GROUP BY s', 'project(project([aggregate(t)]))'],
    // A text's least value is decided by a collation, and so is nothing of it sent.
    ['SELECT s, avg(n), min(s) FROM t GROUP BY s', 'project(aggregate([t]))'],
    ['SELECT avg(f) FROM t', 'project(aggregate([t]))'],
    ['SELECT avg(t.n) FROM t JOIN v ON t.id = v.id', 'project(aggregate(join([tid], v)))'],
  ])('%s', async (text, after) => {
    expect(await pushed(text)).toBe(after);
  });
});

describe('push-to-source does not send', () => {
  test.each([
    ['a table of the lake', 'SELECT id FROM v WHERE n = 1', 'unchanged'],
    ['a cross join', 'SELECT t.id FROM t, u', 'project(join([t], [u]))'],
    [
      'a product of what it computes',
      'SELECT a.id FROM (SELECT t.id FROM t JOIN u ON t.id = u.id) a, (SELECT n FROM u GROUP BY n) b',
      'project(join([project(join(t, u))], [project(aggregate(u))]))',
    ],
    [
      'what would run once a row',
      'SELECT id FROM t WHERE n > (SELECT sum(u.n) FROM u WHERE u.id = t.id)',
      'project(filter([tn], project(aggregate(filter([uid])))))',
    ],
    ['a full join', 'SELECT t.id FROM t FULL JOIN u ON t.id = u.id', 'project(join([t], [u]))'],
    ['volatile functions', 'SELECT random() FROM t WHERE n = 1', 'project([filter(t)])'],
    ['what a collation decides', 'SELECT id FROM t WHERE s < $$m$$', 'project(filter([ts]))'],
    ['sums of floats', 'SELECT sum(f) FROM t', 'project(aggregate([t]))'],
    ['casts by settings and zones', 'SELECT ts::text FROM t WHERE n = 1', 'project([filter(t)])'],
  ])('%s', async (_, text, after) => {
    expect(await pushed(text)).toBe(after);
  });

  test('two sources as one', async () => {
    const apart = { t: 'warehouse', u: 'archive' };
    expect(await pushed('SELECT t.id FROM t JOIN u ON t.id = u.id WHERE t.n = 1', apart)).toBe(
      'project(filter(join([tidn], [uid])))',
    );
  });
});
