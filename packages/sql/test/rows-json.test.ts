import { jsonRows } from '../src/functions/rows/json.ts';
import { describeRows } from './support/describe-rows.ts';
import type { RowCases } from './support/describe-rows.ts';
import { sql } from './support/row-tester.ts';

const DOCUMENTS = [
  '{"a": 1, "b": {"c": [1, "x", null, true]}, "$.a": 2, "/b": 3, "q\\"k": 4, "a.b": 5, "back\\\\s": 6}',
  '[1, "a", null, {"a": 2}, [3]]',
  '"text"',
  '12.50',
  'null',
  '{}',
  '[]',
  '{"s": "line\\n\\u00e9\\"", "n": null, "t": false, "big": 12345678901234567890}',
  null,
];
const alone: RowCases = { tuples: DOCUMENTS.map((d) => [d]) };
const pairs: RowCases = {
  tuples: DOCUMENTS.flatMap((left) => DOCUMENTS.map((right) => [left, right])),
};
const keyed: RowCases = {
  tuples: DOCUMENTS.flatMap((d) =>
    ['a', 'b', '$.a', '/b', 'q"k', 'a.b', 'back\\s', 's', 'n', '1', 'nope', null].map((k) => [
      d,
      k,
    ]),
  ),
};
const indexed: RowCases = {
  tuples: DOCUMENTS.flatMap((d) => [0, 1, 2, 4, 5, -1, -5, -6, null].map((k) => [d, k])),
};
/** PostgreSQL takes a jsonb scalar as an array of one: a listed difference. */
const containersOnly: RowCases = {
  tuples: indexed.tuples.filter(([d]) => d === null || (typeof d === 'string' && /^[[{]/.test(d))),
};
const paths: RowCases = {
  tuples: DOCUMENTS.flatMap((d) =>
    [
      '{b,c,1}',
      '{b,c,-1}',
      '{3,a}',
      '{a}',
      '{}',
      '{b,c,x}',
      '{s}',
      '{n}',
      '{nope,a}',
      '{b,NULL}',
      null,
    ].map((p) => [d, p]),
  ),
};
const variadic: RowCases = {
  tuples: DOCUMENTS.flatMap((d) => [
    [d, 'b', 'c', '1'],
    [d, '3', 'a'],
    [d, 's'],
    [d, null],
  ]),
};
/** JSON and what almost is. */
const TEXTS = [
  ...DOCUMENTS,
  '',
  ' ',
  'x',
  '{"a": 1,}',
  "{'a': 1}",
  '[1 2]',
  'NaN',
  '1.',
  '01',
  '-1.5e+3',
  'tru',
  ' true ',
  '{"a": 1} x',
  '"\\u00"',
];
const values: RowCases = {
  tuples: [
    sql('1'),
    sql('1.50'),
    sql("'a\"b'::text"),
    sql('true'),
    sql('NULL::int'),
    sql("date '2024-02-29'"),
    sql("timestamp '2024-02-29 01:02:03.5'"),
    sql("timestamptz '2024-02-29 01:02:03+00'"),
    sql('1.5::float8'),
    sql('1::float8'),
    sql("'NaN'::float8"),
    sql('array[1,NULL,2]'),
    sql("array['a','b']"),
    sql('\'{"a": 1}\'::json'),
    sql("'\\x00ff'::bytea"),
    sql("interval '1 day'"),
    sql('array[1.50]'),
  ].map((v) => [v]),
};
const built: RowCases = {
  tuples: [
    [sql("'a'::text"), sql('1'), sql("'b'::text"), sql('NULL::text')],
    [sql('1'), sql('array[1,2]')],
    [sql('NULL::text'), sql('1')],
    [sql("'a'::text")],
    [sql('true'), sql('\'{"x":1}\'::json')],
  ],
};
const keys: RowCases = {
  tuples: DOCUMENTS.flatMap((d) => ['{a,zz}', '{a,b}', '{}', '{a,NULL}', null].map((k) => [d, k])),
};

describeRows('json functions', jsonRows, {
  ...Object.fromEntries(
    ['json', 'jsonb'].flatMap((type): [string, RowCases][] => [
      [`-> (${type}, text)`, keyed],
      [`-> (${type}, int4)`, type === 'json' ? indexed : containersOnly],
      [`->> (${type}, text)`, { tuples: keyed.tuples.filter(([, k]) => k !== 'b') }],
      [
        `->> (${type}, int4)`,
        {
          tuples: containersOnly.tuples.filter(
            ([d, k]) =>
              !(
                typeof d === 'string' &&
                d.includes('{"a": 2}') &&
                [-1, 4, -5, 3].includes(Number(k))
              ),
          ),
        },
      ],
      [`#> (${type}, text[])`, paths],
      [`#>> (${type}, text[])`, { tuples: paths.tuples.filter(([, p]) => p !== '{}') }],
      [`${type}_extract_path(${type}, variadic text)`, variadic],
      [`${type}_extract_path_text(${type}, variadic text)`, variadic],
      [`${type}_array_length(${type})`, alone],
      [`${type}_typeof(${type})`, alone],
      [`${type}_object_keys(${type})`, alone],
      [`${type}_array_elements(${type})`, alone],
      [
        `${type}_array_elements_text(${type})`,
        { tuples: DOCUMENTS.filter((d) => !d?.includes('{"a": 2}')).map((d) => [d]) },
      ],
      [
        `${type}_each(${type})`,
        { tuples: [['{"a": 1, "b": "x", "n": null}'], ['[1]'], ['{}'], [null]] },
      ],
      [
        `${type}_each_text(${type})`,
        { tuples: [['{"a": 1, "b": "x", "n": null}'], ['[1]'], ['{}'], [null]] },
      ],
      [`${type}_build_object()`, { tuples: [[]] }],
      [`${type}_build_array()`, { tuples: [[]] }],
      [`${type}_build_object(variadic any)`, built],
      [`${type}_build_array(variadic any)`, built],
      [`to_${type}(anyelement)`, values],
    ]),
  ),
  'row_to_json(anyelement)': { tuples: [[sql('1')], [sql("'a'::text")]] },
  ...Object.fromEntries(
    (['', ' OBJECT', ' ARRAY', ' SCALAR'] as const).flatMap((kind): [string, RowCases][] => {
      const name = `is_json${kind.toLowerCase().replace(' ', '_')}`;
      const postgres = `{0} IS JSON${kind}`;
      return [
        [`${name}(text)`, { postgres, tuples: TEXTS.map((text) => [text]) }],
        [`${name}(json)`, { postgres, ...alone }],
        [`${name}(jsonb)`, { postgres, ...alone }],
      ];
    }),
  ),
  '|| (jsonb, jsonb)': pairs,
  '- (jsonb, text)': keyed,
  '- (jsonb, text[])': keys,
  '? (jsonb, text)': keyed,
  '?| (jsonb, text[])': keys,
  '?& (jsonb, text[])': keys,
  'json_extract(json, text)': {
    constantsOnly: true,
    expected: true,
    tuples: [
      ['{"a":{"b":[1,2]}}', '$.a.b[1]', '2'],
      ['{"a b":1}', '$["a b"]', '1'],
      ['{"a":1}', '$.x', null],
    ],
  },
  'json_extract(text, text)': {
    constantsOnly: true,
    expected: true,
    tuples: [
      ['{"a":{"b":[1,2]}}', '$.a', '{"b":[1,2]}'],
      ['{"a":1}', '$..a', 'ERROR'],
    ],
  },
  'json_extract_scalar(json, text)': {
    constantsOnly: true,
    expected: true,
    tuples: [
      ['{"a":"x"}', '$.a', 'x'],
      ['{"a":[1]}', '$.a', null],
      ['{"a":null}', '$.a', null],
      ['{"a":true}', '$.a', 'true'],
    ],
  },
  'json_extract_scalar(text, text)': {
    constantsOnly: true,
    expected: true,
    tuples: [
      ['{"a":1}', '$.a', '1'],
      [null, '$.a', null],
    ],
  },
  'json_parse(text)': {
    expected: true,
    tuples: [
      ['{"a": 1}', '{"a":1}'],
      ['{a', 'ERROR'],
      [null, null],
    ],
  },
  'json_format(json)': {
    expected: true,
    tuples: [
      ['{"a": 1}', '{"a":1}'],
      [null, null],
    ],
  },
});
