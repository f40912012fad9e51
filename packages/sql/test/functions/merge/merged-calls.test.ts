import { afterAll, beforeAll, describe, test } from '@jest/globals';
import type { AggregateExpression } from '../../../src/plan/expression.ts';
import {
  arrayOf,
  BOOL,
  BPCHAR,
  BYTEA,
  DATE,
  FLOAT4,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  INTERVAL,
  numericResult,
  TEXT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  TIMETZ,
  UUID,
} from '../../../src/types/sql-type.ts';
import type { ValueFacts } from '../../../src/functions/merge/decomposition.ts';
import type { SqlType } from '../../../src/types/sql-type.ts';
import { formatType } from '../../../src/types/type-info.ts';
import { aggregateCall, column } from '../../support/plans.ts';
import { compareOverRandomSplits } from './compare-over-splits.ts';
import type { MergeTester } from './merged-call.ts';
import { openMergeTester } from './merged-call.ts';

let tester: MergeTester;
beforeAll(async () => {
  tester = await openMergeTester();
});
afterAll(async () => {
  await tester.stop();
});

const money = numericResult({ precision: 12, scale: 2 });
const average = numericResult({ precision: 38, scale: 16 });
const total = numericResult({ precision: 38, scale: 2 });
const wide = numericResult({ precision: 38, scale: 0 });

interface Case {
  readonly name: string;
  readonly args: readonly SqlType[];
  readonly type: SqlType;
  readonly distinct?: boolean;
  readonly facts?: ValueFacts;
}

const of = (name: string, args: readonly SqlType[], type: SqlType, distinct = false): Case => ({
  name,
  args,
  type,
  distinct,
});

const ORDERED = [INT2, INT4, INT8, FLOAT8, money, DATE, TIME, TIMETZ, TIMESTAMP, TIMESTAMPTZ];
const SPELT = [INTERVAL, TEXT, BPCHAR, BYTEA, arrayOf(INT4), arrayOf(INTERVAL)];

const cases: readonly Case[] = [
  of('count', [], INT8),
  ...[INT4, TEXT, INTERVAL].map((type) => of('count', [type], INT8)),
  of('count_if', [BOOL], INT8),
  of('sum', [INT2], INT8),
  of('sum', [INT4], INT8),
  of('sum', [INT8], wide),
  of('sum', [FLOAT4], FLOAT4),
  of('sum', [FLOAT8], FLOAT8),
  of('sum', [money], total),
  of('sum', [INTERVAL], INTERVAL),
  of('avg', [INT2], average),
  of('avg', [INT8], average),
  of('avg', [money], average),
  of('avg', [FLOAT4], FLOAT8),
  of('avg', [FLOAT8], FLOAT8),
  of('avg', [INTERVAL], INTERVAL),
  ...[...ORDERED, ...SPELT].flatMap((type) => [
    of('min', [type], type),
    of('max', [type], type, true),
  ]),
  of('bool_and', [BOOL], BOOL),
  of('every', [BOOL], BOOL, true),
  of('bool_or', [BOOL], BOOL),
  of('bit_and', [INT4], INT4),
  of('bit_or', [INT8], INT8, true),
  of('bit_xor', [INT2], INT2),
  ...[...ORDERED, ...SPELT.slice(0, -1), UUID].map((type) => of('count', [type], INT8, true)),
  ...[{}, { rowsPerGroup: 10 }, { rowsPerGroup: 1e6 }].map((rows) => ({
    ...of('count', [INT2], INT8, true),
    facts: { integerRange: { low: -32768n, high: 32767n }, ...rows },
  })),
  ...[INT4, FLOAT8, INTERVAL, TEXT, TIMETZ].map((type) =>
    of('approx_count_distinct', [type], INT8),
  ),
  { ...of('approx_count_distinct', [TEXT], INT8), facts: { rowsPerGroup: 10 } },
  of('sum', [INT4], INT8, true),
  of('sum', [INT8], wide, true),
  of('sum', [money], total, true),
  of('sum', [FLOAT8], FLOAT8, true),
  of('avg', [INT4], average, true),
  of('avg', [money], average, true),
  of('avg', [FLOAT8], FLOAT8, true),
];

function callOf({ name, args, type, distinct = false }: Case): AggregateExpression {
  return aggregateCall(
    name,
    args.map((arg, index) => column(index + 1, arg)),
    type,
    { distinct },
  );
}

const label = (each: Case): string =>
  `${each.name}(${each.distinct === true ? 'DISTINCT ' : ''}${each.args.map(formatType).join(', ')})${each.facts === undefined ? '' : ` with ${each.facts.rowsPerGroup ?? 'any number of'} rows a set`}`;

describe('merged partials equal the whole call', () => {
  test.each(cases.map((each) => [label(each), each] as const))('%s', async (_, each) => {
    await compareOverRandomSplits(tester, callOf(each), each.args, { facts: each.facts });
  });
});
