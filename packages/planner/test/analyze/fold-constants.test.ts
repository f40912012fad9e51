import { describe, expect, test } from '@jest/globals';
import type { Expression } from '@tributary/sql';
import { foldConstants } from '../../src/analyze/fold-constants.ts';
import { boundQuery } from './bound-query.ts';

async function folded(
  text: string,
  answers: readonly (string | null | undefined)[] = [],
): Promise<{ readonly result: Expression | undefined; readonly asked: readonly Expression[] }> {
  const asked: Expression[] = [];
  const plan = await foldConstants(await boundQuery(`SELECT ${text}`), (expressions) => {
    asked.push(...expressions);
    return Promise.resolve(expressions.map((_, index) => answers[index]));
  });
  return { result: plan.kind === 'project' ? plan.expressions[0] : undefined, asked };
}

describe('constant folding', () => {
  test.each([
    [`date '2024-03-31' - interval '1 month'`, '2024-02-29 00:00:00'],
    [`date '2024-03-31' + 1`, '2024-04-01'],
    [`1 + 2`, '3'],
    [`timestamp '2024-01-01 10:00' - interval '1 day 02:30'`, '2023-12-31 07:30:00'],
    [`date_trunc('week', timestamp '2024-03-31 10:00')`, '2024-03-25 00:00:00'],
    [`null::int + 1`, null],
  ])('computes %s without the engine', async (text, value) => {
    const { result, asked } = await folded(text);
    expect(asked).toEqual([]);
    expect(result).toMatchObject({ kind: 'constant', value });
  });

  test('gives the largest constant expression to the engine', async () => {
    const { result, asked } = await folded(`lower(upper('x')) || 'y'`, ['xy']);
    expect(asked).toHaveLength(1);
    expect(result).toMatchObject({ kind: 'constant', value: 'xy' });
  });

  test('leaves alone what could not be evaluated', async () => {
    const { result } = await folded(`1 / 0`, [undefined]);
    expect(result).toMatchObject({ kind: 'call' });
  });

  test('never evaluates a volatile function ahead', async () => {
    const { asked } = await folded(`random() + 1`);
    expect(asked.filter((each) => JSON.stringify(each).includes('random'))).toEqual([]);
  });
});
