import { expect, test } from '@jest/globals';
import { allEntries } from '../../../src/functions/catalog.ts';
import { decomposeAggregate } from '../../../src/functions/merge/decompose-aggregate.ts';
import { mergeableNames } from '../../../src/functions/merge/merge-rules.ts';
import type { FunctionEntry } from '../../../src/functions/function-entry.ts';
import type { AggregateExpression } from '../../../src/plan/expression.ts';
import { arrayOf, FLOAT8, INT4, numericType, TEXT } from '../../../src/types/sql-type.ts';
import type { SqlType } from '../../../src/types/sql-type.ts';
import { signatureOf } from '../../support/describe-rows.ts';
import { column, constant, key } from '../../support/plans.ts';

const aggregates = allEntries().filter(({ kind }) => kind === 'aggregate' || kind === 'orderedSet');

/** The engine computes neither of them. */
const NOT_MERGEABLE: ReadonlySet<string> = new Set([
  'array_agg(anyarray)',
  'percentile_cont(float8, interval)',
]);

const PAIR: SqlType = {
  kind: 'struct',
  fields: [
    { name: 'f1', type: INT4 },
    { name: 'f2', type: TEXT },
  ],
};

function typeOf(declared: FunctionEntry['returns']): SqlType {
  if (declared === 'anyarray') return arrayOf(INT4);
  if (typeof declared === 'string') return INT4;
  if (declared.kind === 'scalar' && declared.name === 'record') return PAIR;
  return declared.kind === 'scalar' && declared.name === 'numeric' ? numericType(12, 2) : declared;
}

/** A call of the row over columns, its fractions and separators constant. */
function sampleCall(entry: FunctionEntry): AggregateExpression {
  const types = entry.args.map(typeOf);
  const ordered = entry.kind === 'orderedSet';
  const sorted = ordered ? types.slice(-1) : [];
  const direct = ordered ? types.slice(0, -1) : types;
  const isConstant = (index: number): boolean =>
    ordered || (index === 1 && /_agg$|listagg|percentile/.test(entry.name));
  const value = (type: SqlType): string =>
    type === TEXT || type.kind === 'array' ? '{0.5}' : '0.5';
  return {
    kind: 'aggregate',
    entry,
    args: direct.map((type, index) =>
      isConstant(index) ? constant(value(type), type) : column(index + 1, type),
    ),
    distinct: false,
    orderBy: [],
    withinGroup: sorted.map((type) => key(column(9, type))),
    type: entry.name === 'approx_percentile' ? FLOAT8 : typeOf(entry.returns),
  };
}

test.each(aggregates.map((entry) => [signatureOf(entry), entry] as const))(
  '%s declares how it merges, or that it does not',
  (signature, entry) => {
    const answer = decomposeAggregate(sampleCall(entry));
    expect('reason' in answer).toBe(NOT_MERGEABLE.has(signature));
    if ('reason' in answer) return;
    expect(['exact', 'tolerance', 'nondeterministic']).toContain(answer.exactness);
    expect(
      answer.rollUp(answer.partials.map(({ type }, index) => column(index + 20, type))),
    ).toHaveLength(answer.partials.length);
  },
);

test('every declaration belongs to an aggregate', () => {
  const names = new Set(aggregates.map(({ name }) => name));
  expect(mergeableNames().filter((name) => !names.has(name))).toEqual([]);
});

test('no name of a partial can be written in a statement', () => {
  const known = new Set(allEntries().map(({ name }) => name));
  for (const entry of aggregates) {
    const answer = decomposeAggregate(sampleCall(entry));
    if ('reason' in answer) continue;
    const columns = answer.partials.map(({ type }, index) => column(index + 20, type));
    const merges = answer.rollUp(columns).map((call) => call.entry.name);
    const partials = answer.partials.map((call) => call.entry.name);
    for (const name of [...partials, ...merges]) expect(known).not.toContain(name);
  }
});

test('partials and what they are rolled up to have the same types', () => {
  for (const entry of aggregates) {
    const answer = decomposeAggregate(sampleCall(entry));
    if ('reason' in answer) continue;
    const columns = answer.partials.map(({ type }, index) => column(index + 20, type));
    expect(answer.rollUp(columns).map(({ type }) => type)).toEqual(
      answer.partials.map(({ type }) => type),
    );
  }
});

test('partials of constant size that are asked for in parts again roll up to themselves', () => {
  for (const entry of aggregates) {
    const answer = decomposeAggregate(sampleCall(entry));
    if ('reason' in answer || answer.exactness !== 'exact' || answer.size !== 'constant') continue;
    for (const partial of answer.partials) {
      const again = decomposeAggregate(partial);
      if ('reason' in again) continue;
      expect(again.partials).toHaveLength(1);
      expect(again.partials[0]?.type).toEqual(partial.type);
      expect(again.finish([column(20, partial.type)]).type).toEqual(partial.type);
    }
  }
});
