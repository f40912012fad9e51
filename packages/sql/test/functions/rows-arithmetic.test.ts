import { arithmeticRows } from '../../src/functions/rows/arithmetic.ts';
import { describeRows } from '../support/describe-rows.ts';
import type { RowCases } from '../support/describe-rows.ts';
import { casesOf, EDGE_VALUES } from '../support/edge-values.ts';
import type { Argument } from '../support/row-tester.ts';

function pairs(left: readonly Argument[], right: readonly Argument[]): RowCases {
  return { tuples: left.flatMap((a) => right.map((b) => [a, b])) };
}

// DuckDB answers Infinity where PostgreSQL raises 22003 for a float result that overflows (docs/sql.md): kept out here.
const floats: readonly Argument[] = ['0', '1.5', '-2.5', '1000', 'Infinity', null];
const divisors: readonly Argument[] = ['0', '1.5', '-2.5', 'NaN', null];
const dates = EDGE_VALUES['date'] ?? [];
const dayCounts: readonly Argument[] = [0, 1, -40, 100000, null];
const intervals = EDGE_VALUES['interval'] ?? [];
const factors: readonly Argument[] = ['0', '1', '1.5', '-2', '0.1', null];
// Quotients whose 16 places are all that PostgreSQL shows: it varies its scale with the value (docs/sql.md).
const quotients: RowCases = {
  tuples: [
    ['10', '4'],
    ['-7.5', '2'],
    ['10', '3'],
    ['200', '3'],
    ['-200', '3'],
    ['5000.55', '7.25'],
    ['0', '3'],
    ['1', '0'],
    [null, '0'],
    ['1', null],
  ],
};

// Decimals of up to 18 digits multiply within 18 digits, as in DuckDB: larger products of columns fail with 22003 (docs/sql.md).
const moderate: readonly Argument[] = ['0', '1', '-2.5', '3.14159', '0.005', '-123456.78', null];

const changed: Record<string, RowCases> = {
  '* (numeric, numeric)': pairs(moderate, moderate),
  '/ (numeric, numeric)': quotients,
  '^ (numeric, numeric)': {
    tuples: [
      ['2', '3'],
      ['0', '-1'],
      ['-8', '0.5'],
      ['-2', '3'],
      ['4', '0.5'],
      [null, '1'],
      ['1', null],
    ],
  },
  '^ (float8, float8)': pairs(['0', '2', '-2.5', 'Infinity', null], ['0', '-1', '3', '0.5', null]),
  '+ (date, int4)': pairs(dates, dayCounts),
  '- (date, int4)': pairs(dates, dayCounts),
  '+ (int4, date)': pairs(dayCounts, dates),
  '* (interval, float8)': pairs(intervals, factors),
  '* (float8, interval)': pairs(factors, intervals),
};
for (const left of ['float4', 'float8']) {
  for (const right of ['float4', 'float8']) {
    for (const symbol of ['+', '-', '*']) {
      changed[`${symbol} (${left}, ${right})`] = pairs(floats, [...floats, 'NaN']);
    }
    changed[`/ (${left}, ${right})`] = pairs(floats, divisors);
  }
}

describeRows('arithmetic operators', arithmeticRows, casesOf(arithmeticRows, changed));
