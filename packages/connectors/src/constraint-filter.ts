import {
  BOOL,
  arrayOf,
  discreteValues,
  formatDomainValue,
  isAllDomain,
  isEmptyDomain,
  operatorsNamed,
  rewritePlan,
  sameType,
  TEXT,
} from '@tributary/sql';
import type {
  Constraint,
  Domain,
  DomainValue,
  Expression,
  Plan,
  PlanColumn,
  ScanPlan,
  SqlType,
  ValueRange,
} from '@tributary/sql';

/** Up to this many values are written as a list, more as one array. */
const MOST_LISTED = 20;
/** Beyond this many values or ranges only the outer bounds are sent. */
const MOST_VALUES = 20_000;
const MOST_RANGES = 16;
/** Types whose order depends on a collation: only single values of them are sent. */
const TEXTS: ReadonlySet<string> = new Set(['text', 'varchar']);
const ORDERED: ReadonlySet<string> = new Set([
  ...['int2', 'int4', 'int8', 'oid', 'float4', 'float8', 'numeric'],
  ...['date', 'timestamp', 'timestamptz'],
]);

/**
 * The plan with each scan's constraint as a filter over it: what holds for every row that matters, so that other rows need not
 * come. What no predicate expresses is left out, since whoever reads the rows tests them again.
 */
export function filterByConstraints(plan: Plan): Plan {
  return rewritePlan(plan, {
    plan: (node) => (node.kind === 'scan' ? filtered(node) : node),
  });
}

function filtered(scan: ScanPlan): Plan {
  const { constraint, ...bare } = scan;
  if (constraint === undefined) return scan;
  const conjuncts = predicates(scan, constraint);
  const [first, ...others] = conjuncts;
  if (first === undefined) return bare;
  return {
    kind: 'filter',
    input: bare,
    columns: scan.columns,
    condition: others.length === 0 ? first : { kind: 'and', args: conjuncts, type: BOOL },
  };
}

function predicates(scan: ScanPlan, constraint: Constraint): readonly Expression[] {
  const found: Expression[] = [];
  for (const { id, source } of scan.scanColumns) {
    const domain = constraint.get(source);
    const column = scan.columns.find((each) => each.id === id);
    if (domain === undefined || column === undefined || isAllDomain(domain)) continue;
    const predicate = domainPredicate(column, domain);
    if (predicate !== undefined) found.push(predicate);
  }
  return found;
}

/** A predicate that holds for every value of a domain, and for others only where none says it exactly; undefined: none says anything. */
export function domainPredicate(column: PlanColumn, domain: Domain): Expression | undefined {
  const { type } = column;
  if (type.kind !== 'scalar') return undefined;
  const value: Expression = { kind: 'column', id: column.id, type };
  if (isEmptyDomain(domain)) return { kind: 'constant', value: 'f', type: BOOL };
  const alternatives = valuePredicates(value, type, domain);
  if (alternatives === undefined) return undefined;
  if (domain.nulls) {
    alternatives.push({ kind: 'nullTest', arg: value, negated: false, type: BOOL });
  }
  const [only, ...others] = alternatives;
  return others.length === 0 ? only : { kind: 'or', args: alternatives, type: BOOL };
}

function valuePredicates(
  value: Expression,
  type: SqlType,
  domain: Domain,
): Expression[] | undefined {
  if (domain.ranges.length === 0) return [];
  if (type.kind !== 'scalar') return undefined;
  const values = discreteValues(domain, MOST_VALUES);
  const isText = TEXTS.has(type.name);
  // A year of days is a range, not 365 values.
  const isRanges =
    values !== undefined &&
    ORDERED.has(type.name) &&
    domain.ranges.length <= MOST_RANGES &&
    domain.ranges.length * 2 < values.length;
  if (
    values !== undefined &&
    !isRanges &&
    (isText || ORDERED.has(type.name) || type.name === 'bool')
  ) {
    return [oneOf(value, type, values)];
  }
  const everything = domain.ranges.length === 1 && isUnbounded(domain.ranges[0]);
  if (everything) return [{ kind: 'nullTest', arg: value, negated: true, type: BOOL }];
  if (isText || !ORDERED.has(type.name)) return undefined;
  const { ranges } = domain;
  const sent = ranges.length > MOST_RANGES ? [hull(ranges)] : ranges;
  const predicates = sent.map((range) => rangePredicate(value, type, range));
  return predicates.every((each) => each !== undefined) ? predicates : undefined;
}

function isUnbounded(range: ValueRange | undefined): boolean {
  return range !== undefined && range.low === undefined && range.high === undefined;
}

function hull(ranges: readonly ValueRange[]): ValueRange {
  const low = ranges[0]?.low;
  const high = ranges.at(-1)?.high;
  return { ...(low === undefined ? {} : { low }), ...(high === undefined ? {} : { high }) };
}

function constant(value: DomainValue, type: SqlType): Expression {
  return { kind: 'constant', value: formatDomainValue(value, type), type };
}

/** Strings are compared as text, whose operators PostgreSQL has. */
function comparedType(type: SqlType): SqlType {
  return type.kind === 'scalar' && TEXTS.has(type.name) ? TEXT : type;
}

function oneOf(value: Expression, type: SqlType, values: readonly DomainValue[]): Expression {
  const compared = comparedType(type);
  if (values.length <= MOST_LISTED) {
    return {
      kind: 'inList',
      arg: value,
      list: values.map((each) => constant(each, compared)),
      negated: false,
      type: BOOL,
    };
  }
  const equals = operatorFor('=', compared);
  const list = arrayOf(compared);
  return equals === undefined
    ? { kind: 'nullTest', arg: value, negated: true, type: BOOL }
    : {
        kind: 'quantified',
        left: value,
        operator: equals,
        quantifier: 'any',
        array: {
          kind: 'constant',
          type: list,
          value: `{${values.map((each) => quoted(formatDomainValue(each, compared))).join(',')}}`,
        },
        type: BOOL,
      };
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function operatorFor(symbol: string, type: SqlType) {
  return operatorsNamed(symbol, 2).find(({ args: [left, right] }) => {
    return (
      typeof left === 'object' &&
      typeof right === 'object' &&
      sameType(left, type) &&
      sameType(right, type)
    );
  });
}

function rangePredicate(
  value: Expression,
  type: SqlType,
  { low, high }: ValueRange,
): Expression | undefined {
  const parts: Expression[] = [];
  for (const [bound, symbol] of [
    [low, low?.inclusive === true ? '>=' : '>'],
    [high, high?.inclusive === true ? '<=' : '<'],
  ] as const) {
    if (bound === undefined) continue;
    const entry = operatorFor(symbol, type);
    if (entry === undefined) return undefined;
    parts.push({ kind: 'call', entry, args: [value, constant(bound.value, type)], type: BOOL });
  }
  const [first, ...others] = parts;
  return others.length === 0 ? first : { kind: 'and', args: parts, type: BOOL };
}
