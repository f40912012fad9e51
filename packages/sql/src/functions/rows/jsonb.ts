import type { FunctionEntry, Template } from '../function-entry.ts';
import { fn, op } from '../signature.ts';
import { raise, refuse, reuse, reusing, textLiteral, whenPresent } from '../template-parts.ts';
import { keyPath, membersOf, objectOf, without } from './json.ts';

/** A name that data do not have: json_contains also looks inside the left value, and finds nothing under it. */
const TOP = "'\\x01tributary'";

const isScalar = (json: string): string => `json_type(${json}) NOT IN ('ARRAY', 'OBJECT')`;

/** Containment at the top of the left value; an array contains a scalar that is one of its elements. */
const contains = (left: string, right: string): string =>
  `CASE WHEN json_type(${left}) = 'ARRAY' AND ${isScalar(right)} THEN json_contains(json_object(${TOP}, ${left}), json_object(${TOP}, json_array(${right})))
    ELSE json_contains(json_object(${TOP}, ${left}), json_object(${TOP}, ${right})) END`;

/** An array's elements as a list of json. */
const elements = (json: string): string => `json_extract(${json}, '$[*]')`;

const length = (json: string): string => `CAST(json_array_length(${json}) AS BIGINT)`;

/** A position from 1; counted from the end where the index is negative. */
const position = (json: string, index: string): string =>
  `(CASE WHEN ${index} < 0 THEN ${length(json)} + ${index} ELSE ${index} END + 1)`;

const fail = (
  code: 'invalidParameterValue' | 'invalidTextRepresentation',
  message: string,
): string => `CAST(${raise(code, message)} AS JSON)`;

/** The list without the element at the position; outside of it the list as it is. */
const withoutPosition = (list: string, at: string): string =>
  `list_transform(list_filter(list_zip(${list}, range(1, len(${list}) + 1)), lambda z_: z_[2] <> ${at}), lambda z_: z_[1])`;

const replacedPosition = (list: string, at: string, by: string): string =>
  `list_transform(list_zip(${list}, range(1, len(${list}) + 1)), lambda z_: CASE WHEN z_[2] = ${at} THEN ${by} ELSE z_[1] END)`;

const withoutElement: Template = reusing(
  ([json = '', index = '']) =>
    `CASE json_type(${json})
      WHEN 'ARRAY' THEN to_json(${withoutPosition(elements(json), position(json, index))})
      WHEN 'OBJECT' THEN ${fail('invalidParameterValue', 'cannot delete from object using integer index')}
      ELSE ${fail('invalidParameterValue', 'cannot delete from scalar')} END`,
);

const member = (json: string, key: string): string => `json_extract(${json}, ${keyPath('', key)})`;
const hasKey = (json: string, key: string): string =>
  `list_contains(json_keys(${json}), ${textLiteral(key)})`;
const withMember = (json: string, key: string, value: string): string =>
  objectOf(
    membersOf(json, without(`json_keys(${json})`, `[${textLiteral(key)}]`)),
    `[CAST(to_json(${textLiteral(key)}) AS VARCHAR) || ':' || CAST(${value} AS VARCHAR)]`,
  );

/** What to do where a path ends. `carried`: names under which the call's other arguments are known there. */
interface PathEnd {
  /** In an object, at a key. */
  readonly key: (json: string, key: string, carried: readonly string[]) => string;
  /** In an array, at a position from 1 that may lie outside. */
  readonly element: (json: string, at: string, carried: readonly string[]) => string;
}

/** The value with what stands at the end of a path changed; unchanged where the path leads nowhere. */
function changed(
  json: string,
  path: readonly string[],
  end: PathEnd,
  carried: readonly string[],
  depth = 1,
): string {
  const [key = '', ...rest] = path;
  const index = /^[+-]?\d{1,9}$/.test(key.trim()) ? String(Number(key)) : undefined;
  const last = rest.length === 0;
  const deeper = (child: string, names: readonly string[]): string =>
    reuse([child, ...names], (inner, ...more) => changed(inner, rest, end, more, depth + 1));
  const inObject = last
    ? end.key(json, key, carried)
    : `CASE WHEN ${hasKey(json, key)} THEN ${withMember(json, key, deeper(member(json, key), carried))} ELSE ${json} END`;
  const notAnIndex = `path element at position ${depth} is not an integer: "${key}"`;
  const inArray =
    index === undefined
      ? fail('invalidTextRepresentation', notAnIndex)
      : reuse([json, position(json, index), ...carried], (array, at, ...names) => {
          if (last) return end.element(array, at, names);
          const child = deeper(`json_extract(${array}, '$[' || (${at} - 1) || ']')`, names);
          return `CASE WHEN ${at} BETWEEN 1 AND ${length(array)} THEN to_json(${replacedPosition(elements(array), at, child)}) ELSE ${array} END`;
        });
  return `CASE json_type(${json}) WHEN 'OBJECT' THEN ${inObject} WHEN 'ARRAY' THEN ${inArray} ELSE ${json} END`;
}

/** Steps of a constant text[]. */
function pathOf(constant: string | undefined, of: string): readonly string[] {
  if (constant === undefined) return refuse(`The path of ${of} must be a constant here.`);
  const body = /^\{(.*)\}$/s.exec(constant)?.[1];
  if (body === undefined) return refuse(`The path of ${of} must be a constant array here.`);
  if (body === '') return [];
  return body.split(/,(?=(?:[^"\\]|\\.|"(?:[^"\\]|\\.)*")*$)/).map((step) => {
    const quoted = /^"(.*)"$/s.exec(step)?.[1];
    if (quoted === undefined && /^null$/i.test(step)) refuse(`The path of ${of} has a NULL.`);
    return (quoted ?? step).replaceAll(/\\(.)/gs, '$1');
  });
}

const MOST_STEPS = 8;

const isEmpty = (json: string): string =>
  `json_array_length(${json}) = 0 AND json_type(${json}) = 'ARRAY'`;

/** `unchanged`: where the target is returned as it is, whatever the path says. */
function changeTemplate(
  name: string,
  noScalar: string,
  unchanged: (json: string, carried: readonly string[]) => string,
  end: PathEnd,
): Template {
  return ([json, path, ...others]) => {
    const steps = pathOf(path?.constant, name);
    if (steps.length > MOST_STEPS) refuse(`${name} takes paths of at most ${MOST_STEPS} steps.`);
    const texts = [json?.text ?? 'NULL', ...others.map(({ text }) => text)];
    return reuse(texts, (...names) => {
      const [target = '', ...carried] = names;
      const body = steps.length === 0 ? target : changed(target, steps, end, carried);
      return whenPresent(
        names,
        `CASE WHEN ${isScalar(target)} THEN ${fail('invalidParameterValue', noScalar)} WHEN ${unchanged(target, carried)} THEN ${target} ELSE ${body} END`,
      );
    });
  };
}

const set = changeTemplate(
  'jsonb_set()',
  'cannot set path in scalar',
  (json, [, create]) => (create === undefined ? 'false' : `NOT ${create} AND ${isEmpty(json)}`),
  {
    key: (json, key, [value = '', create = 'true']) =>
      `CASE WHEN ${create} OR ${hasKey(json, key)} THEN ${withMember(json, key, value)} ELSE ${json} END`,
    element: (json, at, [value = '', create = 'true']) =>
      `CASE WHEN ${at} BETWEEN 1 AND ${length(json)} THEN to_json(${replacedPosition(elements(json), at, value)})
        WHEN NOT ${create} THEN ${json} WHEN ${at} < 1 THEN to_json(list_prepend(${value}, ${elements(json)})) ELSE to_json(list_append(${elements(json)}, ${value})) END`,
  },
);

const dropped = changeTemplate('#-', 'cannot delete path in scalar', isEmpty, {
  key: (json, key) =>
    objectOf(membersOf(json, without(`json_keys(${json})`, `[${textLiteral(key)}]`))),
  element: (json, at) => `to_json(${withoutPosition(elements(json), at)})`,
});

/** What jsonb has beyond json: containment, and values with something changed. */
export const jsonbRows: readonly FunctionEntry[] = [
  op('jsonb @> jsonb -> bool', { duckdb: reusing(([a = '', b = '']) => contains(a, b)) }),
  op('jsonb <@ jsonb -> bool', { duckdb: reusing(([a = '', b = '']) => contains(b, a)) }),
  op('jsonb - int4 -> jsonb', { duckdb: withoutElement }),
  op('jsonb #- text[] -> jsonb', { duckdb: dropped }),
  fn('jsonb_set(jsonb, text[], jsonb) -> jsonb', { duckdb: set }),
  fn('jsonb_set(jsonb, text[], jsonb, bool) -> jsonb', { duckdb: set }),
];
