import {
  discreteLimits,
  isEmptyDomain,
  rangesDomain,
  sameDomain,
  sameType,
  type ColumnId,
  type Domain,
  type Expression,
} from '@tributary/sql';
import { predicateColumns, type Predicate } from './predicate.ts';
import { castPreimage } from './restrict-cast.ts';
import {
  commuted,
  comparableType,
  comparisonNamed,
  withoutNull,
  type Comparison,
} from './restrict-comparison.ts';
import { restrictExpression, restrictTruth } from './restrict-expression.ts';
import { ALWAYS, anyOf, both, type Restriction } from './restriction.ts';
import { TRUE } from './truth.ts';

/** What a list of predicates together leaves of columns, equalities between columns taken into account. */
export interface Closure extends Restriction {
  /** Whether the domains express the predicate at an index of the list completely. */
  isExact(index: number): boolean;
}

const known = new WeakMap<readonly Predicate[], Closure>();
/** Equalities may chain through as many columns; more rounds than this would only narrow further. */
const MAX_ROUNDS = 8;

export function closureOf(predicates: readonly Predicate[]): Closure {
  const found = known.get(predicates);
  if (found !== undefined) return found;
  const single = predicates.map(restrictPredicate);
  let all = single.reduce(both, ALWAYS);
  const links = predicates.flatMap(linksOf);
  for (let round = 0; round < MAX_ROUNDS && !all.impossible; round++) {
    const before = all;
    for (const link of links) all = both(all, follow(link, all));
    if (sameRestriction(before, all)) break;
  }
  const closure: Closure = { ...all, isExact: (index) => single[index]?.exact === true };
  known.set(predicates, closure);
  return closure;
}

function restrictPredicate(predicate: Predicate): Restriction {
  switch (predicate.kind) {
    case 'holds':
      return restrictTruth(predicate.expression, TRUE);
    case 'within':
      return restrictExpression(predicate.expression, predicate.domain);
    case 'same':
      return { ...ALWAYS, exact: false };
    case 'any':
      return anyOf(predicate.alternatives.map((list) => ({ ...closureOf(list), exact: false })));
  }
}

/** A column bounds an expression: `target comparison column` holds. `same` also lets NULL through. */
interface Link {
  readonly source: Extract<Expression, { kind: 'column' }>;
  readonly target: Expression;
  readonly comparison: Comparison | 'same';
}

function linksOf(predicate: Predicate): readonly Link[] {
  switch (predicate.kind) {
    case 'same':
      return linksBetween(predicate.left, predicate.right, 'same', 'same');
    case 'holds': {
      const { expression } = predicate;
      if (expression.kind === 'distinct' && expression.negated) {
        return linksBetween(expression.left, expression.right, 'same', 'same');
      }
      if (expression.kind !== 'call' || expression.entry.kind !== 'operator') return [];
      const comparison = comparisonNamed(expression.entry.name);
      const [left, right] = expression.args;
      if (comparison === undefined || comparison === '<>' || !left || !right) return [];
      return linksBetween(left, right, comparison, commuted(comparison));
    }
    default:
      return [];
  }
}

function linksBetween(
  left: Expression,
  right: Expression,
  leftOfRight: Link['comparison'],
  rightOfLeft: Link['comparison'],
): readonly Link[] {
  const links: Link[] = [];
  if (right.kind === 'column') links.push({ source: right, target: left, comparison: leftOfRight });
  if (left.kind === 'column') links.push({ source: left, target: right, comparison: rightOfLeft });
  return links;
}

function follow({ source, target, comparison }: Link, all: Restriction): Restriction {
  const domain = all.columns.get(source.id);
  if (domain === undefined || target.kind === 'constant') return ALWAYS;
  const bounded = boundedBy(domain, comparison);
  const retyped = inTypeOf(bounded, target);
  if (retyped === undefined) return ALWAYS;
  return restrictExpression(target, retyped);
}

/** What a value that compares so with some value of the domain can be. */
function boundedBy(domain: Domain, comparison: Comparison | 'same'): Domain {
  const { ranges, type } = domain;
  if (comparison === 'same') return domain;
  if (comparison === '=') return withoutNull(domain);
  const inclusive = comparison === '<=' || comparison === '>=';
  if (comparison === '<' || comparison === '<=') {
    const high = ranges.at(-1)?.high;
    const bound = high && { value: high.value, inclusive: high.inclusive && inclusive };
    return rangesDomain(
      type,
      ranges.length === 0 ? [] : [bound === undefined ? {} : { high: bound }],
    );
  }
  const low = ranges[0]?.low;
  const bound = low && { value: low.value, inclusive: low.inclusive && inclusive };
  return rangesDomain(type, ranges.length === 0 ? [] : [bound === undefined ? {} : { low: bound }]);
}

/** The domain of equal values in the target's type. */
function inTypeOf(domain: Domain, target: Expression): Domain | undefined {
  if (sameType(domain.type, target.type)) return { ...domain, type: target.type };
  const common = comparableType(domain.type, target.type);
  if (common === undefined) return undefined;
  if (sameType(common, target.type) && discreteLimits(common) !== undefined) {
    return image(domain, target);
  }
  if (sameType(common, domain.type)) return castPreimage(target.type, domain)?.domain;
  const ranges = rangesDomain(target.type, domain.ranges);
  return isInteger(domain) ? { ...ranges, nulls: domain.nulls } : undefined;
}

function isInteger({ type }: Domain): boolean {
  return type.kind === 'scalar' && type.name.startsWith('int') && type.name !== 'interval';
}

/** Integers keep their value when widened; other widenings are not needed for what columns are joined on. */
function image(domain: Domain, target: Expression): Domain | undefined {
  if (!isInteger(domain)) return undefined;
  return { ...rangesDomain(target.type, domain.ranges), nulls: domain.nulls };
}

function sameRestriction(a: Restriction, b: Restriction): boolean {
  if (a.impossible !== b.impossible || a.columns.size !== b.columns.size) return false;
  for (const [id, domain] of a.columns) {
    const other = b.columns.get(id);
    if (other === undefined || !sameDomain(domain, other)) return false;
  }
  return true;
}

/** Whether rows in which all of the columns are NULL cannot fulfil the predicates. */
export function rejectsNulls(
  predicates: readonly Predicate[],
  columns: ReadonlySet<ColumnId>,
): boolean {
  const about = predicates.some((each) =>
    [...predicateColumns(each)].some((id) => columns.has(id)),
  );
  if (!about) return false;
  const closure = closureOf(predicates);
  if (closure.impossible) return true;
  for (const id of columns) {
    const domain = closure.columns.get(id);
    if (domain !== undefined && !domain.nulls && !isEmptyDomain(domain)) return true;
  }
  return false;
}

/** What the predicates leave of one column; undefined: everything. */
export function columnDomain(
  predicates: readonly Predicate[],
  column: Extract<Expression, { kind: 'column' }>,
): Domain | undefined {
  const closure = closureOf(predicates);
  if (closure.impossible) return { type: column.type, ranges: [], nulls: false };
  const domain = closure.columns.get(column.id);
  return domain;
}
