import {
  complementDomain,
  nullDomain,
  notNullDomain,
  parseDomainValue,
  rangesDomain,
  unionDomains,
  type Domain,
  type Expression,
} from '@tributary/sql';
import { datePreimage, intervalPreimage, truncPreimage, yearPreimage } from './date-preimages.ts';
import { negateInterval, parseInterval } from './interval-constant.ts';
import { mapDiscrete } from './map-ranges.ts';
import { restrictPreimage, type Preimage } from './restrict-cast.ts';
import { commuted, comparisonNamed, restrictComparison } from './restrict-comparison.ts';
import { restrictStrict } from './restrict-expression.ts';
import { UNKNOWN, type Restriction } from './restriction.ts';
import { afterPrefix, likeDomain, prefixDomain } from './text-ranges.ts';
import { truthOf } from './truth.ts';

type Call = Extract<Expression, { kind: 'call' }>;
type Constant = Extract<Expression, { kind: 'constant' }>;

/** A function's or operator's value within a domain. */
export function restrictCall(call: Call, domain: Domain): Restriction {
  const { entry, args } = call;
  const [left, right] = args;
  const comparison = entry.kind === 'operator' ? comparisonNamed(entry.name) : undefined;
  if (comparison !== undefined && left !== undefined && right !== undefined) {
    const truth = truthOf(domain);
    if (right.kind === 'constant') return restrictComparison(left, comparison, right, truth);
    if (left.kind === 'constant') {
      return restrictComparison(right, commuted(comparison), left, truth);
    }
  }
  return restrictKnown(call, domain) ?? (entry.strict ? restrictStrict(args, domain) : UNKNOWN);
}

function restrictKnown(call: Call, domain: Domain): Restriction | undefined {
  const [left, right] = call.args;
  if (left === undefined || right === undefined) return undefined;
  switch (call.entry.name) {
    case '~~':
    case '!~~':
      return restrictLike(left, right, domain, call.entry.name === '!~~');
    case '^@':
    case 'starts_with':
      return restrictPrefix(left, right, domain);
    case '+':
      return right.kind === 'constant'
        ? restrictSum(left, right, domain, false)
        : left.kind === 'constant'
          ? restrictSum(right, left, domain, false)
          : undefined;
    case '-':
      return right.kind === 'constant'
        ? restrictSum(left, right, domain, true)
        : left.kind === 'constant'
          ? restrictDifference(left, right, domain)
          : undefined;
    case 'date_trunc':
      return withPreimage(right, textOf(left), (unit) => truncPreimage(right.type, unit, domain));
    case 'extract':
    case 'date_part':
      return withPreimage(right, textOf(left), (field) =>
        field.toLowerCase() === 'year' ? yearPreimage(right.type, domain) : undefined,
      );
    case 'left':
      return restrictLeft(left, textOf(right), domain);
    case 'substr':
    case 'substring': {
      const length = call.args[2];
      return textOf(right) === '1' && length !== undefined
        ? restrictLeft(left, textOf(length), domain)
        : undefined;
    }
    default:
      return undefined;
  }
}

function textOf(expression: Expression): string | undefined {
  return expression.kind === 'constant' ? (expression.value ?? undefined) : undefined;
}

function withPreimage(
  arg: Expression,
  constant: string | undefined,
  preimage: (constant: string) => Preimage | undefined,
): Restriction | undefined {
  const found = constant === undefined ? undefined : preimage(constant);
  return found === undefined ? undefined : restrictPreimage(arg, found);
}

function isNamed(expression: Expression, ...names: readonly string[]): boolean {
  return expression.type.kind === 'scalar' && names.includes(expression.type.name);
}

/** A predicate that is true in `matches` (exactly, or at most there), false elsewhere and NULL for NULL. */
function restrictMatch(
  arg: Expression,
  matches: Domain,
  exact: boolean,
  domain: Domain,
  isNegated: boolean,
): Restriction {
  const truth = truthOf(domain);
  const [wantsMatch, wantsOther] = isNegated
    ? [truth.isFalse, truth.isTrue]
    : [truth.isTrue, truth.isFalse];
  let found: Domain = { type: arg.type, ranges: [], nulls: false };
  if (wantsMatch) found = unionDomains(found, matches);
  if (wantsOther) {
    found = unionDomains(found, exact ? complementDomain(matches) : notNullDomain(arg.type));
  }
  if (truth.isNull) found = unionDomains(found, nullDomain(arg.type));
  return restrictPreimage(arg, { domain: found, exact });
}

function restrictLike(
  arg: Expression,
  pattern: Expression,
  domain: Domain,
  isNegated: boolean,
): Restriction | undefined {
  const text = textOf(pattern);
  if (text === undefined || !isNamed(arg, 'text', 'varchar', 'name')) return undefined;
  const like = likeDomain(arg.type, text);
  return like && restrictMatch(arg, like.domain, like.exact, domain, isNegated);
}

function restrictPrefix(
  arg: Expression,
  prefix: Expression,
  domain: Domain,
): Restriction | undefined {
  const text = textOf(prefix);
  if (text === undefined || !isNamed(arg, 'text', 'varchar')) return undefined;
  return restrictMatch(arg, prefixDomain(arg.type, text), true, domain, false);
}

/** The first characters of a text never decrease with the text. */
function restrictLeft(
  arg: Expression,
  lengthText: string | undefined,
  domain: Domain,
): Restriction | undefined {
  const length = Number(lengthText);
  if (!isNamed(arg, 'text', 'varchar') || !(length > 0)) return undefined;
  const ranges = domain.ranges.map(({ low, high }) => {
    const after =
      high === undefined
        ? undefined
        : afterPrefix([...String(high.value)].slice(0, length).join(''));
    return {
      ...(low === undefined ? {} : { low: { ...low, inclusive: true } }),
      ...(after === undefined ? {} : { high: { value: after, inclusive: false } }),
    };
  });
  return restrictPreimage(arg, {
    domain: { ...rangesDomain(arg.type, ranges), nulls: domain.nulls },
    exact: false,
  });
}

/** `arg + constant`, or `arg - constant`. */
function restrictSum(
  arg: Expression,
  constant: Constant,
  domain: Domain,
  subtract: boolean,
): Restriction | undefined {
  if (constant.value === null) return undefined;
  if (isNamed(constant, 'interval') && isNamed(arg, 'date', 'timestamp', 'timestamptz')) {
    const interval = parseInterval(constant.value);
    if (interval === undefined) return undefined;
    const shift = subtract ? negateInterval(interval) : interval;
    const preimage = intervalPreimage(arg.type, shift, domain);
    return preimage && restrictPreimage(arg, preimage);
  }
  const delta = wholeNumber(constant);
  if (delta === undefined || !isNamed(arg, 'int2', 'int4', 'int8', 'date')) return undefined;
  const shifted = (value: bigint): bigint => (subtract ? value + delta : value - delta);
  return restrictPreimage(arg, {
    domain: mapDiscrete(domain, arg.type, shifted, shifted),
    exact: true,
  });
}

/** `constant - arg` falls as the argument grows. */
function restrictDifference(
  constant: Constant,
  arg: Expression,
  domain: Domain,
): Restriction | undefined {
  const from = wholeNumber(constant);
  const same = isNamed(constant, 'date') === isNamed(arg, 'date');
  if (from === undefined || !same || !isNamed(arg, 'int2', 'int4', 'int8', 'date')) {
    return undefined;
  }
  const ranges = domain.ranges.map(({ low, high }) => ({
    ...(high === undefined ? {} : { low: { value: from - BigInt(high.value), inclusive: true } }),
    ...(low === undefined ? {} : { high: { value: from - BigInt(low.value), inclusive: true } }),
  }));
  return restrictPreimage(arg, {
    domain: { ...rangesDomain(arg.type, ranges), nulls: domain.nulls },
    exact: true,
  });
}

/** An integer, or a finite date's days. */
function wholeNumber(constant: Constant): bigint | undefined {
  if (constant.value === null) return undefined;
  if (isNamed(constant, 'date')) return datePreimage(constant.value);
  if (!isNamed(constant, 'int2', 'int4', 'int8')) return undefined;
  const value = parseDomainValue(constant.value, constant.type);
  return typeof value === 'bigint' ? value : undefined;
}
