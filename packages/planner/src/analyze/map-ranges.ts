import {
  discreteLimits,
  isInfiniteInstant,
  rangesDomain,
  type Bound,
  type Domain,
  type DomainValue,
  type SqlType,
  type ValueRange,
} from '@tributary/sql';

/** Where a bound of the image lies among the arguments: at a value, or beyond all of them on one side. */
export type MappedBound = bigint | 'below' | 'above';

/**
 * The preimage of a domain under a function that never decreases, to a type with discrete values. `low` answers the least
 * argument whose value is at or above a bound, `high` the greatest at or below. NULL stays NULL.
 */
export function mapRanges(
  domain: Domain,
  argument: SqlType,
  low: (bound: Bound) => MappedBound,
  high: (bound: Bound) => MappedBound,
): Domain {
  const ranges: ValueRange[] = [];
  for (const range of domain.ranges) {
    const from =
      range.low === undefined ? 'below' : (infinite(domain, argument, range.low) ?? low(range.low));
    const to =
      range.high === undefined
        ? 'above'
        : (infinite(domain, argument, range.high) ?? high(range.high));
    if (from === 'above' || to === 'below') continue;
    ranges.push({
      ...(from === 'below' ? {} : { low: { value: from, inclusive: true } }),
      ...(to === 'above' ? {} : { high: { value: to, inclusive: true } }),
    });
  }
  return { ...rangesDomain(argument, ranges), nulls: domain.nulls };
}

/** 'infinity' maps to 'infinity'. */
function infinite(domain: Domain, argument: SqlType, bound: Bound): bigint | undefined {
  if (!isInfiniteInstant(bound.value, domain.type)) return undefined;
  const limits = discreteLimits(argument);
  return limits === undefined ? undefined : BigInt(bound.value) < 0n ? limits.low : limits.high;
}

/** mapRanges for a domain that is discrete itself: its bounds are inclusive whole numbers. */
export function mapDiscrete(
  domain: Domain,
  argument: SqlType,
  low: (value: bigint) => bigint,
  high: (value: bigint) => bigint,
): Domain {
  return mapRanges(
    domain,
    argument,
    (bound) => low(BigInt(bound.value)),
    (bound) => high(BigInt(bound.value)),
  );
}

/** The least whole number at or above a numeric or float bound. */
export function leastInteger({ value, inclusive }: Bound): MappedBound {
  const parts = floorOf(value);
  if (typeof parts === 'string') return parts;
  return parts.whole && inclusive ? parts.floor : parts.floor + 1n;
}

/** The greatest whole number at or below a numeric or float bound. */
export function greatestInteger({ value, inclusive }: Bound): MappedBound {
  const parts = floorOf(value);
  if (typeof parts === 'string') return parts;
  return parts.whole && !inclusive ? parts.floor - 1n : parts.floor;
}

function floorOf(
  value: DomainValue,
): { readonly floor: bigint; readonly whole: boolean } | 'below' | 'above' {
  if (typeof value === 'bigint') return { floor: value, whole: true };
  if (typeof value === 'number') {
    if (value === -Infinity) return 'below';
    // NaN exceeds every number.
    if (!Number.isFinite(value)) return 'above';
    return { floor: BigInt(Math.floor(value)), whole: Number.isInteger(value) };
  }
  if (value === '-Infinity') return 'below';
  if (value === 'Infinity' || value === 'NaN') return 'above';
  const [digits = '0', fraction] = value.split('.');
  const truncated = BigInt(digits);
  if (fraction === undefined) return { floor: truncated, whole: true };
  return { floor: value.startsWith('-') ? truncated - 1n : truncated, whole: false };
}

export function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

export function ceilDivide(a: bigint, b: bigint): bigint {
  return -floorDivide(-a, b);
}
