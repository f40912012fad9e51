import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  allDomain,
  complementDomain,
  discreteValues,
  domainContains,
  intersectDomains,
  isAllDomain,
  isEmptyDomain,
  noneDomain,
  notNullDomain,
  nullDomain,
  rangesDomain,
  sameDomain,
  unionDomains,
  valuesDomain,
} from '../../src/domain/domain-operations.ts';
import { compareValues } from '../../src/domain/domain-value.ts';
import type { Bound, Domain, DomainValue, ValueRange } from '../../src/domain/domain.ts';
import { scalar, type SqlType } from '../../src/types/sql-type.ts';

interface Case {
  readonly name: string;
  readonly type: SqlType;
  readonly value: fc.Arbitrary<DomainValue>;
}

const TEXTS = ['', ' ', 'a', 'ab', 'b', '\u00e9', '\uffee', '\u{1f600}'];

const CASES: readonly Case[] = [
  { name: 'int4', type: scalar('int4'), value: fc.bigInt({ min: -5n, max: 5n }) },
  {
    name: 'int2 at its limits',
    type: scalar('int2'),
    value: fc.constantFrom(-32768n, -32767n, 0n, 32766n, 32767n),
  },
  { name: 'bool', type: scalar('bool'), value: fc.constantFrom(0n, 1n) },
  {
    name: 'float8',
    type: scalar('float8'),
    value: fc.constantFrom(-Infinity, -1.5, 0, 2, Infinity, NaN),
  },
  {
    name: 'numeric',
    type: scalar('numeric'),
    value: fc.constantFrom('-10.5', '-2', '0', '0.01', '2', '10', 'NaN'),
  },
  { name: 'text', type: scalar('text'), value: fc.constantFrom(...TEXTS) },
];

function bound(value: fc.Arbitrary<DomainValue>): fc.Arbitrary<Bound | undefined> {
  return fc.option(fc.record({ value, inclusive: fc.boolean() }), { nil: undefined, freq: 4 });
}

function range(value: fc.Arbitrary<DomainValue>): fc.Arbitrary<ValueRange> {
  return fc.tuple(bound(value), bound(value)).map(([low, high]) => ({
    ...(low === undefined ? {} : { low }),
    ...(high === undefined ? {} : { high }),
  }));
}

function within(type: SqlType, { low, high }: ValueRange, value: DomainValue): boolean {
  const above = low === undefined ? 1 : compareValues(type, value, low.value);
  const below = high === undefined ? -1 : compareValues(type, value, high.value);
  return (
    (above > 0 || (above === 0 && low?.inclusive === true)) &&
    (below < 0 || (below === 0 && high?.inclusive === true))
  );
}

describe.each(CASES)('domains of $name', ({ type, value }) => {
  const ranges = fc.array(range(value), { maxLength: 5 });
  const domain: fc.Arbitrary<Domain> = fc
    .tuple(ranges, fc.boolean())
    .map(([list, nulls]) => ({ ...rangesDomain(type, list), nulls }));

  test('contain a value exactly when one of their ranges does', () => {
    fc.assert(
      fc.property(ranges, value, (list, sample) => {
        const expected = list.some((one) => within(type, one, sample));
        expect(domainContains(rangesDomain(type, list), sample)).toBe(expected);
      }),
      { numRuns: 200 },
    );
  });

  test('unite, intersect and complement as sets', () => {
    fc.assert(
      fc.property(domain, domain, value, (a, b, sample) => {
        const inA = domainContains(a, sample);
        const inB = domainContains(b, sample);
        expect(domainContains(unionDomains(a, b), sample)).toBe(inA || inB);
        expect(domainContains(intersectDomains(a, b), sample)).toBe(inA && inB);
        expect(domainContains(complementDomain(a), sample)).toBe(!inA);
        expect(domainContains(unionDomains(a, b), null)).toBe(a.nulls || b.nulls);
        expect(domainContains(intersectDomains(a, b), null)).toBe(a.nulls && b.nulls);
        expect(domainContains(complementDomain(a), null)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test('are sorted, disjoint and do not touch, so that equal sets look equal', () => {
    fc.assert(
      fc.property(domain, domain, (a, b) => {
        const union = unionDomains(a, b);
        expect(sameDomain(union, unionDomains(b, a))).toBe(true);
        expect(sameDomain(intersectDomains(a, union), a)).toBe(true);
        expect(sameDomain(complementDomain(complementDomain(a)), { ...a, nulls: false })).toBe(
          true,
        );
        const excluded = intersectDomains(a, complementDomain(a));
        expect(excluded.ranges).toEqual([]);
        expect(unionDomains(a, complementDomain(a)).ranges).toEqual([{}]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the simple domains', () => {
  const type = scalar('int4');

  test('say what they hold', () => {
    expect(isAllDomain(allDomain(type))).toBe(true);
    expect(isAllDomain(notNullDomain(type))).toBe(false);
    expect(isEmptyDomain(noneDomain(type))).toBe(true);
    expect(isEmptyDomain(nullDomain(type))).toBe(false);
    expect(domainContains(nullDomain(type), null)).toBe(true);
    expect(domainContains(notNullDomain(type), null)).toBe(false);
  });

  test('join neighbouring integers into one range and list them again', () => {
    const domain = valuesDomain(type, [3n, 1n, 2n, 7n]);
    expect(domain.ranges).toHaveLength(2);
    expect(discreteValues(domain, 4)).toEqual([1n, 2n, 3n, 7n]);
    expect(discreteValues(domain, 3)).toBeUndefined();
  });

  test('list both values of a boolean', () => {
    expect(discreteValues(valuesDomain(scalar('bool'), [0n, 1n]), 2)).toEqual([0n, 1n]);
    expect(discreteValues(valuesDomain(scalar('bool'), [0n]), 2)).toEqual([0n]);
  });
});
