import { describe, expect, test } from '@jest/globals';
import { inlineCommonTables } from '../../src/rules/inline-common-tables.ts';
import { planAfter } from './rule-plans.ts';

/** The nodes of the plan that the rule makes, without their details. */
async function nodesAfter(text: string): Promise<readonly string[] | undefined> {
  const lines = await planAfter(inlineCommonTables, text);
  return lines?.flatMap((line) => {
    const [, node] = /^\s*(?:-> )?([A-Z].*)$/.exec(line) ?? [];
    return node === undefined ? [] : [node];
  });
}

describe('inline-common-tables reads a common table where it is referred to', () => {
  test.each<readonly [string, readonly string[]]>([
    [
      'WITH c AS (SELECT s, n FROM t) SELECT s, sum(n) FROM c GROUP BY s',
      ['Project', 'Aggregate', 'Project', 'Project', 'Scan lake.public.t'],
    ],
    [
      'WITH a AS (SELECT s FROM t), b AS NOT MATERIALIZED (SELECT s FROM a) SELECT count(*) FROM b',
      ['Project', 'Aggregate', 'Project', 'Project', 'Project', 'Project', 'Scan lake.public.t'],
    ],
    [
      'SELECT id FROM u WHERE s IN (WITH c AS (SELECT s FROM t) SELECT s FROM c)',
      [
        'Project',
        'Filter',
        'Scan lake.public.u',
        'Subquery: Project',
        'Project',
        'Project',
        'Scan lake.public.t',
      ],
    ],
  ])('%s', async (text, nodes) => {
    expect(await nodesAfter(text)).toEqual(nodes);
  });

  test.each([
    'WITH c AS (SELECT s FROM t) SELECT a.s FROM c AS a JOIN c AS b ON a.s = b.s',
    'WITH c AS MATERIALIZED (SELECT s FROM t) SELECT s FROM c',
    'WITH c AS (SELECT s, random() AS r FROM t) SELECT s FROM c WHERE r < 0.5',
    'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 9) SELECT n FROM r',
    'WITH RECURSIVE c AS (SELECT n FROM t), r(n) AS (SELECT 1 UNION ALL SELECT r.n + 1 FROM r JOIN c ON c.n = r.n) SELECT a.n FROM r AS a JOIN r AS b ON a.n < b.n',
    'SELECT s FROM t',
  ])('and leaves %s', async (text) => {
    expect(await nodesAfter(text)).toBeUndefined();
  });
});
