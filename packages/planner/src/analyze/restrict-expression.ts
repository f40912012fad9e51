import {
  complementDomain,
  domainContains,
  hasDomainValues,
  intersectDomains,
  isAllDomain,
  isEmptyDomain,
  notNullDomain,
  nullDomain,
  parseDomainValue,
  unionDomains,
  valuesDomain,
  type Domain,
  type Expression,
} from '@tributary/sql';
import { restrictCall } from './restrict-call.ts';
import { restrictCast } from './restrict-cast.ts';
import { restrictDistinct, restrictInList, restrictQuantified } from './restrict-comparison.ts';
import {
  ALWAYS,
  anyOf,
  both,
  bothOf,
  either,
  inexact,
  NEVER,
  restrictColumn,
  UNKNOWN,
  type Restriction,
} from './restriction.ts';
import {
  FALSE,
  negated,
  NOT_FALSE,
  NOT_TRUE,
  TRUE,
  truthDomain,
  truthOf,
  type Truth,
} from './truth.ts';

/** What rows for which a boolean expression has one of the truth values have in their columns. */
export function restrictTruth(expression: Expression, truth: Truth): Restriction {
  return restrictExpression(expression, truthDomain(truth));
}

/**
 * What rows for which an expression's value is in a domain have in their columns: the preimage of the domain, or a superset
 * of it (`exact` false). The one mechanism behind every predicate form; unknown forms leave every row.
 */
export function restrictExpression(expression: Expression, domain: Domain): Restriction {
  if (isAllDomain(domain)) return ALWAYS;
  if (isEmptyDomain(domain)) return NEVER;
  switch (expression.kind) {
    case 'column':
      return restrictColumn(expression.id, domain);
    case 'constant':
      return restrictConstant(expression.value, domain);
    case 'and':
    case 'or':
      return restrictLogic(expression.kind, expression.args, truthOf(domain));
    case 'not':
      return restrictTruth(expression.arg, negated(truthOf(domain)));
    case 'nullTest': {
      const { isTrue, isFalse } = truthOf(domain);
      const { arg } = expression;
      const wantsNull = expression.negated ? isFalse : isTrue;
      const wantsValue = expression.negated ? isTrue : isFalse;
      if (wantsNull && wantsValue) return ALWAYS;
      // The test itself is never NULL.
      if (!wantsNull && !wantsValue) return NEVER;
      return restrictExpression(arg, wantsNull ? nullDomain(arg.type) : notNullDomain(arg.type));
    }
    case 'booleanTest':
      return restrictBooleanTest(
        expression.arg,
        expression.test,
        expression.negated,
        truthOf(domain),
      );
    case 'distinct':
      return restrictDistinct(expression, truthOf(domain));
    case 'inList':
      return restrictInList(expression, truthOf(domain));
    case 'quantified':
      return restrictQuantified(expression, truthOf(domain));
    case 'cast':
      return restrictCast(expression, domain);
    case 'call':
      return restrictCall(expression, domain);
    case 'coalesce':
      return restrictCoalesce(expression.args, domain);
    case 'nullif':
      return restrictNullIf(expression.left, expression.right, domain);
    case 'case':
      return restrictCase(expression, domain);
    default:
      return UNKNOWN;
  }
}

function restrictConstant(text: string | null, domain: Domain): Restriction {
  if (text === null) return domain.nulls ? ALWAYS : NEVER;
  if (!hasDomainValues(domain.type)) return domain.ranges.length === 0 ? NEVER : UNKNOWN;
  const value = parseDomainValue(text, domain.type);
  if (value === undefined) return UNKNOWN;
  return domainContains(domain, value) ? ALWAYS : NEVER;
}

/** Three-valued AND and OR. OR is the dual of AND: false where AND is true. */
function restrictLogic(
  kind: 'and' | 'or',
  args: readonly Expression[],
  wanted: Truth,
): Restriction {
  const { isTrue, isFalse, isNull } = kind === 'and' ? wanted : negated(wanted);
  const dual = (truth: Truth): Truth => (kind === 'and' ? truth : negated(truth));
  const each = (truth: Truth): readonly Restriction[] =>
    args.map((arg) => restrictTruth(arg, dual(truth)));
  if (isNull) {
    if (isTrue) return bothOf(each(NOT_FALSE));
    const notTrue = anyOf(each(NOT_TRUE));
    return isFalse ? notTrue : both(notTrue, bothOf(each(NOT_FALSE)));
  }
  const whenTrue = isTrue ? bothOf(each(TRUE)) : NEVER;
  return isFalse ? either(whenTrue, anyOf(each(FALSE))) : whenTrue;
}

function restrictBooleanTest(
  arg: Expression,
  test: 'true' | 'false' | 'unknown',
  isNegated: boolean,
  { isTrue, isFalse }: Truth,
): Restriction {
  if (isTrue && isFalse) return ALWAYS;
  if (!isTrue && !isFalse) return NEVER;
  const passes = isTrue !== isNegated;
  return restrictTruth(arg, {
    isTrue: (test === 'true') === passes,
    isFalse: (test === 'false') === passes,
    isNull: (test === 'unknown') === passes,
  });
}

function restrictCoalesce(args: readonly Expression[], domain: Domain): Restriction {
  const [first, ...rest] = args;
  if (first === undefined) return domain.nulls ? ALWAYS : NEVER;
  const values = intersectDomains(domain, notNullDomain(domain.type));
  return either(
    restrictExpression(first, values),
    both(restrictExpression(first, nullDomain(first.type)), restrictCoalesce(rest, domain)),
  );
}

/** NULLIF(left, constant): NULL where equal. */
function restrictNullIf(left: Expression, right: Expression, domain: Domain): Restriction {
  const text = right.kind === 'constant' ? right.value : undefined;
  const value = typeof text === 'string' ? parseDomainValue(text, left.type) : undefined;
  if (value === undefined) return UNKNOWN;
  const equal = valuesDomain(left.type, [value]);
  const values = intersectDomains({ ...domain, type: left.type }, complementDomain(equal));
  const nulls = unionDomains(nullDomain(left.type), equal);
  return restrictExpression(left, domain.nulls ? unionDomains(values, nulls) : values);
}

function restrictCase(
  expression: Extract<Expression, { kind: 'case' }>,
  domain: Domain,
): Restriction {
  const { operand, branches, otherwise } = expression;
  let before = ALWAYS;
  const results: Restriction[] = [];
  for (const { when, then } of branches) {
    const [hit, miss] =
      operand === undefined
        ? [restrictTruth(when, TRUE), restrictTruth(when, NOT_TRUE)]
        : restrictOperand(operand, when);
    results.push(bothOf([before, hit, restrictExpression(then, domain)]));
    before = both(before, miss);
  }
  const rest =
    otherwise === undefined
      ? domain.nulls
        ? ALWAYS
        : NEVER
      : restrictExpression(otherwise, domain);
  results.push(both(before, rest));
  return anyOf(results);
}

/** Where CASE's operand equals a branch's constant, and where it does not. */
function restrictOperand(
  operand: Expression,
  when: Expression,
): readonly [Restriction, Restriction] {
  const text = when.kind === 'constant' ? when.value : undefined;
  const value = typeof text === 'string' ? parseDomainValue(text, operand.type) : undefined;
  if (value === undefined) return [UNKNOWN, UNKNOWN];
  const equal = valuesDomain(operand.type, [value]);
  const unequal = { ...complementDomain(equal), nulls: true };
  return [restrictExpression(operand, equal), restrictExpression(operand, unequal)];
}

/** A strict operation's value is not NULL only where no argument is; that is all that is known of an unknown one. */
export function restrictStrict(args: readonly Expression[], domain: Domain): Restriction {
  if (domain.nulls) return UNKNOWN;
  return inexact(bothOf(args.map((arg) => restrictExpression(arg, notNullDomain(arg.type)))));
}
