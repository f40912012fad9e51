import {
  complementDomain,
  intersectDomains,
  nullDomain,
  notNullDomain,
  parseArrayText,
  parseDomainValue,
  rangesDomain,
  sameType,
  scalar,
  unionDomains,
  valuesDomain,
  type Domain,
  type DomainValue,
  type Expression,
  type SqlType,
} from '@tributary/sql';
import { restrictCastTo } from './restrict-cast.ts';
import { restrictExpression, restrictStrict } from './restrict-expression.ts';
import { ALWAYS, NEVER, UNKNOWN, type Restriction } from './restriction.ts';
import { truthDomain, type Truth } from './truth.ts';

export const COMPARISONS = ['=', '<>', '<', '<=', '>', '>='] as const;
export type Comparison = (typeof COMPARISONS)[number];

const COMMUTED: Readonly<Record<Comparison, Comparison>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

export function comparisonNamed(name: string): Comparison | undefined {
  return COMPARISONS.find((each) => each === name);
}

/** `a op b` as `b op' a`. */
export function commuted(comparison: Comparison): Comparison {
  return COMMUTED[comparison];
}

/** The values that compare true with a constant. */
export function comparisonDomain(
  type: SqlType,
  comparison: Comparison,
  value: DomainValue,
): Domain {
  const inclusive = { value, inclusive: true };
  const exclusive = { value, inclusive: false };
  switch (comparison) {
    case '=':
      return valuesDomain(type, [value]);
    case '<>':
      return complementDomain(valuesDomain(type, [value]));
    case '<':
      return rangesDomain(type, [{ high: exclusive }]);
    case '<=':
      return rangesDomain(type, [{ high: inclusive }]);
    case '>':
      return rangesDomain(type, [{ low: exclusive }]);
    case '>=':
      return rangesDomain(type, [{ low: inclusive }]);
  }
}

const INTEGERS = ['int2', 'int4', 'int8'];
const INSTANTS = ['date', 'timestamp', 'timestamptz'];
const TEXTS = ['text', 'varchar'];

/** The type in which values of two types compare by one order; undefined where none is known. */
export function comparableType(a: SqlType, b: SqlType): SqlType | undefined {
  if (sameType(a, b)) return a;
  if (a.kind !== 'scalar' || b.kind !== 'scalar') return undefined;
  const names = [a.name, b.name];
  const within = (list: readonly string[]): boolean => names.every((name) => list.includes(name));
  if (within(INTEGERS)) return scalar('int8');
  if (within(['float4', 'float8'])) return scalar('float8');
  if (within(TEXTS)) return scalar('text');
  if (within(INSTANTS)) {
    return scalar(names.includes('timestamptz') ? 'timestamptz' : 'timestamp');
  }
  return undefined;
}

/** `expression comparison constant`. */
export function restrictComparison(
  expression: Expression,
  comparison: Comparison,
  constant: Extract<Expression, { kind: 'constant' }>,
  truth: Truth,
): Restriction {
  if (constant.value === null) return truth.isNull ? ALWAYS : NEVER;
  const type = comparableType(expression.type, constant.type);
  const value = type === undefined ? undefined : constantIn(constant.value, constant.type, type);
  if (type === undefined || value === undefined) {
    return restrictStrict([expression], truthDomain(truth));
  }
  const holds = comparisonDomain(type, comparison, value);
  return restrictAs(
    expression,
    type,
    domainFor(truth, holds, complementDomain(holds), nullDomain(type)),
  );
}

/** A date's midnight depends on the zone where a timestamptz is meant, so such constants have no value here. */
function constantIn(text: string, from: SqlType, to: SqlType): DomainValue | undefined {
  const zoned = (type: SqlType): boolean => type.kind === 'scalar' && type.name === 'timestamptz';
  if (zoned(from) !== zoned(to)) return undefined;
  return parseDomainValue(text, to);
}

function restrictAs(expression: Expression, type: SqlType, domain: Domain): Restriction {
  return sameType(expression.type, type)
    ? restrictExpression(expression, domain)
    : restrictCastTo(expression, domain);
}

function domainFor(truth: Truth, whenTrue: Domain, whenFalse: Domain, whenNull: Domain): Domain {
  let domain: Domain = { type: whenTrue.type, ranges: [], nulls: false };
  if (truth.isTrue) domain = unionDomains(domain, whenTrue);
  if (truth.isFalse) domain = unionDomains(domain, whenFalse);
  if (truth.isNull) domain = unionDomains(domain, whenNull);
  return domain;
}

/** IS [NOT] DISTINCT FROM a constant: never NULL. */
export function restrictDistinct(
  { left, right, negated }: Extract<Expression, { kind: 'distinct' }>,
  truth: Truth,
): Restriction {
  const [expression, constant] = right.kind === 'constant' ? [left, right] : [right, left];
  if (constant.kind !== 'constant') return UNKNOWN;
  const wantsSame = negated ? truth.isTrue : truth.isFalse;
  const wantsOther = negated ? truth.isFalse : truth.isTrue;
  if (wantsSame && wantsOther) return ALWAYS;
  if (!wantsSame && !wantsOther) return NEVER;
  if (constant.value === null) {
    const { type } = expression;
    return restrictExpression(expression, wantsSame ? nullDomain(type) : notNullDomain(type));
  }
  const type = comparableType(expression.type, constant.type);
  const value = type === undefined ? undefined : constantIn(constant.value, constant.type, type);
  if (type === undefined || value === undefined) return UNKNOWN;
  const same = valuesDomain(type, [value]);
  return restrictAs(
    expression,
    type,
    wantsSame ? same : { ...complementDomain(same), nulls: true },
  );
}

/** `arg [NOT] IN (constants)`. */
export function restrictInList(
  { arg, list, negated }: Extract<Expression, { kind: 'inList' }>,
  truth: Truth,
): Restriction {
  const constants: (string | null)[] = [];
  for (const element of list) {
    if (element.kind !== 'constant' || comparableType(arg.type, element.type) === undefined) {
      return restrictStrict([arg], truthDomain(truth));
    }
    constants.push(element.value);
  }
  const from = list[0]?.type ?? arg.type;
  return restrictSet(arg, negated ? '<>' : '=', negated ? 'all' : 'any', constants, from, truth);
}

/** `left op ANY|ALL (array of constants)`. */
export function restrictQuantified(
  { left, operator, quantifier, array }: Extract<Expression, { kind: 'quantified' }>,
  truth: Truth,
): Restriction {
  const comparison = comparisonNamed(operator.name);
  const elements = constantElements(array);
  if (comparison === undefined || elements === undefined || array.type.kind !== 'array') {
    return UNKNOWN;
  }
  return restrictSet(left, comparison, quantifier, elements, array.type.element, truth);
}

function constantElements(array: Expression): readonly (string | null)[] | undefined {
  if (array.kind === 'constant') {
    return array.value === null ? undefined : flatElements(array.value);
  }
  if (array.kind !== 'array') return undefined;
  const values: (string | null)[] = [];
  for (const element of array.elements) {
    if (element.kind !== 'constant') return undefined;
    values.push(element.value);
  }
  return values;
}

function flatElements(text: string): readonly (string | null)[] | undefined {
  const values: (string | null)[] = [];
  for (const element of parseArrayText(text)) {
    if (element !== null && typeof element !== 'string') return undefined;
    values.push(element);
  }
  return values;
}

/** ANY is a disjunction and ALL a conjunction of comparisons, in three-valued logic. */
function restrictSet(
  arg: Expression,
  comparison: Comparison,
  quantifier: 'any' | 'all',
  constants: readonly (string | null)[],
  from: SqlType,
  truth: Truth,
): Restriction {
  if (constants.length === 0) {
    return (quantifier === 'any' ? truth.isFalse : truth.isTrue) ? ALWAYS : NEVER;
  }
  const type = comparableType(arg.type, from);
  if (type === undefined) return restrictStrict([arg], truthDomain(truth));
  const values: DomainValue[] = [];
  let hasNull = false;
  for (const text of constants) {
    const value = text === null ? undefined : constantIn(text, from, type);
    if (text === null) hasNull = true;
    else if (value === undefined) return restrictStrict([arg], truthDomain(truth));
    else values.push(value);
  }
  // For ALL the roles of true and false change: it is false where the negated comparison holds for any.
  const decisive = decisiveDomain(
    type,
    quantifier === 'any' ? comparison : negate(comparison),
    values,
  );
  const rest = complementDomain(decisive);
  const other = hasNull ? { ...rest, ranges: [] } : rest;
  const unknown: Domain = hasNull ? { ...rest, nulls: true } : nullDomain(type);
  return restrictAs(
    arg,
    type,
    quantifier === 'any'
      ? domainFor(truth, decisive, other, unknown)
      : domainFor(truth, other, decisive, unknown),
  );
}

function decisiveDomain(
  type: SqlType,
  comparison: Comparison,
  values: readonly DomainValue[],
): Domain {
  if (comparison === '=') return valuesDomain(type, values);
  if (comparison === '<>') {
    // Different from any of two values: everything. Of one: everything else.
    const equal = valuesDomain(type, values);
    return new Set(values).size > 1 ? notNullDomain(type) : complementDomain(equal);
  }
  return values
    .map((value) => comparisonDomain(type, comparison, value))
    .reduce(unionDomains, { type, ranges: [], nulls: false });
}

function negate(comparison: Comparison): Comparison {
  const opposites = { '=': '<>', '<>': '=', '<': '>=', '<=': '>', '>': '<=', '>=': '<' } as const;
  return opposites[comparison];
}

/** Only for values: the domain without NULL. */
export function withoutNull(domain: Domain): Domain {
  return intersectDomains(domain, notNullDomain(domain.type));
}
