import { stringRows } from '../src/functions/rows/strings.ts';
import { describeRows } from './support/describe-rows.ts';
import type { RowCases } from './support/describe-rows.ts';
import { sql } from './support/row-tester.ts';

const TEXTS = [
  ['abc'],
  [''],
  [null],
  ['añ€😀'],
  ["O'Neil"],
  ['  a b  '],
  ['a\tb\n'],
  ['x\\y'],
] as const;
const one: RowCases = { tuples: TEXTS };
const bytes: RowCases = { tuples: [['\\x'], ['\\x00ff80'], [null], ['\\x616263']] };
const numbered: RowCases = {
  tuples: ['añ😀d', '', null].flatMap((text) =>
    [-6, -4, -1, 0, 1, 2, 4, 5, 99, null, 2147483647, -2147483648].map((n) => [text, n]),
  ),
};
const searches: RowCases = {
  tuples: [
    ['abcabc', 'c'],
    ['abc', ''],
    ['', ''],
    ['', 'a'],
    ['a😀b', 'b'],
    [null, 'a'],
    ['a', null],
    ['abc', 'abcd'],
  ],
};
const trims: RowCases = {
  tuples: [
    ['xxaxx', 'x'],
    ['xyaxy', 'yx'],
    ['abc', ''],
    ['', 'a'],
    [null, 'a'],
    ['a', null],
    ['€a€', '€'],
    ['aaa', 'a'],
    ['  a ', ' '],
  ],
};
const spaces: RowCases = { tuples: [...TEXTS, ['\t a \n'], ['\u00a0a\u00a0']] };
const from: RowCases = numbered;
const fromFor: RowCases = {
  tuples: ['añ😀de', null].flatMap((text) =>
    [-3, 0, 1, 2, 6, 2147483647, null].flatMap((start) =>
      [0, 1, 3, 99, -1, 2147483647, null].map((n) => [text, start, n]),
    ),
  ),
};
const pads: RowCases = {
  tuples: ['añc', '', null].flatMap((t) =>
    [-1, 0, 2, 3, 7, null].flatMap((n) => ['xy', '', '€', null].map((f) => [t, n, f])),
  ),
};
const pads1: RowCases = {
  tuples: ['añc', '', null].flatMap((t) => [-1, 0, 2, 3, 7, null].map((n) => [t, n])),
};

describeRows('string functions', stringRows, {
  '|| (text, text)': {
    tuples: [
      ['a', 'b'],
      ['a', null],
      [null, 'b'],
      ['', ''],
    ],
  },
  'length(text)': one,
  'char_length(text)': one,
  'character_length(text)': one,
  'len(text)': one,
  'octet_length(text)': one,
  'bit_length(text)': one,
  'length(bytea)': bytes,
  'octet_length(bytea)': bytes,
  'bit_length(bytea)': bytes,
  'lower(text)': { tuples: [...TEXTS, ['ÀÉÎ ĂȘ ЖДЩ ΑΒΓ']] },
  'upper(text)': { tuples: [...TEXTS, ['àéî ăș ждщ αβγ']] },
  'initcap(text)': { tuples: [...TEXTS, ['hello wORLD'], ["o'neil-smith é2b_c 3d"], ['ÀÉÎ жДЩ']] },
  'btrim(text)': spaces,
  'ltrim(text)': spaces,
  'rtrim(text)': spaces,
  'btrim(text, text)': trims,
  'ltrim(text, text)': trims,
  'rtrim(text, text)': trims,
  'substring(text, int4)': from,
  'substr(text, int4)': from,
  'substring(text, int4, int4)': fromFor,
  'substr(text, int4, int4)': fromFor,
  'left(text, int4)': numbered,
  'right(text, int4)': { tuples: numbered.tuples.filter(([, n]) => n !== -2147483648) },
  'position(text, text)': searches,
  'strpos(text, text)': searches,
  'charindex(text, text)': searches,
  'overlay(text, text, int4)': {
    tuples: [
      ['Txxxxas', 'hom', 2],
      ['abc', 'x', 0],
      ['abc', 'x', -1],
      ['abc', 'xyz', 9],
      ['añc', '', 1],
      [null, 'a', 1],
      ['a', 'b', null],
      ['abc', 'x', 2147483647],
    ],
  },
  'overlay(text, text, int4, int4)': {
    tuples: [
      ['Txxxxas', 'hom', 2, 4],
      ['abc', 'x', 0, 1],
      ['abc', 'x', 2, 0],
      ['abc', 'x', 2, -1],
      ['abc', 'x', 2, -9],
      ['abc', 'x', 9, 1],
      ['abc', 'x', 1, 99],
      ['abc', null, 1, 1],
      ['abc', 'x', 1, null],
    ],
  },
  'replace(text, text, text)': {
    tuples: [
      ['abcabc', 'b', 'xx'],
      ['abc', '', 'x'],
      ['', '', 'x'],
      ['aaa', 'aa', 'b'],
      ['abc', 'b', ''],
      [null, 'a', 'b'],
      ['a', null, 'b'],
      ['a', 'a', null],
      ['a.c', '.', '\\1'],
    ],
  },
  'translate(text, text, text)': {
    tuples: [
      ['12345', '143', 'ax'],
      ['abc', 'aab', 'xyz'],
      ['abc', '', 'x'],
      ['abc', 'a', ''],
      ['añ€', 'ñ€', 'n$'],
      [null, 'a', 'b'],
      ['a', null, 'b'],
      ['abc', 'a', 'xyz'],
    ],
  },
  'repeat(text, int4)': {
    tuples: [
      ['ab', 3],
      ['ab', 0],
      ['ab', -1],
      ['', 5],
      [null, 1],
      ['a', null],
    ],
  },
  'reverse(text)': { tuples: [...TEXTS, ['e\u0301a'], ['👨‍👩‍👧x']] },
  'lpad(text, int4)': pads1,
  'rpad(text, int4)': pads1,
  'lpad(text, int4, text)': pads,
  'rpad(text, int4, text)': pads,
  'split_part(text, text, int4)': {
    tuples: ['a,b,c', 'a,,c,', '', ',', 'abc', null].flatMap((t) =>
      [',', ',,', '', null].flatMap((by) =>
        [-4, -3, -1, 0, 1, 2, 3, 5, null].map((n) => [t, by, n]),
      ),
    ),
  },
  'concat(variadic any)': {
    tuples: [
      ['a', sql('1'), sql('true'), sql('NULL::text')],
      [sql('NULL::int')],
      [''],
      [sql("date '2024-02-29'"), sql('1.50'), sql("timestamp '2024-02-29 01:02:03.5'")],
      [
        sql("'\\x00ff'::bytea"),
        sql('false'),
        sql('null::bool'),
        sql("timestamptz '2024-02-29 01:02:03+00'"),
      ],
    ],
  },
  'concat_ws(text, variadic any)': {
    tuples: [
      [',', 'a', sql('1'), sql('NULL::text'), sql('true')],
      [sql('null::text'), 'a', 'b'],
      ['', 'a', 'b'],
      [',', sql('null::text')],
      [',', '', ''],
    ],
  },
  'format(text)': { tuples: [['abc'], ['%%'], ['%s'], [''], [null]] },
  'format(text, variadic any)': [
    {
      constantsOnly: true,
      tuples: [
        ['%10s|%-10s|', 'ab', 'cd'],
        ['%3s|%2$-4s|%1$s', 'abcdef', 'é'],
        ['%*s|%-*s|', sql('5'), 'a', sql('-4'), 'b'],
        ['%*s|', sql('NULL::int'), 'a'],
        ['%2$*1$s|%s', sql('3'), 'a', 'b'],
        ['%1$*2$s|', 'a', sql('4')],
        ['%10I|%-6L|', 'A b', "x'"],
        ['%5s', null],
        ['100%', 'a'],
      ],
    },
    {
      mayRefuse: true,
      tuples: [
        ['%s-%s', 'a', sql('1')],
        ['%I', 'select'],
        ['%I', 'Ab'],
        ['%I', 'ab'],
        ['%L', "it's"],
        ['%L', 'a\\b'],
        ['%L', null],
        ['%s', null],
        ['%I', null],
        ['%2$s %1$s', 'a', 'b'],
        ['%1$s %s', 'a', 'b'],
        ['%0$s', 'a'],
        ['%x', 'a'],
        ['%s %s', 'a'],
        ['%', 'a'],
        ['a%%b %s%%', 'c'],
        ['%s', sql('true')],
        ['%s and %s: %L', 'a', 'b', 'c'],
        [null, 'a'],
      ],
    },
  ],
  'ascii(text)': { tuples: [...TEXTS, ['€']] },
  'chr(int4)': {
    tuples: [[65], [0], [-1], [8364], [128512], [1114111], [1114112], [55296], [null]],
  },
  'md5(text)': one,
  'md5(bytea)': bytes,
  'sha256(bytea)': bytes,
  'encode(bytea, text)': {
    constantsOnly: true,
    tuples: [
      ['\\x00ff80', 'hex'],
      ['\\x', 'hex'],
      ['\\x00ff80', 'BASE64'],
      [sql("repeat('a',57)::bytea"), 'base64'],
      [sql("repeat('a',58)::bytea"), 'base64'],
      [sql("repeat('a',400)::bytea"), 'base64'],
      ['\\x', 'base64'],
      [null, 'hex'],
      ['\\x00', 'nope'],
    ],
  },
  'decode(text, text)': {
    constantsOnly: true,
    tuples: [
      ['00fF80', 'hex'],
      ['0 0\nff', 'hex'],
      ['0', 'hex'],
      ['zz', 'hex'],
      ['', 'hex'],
      ['YWJj', 'base64'],
      ['YW\nJj ZA==', 'base64'],
      ['YWJ', 'base64'],
      ['Y!Jj', 'base64'],
      ['', 'base64'],
      [null, 'hex'],
      ['a', 'nope'],
    ],
  },
  'convert_from(bytea, name)': {
    constantsOnly: true,
    mayRefuse: true,
    tuples: [
      ['\\x61c3b1', 'UTF8'],
      ['\\x', 'utf-8'],
      ['\\xff', 'UTF8'],
      [null, 'UTF8'],
      ['\\x61', 'LATIN1'],
    ],
  },
  'convert_to(text, name)': {
    constantsOnly: true,
    mayRefuse: true,
    tuples: [
      ['añ', 'UTF8'],
      ['', 'utf-8'],
      [null, 'UTF8'],
      ['a', 'LATIN1'],
    ],
  },
  'quote_ident(text)': {
    tuples: [
      ['abc'],
      ['a b'],
      ['Abc'],
      ['select'],
      ['a"b'],
      [''],
      ['_1'],
      ['1a'],
      ['date'],
      ['ñ'],
      [null],
      ['a$b'],
    ],
  },
  'quote_literal(text)': one,
  'quote_nullable(text)': one,
  'starts_with(text, text)': searches,
  '^@ (text, text)': searches,
  'string_to_array(text, text)': {
    tuples: [
      ['a,b,c', ','],
      ['a,,c,', ','],
      ['', ','],
      ['abc', ''],
      ['añ', null],
      [null, ','],
      ['', null],
      ['a,b', 'xx'],
      ['', ''],
    ],
  },
  'string_to_array(text, text, text)': {
    tuples: [
      ['a,b,c', ',', 'b'],
      ['a,,c', ',', ''],
      ['a,b', ',', null],
      ['', ',', ''],
      ['abc', '', 'abc'],
      ['aba', null, 'a'],
      [null, ',', 'a'],
    ],
  },
  'to_hex(int4)': { tuples: [[0], [255], [-1], [2147483647], [-2147483648], [null]] },
  'to_hex(int8)': {
    tuples: [[0], [255], [-1], ['9223372036854775807'], ['-9223372036854775808'], [null]],
  },
});
