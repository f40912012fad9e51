import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RemoteQueryPlan, ScanPlan, Plan } from '../../src/plan/plan.ts';
import { duckdbLiteral } from '../../src/print/duckdb-literal.ts';
import { engineType } from '../../src/print/engine-type.ts';
import { printDuckdb, printDuckdbExpression } from '../../src/print/print-duckdb.ts';
import {
  arrayOf,
  BOOL,
  BYTEA,
  DATE,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  INTERVAL,
  numericType,
  TEXT,
  TIMESTAMPTZ,
} from '../../src/types/sql-type.ts';
import { openDuckdb } from '../support/duckdb.ts';
import type { TestDuckdb } from '../support/duckdb.ts';
import { column, equal, int, join, output, scan } from '../support/plans.ts';

let duckdb: TestDuckdb;

beforeAll(async () => {
  duckdb = await openDuckdb();
});

afterAll(() => {
  duckdb.close();
});

test.each([
  ['t', BOOL, 'true'],
  ['-32768', INT2, '-32768'],
  ['-9223372036854775808', INT8, '-9223372036854775808'],
  ['1.50', numericType(3, 2), '1.50'],
  ['NaN', FLOAT8, 'nan'],
  ['-Infinity', FLOAT8, '-inf'],
  ["it's \\ {0}", TEXT, "it's \\ {0}"],
  ['\\xde00ad', BYTEA, '\\xDE\\x00\\xAD'],
  ['\\x', BYTEA, ''],
  ['infinity', DATE, 'infinity'],
  ['0044-03-15 BC', DATE, '0044-03-15 (BC)'],
  ['2024-02-29 12:00:00.5+00', TIMESTAMPTZ, '2024-02-29 12:00:00.5+00'],
  ['7 days', INTERVAL, '7 days'],
  ['1 year 2 mons -3 days -04:05:06.7', INTERVAL, '1 year 2 months -3 days -04:05:06.7'],
  ['{1,NULL,3}', arrayOf(INT4), '[1, NULL, 3]'],
  ['{}', arrayOf(INT4), '[]'],
  ['{"a,\\"b",NULL,"NULL"}', arrayOf(TEXT), null],
  [null, numericType(5, 2), null],
] as const)('%p of its type is exact and of the engine type', async (value, type, wanted) => {
  const text = duckdbLiteral(value, type);
  const [row] = await duckdb.query(`SELECT typeof(${text}), CAST(${text} AS VARCHAR)`);
  expect(row?.[0]).toBe(engineType(type));
  if (wanted !== null || value === null) expect(row?.[1]).toBe(wanted);
});

test('NUL in text, a numeric beyond its digits and an infinite interval are refused', () => {
  expect(() => duckdbLiteral('a\0b', TEXT)).toThrow('must not contain NUL');
  expect(() => duckdbLiteral('1.55', numericType(3, 1))).toThrow('does not fit numeric(3,1)');
  expect(() => duckdbLiteral('infinity', INTERVAL)).toThrow('Infinite intervals');
});

test('parameters of relations are numbered through the statement, a text in braces stays', () => {
  const plan: Plan = join(
    'inner',
    scan('t', [output(1)]),
    scan('u', [output(2)]),
    equal(column(1), column(2)),
  );
  const printed = printDuckdb(plan, {
    relation: (each) => ({
      text: `(SELECT {1} AS c${each.columns[0]?.id ?? 0} WHERE {0} <> '{9}')`,
      parameters: [`${nameOf(each)}0`, `${nameOf(each)}1`],
    }),
    timeZone: 'UTC',
    now: '2024-02-29 12:00:00+00',
  });
  expect(printed.parameters).toEqual(['t0', 't1', 'u0', 'u1']);
  expect(printed.text).toContain("(SELECT $2 AS c1 WHERE $1 <> '{9}') AS r1");
  expect(printed.text).toContain("(SELECT $4 AS c2 WHERE $3 <> '{9}') AS r2");
});

test('an expression alone names columns by their ids and has exactly its type', async () => {
  const { text } = printDuckdbExpression(equal(column(7), int(1)), {
    relation: () => ({ text: '', parameters: [] }),
    timeZone: 'UTC',
    now: '2024-02-29 12:00:00+00',
  });
  expect(await duckdb.query(`SELECT ${text} FROM (SELECT 1 AS c7)`)).toEqual([[true]]);
});

function nameOf(relation: ScanPlan | RemoteQueryPlan): string {
  return relation.kind === 'scan' ? relation.table.name : relation.source;
}
