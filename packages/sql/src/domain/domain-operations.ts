import type { SqlType } from '../types/sql-type.ts';
import type { Bound, Domain, DomainValue, ValueRange } from './domain.ts';
import { compareValues, discreteLimits } from './domain-value.ts';

const UNBOUNDED: ValueRange = Object.freeze({});

/** Every value and NULL. */
export function allDomain(type: SqlType): Domain {
  return { type, ranges: [UNBOUNDED], nulls: true };
}

/** Nothing: no row qualifies. */
export function noneDomain(type: SqlType): Domain {
  return { type, ranges: [], nulls: false };
}

/** Every value, not NULL. */
export function notNullDomain(type: SqlType): Domain {
  return { type, ranges: [UNBOUNDED], nulls: false };
}

/** Only NULL. */
export function nullDomain(type: SqlType): Domain {
  return { type, ranges: [], nulls: true };
}

/** Exactly these values, not NULL. */
export function valuesDomain(type: SqlType, values: Iterable<DomainValue>): Domain {
  const ranges: ValueRange[] = [];
  for (const value of values) {
    const bound = { value, inclusive: true };
    ranges.push({ low: bound, high: bound });
  }
  return rangesDomain(type, ranges);
}

/** The union of ranges in any order, empty ones allowed; not NULL. */
export function rangesDomain(type: SqlType, ranges: Iterable<ValueRange>): Domain {
  return { type, ranges: normalize(type, ranges), nulls: false };
}

/** Values or NULL in either. Both domains must be of one type. */
export function unionDomains(a: Domain, b: Domain): Domain {
  return {
    type: a.type,
    ranges: normalize(a.type, [...a.ranges, ...b.ranges]),
    nulls: a.nulls || b.nulls,
  };
}

/** Values or NULL in both. Both domains must be of one type. */
export function intersectDomains(a: Domain, b: Domain): Domain {
  const { type } = a;
  const ranges: ValueRange[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const x = a.ranges[i];
    const y = b.ranges[j];
    if (x === undefined || y === undefined) break;
    const low = compareLow(type, x.low, y.low) >= 0 ? x.low : y.low;
    const xEndsFirst = compareHigh(type, x.high, y.high) <= 0;
    const high = xEndsFirst ? x.high : y.high;
    if (!emptyRange(type, low, high)) ranges.push(range(low, high));
    if (xEndsFirst) i++;
    else j++;
  }
  return { type, ranges, nulls: a.nulls && b.nulls };
}

/**
 * The values outside the domain, never NULL: where the domain says where a strict predicate is true, this is where
 * its negation is true, because both are NULL for NULL.
 */
export function complementDomain(domain: Domain): Domain {
  const ranges: ValueRange[] = [];
  let low: Bound | undefined;
  let open = true;
  for (const next of domain.ranges) {
    if (next.low !== undefined) ranges.push(range(low, opposite(next.low)));
    if (next.high === undefined) {
      open = false;
      break;
    }
    low = opposite(next.high);
  }
  if (open) ranges.push(range(low, undefined));
  return rangesDomain(domain.type, ranges);
}

/** Whether a value, or NULL, is in the domain. Logarithmic in the number of ranges. */
export function domainContains(domain: Domain, value: DomainValue | null): boolean {
  if (value === null) return domain.nulls;
  const { type, ranges } = domain;
  let from = 0;
  let to = ranges.length;
  // The first range that does not end before the value.
  while (from < to) {
    const middle = (from + to) >>> 1;
    const high = ranges[middle]?.high;
    const order = high === undefined ? -1 : compareValues(type, value, high.value);
    if (order < 0 || (order === 0 && high?.inclusive === true)) to = middle;
    else from = middle + 1;
  }
  const found = ranges[from];
  if (found === undefined) return false;
  if (found.low === undefined) return true;
  const order = compareValues(type, value, found.low.value);
  return order > 0 || (order === 0 && found.low.inclusive);
}

/** Whether no value and no NULL is in the domain. */
export function isEmptyDomain(domain: Domain): boolean {
  return domain.ranges.length === 0 && !domain.nulls;
}

/** Whether every value and NULL is in the domain. */
export function isAllDomain(domain: Domain): boolean {
  const [first] = domain.ranges;
  return domain.nulls && first !== undefined && first.low === undefined && first.high === undefined;
}

/** The values, when the domain consists of at most `limit` single values (NULL aside); else undefined. */
export function discreteValues(domain: Domain, limit: number): readonly DomainValue[] | undefined {
  const values: DomainValue[] = [];
  const limits = discreteLimits(domain.type);
  for (const { low, high } of domain.ranges) {
    if (limits !== undefined) {
      const first = BigInt(low?.value ?? limits.low);
      const last = BigInt(high?.value ?? limits.high);
      if (last - first >= BigInt(limit - values.length)) return undefined;
      for (let value = first; value <= last; value++) values.push(value);
    } else if (low === undefined || high === undefined) {
      return undefined;
    } else if (compareValues(domain.type, low.value, high.value) === 0 && values.length < limit) {
      values.push(low.value);
    } else {
      return undefined;
    }
  }
  return values;
}

/** Equal sets of values. */
export function sameDomain(a: Domain, b: Domain): boolean {
  return (
    a.nulls === b.nulls &&
    a.ranges.length === b.ranges.length &&
    a.ranges.every((x, index) => {
      const y = b.ranges[index];
      return (
        y !== undefined &&
        compareLow(a.type, x.low, y.low) === 0 &&
        compareHigh(a.type, x.high, y.high) === 0
      );
    })
  );
}

function range(low: Bound | undefined, high: Bound | undefined): ValueRange {
  if (low === undefined) return high === undefined ? UNBOUNDED : { high };
  return high === undefined ? { low } : { low, high };
}

function opposite(bound: Bound): Bound {
  return { value: bound.value, inclusive: !bound.inclusive };
}

function compareLow(type: SqlType, a: Bound | undefined, b: Bound | undefined): number {
  if (a === undefined) return b === undefined ? 0 : -1;
  if (b === undefined) return 1;
  const order = compareValues(type, a.value, b.value);
  return order !== 0 || a.inclusive === b.inclusive ? order : a.inclusive ? -1 : 1;
}

function compareHigh(type: SqlType, a: Bound | undefined, b: Bound | undefined): number {
  if (a === undefined) return b === undefined ? 0 : 1;
  if (b === undefined) return -1;
  const order = compareValues(type, a.value, b.value);
  return order !== 0 || a.inclusive === b.inclusive ? order : a.inclusive ? 1 : -1;
}

function emptyRange(type: SqlType, low: Bound | undefined, high: Bound | undefined): boolean {
  if (low === undefined || high === undefined) return false;
  const order = compareValues(type, low.value, high.value);
  return order > 0 || (order === 0 && !(low.inclusive && high.inclusive));
}

/** Discrete types have inclusive bounds strictly inside the type's limits, so that equal sets look equal. */
function normalizeRange(type: SqlType, given: ValueRange): ValueRange | undefined {
  let { low, high } = given;
  const limits = discreteLimits(type);
  if (limits !== undefined) {
    if (low !== undefined && typeof low.value === 'bigint') {
      const value = low.inclusive ? low.value : low.value + 1n;
      if (value > limits.high) return undefined;
      low = value <= limits.low ? undefined : { value, inclusive: true };
    }
    if (high !== undefined && typeof high.value === 'bigint') {
      const value = high.inclusive ? high.value : high.value - 1n;
      if (value < limits.low) return undefined;
      high = value >= limits.high ? undefined : { value, inclusive: true };
    }
  }
  return emptyRange(type, low, high) ? undefined : range(low, high);
}

/** Whether a range that begins at `low` leaves no gap after one that ends at `high`. */
function touches(type: SqlType, high: Bound, low: Bound): boolean {
  const order = compareValues(type, low.value, high.value);
  if (order < 0) return true;
  if (order === 0) return low.inclusive || high.inclusive;
  return (
    discreteLimits(type) !== undefined &&
    typeof low.value === 'bigint' &&
    typeof high.value === 'bigint' &&
    low.value === high.value + 1n
  );
}

function normalize(type: SqlType, ranges: Iterable<ValueRange>): readonly ValueRange[] {
  const sorted: ValueRange[] = [];
  for (const given of ranges) {
    const kept = normalizeRange(type, given);
    if (kept !== undefined) sorted.push(kept);
  }
  sorted.sort((a, b) => compareLow(type, a.low, b.low));
  const merged: ValueRange[] = [];
  for (const next of sorted) {
    const last = merged.at(-1);
    if (
      last !== undefined &&
      (last.high === undefined || next.low === undefined || touches(type, last.high, next.low))
    ) {
      if (compareHigh(type, next.high, last.high) > 0) {
        merged[merged.length - 1] = range(last.low, next.high);
      }
    } else {
      merged.push(next);
    }
  }
  return merged;
}
