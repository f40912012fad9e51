import { describe, expect, test } from '@jest/globals';
import { joinInSource } from '../../src/rules/join-in-source.ts';
import type { SourceTableFacts } from '../../src/rules/rule.ts';
import { sourcePlanAfter } from './source-plans.ts';

type Tables = Readonly<Record<string, SourceTableFacts>>;

/** u is small and has a key, t is large and has none. */
const SMALL: Tables = { t: { keys: [], rows: 100_000 }, u: { keys: [['id']], rows: 100 } };
const LARGE: Tables = { t: { keys: [], rows: 100_000 }, u: { keys: [['id']], rows: 50_000 } };
const UNKNOWN: Tables = {
  t: { keys: [], rows: undefined },
  u: { keys: [['id']], rows: undefined },
};

const joined = (text: string, tables = SMALL): Promise<string> =>
  sourcePlanAfter(joinInSource, text, { tables });

const TOGETHER = 'project(filter(join(project(filter(join(t, u))), v)))';

describe('join-in-source brings together', () => {
  test.each([
    [
      'tables apart in FROM',
      'SELECT t.id FROM t, v, u WHERE t.id = u.id AND v.n = t.n AND u.n = 1',
    ],
    [
      'tables of joins with conditions of their own',
      'SELECT t.id FROM t JOIN v ON v.n = t.n JOIN u ON t.id = u.id AND u.n = 1',
    ],
    [
      'what a subquery restricts row by row, with the subquery',
      'SELECT t.id FROM t, v, u WHERE t.id = u.id AND v.n = t.n AND EXISTS (SELECT 1 FROM t x WHERE x.id = u.id AND x.n > u.n)',
    ],
  ])('%s', async (_, text) => {
    const after = await joined(text);
    expect(after).toContain('project(filter(join(t, u');
    expect(after).not.toBe('unchanged');
  });

  test('in one projection, which the join with the others reads', async () => {
    expect(
      await joined('SELECT t.id FROM t, v, u WHERE t.id = u.id AND v.n = t.n AND u.n = 1'),
    ).toBe(`project(${TOGETHER})`);
  });

  test('a large table that nothing restricts', async () => {
    const text = 'SELECT t.id FROM t, v, u WHERE t.id = u.id AND v.n = t.n';
    expect(await joined(text, LARGE)).toBe(`project(${TOGETHER})`);
  });
});

describe('join-in-source leaves', () => {
  test.each([
    [
      'a small table that nothing restricts: its rows are fewer by themselves',
      'SELECT t.id FROM t, v, u WHERE t.id = u.id AND v.n = t.n',
      SMALL,
    ],
    [
      'tables of unknown size that nothing restricts',
      'SELECT t.id FROM t, v, u WHERE t.id = u.id AND v.n = t.n',
      UNKNOWN,
    ],
    [
      'a join that may find several rows',
      'SELECT t.id FROM t, v, u WHERE t.n = u.n AND v.n = t.n AND u.s = $$x$$',
      SMALL,
    ],
    ['a product', 'SELECT t.id FROM t, v, u WHERE v.n = t.n AND v.id = u.id AND u.n = 1', SMALL],
    [
      'what the source computes whole',
      'SELECT t.id FROM t, u WHERE t.id = u.id AND u.n = 1',
      SMALL,
    ],
    [
      'outer joins as they are',
      'SELECT t.id FROM (t LEFT JOIN v ON v.n = t.n) JOIN u ON t.id = u.id WHERE u.n = 1',
      SMALL,
    ],
  ])('%s', async (_, text, tables) => {
    expect(await joined(text, tables)).toBe('unchanged');
  });

  test('a subquery that is computed once outside the join', async () => {
    const after = await joined(
      'SELECT t.id FROM t, v, u WHERE t.id = u.id AND v.n = t.n AND u.n = 1 AND t.n IN (SELECT n FROM u)',
    );
    expect(after).toBe(
      'project(project(filter(join(project(filter(join(t, u))), v), project(u))))',
    );
  });
});
