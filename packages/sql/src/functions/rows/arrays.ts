import type { FunctionEntry, Template, TemplateArgument } from '../function-entry.ts';
import { fn, op, tableFn } from '../signature.ts';
import { freshName, raise, refuse, reuse, reusing, reusingNulls } from '../template-parts.ts';
import { boundedList, integerSteps } from './series.ts';
import { textOutput } from '../text-output.ts';

/** Nested lists are no PostgreSQL arrays of several dimensions: what asks for dimensions is refused for them. */
const flat =
  (body: (names: readonly string[]) => string): Template =>
  (args) => {
    const [array] = args;
    if (array?.type.kind === 'array' && array.type.element.kind === 'array') {
      refuse('Dimensions of nested arrays are not supported.', 'Use cardinality().');
    }
    return reuse(
      args.map((argument) => argument.text),
      (...names) => body(names),
    );
  };

/** NULL and an array is the array; NULL and NULL is NULL. */
const concatenated = reusingNulls(
  ([left = '', right = '']) =>
    `CASE WHEN ${left} IS NULL THEN ${right} WHEN ${right} IS NULL THEN ${left} ELSE list_concat(${left}, ${right}) END`,
);

const upper = flat(
  ([array, dimension]) =>
    `CAST(CASE WHEN ${dimension} = 1 THEN nullif(len(${array}), 0) END AS INTEGER)`,
);

/** `[value]` in the result's element type. */
const appended =
  (order: 'append' | 'prepend'): Template =>
  ([left, right], context) => {
    const type = context.engineType(context.result);
    return order === 'append'
      ? `list_concat(${left?.text ?? 'NULL'}, CAST([${right?.text ?? 'NULL'}] AS ${type}))`
      : `list_concat(CAST([${left?.text ?? 'NULL'}] AS ${type}), ${right?.text ?? 'NULL'})`;
  };

function overElements(
  array: string,
  others: readonly string[],
  body: (name: string) => string,
  by = 'list_transform',
): string {
  const name = freshName([array, ...others]);
  return `${by}(${array}, lambda ${name}: ${body(name)})`;
}

const position = (array: string, value: string): string =>
  `nullif(list_position(${array}, ${value}), 0)`;

const joined: Template = (args, context) => {
  const [array, separator, nullText] = args;
  if (array?.type.kind !== 'array') return refuse('array_to_string() takes an array.');
  if (array.type.element.kind === 'array')
    return refuse('array_to_string() of nested arrays is not supported.');
  const element = array.type.element;
  return reuse([array.text, separator?.text ?? 'NULL'], (list, by) => {
    const others = nullText === undefined ? [] : [nullText.text];
    const texts = overElements(list, others, (name) => {
      const text = textOutput({ text: name, type: element }, context);
      return nullText === undefined ? text : `coalesce(${text}, ${nullText.text})`;
    });
    const parts = `list_filter(${texts}, lambda k_: k_ IS NOT NULL)`;
    return `CASE WHEN ${list} IS NULL OR ${by} IS NULL THEN NULL ELSE list_reduce(list_prepend('', ${parts}), lambda a_, b_, i_: CASE WHEN i_ = 2 THEN b_ ELSE a_ || ${by} || b_ END) END`;
  });
};

/** A NULL element matches nothing, itself included. */
const contains = (outer: string, inner: string): string =>
  `(list_has_all(${outer}, ${inner}) AND len(${inner}) = list_count(${inner}))`;

const swap = (args: readonly TemplateArgument[]): readonly TemplateArgument[] =>
  [...args].reverse();

const overlap = reusing(
  ([left = '', right = '']) =>
    `list_has_any(list_filter(${left}, lambda k_: k_ IS NOT NULL), ${right})`,
);

const within = reusing(([outer = '', inner = '']) => contains(outer, inner));

const trino = { postgres: false } as const;

export const arrayRows: readonly FunctionEntry[] = [
  fn('array_length(anyarray, int4) -> int4', { duckdb: upper }),
  fn('array_upper(anyarray, int4) -> int4', { duckdb: upper }),
  fn('array_lower(anyarray, int4) -> int4', {
    duckdb: flat(
      ([array, dimension]) => `CASE WHEN ${dimension} = 1 AND len(${array}) > 0 THEN 1 END`,
    ),
  }),
  fn('array_ndims(anyarray) -> int4', {
    duckdb: flat(([array]) => `CASE WHEN len(${array}) > 0 THEN 1 END`),
  }),
  fn('cardinality(anyarray) -> int4', {
    duckdb: flat(([array]) => `CAST(len(${array}) AS INTEGER)`),
  }),
  fn('array_append(anycompatiblearray, anycompatible) -> anycompatiblearray', {
    duckdb: appended('append'),
    strict: false,
  }),
  fn('array_prepend(anycompatible, anycompatiblearray) -> anycompatiblearray', {
    duckdb: appended('prepend'),
    strict: false,
  }),
  fn('array_cat(anycompatiblearray, anycompatiblearray) -> anycompatiblearray', {
    duckdb: concatenated,
    strict: false,
  }),
  op('anycompatiblearray || anycompatiblearray -> anycompatiblearray', {
    duckdb: concatenated,
    strict: false,
  }),
  op('anycompatiblearray || anycompatible -> anycompatiblearray', {
    duckdb: appended('append'),
    strict: false,
  }),
  op('anycompatible || anycompatiblearray -> anycompatiblearray', {
    duckdb: appended('prepend'),
    strict: false,
  }),
  fn('array_remove(anycompatiblearray, anycompatible) -> anycompatiblearray', {
    duckdb: reusingNulls(([array = '', value = '']) =>
      overElements(array, [value], (name) => `${name} IS DISTINCT FROM ${value}`, 'list_filter'),
    ),
    strict: false,
  }),
  fn('array_replace(anycompatiblearray, anycompatible, anycompatible) -> anycompatiblearray', {
    duckdb: reusingNulls(([array = '', from = '', to = '']) =>
      overElements(
        array,
        [from, to],
        (name) => `CASE WHEN ${name} IS NOT DISTINCT FROM ${from} THEN ${to} ELSE ${name} END`,
      ),
    ),
    strict: false,
  }),
  fn('array_position(anycompatiblearray, anycompatible) -> int4', {
    duckdb: reusingNulls(
      ([array = '', value = '']) => `CAST(${position(array, value)} AS INTEGER)`,
    ),
    strict: false,
  }),
  fn('array_position(anycompatiblearray, anycompatible, int4) -> int4', {
    duckdb: reusingNulls(
      ([array = '', value = '', start = '']) =>
        `CASE WHEN ${array} IS NULL THEN NULL WHEN ${start} IS NULL THEN ${raise('nullValueNotAllowed', 'initial position must not be null')} ` +
        `ELSE CAST(${position(`${array}[greatest(${start}, 1):]`, value)} + greatest(${start}, 1) - 1 AS INTEGER) END`,
    ),
    strict: false,
  }),
  fn('array_positions(anycompatiblearray, anycompatible) -> int4[]', {
    duckdb: reusingNulls(
      ([array = '', value = '']) =>
        `CASE WHEN ${array} IS NOT NULL THEN CAST(list_filter(range(1, len(${array}) + 1), lambda k_: ${array}[k_] IS NOT DISTINCT FROM ${value}) AS INTEGER[]) END`,
    ),
    strict: false,
  }),
  fn('array_to_string(anyarray, text) -> text', { duckdb: joined, volatility: 'stable' }),
  fn('array_to_string(anyarray, text, text) -> text', {
    duckdb: joined,
    strict: false,
    volatility: 'stable',
  }),
  fn('trim_array(anyarray, int4) -> anyarray', {
    duckdb: reusing(
      ([array, count]) =>
        `CASE WHEN ${count} NOT BETWEEN 0 AND len(${array}) THEN ${raise('arraySubscriptError', 'number of elements to trim must be between 0 and the length')} ` +
        `ELSE ${array}[1:len(${array}) - ${count}] END`,
    ),
  }),
  op('anyarray @> anyarray -> bool', { duckdb: within }),
  op('anyarray <@ anyarray -> bool', {
    duckdb: (args, context) => (typeof within === 'string' ? within : within(swap(args), context)),
  }),
  op('anyarray && anyarray -> bool', { duckdb: overlap }),
  tableFn('unnest(anyarray) -> anyelement', { duckdb: '{0}' }),
  fn('contains(anyarray, anyelement) -> bool', { duckdb: 'list_contains({0}, {1})', ...trino }),
  fn('element_at(anyarray, int8) -> anyelement', {
    duckdb: reusing(
      ([array, index]) =>
        `CASE WHEN ${index} = 0 THEN ${raise('arraySubscriptError', 'SQL array indices start at 1')} ELSE ${array}[${index}] END`,
    ),
    ...trino,
  }),
  fn('array_join(anyarray, text) -> text', { duckdb: joined, ...trino }),
  fn('array_join(anyarray, text, text) -> text', { duckdb: joined, strict: false, ...trino }),
  fn('array_distinct(anyarray) -> anyarray', {
    duckdb: reusing(
      ([array]) =>
        `list_transform(list_filter(range(1, len(${array}) + 1), lambda k_: list_position(${array}, ${array}[k_]) = k_), lambda k_: ${array}[k_])`,
    ),
    ...trino,
  }),
  fn('array_sort(anyarray) -> anyarray', { duckdb: `list_sort({0}, 'ASC', 'NULLS LAST')` }),
  fn('sequence(int8, int8) -> int8[]', {
    duckdb: reusing(([from = '', to = '']) =>
      boundedList(
        `abs(${integerSteps(from, to, '1')})`,
        `CASE WHEN ${from} <= ${to} THEN generate_series(${from}, ${to}) ELSE generate_series(${from}, ${to}, CAST(-1 AS BIGINT)) END`,
      ),
    ),
    ...trino,
  }),
  fn('sequence(int8, int8, int8) -> int8[]', {
    duckdb: reusing(
      ([from = '', to = '', step = '']) =>
        `CASE WHEN ${step} = 0 THEN ${raise('invalidParameterValue', 'step must not be zero')} ELSE ${boundedList(integerSteps(from, to, step), `generate_series(${from}, ${to}, ${step})`)} END`,
    ),
    ...trino,
  }),
  fn('slice(anyarray, int8, int8) -> anyarray', {
    duckdb: reusing(
      ([array, start, count]) =>
        `CASE WHEN ${start} = 0 THEN ${raise('arraySubscriptError', 'SQL array indices start at 1')} WHEN ${count} < 0 THEN ${raise('invalidParameterValue', 'length must not be negative')} ` +
        `WHEN ${start} > 0 THEN ${array}[${start}:${start} + ${count} - 1] WHEN -${start} > len(${array}) THEN ${array}[1:0] ` +
        `ELSE ${array}[len(${array}) + ${start} + 1:len(${array}) + ${start} + ${count}] END`,
    ),
    ...trino,
  }),
];
