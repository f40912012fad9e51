import { describe, expect, test } from '@jest/globals';
import { prunePartitions } from '../../src/rules/prune-partitions.ts';
import { planAfter, scansAfter } from './rule-plans.ts';

describe('prune-partitions tells a scan what the predicates leave of it', () => {
  test('and changes nothing else in the plan', async () => {
    expect(
      await planAfter(prunePartitions, `SELECT id FROM t WHERE dt = DATE '2024-01-01' AND n > id`),
    ).toEqual([
      'Project',
      '  columns: id#1',
      '  -> Filter',
      "       condition: ((#7 = '2024-01-01'::date) AND (#2 > #1))",
      '    -> Scan lake.public.t',
      '         columns: id#1, n#2, s#3, b#4, f#5, ts#6, dt#7',
      '         keep: id (-∞, ∞); n (-∞, ∞); dt 2024-01-01',
    ]);
  });

  test.each<readonly [string, readonly string[]]>([
    ["SELECT id FROM t WHERE dt = DATE '2024-01-01'", ['t: dt 2024-01-01']],
    [
      "SELECT id FROM t WHERE dt >= DATE '2024-01-01' AND dt < DATE '2024-02-01' AND s IN ('a', 'b')",
      ['t: s a or b; dt [2024-01-01, 2024-01-31]'],
    ],
    ['SELECT id FROM t WHERE n + 1 = 2', ['t: n 1']],
    ['SELECT id FROM t WHERE n > id', ['t: id (-∞, ∞); n (-∞, ∞)']],
    ["SELECT id FROM t WHERE upper(s) = 'A'", ["t: s (-∞, ∞) if (upper(#3) = 'A'::text)"]],
    [
      "SELECT t.id FROM t JOIN u ON t.dt = u.dt WHERE u.dt = DATE '2024-01-01'",
      ['t: dt 2024-01-01', 'u: dt 2024-01-01'],
    ],
    [
      "SELECT t.id FROM t LEFT JOIN u ON t.id = u.id AND u.dt = DATE '2024-01-01'",
      ['t: everything', 'u: id (-∞, ∞); dt 2024-01-01'],
    ],
    [
      "SELECT t.id FROM t LEFT JOIN u ON t.id = u.id AND t.dt > DATE '2024-01-01'",
      ['t: everything', 'u: id (-∞, ∞)'],
    ],
    [
      "SELECT q.id FROM (SELECT id, dt AS day FROM t) q WHERE q.day = DATE '2024-01-01'",
      ['t: dt 2024-01-01'],
    ],
    ["WITH c AS (SELECT * FROM t) SELECT id FROM c WHERE s = 'a'", ['t: s a']],
    [
      "SELECT id FROM t WHERE s = 'a' UNION ALL SELECT id FROM u WHERE s = 'b'",
      ['t: s a', 'u: s b'],
    ],
    [
      "SELECT id FROM t WHERE s = 'a' AND EXISTS (SELECT 1 FROM u WHERE u.s = 'b')",
      ['t: s a', 'u: s b'],
    ],
    [
      "SELECT id FROM t WHERE s = 'a' AND s = 'b'",
      ['t: id nothing; n nothing; s nothing; b nothing; f nothing; ts nothing; dt nothing'],
    ],
  ])('%s', async (text, scans) => {
    expect(await scansAfter(prunePartitions, text, 'keep')).toEqual(scans);
  });
});

describe('prune-partitions leaves alone', () => {
  test.each([
    `SELECT id FROM t`,
    `SELECT id FROM t WHERE dt = DATE '2024-01-01' OR n > id`,
    `SELECT id FROM t WHERE random() < 0.5`,
    // The preserved sides of an outer join keep their rows whatever the condition says.
    `SELECT t.id FROM t FULL JOIN u ON t.id = u.id AND t.dt > DATE '2024-01-01' AND u.s = 'a'`,
    // What happens after a limit must not choose the rows before it.
    `SELECT id FROM (SELECT * FROM t LIMIT 5) q WHERE q.s = 'a'`,
    `SELECT id FROM (SELECT id, s, row_number() OVER (ORDER BY id) AS r FROM t) q WHERE q.s = 'a'`,
    `SELECT 1 WHERE 1 = 2`,
  ])('%s', async (text) => {
    expect(await planAfter(prunePartitions, text)).toBeUndefined();
  });
});
