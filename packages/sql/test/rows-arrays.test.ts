import { arrayRows } from '../src/functions/rows/arrays.ts';
import { describeRows } from './support/describe-rows.ts';
import type { RowCases } from './support/describe-rows.ts';
import { sql } from './support/row-tester.ts';

const ints = sql('array[1,2,NULL,2]');
const none = sql("'{}'::int[]");
const missing = sql('NULL::int[]');
const nil = sql('NULL::int');
const texts = sql(`array['a','b c',NULL,'','"x']`);
const arrays = [ints, none, missing, texts];
const lengths: RowCases = {
  tuples: arrays.flatMap((array) => [1, 2, 0, null].map((n) => [array, n])),
};
const two = sql('2');
const pairs: RowCases = {
  tuples: [
    [ints, two],
    [none, two],
    [missing, two],
    [ints, nil],
    [missing, nil],
    [sql("array['a','b']"), sql("'a'::text")],
  ],
};
const flipped: RowCases = { tuples: pairs.tuples.map((tuple) => [...tuple].reverse()) };
const both: RowCases = {
  tuples: [
    ints,
    none,
    missing,
    sql('array[2]'),
    sql('array[9]'),
    sql('array[NULL]::int[]'),
    sql('array[1,2]'),
  ].flatMap((a, _, all) => all.map((b) => [a, b])),
};
const joins: RowCases = {
  tuples: [
    [ints, ','],
    [texts, ', '],
    [none, ','],
    [missing, ','],
    [ints, null],
    [sql('array[true,false,NULL]'), ''],
    [sql("array[date '2024-02-29']"), '|'],
    [sql('array[1.50, 2.25]'), ','],
  ],
};
const joins3: RowCases = {
  tuples: [
    [ints, ',', '*'],
    [ints, ',', null],
    [texts, ',', ''],
    [none, ',', '*'],
    [missing, ',', '*'],
    [ints, null, '*'],
    [sql('array[NULL]::int[]'), ',', 'x'],
  ],
};

describeRows('array functions', arrayRows, {
  'array_length(anyarray, int4)': lengths,
  'array_upper(anyarray, int4)': lengths,
  'array_lower(anyarray, int4)': lengths,
  'array_ndims(anyarray)': { tuples: arrays.map((a) => [a]) },
  'cardinality(anyarray)': { tuples: arrays.map((a) => [a]) },
  'array_append(anycompatiblearray, anycompatible)': pairs,
  'array_prepend(anycompatible, anycompatiblearray)': flipped,
  'array_cat(anycompatiblearray, anycompatiblearray)': both,
  '|| (anycompatiblearray, anycompatiblearray)': both,
  '|| (anycompatiblearray, anycompatible)': pairs,
  '|| (anycompatible, anycompatiblearray)': flipped,
  'array_remove(anycompatiblearray, anycompatible)': pairs,
  'array_replace(anycompatiblearray, anycompatible, anycompatible)': {
    tuples: [
      [ints, two, sql('9')],
      [ints, nil, sql('9')],
      [ints, two, nil],
      [none, two, two],
      [missing, two, two],
    ],
  },
  'array_position(anycompatiblearray, anycompatible)': pairs,
  'array_position(anycompatiblearray, anycompatible, int4)': {
    tuples: [
      [ints, two, 3],
      [ints, two, 1],
      [ints, two, 5],
      [ints, nil, 1],
      [ints, two, -1],
      [ints, two, null],
      [missing, two, 1],
    ],
  },
  'array_positions(anycompatiblearray, anycompatible)': pairs,
  'array_to_string(anyarray, text)': joins,
  'array_to_string(anyarray, text, text)': joins3,
  'trim_array(anyarray, int4)': {
    tuples: [
      [ints, 1],
      [ints, 4],
      [ints, 0],
      [ints, 5],
      [ints, -1],
      [none, 0],
      [missing, 1],
      [ints, null],
    ],
  },
  '@> (anyarray, anyarray)': both,
  '<@ (anyarray, anyarray)': both,
  '&& (anyarray, anyarray)': both,
  'unnest(anyarray)': { tuples: arrays.map((a) => [a]) },
  'contains(anyarray, anyelement)': {
    expected: true,
    tuples: [
      [sql('array[1,2]'), two, 'true'],
      [sql('array[1,2]'), sql('3'), 'false'],
      [missing, two, null],
    ],
  },
  'element_at(anyarray, int8)': {
    expected: true,
    tuples: [
      [sql('array[1,2]'), 2, '2'],
      [sql('array[1,2]'), -1, '2'],
      [sql('array[1,2]'), 5, null],
      [sql('array[1,2]'), 0, 'ERROR'],
      [missing, 1, null],
    ].map(([a, i, e]) => [a ?? null, i ?? null, e ?? null]),
  },
  'array_join(anyarray, text)': {
    expected: true,
    tuples: [
      [ints, ',', '1,2,2'],
      [none, ',', ''],
    ],
  },
  'array_join(anyarray, text, text)': { expected: true, tuples: [[ints, ',', '*', '1,2,*,2']] },
  'array_distinct(anyarray)': {
    expected: true,
    tuples: [
      [sql('array[3,1,3,2]'), '{3,1,2}'],
      [none, '{}'],
      [missing, null],
    ],
  },
  'array_sort(anyarray)': { tuples: [[sql('array[3,1,NULL,2]')], [none], [missing]] },
  'sequence(int8, int8)': {
    expected: true,
    tuples: [
      [1, 3, '{1,2,3}'],
      [3, 1, '{3,2,1}'],
      [2, 2, '{2}'],
      [null, 1, null],
    ],
  },
  'sequence(int8, int8, int8)': {
    expected: true,
    tuples: [
      [1, 6, 2, '{1,3,5}'],
      [6, 1, -2, '{6,4,2}'],
      [1, 2, 0, 'ERROR'],
    ],
  },
  'slice(anyarray, int8, int8)': {
    expected: true,
    tuples: [
      [sql('array[1,2,3,4]'), 2, 2, '{2,3}'],
      [sql('array[1,2,3,4]'), -2, 2, '{3,4}'],
      [sql('array[1,2,3,4]'), 3, 9, '{3,4}'],
      [sql('array[1,2]'), 0, 1, 'ERROR'],
      [sql('array[1,2]'), 1, -1, 'ERROR'],
      [sql('array[1,2]'), -5, 1, '{}'],
      [sql('array[1,2]'), 1, 0, '{}'],
    ],
  },
});
