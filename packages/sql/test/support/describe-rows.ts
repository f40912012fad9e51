import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ArgumentType, FunctionEntry } from '../../src/functions/function-entry.ts';
import { createRowTester } from './row-tester.ts';
import type { Argument, CheckOptions, RowTester } from './row-tester.ts';

/** Edge values of one row: compared with PostgreSQL, or with `expected` last members where PostgreSQL lacks the function. */
export interface RowCases extends CheckOptions {
  readonly tuples: readonly (readonly Argument[])[];
  /** The last member of each tuple is the expected text. */
  readonly expected?: true;
}

function typeText(type: ArgumentType): string {
  if (typeof type === 'string') return type;
  if (type.kind === 'array') return `${typeText(type.element)}[]`;
  return type.kind === 'scalar' ? type.name : type.kind;
}

/** A row's signature: `left(text, int4)`, `|| (text, text)` for operators. */
export function signatureOf(entry: FunctionEntry): string {
  const args = entry.args.map(typeText);
  const last = args.at(-1);
  if (entry.variadic && last !== undefined) args[args.length - 1] = `variadic ${last}`;
  return `${entry.name}${entry.kind === 'operator' ? ' ' : ''}(${args.join(', ')})`;
}

/**
 * One test a row: all its tuples agree with PostgreSQL. Cases are keyed by `signatureOf`, several groups of options a row
 * are allowed. A row without cases fails, and so does a case without a row.
 */
export function describeRows(
  title: string,
  rows: readonly FunctionEntry[],
  cases: Readonly<Record<string, RowCases | readonly RowCases[]>>,
): void {
  describe(title, () => {
    let tester: RowTester | undefined;
    beforeAll(async () => {
      tester = await createRowTester();
    });
    afterAll(async () => {
      await tester?.stop();
    });
    test('every row has edge values, and every edge value a row', () => {
      expect(Object.keys(cases).sort()).toEqual([...new Set(rows.map(signatureOf))].sort());
    });
    for (const entry of rows) {
      const found = cases[signatureOf(entry)];
      if (found === undefined) continue;
      const groups = isList(found) ? found : [found];
      test(`${signatureOf(entry)} answers as expected`, async () => {
        if (tester === undefined) throw new Error('engines are not running');
        const differences: string[] = [];
        for (const { tuples, expected, ...options } of groups) {
          const found =
            expected === true
              ? await tester.expectValues(entry, tuples, options)
              : await tester.check(entry, tuples, options);
          differences.push(...found);
        }
        expect(differences).toEqual([]);
      });
    }
  });
}

function isList(value: RowCases | readonly RowCases[]): value is readonly RowCases[] {
  return Array.isArray(value);
}
