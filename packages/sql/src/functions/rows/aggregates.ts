import { averageDigits, digitsOfType, totalDigits } from '../../types/numeric-digits.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { INT8, numericResult, UNKNOWN } from '../../types/sql-type.ts';
import { averageText, intervalMeanText, intervalSumText } from '../average.ts';
import { argument } from '../division.ts';
import type { FunctionEntry, Template } from '../function-entry.ts';
import { jsonArrayText, jsonMemberText, jsonObjectText } from '../json-collections.ts';
import { ITEM_SEPARATOR, itemText } from '../json-text.ts';
import { agg, orderedSet } from '../signature.ts';
import { deviations } from './deviations.ts';
import { regression } from './regression.ts';
import { reuse } from '../template-parts.ts';
import { approximateCount } from '../merge/sketch.ts';

function own([a = UNKNOWN]: readonly SqlType[]) {
  return digitsOfType(a);
}
function total([a = UNKNOWN]: readonly SqlType[]) {
  return totalDigits(a);
}
function average([a = UNKNOWN]: readonly SqlType[]) {
  return averageDigits(a);
}

/** The engine's avg of decimals is a double, whose noise would show in the sixteen places that PostgreSQL gives. */
const exactMean: Template = (args, context) => {
  const { text, type } = argument(args, 0);
  const sum = { type: numericResult(totalDigits(type)) };
  return reuse([`sum(${text}){over}`, `count(${text}){over}`], (total, count) =>
    averageText({ ...sum, text: total }, count, context.result, context),
  );
};

const counts: readonly FunctionEntry[] = [
  agg('count() -> int8', { duckdb: 'count(*)', postgres: 'count(*)', proven: true }),
  agg('count(any) -> int8', { duckdb: 'count({0})', proven: true }),
  agg('count_if(bool) -> int8', {
    duckdb: 'coalesce(CAST(count_if({0}){over} AS BIGINT), 0)',
    postgres: 'count(NULLIF({0}, false))',
  }),
  agg('approx_count_distinct(any) -> int8', {
    duckdb: approximateCount,
    postgres: false,
  }),
];

const sums: readonly FunctionEntry[] = [
  agg('sum(int2) -> int8', { duckdb: 'CAST(sum({0}){over} AS BIGINT)', proven: true }),
  agg('sum(int4) -> int8', { duckdb: 'CAST(sum({0}){over} AS BIGINT)', proven: true }),
  agg('sum(int8) -> numeric', {
    duckdb: 'CAST(sum({0}){over} AS {type})',
    digits: () => totalDigits(INT8),
    proven: true,
  }),
  agg('sum(float4) -> float4', { duckdb: 'CAST(sum({0}){over} AS FLOAT)' }),
  agg('sum(float8) -> float8', { duckdb: 'sum({0})' }),
  agg('sum(numeric) -> numeric', {
    duckdb: 'CAST(sum({0}){over} AS {type})',
    digits: total,
    proven: true,
  }),
  agg('sum(interval) -> interval', { duckdb: (args) => intervalSumText(argument(args, 0).text) }),
  ...['int2', 'int4', 'int8', 'numeric'].map((type) =>
    agg(`avg(${type}) -> numeric`, { duckdb: exactMean, digits: average }),
  ),
  agg('avg(float4) -> float8', { duckdb: 'avg(CAST({0} AS DOUBLE))' }),
  agg('avg(float8) -> float8', { duckdb: 'avg({0})' }),
  agg('avg(interval) -> interval', { duckdb: (args) => intervalMeanText(argument(args, 0).text) }),
];

/** Types that min and max of PostgreSQL take; varchar goes by text. */
const ORDERED = [
  'int2',
  'int4',
  'int8',
  'oid',
  'float4',
  'float8',
  'date',
  'time',
  'timetz',
  'timestamp',
  'timestamptz',
  'interval',
  'text',
  'bpchar',
  'bytea',
  'anyarray',
  'record',
];

/** Text minima depend on the source's collation, so they are computed here. */
const UNPROVEN: ReadonlySet<string> = new Set(['text', 'bpchar', 'anyarray', 'record', 'timetz']);

const extremes: readonly FunctionEntry[] = ['min', 'max'].flatMap((name) => [
  ...ORDERED.map((type) =>
    agg(`${name}(${type}) -> ${type}`, { duckdb: `${name}({0})`, proven: !UNPROVEN.has(type) }),
  ),
  agg(`${name}(numeric) -> numeric`, { duckdb: `${name}({0})`, digits: own, proven: true }),
]);

const logic: readonly FunctionEntry[] = [
  ...['bool_and', 'every'].map((name) =>
    agg(`${name}(bool) -> bool`, { duckdb: 'bool_and({0})', proven: true }),
  ),
  agg('bool_or(bool) -> bool', { duckdb: 'bool_or({0})', proven: true }),
  ...['bit_and', 'bit_or', 'bit_xor'].flatMap((name) =>
    ['int2', 'int4', 'int8'].map((type) =>
      agg(`${name}(${type}) -> ${type}`, { duckdb: `${name}({0})`, proven: true }),
    ),
  ),
];

/** json_agg and jsonb_agg. */
const jsonItems: Template = (args, context) =>
  jsonArrayText(`string_agg(${itemText(argument(args, 0), context)}, '${ITEM_SEPARATOR}'){over}`);

/** json_object_agg and jsonb_object_agg. */
function jsonMembers(type: 'json' | 'jsonb'): Template {
  return (args, context) =>
    jsonObjectText(
      type,
      `string_agg(${jsonMemberText(type, args, context)}, '${ITEM_SEPARATOR}'){over}`,
    );
}

const collections: readonly FunctionEntry[] = [
  agg('string_agg(text, text) -> text', { duckdb: 'string_agg({0}, {1})' }),
  agg('listagg(text, text) -> text', {
    duckdb: 'string_agg({0}, {1})',
    postgres: 'string_agg({0}, {1})',
  }),
  agg('listagg(text) -> text', {
    duckdb: "string_agg({0}, '')",
    postgres: "string_agg({0}, '')",
  }),
  agg('array_agg(anynonarray) -> anyarray', { duckdb: 'list({0})' }),
  agg('array_agg(anyarray) -> anyarray', { postgres: 'array_agg({0})' }),
  ...(['json', 'jsonb'] as const).flatMap((type) => [
    agg(`${type}_agg(anyelement) -> ${type}`, { duckdb: jsonItems }),
    agg(`${type}_object_agg(any, any) -> ${type}`, { duckdb: jsonMembers(type) }),
  ]),
];

const choices: readonly FunctionEntry[] = [
  agg('any_value(anyelement) -> anyelement', { duckdb: 'any_value({0})' }),
  agg('first(anyelement) -> anyelement', { duckdb: 'first({0})', postgres: false }),
  agg('last(anyelement) -> anyelement', { duckdb: 'last({0})', postgres: false }),
  ...['arg_min', 'min_by'].map((name) =>
    agg(`${name}(anyelement, any) -> anyelement`, {
      duckdb: 'arg_min_null({0}, {1})',
      postgres: false,
    }),
  ),
  ...['arg_max', 'max_by'].map((name) =>
    agg(`${name}(anyelement, any) -> anyelement`, {
      duckdb: 'arg_max_null({0}, {1})',
      postgres: false,
    }),
  ),
  agg('approx_percentile(float8, float8) -> float8', {
    duckdb: 'approx_quantile({0}, CAST({1} AS FLOAT))',
    postgres: false,
  }),
  agg('median(float8) -> float8', {
    duckdb: 'median({0})',
    postgres: 'percentile_cont(0.5) WITHIN GROUP (ORDER BY {0})',
  }),
];

const ordered: readonly FunctionEntry[] = [
  orderedSet('mode(anyelement) -> anyelement', { duckdb: 'mode(){over}' }),
  orderedSet('percentile_cont(float8, float8) -> float8', { duckdb: 'percentile_cont({0}){over}' }),
  // DuckDB does not interpolate intervals: known to resolution, refused when printed.
  orderedSet('percentile_cont(float8, interval) -> interval', {}),
  orderedSet('percentile_cont(float8[], float8) -> float8[]', {
    duckdb: 'percentile_cont({0}){over}',
  }),
  orderedSet('percentile_disc(float8, anyelement) -> anyelement', {
    // The engine keeps DESC as the fraction's sign, which 0 has not.
    duckdb: "percentile_disc(greatest({0}, CAST('1e-300' AS DOUBLE))){over}",
  }),
  orderedSet('percentile_disc(float8[], anyelement) -> anyarray', {
    duckdb: 'percentile_disc({0}){over}',
  }),
];

/** Aggregates. Result types are PostgreSQL's; what DuckDB returns wider is cast back. */
export const aggregateRows: readonly FunctionEntry[] = [
  ...counts,
  ...sums,
  ...extremes,
  ...deviations,
  ...regression,
  ...logic,
  ...collections,
  ...choices,
  ...ordered,
];
