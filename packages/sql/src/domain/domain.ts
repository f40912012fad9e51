import type { SqlType } from '../types/sql-type.ts';

/**
 * A comparable value of a column: int2/4/8 and oid as bigint, date as days since 1970-01-01 (bigint), timestamp and
 * timestamptz as microseconds since 1970-01-01 UTC (bigint), bool as 0n/1n, float4/8 as number, numeric as a decimal text
 * compared by value, text types as strings compared by their UTF-8 bytes (C collation).
 */
export type DomainValue = bigint | number | string;

export interface Bound {
  readonly value: DomainValue;
  readonly inclusive: boolean;
}

/** Absent bound: unbounded on that side. Never empty. */
export interface ValueRange {
  readonly low?: Bound;
  readonly high?: Bound;
}

/**
 * The values a column may have: sorted, disjoint, non-touching ranges, and whether NULL is among them.
 * No ranges and no NULL: nothing satisfies.
 */
export interface Domain {
  readonly type: SqlType;
  readonly ranges: readonly ValueRange[];
  readonly nulls: boolean;
}

/** Domains by column name of a table; a column without an entry is unconstrained. An empty domain: no row qualifies. */
export type Constraint = ReadonlyMap<string, Domain>;
