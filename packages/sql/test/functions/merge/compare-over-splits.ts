import { expect } from '@jest/globals';
import type { ValueFacts } from '../../../src/functions/merge/decomposition.ts';
import type { AggregateExpression } from '../../../src/plan/expression.ts';
import { INT4 } from '../../../src/types/sql-type.ts';
import type { SqlType } from '../../../src/types/sql-type.ts';
import { column, compare, constant } from '../../support/plans.ts';
import { comparable } from './compare-answers.ts';
import type { MergeTester, Row } from './merged-call.ts';
import { decompositionOf } from './merged-call.ts';
import { randomNumbers, randomValue } from './random-values.ts';

export interface CompareOptions {
  readonly facts?: ValueFacts | undefined;
  /** Changes answers before they are compared: what of a nondeterministic answer is determined. */
  readonly determined?: ((value: unknown) => unknown) | undefined;
}

/**
 * The call over columns 1.. of `types` and its merged partials give the same: with and without groups and FILTER, over random rows
 * in random sets, rolled up zero to two times on the way, and over no rows.
 */
export async function compareOverRandomSplits(
  tester: MergeTester,
  call: AggregateExpression,
  types: readonly SqlType[],
  { facts, determined = (value) => value }: CompareOptions = {},
): Promise<void> {
  const { exactness } = decompositionOf(call, facts);
  const shape = exactness === 'exact' ? 'exact' : 'tolerance';
  const all = [...types, INT4];
  const filter = compare('>', column(all.length, INT4), constant('0', INT4));
  for (let seed = 0; seed <= 4; seed += 1) {
    const random = randomNumbers(seed * 7919);
    const rows: Row[] = Array.from({ length: seed === 0 ? 0 : Math.floor(random() * 40) }, () =>
      all.map((type) => randomValue(type, random)),
    );
    const parts = rows.map(() => Math.floor(random() * 6));
    const keys = rows.map(() => Math.floor(random() * 4));
    const found = await tester.answers(seed > 2 ? { ...call, filter } : call, all, rows, parts, {
      regroupings: [[], [3], [4, 2]][seed % 3] ?? [],
      ...(seed % 2 === 0 && seed > 0 ? { keys } : {}),
      ...(facts === undefined ? {} : { facts }),
    });
    const shown = (answer: typeof found.whole): unknown =>
      comparable(answer, shape).map((row) => row.map(determined));
    expect({ seed, answer: shown(found.merged) }).toEqual({ seed, answer: shown(found.whole) });
  }
}
