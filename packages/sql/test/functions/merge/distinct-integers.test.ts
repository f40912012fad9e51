import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ValueFacts } from '../../../src/functions/merge/decomposition.ts';
import { INT8 } from '../../../src/types/sql-type.ts';
import { aggregateCall, column } from '../../support/plans.ts';
import { comparable } from './compare-answers.ts';
import type { MergeTester } from './merged-call.ts';
import { decompositionOf, openMergeTester } from './merged-call.ts';
import { randomNumbers } from './random-values.ts';

let tester: MergeTester;
beforeAll(async () => {
  tester = await openMergeTester();
});
afterAll(async () => {
  await tester.stop();
});

const call = aggregateCall('count', [column(1, INT8)], INT8, { distinct: true });
const between = (low: bigint, high: bigint, rowsPerGroup?: number): ValueFacts => ({
  integerRange: { low, high },
  ...(rowsPerGroup === undefined ? {} : { rowsPerGroup }),
});

/** The name of the partial's aggregate says its form. */
function formOf(facts: ValueFacts): string | undefined {
  return decompositionOf(call, facts).partials[0]?.entry.name;
}

test('a set is a bitmap unless its groups are known to be small or its range too wide', () => {
  expect(formOf(between(0n, 200_000n))).toBe('cell_ids');
  expect(formOf(between(0n, 200_000n, 100_000))).toBe('cell_ids');
  expect(formOf(between(0n, 200_000n, 100))).toBe('cell_ids_of_few');
  expect(formOf(between(0n, 1n << 40n))).toBe('cell_distinct');
  expect(formOf({})).toBe('cell_distinct');
});

test('bounds that grow a little keep the form, so that stored sets stay useful', () => {
  const argsOf = (facts: ValueFacts): unknown =>
    decompositionOf(call, facts).partials[1]?.args.slice(1);
  expect(argsOf(between(1n, 200_000n))).toEqual(argsOf(between(3n, 260_000n)));
  expect(argsOf(between(1n, 200_000n))).not.toEqual(argsOf(between(1n, 600_000n)));
});

test.each([
  ['far above zero', 5_000_000_000n, undefined],
  ['far below zero', -9_223_372_036_854_775_808n, undefined],
  ['around zero, few a set', -2_000n, 20],
  ['near the end of int8, few a set', 9_223_372_036_854_775_807n - 2_999n, 20],
] as const)('integers %s are told apart', async (_, low, rowsPerGroup) => {
  const random = randomNumbers(11);
  // Some sets outgrow a list when they are united: 4,096 bits are as large as 128 ids.
  const rows = Array.from({ length: 800 }, () => [
    String(low + BigInt(Math.floor(random() * 3_000))),
  ]);
  const parts = rows.map(() => Math.floor(random() * 7));
  for (const regroupings of [[], [3], [4, 2]]) {
    const found = await tester.answers(call, [INT8], rows, parts, {
      regroupings,
      facts: between(low, low + 2_999n, rowsPerGroup),
    });
    expect(comparable(found.merged, 'exact')).toEqual(comparable(found.whole, 'exact'));
  }
});

test.each([undefined, 5])(
  'values outside the range count as well (%s rows a set)',
  async (rowsPerGroup) => {
    const random = randomNumbers(5);
    const rows = Array.from({ length: 300 }, () => [
      random() < 0.1 ? null : String(Math.floor(random() * 1_500) - 200),
    ]);
    const parts = rows.map(() => Math.floor(random() * 7));
    for (const regroupings of [[], [3], [4, 2]]) {
      const found = await tester.answers(call, [INT8], rows, parts, {
        regroupings,
        facts: between(0n, 1_000n, rowsPerGroup),
      });
      expect(comparable(found.merged, 'exact')).toEqual(comparable(found.whole, 'exact'));
    }
  },
);
