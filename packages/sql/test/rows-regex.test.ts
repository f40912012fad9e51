import { regexRows } from '../src/functions/rows/regex.ts';
import { describeRows } from './support/describe-rows.ts';
import type { RowCases } from './support/describe-rows.ts';

const TEXTS = [
  'foobarbaz',
  'abc123def45',
  'a\nb',
  '',
  'Ünïcode wörd',
  'key=value; k2=v2',
  'https://example.com/path',
  'aXbXc',
  'a.b*c',
  '2024-02-29',
  'tab\there',
  'foo\n',
  null,
];
const PATTERNS = [
  'ba.',
  '(\\d+)',
  '[a-z]+',
  '^f',
  'z$',
  '^$',
  'a.b',
  '\\w+',
  '\\s',
  '\\S+',
  '[[:alpha:]]+',
  '[^/]+',
  '(\\w+)=(\\w+)',
  'X',
  'foo|bar',
  '(foo|bar)',
  'foo|foobar',
  'a*',
  'a*?b',
  '\\.',
  '[.*]',
  '(\\d{4})-(\\d\\d)',
  '\\mwor?',
  'k2\\M',
  '\\yk',
  '\\Aa',
  'c\\Z',
  '(?:b)(a)',
  '(?i)FOO',
  '\\d{2,3}',
  '[]a]',
  '[a\\d-]+',
  'Ü',
  'w.rd',
  '\\W',
  'o{2}',
  'https?://([^/]+)/',
  '^(.*)X(.*)$',
  '.+',
  '\\D+',
  '[[:space:]]',
  '[[:digit:]]+',
  '$',
  '\\t',
  'o\\n',
  '[A-Z]',
];
const REFUSED = [
  '(a)\\1',
  'a(?=b)',
  '(?<!a)b',
  '***=a',
  '(ab)*',
  '(https?://)?x',
  'a.*?b*',
  '[[.a.]]',
  '\\x41',
  '(a|ab)c',
  '(unclosed',
  '[unclosed',
  '*a',
  'a\\',
];
const cross = (): RowCases[] => [
  {
    constantsOnly: true,
    mayRefuse: true,
    tuples: TEXTS.flatMap((text) =>
      [...PATTERNS, ...REFUSED].flatMap((pattern) =>
        flags.length === 0 ? [[text, pattern]] : flags.map((flag) => [text, pattern, flag]),
      ),
    ),
  },
];
const few = (flags: readonly string[]): RowCases => ({
  constantsOnly: true,
  mayRefuse: true,
  tuples: TEXTS.flatMap((text) =>
    PATTERNS.slice(0, 20).flatMap((pattern) => flags.map((flag) => [text, pattern, flag])),
  ),
});
const REPLACEMENTS = ['-', '[\\&]', '<\\1>', '\\\\', '\\2x', '', '$1', '\\0'];

describeRows('regular expressions', regexRows, {
  '~ (text, text)': cross(),
  '~* (text, text)': cross(),
  '!~ (text, text)': cross(),
  '!~* (text, text)': cross(),
  'regexp_like(text, text)': cross(),
  'regexp_like(text, text, text)': few(['i', '', 'z', 'n']),
  'regexp_replace(text, text, text)': {
    constantsOnly: true,
    mayRefuse: true,
    tuples: TEXTS.flatMap((text) =>
      PATTERNS.flatMap((pattern, index) => [
        [text, pattern, REPLACEMENTS[index % REPLACEMENTS.length] ?? ''],
      ]),
    ),
  },
  'regexp_replace(text, text, text, text)': {
    constantsOnly: true,
    mayRefuse: true,
    tuples: TEXTS.flatMap((text) =>
      PATTERNS.flatMap((pattern, index) =>
        ['g', 'gi'].map((flag) => [
          text,
          pattern,
          REPLACEMENTS[(index + 3) % REPLACEMENTS.length] ?? '',
          flag,
        ]),
      ),
    ),
  },
  'regexp_match(text, text)': cross(),
  'regexp_match(text, text, text)': few(['i']),
  'regexp_matches(text, text)': {
    constantsOnly: true,
    expected: true,
    tuples: [['foobar', '(o+)(b)', '{{oo,b}}'], ['foobar', 'x', '{}'], ['foobar', 'o', '{{o}}'], ['foobar', '(a)\1', 'ERROR']],
  },
  'regexp_matches(text, text, text)': {
    constantsOnly: true,
    expected: true,
    tuples: [['a1b22', '([a-z])(\d+)', 'g', '{{a,1},{b,22}}'], ['a1b22', '\d+', 'g', '{{1},{22}}'], ['A1', 'a', 'i', '{{A}}'], ['x', '\d', 'g', '{}']],
  },
  'regexp_split_to_array(text, text)': cross(),
  'regexp_split_to_array(text, text, text)': few(['i']),
  'regexp_split_to_table(text, text)': cross(),
  'regexp_split_to_table(text, text, text)': few(['i']),
  'regexp_substr(text, text)': cross(),
  'substring(text, text)': cross(),
  'regexp_count(text, text)': cross(),
  'regexp_instr(text, text)': cross(),
});
