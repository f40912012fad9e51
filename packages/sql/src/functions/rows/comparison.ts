import type { FunctionEntry, Template } from '../function-entry.ts';
import { argument } from '../division.ts';
import { op, fn } from '../signature.ts';
import { textForm } from '../casts.ts';
import { jsonbOrderRows } from './jsonb-order.ts';

const SYMBOLS = ['=', '<>', '<', '<=', '>', '>='] as const;

/** The six comparisons of a pair of types; `left` and `right` are the sides' text. */
function comparisons(
  pair: string,
  proven: boolean,
  left = '{0}',
  right = '{1}',
): readonly FunctionEntry[] {
  const [a = '', b = a] = pair.split(' ');
  return SYMBOLS.map((symbol) =>
    op(`${a} ${symbol} ${b} -> bool`, { duckdb: `(${left} ${symbol} ${right})`, proven }),
  );
}

/** Same values in the same order in PostgreSQL and DuckDB. */
const PLAIN_PAIRS = [
  'bool',
  'bytea',
  'int2',
  'int4',
  'int8',
  'int2 int4',
  'int2 int8',
  'int4 int2',
  'int4 int8',
  'int8 int2',
  'int8 int4',
  'oid',
  'float4',
  'float8',
  'float4 float8',
  'float8 float4',
  'numeric',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'interval',
  'uuid',
];

const MIXED: readonly (readonly [pair: string, left: string, right: string])[] = [
  ['date timestamp', 'CAST({0} AS TIMESTAMP)', '{1}'],
  ['timestamp date', '{0}', 'CAST({1} AS TIMESTAMP)'],
  ['date timestamptz', '(CAST({0} AS TIMESTAMP) AT TIME ZONE {tz})', '{1}'],
  ['timestamptz date', '{0}', '(CAST({1} AS TIMESTAMP) AT TIME ZONE {tz})'],
  ['timestamp timestamptz', '({0} AT TIME ZONE {tz})', '{1}'],
  ['timestamptz timestamp', '{0}', '({1} AT TIME ZONE {tz})'],
  ['timetz timetz', '{0}', '{1}'],
  ['char char', '{0}', '{1}'],
  ['record record', '{0}', '{1}'],
  ['anyarray anyarray', '{0}', '{1}'],
];

/**
 * Text compares by bytes here (collation C). Equality is the same under any deterministic collation of PostgreSQL, order is not,
 * so only equality may be pushed.
 */
function textComparisons(pair: string, left = '{0}', right = '{1}'): readonly FunctionEntry[] {
  const [a = '', b = a] = pair.split(' ');
  return SYMBOLS.map((symbol) =>
    op(`${a} ${symbol} ${b} -> bool`, {
      duckdb: `(${left} ${symbol} ${right})`,
      proven: symbol === '=' || symbol === '<>',
    }),
  );
}

/** PostgreSQL's LIKE escapes with a backslash unless told otherwise, DuckDB's does not escape. */
function like(keyword: string): Template {
  return (args) => {
    const [value, pattern] = [argument(args, 0), argument(args, 1)];
    const plain = pattern.constant?.includes('\\') === false;
    return `(${value.text} ${keyword} ${pattern.text}${plain ? '' : " ESCAPE '\\'"})`;
  };
}

const LIKES = [
  ['~~', 'LIKE'],
  ['!~~', 'NOT LIKE'],
  ['~~*', 'ILIKE'],
  ['!~~*', 'NOT ILIKE'],
] as const;

const likeRows: readonly FunctionEntry[] = LIKES.flatMap(([symbol, keyword]) => {
  // Case folding follows the source's locale, so ILIKE stays here.
  const proven = !symbol.endsWith('*');
  return ['text', 'name', 'bpchar'].map((type) =>
    op(`${type} ${symbol} text -> bool`, { duckdb: like(keyword), proven }),
  );
});

/** Known to resolution; DuckDB has no LIKE of blobs. */
const byteaLikes: readonly FunctionEntry[] = [
  op('bytea ~~ bytea -> bool', {}),
  op('bytea !~~ bytea -> bool', {}),
];

/**
 * The pattern of LIKE .. ESCAPE as one that escapes with a backslash: `like_escape(pattern, escape)`. The grammar makes this call.
 */
const likeEscape: Template = (args) => {
  const [pattern, escape] = [argument(args, 0), argument(args, 1)];
  const doubled = `replace(${pattern.text}, '\\', '\\\\')`;
  if (escape.constant === '\\') return pattern.text;
  if (escape.constant === '') return doubled;
  if (escape.constant !== undefined && [...escape.constant].length > 1) {
    return "error('TRIBUTARY:22025:invalid escape string')";
  }
  const rewritten = `regexp_replace(${doubled}, regexp_escape(${escape.text}) || '(.)', '\\\\\\1', 'g')`;
  if (escape.constant !== undefined) return rewritten;
  return `CASE ${escape.text} WHEN '' THEN ${doubled} WHEN '\\' THEN ${pattern.text} ELSE ${rewritten} END`;
};

/** Comparison operators, LIKE in operator form, and concatenation. */
export const comparisonRows: readonly FunctionEntry[] = [
  ...PLAIN_PAIRS.flatMap((pair) => comparisons(pair, true)),
  ...MIXED.flatMap(([pair, left, right]) => comparisons(pair, false, left, right)),
  ...textComparisons('text'),
  ...jsonbOrderRows,
  ...textComparisons('name'),
  ...textComparisons('name text'),
  ...textComparisons('text name'),
  ...textComparisons('bpchar', "rtrim({0}, ' ')", "rtrim({1}, ' ')"),
  ...likeRows,
  ...byteaLikes,
  fn('like_escape(text, text) -> text', { duckdb: likeEscape }),
  op('bytea || bytea -> bytea', { duckdb: '({0} || {1})', proven: true }),
  op('text || anynonarray -> text', { duckdb: concatenated(1) }),
  op('anynonarray || text -> text', { duckdb: concatenated(0) }),
];

/** `||` with a value of another type, in its text form. */
function concatenated(other: 0 | 1): Template {
  return (args, context) => {
    const sides = [argument(args, 0), argument(args, 1)].map((side, index) =>
      index === other ? textForm(side, context) : side.text,
    );
    return `(${sides.join(' || ')})`;
  };
}
