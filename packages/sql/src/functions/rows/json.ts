import { QueryError } from '../../errors.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { INT4, JSONB } from '../../types/sql-type.ts';
import type { FunctionEntry, Template, TemplateArgument } from '../function-entry.ts';
import { buildArray, buildObject, jsonValue } from '../json-text.ts';
import { fn, op, tableFn } from '../signature.ts';
import { raise, refuse, requireConstant, reuse, reusing, textLiteral } from '../template-parts.ts';
import { applyTemplate } from '../../print/template-text.ts';

/** Paths have no empty member; a JSON pointer has. */
const EMPTY_KEY = "'/'";

/** DuckDB reads keys beginning with `$` or `/` as paths: every key becomes a quoted path of its own. */
export function keyPath(key: string, constant?: string): string {
  if (constant === '') return EMPTY_KEY;
  if (constant !== undefined) {
    return textLiteral(`$."${constant.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
  }
  return `CASE ${key} WHEN '' THEN ${EMPTY_KEY} ELSE '$."' || replace(replace(${key}, '\\', '\\\\'), '"', '\\"') || '"' END`;
}

function indexPath(index: string, constant?: string): string {
  if (constant !== undefined) {
    return constant.startsWith('-') ? `'$[#${constant}]'` : `'$[${constant}]'`;
  }
  return reuse(
    [index],
    (n) => `CASE WHEN ${n} < 0 THEN '$[#' || ${n} || ']' ELSE '$[' || ${n} || ']' END`,
  );
}

const member =
  (read: 'json_extract' | 'json_extract_string', path: typeof keyPath): Template =>
  ([json, key]) =>
    `${read}(${json?.text ?? 'NULL'}, ${path(key?.text ?? 'NULL', key?.constant)})`;

/** An element by its index. To jsonb a scalar is an array of one. */
const element = (
  type: 'json' | 'jsonb',
  read: 'json_extract' | 'json_extract_string',
): Template => {
  const found = member(read, indexPath);
  return (args, context) => {
    const [json, index] = args;
    const constant = index?.constant;
    if (
      typeof found === 'string' ||
      type === 'json' ||
      (constant !== undefined && constant !== '0' && constant !== '-1')
    ) {
      return applyTemplate(found, args, context);
    }
    return reuse([json?.text ?? 'NULL', index?.text ?? 'NULL'], (j, i) => {
      const own = found(
        [
          { ...json, text: j, type: JSONB },
          { ...index, text: i, type: INT4 },
        ],
        context,
      );
      return `CASE WHEN ${i} IN (0, -1) AND json_type(${j}) NOT IN ('ARRAY', 'OBJECT') THEN ${read}(${j}, '$') ELSE ${own} END`;
    });
  };
};

/** Follows a path step by step: a step is an index where the value is an array, a key where it is an object. */
function followed(json: string, path: string, asText: boolean): string {
  const steps = `list_prepend(CAST(${json} AS VARCHAR), ${path})`;
  const found =
    `list_reduce(${steps}, lambda a_, k_: CASE json_type(a_) ` +
    `WHEN 'ARRAY' THEN CASE WHEN regexp_full_match(k_, '-?[0-9]{1,9}') THEN CAST(json_extract(a_, CASE WHEN k_[1:1] = '-' THEN '$[#' || k_ || ']' ELSE '$[' || k_ || ']' END) AS VARCHAR) END ` +
    `WHEN 'OBJECT' THEN CAST(json_extract(a_, ${keyPath('k_')}) AS VARCHAR) END)`;
  return asText ? `json_extract_string(${found}, '$')` : `CAST(${found} AS JSON)`;
}

const byArray =
  (asText: boolean): Template =>
  ([json, path]) =>
    reuse(
      [json?.text ?? 'NULL', path?.text ?? 'NULL'],
      (j, p) =>
        `CASE WHEN ${j} IS NULL OR ${p} IS NULL OR len(${p}) <> list_count(${p}) THEN NULL ELSE ${followed(j, p, asText)} END`,
    );

const byArguments =
  (asText: boolean): Template =>
  ([json, ...keys], context) => {
    const template = byArray(asText);
    const path: TemplateArgument = {
      text: `[${keys.map((key) => key.text).join(', ')}]`,
      type: context.result,
    };
    return typeof template === 'string' || json === undefined
      ? 'NULL'
      : template([json, path], context);
  };

const TYPE_NAMES =
  "WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' WHEN 'BIGINT' THEN 'number' WHEN 'UBIGINT' THEN 'number' WHEN 'DOUBLE' THEN 'number' WHEN 'HUGEINT' THEN 'number'";

const notAnArray = (what: string): string =>
  raise('invalidParameterValue', `cannot ${what} of a non-array`);

const arrayOnly = (body: (json: string) => string, what: string): Template =>
  reusing(
    ([json = '']) =>
      `CASE WHEN json_type(${json}) <> 'ARRAY' THEN ${notAnArray(what)} ELSE ${body(json)} END`,
  );

const objectOnly = (body: (json: string) => string, what: string): Template =>
  reusing(
    ([json = '']) =>
      `CASE WHEN json_type(${json}) <> 'OBJECT' THEN ${raise('invalidParameterValue', `cannot call ${what} on a non-object`)} ELSE ${body(json)} END`,
  );

/** Keys as jsonb keeps them: each once, shorter first, then in byte order. */
const sortedKeys = (json: string): string =>
  `list_transform(list_sort(list_distinct(list_transform(json_keys(${json}), lambda k_: {'l': strlen(k_), 'k': k_}))), lambda k_: k_.k)`;

const strings = (json: string): string =>
  `CASE json_type(${json}) WHEN 'OBJECT' THEN list_transform(json_keys(${json}), lambda k_: CAST(to_json(k_) AS VARCHAR)) ` +
  `WHEN 'ARRAY' THEN list_transform(json_extract(${json}, '$[*]'), lambda k_: CAST(k_ AS VARCHAR)) ELSE [CAST(json_extract(${json}, '$') AS VARCHAR)] END`;

const quoted = (keys: string): string =>
  `list_transform(list_filter(${keys}, lambda k_: k_ IS NOT NULL), lambda k_: CAST(to_json(k_) AS VARCHAR))`;

const rowToJson: Template = ([row], context) => {
  if (row?.type.kind === 'struct') return jsonValue(row.text, row.type, context);
  throw new QueryError(
    'undefinedFunction',
    'function row_to_json() takes a row: no function matches the given argument type',
    { hint: 'Write to_json() for other values.' },
  );
};

const toJson: Template = ([value], context) =>
  value === undefined ? 'NULL' : jsonValue(value.text, value.type, context);

/** JSONPath of member names and indexes, as Athena's json functions take it, in DuckDB's spelling. */
function athenaPath(argument: TemplateArgument | undefined): string {
  const path = requireConstant(argument, 'A JSON path');
  const step = /^(?:\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]|\[(?:"([^"\\]+)"|'([^'\\]+)')\])/;
  let rest = path.startsWith('$')
    ? path.slice(1)
    : refuse(`JSON path "${path}" must begin with $.`);
  let text = '$';
  while (rest !== '') {
    const match = step.exec(rest);
    if (match === null)
      return refuse(`JSON path "${path}" is not supported: only members and indexes are.`);
    const [whole, name, index, double, single] = match;
    text += index === undefined ? `."${name ?? double ?? single ?? ''}"` : `[${index}]`;
    rest = rest.slice(whole.length);
  }
  return textLiteral(text);
}

const extractScalar: Template = ([json, path]) =>
  reuse(
    [`json_extract(${json?.text ?? 'NULL'}, ${athenaPath(path)})`],
    (found) =>
      `CASE WHEN json_type(${found}) NOT IN ('OBJECT', 'ARRAY') THEN json_extract_string(${found}, '$') END`,
  );

const both = (['json', 'jsonb'] as const).flatMap((type) => {
  const keys = type === 'json' ? (json: string) => `json_keys(${json})` : sortedKeys;
  const each = (read: string) =>
    objectOnly(
      (json) =>
        `list_transform(${keys(json)}, lambda e_: {'key': e_, 'value': ${read}(${json}, ${keyPath('e_')})})`,
      `${type}_each`,
    );
  const outputs = (value: SqlType) =>
    [
      { name: 'key', type: { kind: 'scalar', name: 'text', typmod: -1 } },
      { name: 'value', type: value },
    ] as const;
  return [
    op(`${type} -> text -> ${type}`, { duckdb: member('json_extract', keyPath) }),
    op(`${type} -> int4 -> ${type}`, { duckdb: element(type, 'json_extract') }),
    op(`${type} ->> text -> text`, { duckdb: member('json_extract_string', keyPath) }),
    op(`${type} ->> int4 -> text`, { duckdb: element(type, 'json_extract_string') }),
    op(`${type} #> text[] -> ${type}`, { duckdb: byArray(false) }),
    op(`${type} #>> text[] -> text`, { duckdb: byArray(true) }),
    fn(`${type}_extract_path(${type}, variadic text[]) -> ${type}`, { duckdb: byArguments(false) }),
    fn(`${type}_extract_path_text(${type}, variadic text[]) -> text`, {
      duckdb: byArguments(true),
    }),
    fn(`${type}_array_length(${type}) -> int4`, {
      duckdb: arrayOnly(
        (json) => `CAST(json_array_length(${json}) AS INTEGER)`,
        'get array length',
      ),
    }),
    fn(`${type}_typeof(${type}) -> text`, { duckdb: `CASE json_type({0}) ${TYPE_NAMES} END` }),
    tableFn(`${type}_object_keys(${type}) -> text`, {
      duckdb: objectOnly(keys, `${type}_object_keys`),
    }),
    tableFn(`${type}_array_elements(${type}) -> ${type}`, {
      resultName: 'value',
      duckdb: arrayOnly((json) => `json_extract(${json}, '$[*]')`, 'extract elements'),
    }),
    tableFn(`${type}_array_elements_text(${type}) -> text`, {
      resultName: 'value',
      duckdb: arrayOnly((json) => `json_extract_string(${json}, '$[*]')`, 'extract elements'),
    }),
    tableFn(`${type}_each(${type}) -> record`, {
      duckdb: each('json_extract'),
      outputs: outputs({ kind: 'scalar', name: type, typmod: -1 }),
    }),
    tableFn(`${type}_each_text(${type}) -> record`, {
      duckdb: each('json_extract_string'),
      outputs: outputs({ kind: 'scalar', name: 'text', typmod: -1 }),
    }),
    fn(`${type}_build_object() -> ${type}`, { duckdb: `CAST('{}' AS JSON)`, volatility: 'stable' }),
    fn(`${type}_build_object(variadic any) -> ${type}`, {
      duckdb: buildObject(type),
      strict: false,
      volatility: 'stable',
    }),
    fn(`${type}_build_array() -> ${type}`, { duckdb: `CAST('[]' AS JSON)`, volatility: 'stable' }),
    fn(`${type}_build_array(variadic any) -> ${type}`, {
      duckdb: buildArray,
      strict: false,
      volatility: 'stable',
    }),
    fn(`to_${type}(anyelement) -> ${type}`, { duckdb: toJson, volatility: 'stable' }),
  ];
});

/** Members of an object, of the keys in a list, as JSON text. */
export const membersOf = (json: string, keys: string): string =>
  `list_transform(${keys}, lambda m_: CAST(to_json(m_) AS VARCHAR) || ':' || CAST(json_extract(${json}, ${keyPath('m_')}) AS VARCHAR))`;

export const objectOf = (...members: readonly string[]): string =>
  `CAST('{' || coalesce(array_to_string(${members.reduce((left, right) => `list_concat(${left}, ${right})`)}, ','), '') || '}' AS JSON)`;

/** An array's elements; anything else is an array of one. */
const elementsOf = (json: string): string =>
  `CASE json_type(${json}) WHEN 'ARRAY' THEN json_extract(${json}, '$[*]') ELSE [${json}] END`;

export const without = (keys: string, dropped: string): string =>
  `list_filter(${keys}, lambda m_: NOT list_contains(${dropped}, m_))`;

/** The members of the right object win; where either is no object both are arrays. */
const concatenated: Template = reusing(
  ([left = '', right = '']) =>
    `CASE WHEN json_type(${left}) = 'OBJECT' AND json_type(${right}) = 'OBJECT'
      THEN ${objectOf(membersOf(left, without(`json_keys(${left})`, `json_keys(${right})`)), membersOf(right, `json_keys(${right})`))}
      ELSE to_json(list_concat(${elementsOf(left)}, ${elementsOf(right)})) END`,
);

/** Without the members, or the text elements, of these names. */
const withoutNames = (namesOf: (argument: string) => string): Template =>
  reusing(
    ([json = '', argument = '']) =>
      `CASE json_type(${json})
        WHEN 'OBJECT' THEN ${objectOf(membersOf(json, without(`json_keys(${json})`, namesOf(argument))))}
        WHEN 'ARRAY' THEN to_json(list_filter(json_extract(${json}, '$[*]'), lambda m_: NOT (json_type(m_) = 'VARCHAR' AND list_contains(${namesOf(argument)}, json_extract_string(m_, '$')))))
        ELSE CAST(${raise('invalidParameterValue', 'cannot delete from scalar')} AS JSON) END`,
  );

/** The engine also takes a comma after the last element, and NaN and infinities. */
const validJson = (text: string): string =>
  `json_valid(${text}) AND NOT regexp_matches(regexp_replace(${text}, '"(?:[^"\\\\]|\\\\.)*"', '""', 'g'), '(?i),\\s*[\\]}]|nan|inf')`;

/** IS JSON and its kinds, which the grammar writes without a function's name. */
const isJson = (
  [
    ['is_json', 'IS JSON', (type: string) => `${type} IS NOT NULL`],
    ['is_json_object', 'IS JSON OBJECT', (type: string) => `${type} = 'OBJECT'`],
    ['is_json_array', 'IS JSON ARRAY', (type: string) => `${type} = 'ARRAY'`],
    ['is_json_scalar', 'IS JSON SCALAR', (type: string) => `${type} NOT IN ('OBJECT', 'ARRAY')`],
  ] as const
).flatMap(([name, written, test]) =>
  (['text', 'json', 'jsonb'] as const).map((type) =>
    fn(`${name}(${type}) -> bool`, {
      duckdb: reusing(([value = '']) =>
        type === 'text'
          ? `CASE WHEN ${validJson(value)} THEN ${test(`json_type(${value})`)} ELSE false END`
          : test(`json_type(${value})`),
      ),
      postgres: `({0} ${written})`,
    }),
  ),
);

export const jsonRows: readonly FunctionEntry[] = [
  ...both,
  ...isJson,
  op('jsonb || jsonb -> jsonb', { duckdb: concatenated }),
  op('jsonb - text -> jsonb', { duckdb: withoutNames((name) => `[${name}]`) }),
  op('jsonb - text[] -> jsonb', { duckdb: withoutNames((names) => names) }),
  op('jsonb ? text -> bool', {
    duckdb: reusing(
      ([json = '', key = '']) =>
        `list_contains(${strings(json)}, CAST(to_json(${key}) AS VARCHAR))`,
    ),
  }),
  op('jsonb ?| text[] -> bool', {
    duckdb: reusing(([json = '', keys = '']) => `list_has_any(${strings(json)}, ${quoted(keys)})`),
  }),
  op('jsonb ?& text[] -> bool', {
    duckdb: reusing(([json = '', keys = '']) => `list_has_all(${strings(json)}, ${quoted(keys)})`),
  }),
  fn('row_to_json(anyelement) -> json', { duckdb: rowToJson, volatility: 'stable' }),
  fn('json_extract(json, text) -> json', {
    duckdb: ([json, path]) => `json_extract(${json?.text ?? 'NULL'}, ${athenaPath(path)})`,
    postgres: false,
  }),
  fn('json_extract(text, text) -> json', {
    duckdb: ([json, path]) => `json_extract(${json?.text ?? 'NULL'}, ${athenaPath(path)})`,
    postgres: false,
  }),
  fn('json_extract_scalar(json, text) -> text', { duckdb: extractScalar, postgres: false }),
  fn('json_extract_scalar(text, text) -> text', { duckdb: extractScalar, postgres: false }),
  fn('json_parse(text) -> json', { duckdb: 'CAST({0} AS JSON)', postgres: false }),
  fn('json_format(json) -> text', { duckdb: 'CAST(json({0}) AS VARCHAR)', postgres: false }),
];
