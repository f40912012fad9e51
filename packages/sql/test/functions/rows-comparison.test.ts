import { comparisonRows } from '../../src/functions/rows/comparison.ts';
import { describeRows, signatureOf } from '../support/describe-rows.ts';
import type { RowCases } from '../support/describe-rows.ts';
import { casesOf } from '../support/edge-values.ts';
import { sql } from '../support/row-tester.ts';

const likes: RowCases = {
  tuples: ['abc', 'a%c', 'ABC', 'a\\c', '', 'añc', null].flatMap((text) =>
    ['abc', 'a%', '_b_', 'a\\%c', '%', '', 'a\\\\c', 'A%', 'a_c', null].map((like) => [text, like]),
  ),
};
const arrays: RowCases = {
  tuples: ['array[1,2]', 'array[1,3]', 'array[]::int4[]', 'null::int4[]'].flatMap((a) =>
    ['array[1,2]', 'array[1]', 'null::int4[]'].map((b) => [sql(a), sql(b)]),
  ),
};
const rows = comparisonRows.filter(
  ({ templates, args }) =>
    templates.duckdb !== undefined &&
    !args.some(
      (arg) => typeof arg !== 'string' && arg.kind === 'scalar' && /record|json/.test(arg.name),
    ),
);
const changed: Record<string, RowCases> = {
  '|| (text, anynonarray)': {
    tuples: [
      '1',
      '1.50::numeric',
      'true',
      "date '2020-01-01'",
      '1.5::float8',
      'null::int4',
      "'a'::text",
    ].map((value) => ['x', sql(value)]),
  },
  '|| (anynonarray, text)': {
    tuples: ['1', 'false', "timestamp '2020-01-01 10:00:00.5'", "interval '1 mon 2 days'"].map(
      (value) => [sql(value), 'x'],
    ),
  },
  'like_escape(text, text)': {
    tuples: [
      ['a!%', '!'],
      ['a!!b', '!'],
      ['a\\b', '!'],
      ['a%', ''],
      ['a\\%', '\\'],
      [null, '!'],
      ['a.%', '.'],
    ],
  },
};
for (const entry of rows) {
  if (entry.name.includes('~~')) changed[signatureOf(entry)] = likes;
  if (entry.args[0] === 'anyarray') changed[signatureOf(entry)] = arrays;
}

describeRows('comparison operators', rows, casesOf(rows, changed));
