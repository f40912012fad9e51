import { expect, test } from '@jest/globals';
import { conditionalRows } from '../../src/functions/rows/conditional.ts';
import { numericRows } from '../../src/functions/rows/numeric.ts';
import { describeRows, signatureOf } from '../support/describe-rows.ts';
import type { RowCases } from '../support/describe-rows.ts';
import { casesOf } from '../support/edge-values.ts';
import type { Argument } from '../support/row-tester.ts';

// What is computed as doubles agrees to 15 digits; PostgreSQL computes numerics further (docs/sql.md).
const exact: readonly Argument[] = ['1', '4', '0', '-1', null];
const places: RowCases = {
  tuples: ['2.5', '-2.5', '1.005', '-1.995', '12345.678', '0', null].flatMap((value) =>
    [0, 1, 2, -2, 5, null].map((count) => [value, count]),
  ),
};
const changed: Record<string, RowCases> = {
  'round(numeric, int4)': places,
  'trunc(numeric, int4)': places,
  'sqrt(numeric)': { tuples: exact.map((value) => [value]) },
  'exp(numeric)': { tuples: [['0'], [null]] },
  'ln(numeric)': { tuples: [['1'], ['0'], ['-1'], [null]] },
  'log(numeric)': { tuples: [['1'], ['100'], ['0'], ['-1'], [null]] },
  'log10(numeric)': { tuples: [['1'], ['100'], ['0'], ['-1'], [null]] },
  'log(numeric, numeric)': {
    tuples: [
      ['2', '8'],
      [null, '0'],
      ['0', null],
      [null, '1'],
      ['2', null],
    ],
  },
  'factorial(int8)': { tuples: [[0], [5], [20], [-1], [null]] },
  'gcd(numeric, numeric)': {
    tuples: [
      ['12', '18'],
      ['-12', '18'],
      ['0', '0'],
      [null, '1'],
    ],
  },
  'lcm(numeric, numeric)': {
    tuples: [
      ['12', '18'],
      ['-12', '18'],
      ['0', '5'],
      [null, '1'],
    ],
  },
  'gcd(int4, int4)': {
    tuples: [
      [12, 18],
      [-12, 18],
      [0, 0],
      [0, 7],
      [null, 1],
    ],
  },
  'gcd(int8, int8)': {
    tuples: [
      [12, 18],
      [-12, 18],
      [0, 0],
      [null, 1],
    ],
  },
  'lcm(int4, int4)': {
    tuples: [
      [12, 18],
      [-12, 18],
      [0, 5],
      [null, 1],
    ],
  },
  'lcm(int8, int8)': {
    tuples: [
      [12, 18],
      [-12, 18],
      [0, 5],
      [null, 1],
    ],
  },
  'width_bucket(float8, float8, float8, int4)': {
    tuples: ['5', '-1', '0', '10', '9.99', '3.141592653589793', null].flatMap((x) => [
      [x, '0', '10', 5],
      [x, '10', '0', 4],
      [x, '0', '10', 0],
      [x, '1', '1', 3],
      [x, '1e300', '-2.5', 1],
      [x, '-1.7e308', '1.7e308', 7],
    ]),
  },
  'width_bucket(numeric, numeric, numeric, int4)': {
    tuples: ['5', '-1', '0', '10', '9.99', null].flatMap((x) => [
      [x, '0', '10', 5],
      [x, '10', '0', 4],
    ]),
  },
};
for (const name of ['power', 'pow']) {
  changed[`${name}(numeric, numeric)`] = {
    tuples: [
      ['2', '3'],
      ['0', '-1'],
      ['-8', '0.5'],
      ['-2', '3'],
      [null, '1'],
    ],
  };
  changed[`${name}(float8, float8)`] = {
    tuples: [
      ['2', '3'],
      ['0', '-1'],
      ['-8', '0.5'],
      ['-2', '3'],
      ['Infinity', '2'],
      [null, '1'],
    ],
  };
}
const circular: readonly Argument[] = ['0', '0.5', '1', '-0.25', null];
for (const entry of numericRows) {
  const signature = signatureOf(entry);
  if (
    /^(a?(sin|cos|tan)h?d?|cotd?|degrees|radians|cbrt|exp|a(sin|cos|tan)h)\(float8\)$/.test(
      signature,
    )
  ) {
    changed[signature] = { tuples: circular.map((value) => [value]) };
  }
}
const rows = numericRows.filter(({ volatility }) => volatility !== 'volatile');

describeRows('numeric functions', rows, casesOf(rows, changed));

test('conditional rows are scalar functions that see NULL', () => {
  expect(conditionalRows.filter(({ strict, kind }) => strict || kind !== 'function')).toEqual([]);
});
