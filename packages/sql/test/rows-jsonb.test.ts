import { jsonbRows } from '../src/functions/rows/jsonb.ts';
import { describeRows } from './support/describe-rows.ts';
import type { RowCases } from './support/describe-rows.ts';

const DOCUMENTS = [
  '{"a": 1, "b": {"c": [1, "x", null, true]}, "tributary": {"a": 1}}',
  '{"a": 1}',
  '{"b": {}}',
  '{"b": {"c": ["x", "x"]}}',
  '{"a": [1, {"b": 2, "c": 3}], "n": null}',
  '{"a": [{"b": 2}]}',
  '{"n": null}',
  '[1, "a", null, {"a": 2}, [3, 4]]',
  '["a", 1, 1]',
  '[[3]]',
  '[{"a": 2}]',
  '"a"',
  '1',
  'null',
  '{}',
  '[]',
  null,
];
const pairs: RowCases = {
  tuples: DOCUMENTS.flatMap((left) => DOCUMENTS.map((right) => [left, right])),
};
const PATHS = [
  '{a}',
  '{b,c}',
  '{b,c,1}',
  '{b,c,-1}',
  '{b,c,9}',
  '{b,c,-9}',
  '{b,c,x}',
  '{nope}',
  '{nope,a}',
  '{3,a}',
  '{0}',
  '{-1}',
  '{9}',
  '{"a b","q\\"k"}',
  '{}',
];

describeRows('jsonb functions', jsonbRows, {
  '@> (jsonb, jsonb)': pairs,
  '<@ (jsonb, jsonb)': pairs,
  '- (jsonb, int4)': {
    tuples: DOCUMENTS.flatMap((d) => [0, 1, 4, 9, -1, -5, -9, null].map((index) => [d, index])),
  },
  '#- (jsonb, text[])': {
    constantsOnly: true,
    tuples: DOCUMENTS.flatMap((d) => PATHS.map((path) => [d, path])),
  },
  'jsonb_set(jsonb, text[], jsonb)': {
    constantsOnly: true,
    tuples: DOCUMENTS.flatMap((d) => PATHS.map((path) => [d, path, '{"new": [1]}'])),
  },
  'jsonb_set(jsonb, text[], jsonb, bool)': {
    constantsOnly: true,
    tuples: DOCUMENTS.slice(0, 8).flatMap((d) =>
      PATHS.flatMap((path) => [
        [d, path, '7', true],
        [d, path, '7', false],
        [d, path, null, true],
      ]),
    ),
  },
});
