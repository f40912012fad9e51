import { BOOL, rangesDomain, type Domain } from '@tributary/sql';

/** A set of the three truth values: the values of a boolean expression that are asked for. */
export interface Truth {
  readonly isTrue: boolean;
  readonly isFalse: boolean;
  readonly isNull: boolean;
}

export const TRUE: Truth = { isTrue: true, isFalse: false, isNull: false };
export const FALSE: Truth = { isTrue: false, isFalse: true, isNull: false };
export const NOT_TRUE: Truth = { isTrue: false, isFalse: true, isNull: true };
export const NOT_FALSE: Truth = { isTrue: true, isFalse: false, isNull: true };

export function negated({ isTrue, isFalse, isNull }: Truth): Truth {
  return { isTrue: isFalse, isFalse: isTrue, isNull };
}

/** A boolean domain as truth values. */
export function truthOf(domain: Domain): Truth {
  const has = (value: bigint): boolean =>
    domain.ranges.some(
      ({ low, high }) =>
        (low === undefined || BigInt(low.value) <= value) &&
        (high === undefined || value <= BigInt(high.value)),
    );
  return { isTrue: has(1n), isFalse: has(0n), isNull: domain.nulls };
}

export function truthDomain({ isTrue, isFalse, isNull }: Truth): Domain {
  const values = [...(isFalse ? [0n] : []), ...(isTrue ? [1n] : [])];
  const domain = rangesDomain(
    BOOL,
    values.map((value) => ({
      low: { value, inclusive: true },
      high: { value, inclusive: true },
    })),
  );
  return { ...domain, nulls: isNull };
}
