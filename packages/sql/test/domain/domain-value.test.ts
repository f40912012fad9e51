import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addMonths, civilFromDays, daysFromCivil } from '../../src/domain/calendar.ts';
import {
  compareText,
  compareValues,
  formatDomainValue,
  parseDomainValue,
} from '../../src/domain/domain-value.ts';
import type { DomainValue } from '../../src/domain/domain.ts';
import { scalar, type ScalarName } from '../../src/types/sql-type.ts';

const ROUND_TRIPS: readonly [ScalarName, string, DomainValue][] = [
  ['bool', 't', 1n],
  ['bool', 'f', 0n],
  ['int2', '-32768', -32768n],
  ['int8', '9223372036854775807', 9223372036854775807n],
  ['oid', '4294967295', 4294967295n],
  ['float8', '1.5', 1.5],
  ['float8', 'NaN', NaN],
  ['float8', '-Infinity', -Infinity],
  ['numeric', '-12.05', '-12.05'],
  ['date', '1970-01-02', 1n],
  ['date', '0001-12-31 BC', -719163n],
  ['date', '10000-01-01', 2932897n],
  ['date', 'infinity', 2147483647n],
  ['timestamp', '1970-01-01 00:00:01.5', 1_500_000n],
  ['timestamp', '1969-12-31 23:59:59.999999', -1n],
  ['timestamp', '-infinity', -9223372036854775808n],
  ['timestamptz', '1970-01-01 01:00:00+00', 3_600_000_000n],
  ['text', '', ''],
];

describe('domain values', () => {
  test.each(ROUND_TRIPS)('of %s read %s and print it again', (name, text, value) => {
    expect(parseDomainValue(text, scalar(name))).toEqual(value);
    expect(formatDomainValue(value, scalar(name))).toBe(text);
  });

  const OTHER_FORMS: readonly [ScalarName, string, DomainValue | undefined][] = [
    ['int2', '32768', undefined],
    ['int4', 'x', undefined],
    ['date', '2023-02-29', undefined],
    ['date', '2024-1-1', undefined],
    ['timestamp', '2024-01-01', 1704067200000000n],
    ['timestamp', '2024-01-01 00:00:00+02', undefined],
    ['timestamptz', '1970-01-01 01:00:00+01', 0n],
    ['timestamptz', '1969-12-31 20:30:00-03:30', 0n],
    ['numeric', '0012.500', '12.5'],
    ['numeric', '-0.0', '0'],
    ['numeric', '1.5e3', '1500'],
    ['numeric', '15e-3', '0.015'],
    ['float4', '0.1', Math.fround(0.1)],
    ['bpchar', 'ab   ', 'ab'],
    ['interval', '1 day', undefined],
    ['uuid', '00000000-0000-0000-0000-000000000000', undefined],
  ];
  test.each(OTHER_FORMS)('of %s read %s', (name, text, value) => {
    expect(parseDomainValue(text, scalar(name))).toEqual(value);
  });

  test('of text compare by their UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(Math.sign(compareText(a, b))).toBe(expected);
      }),
      { numRuns: 2000 },
    );
    expect(compareText('\uffee', '\u{1f600}')).toBe(-1);
  });

  test('of numeric compare by value', () => {
    const type = scalar('numeric');
    const sorted = [
      '-Infinity',
      '-10.5',
      '-2',
      '-0.1',
      '0',
      '0.09',
      '0.1',
      '2',
      '10',
      'Infinity',
      'NaN',
    ];
    for (const [i, a] of sorted.entries()) {
      for (const [j, b] of sorted.entries())
        expect(Math.sign(compareValues(type, a, b))).toBe(Math.sign(i - j));
    }
  });
});

describe('the calendar', () => {
  test('agrees with the platform and inverts itself', () => {
    fc.assert(
      fc.property(fc.integer({ min: -3_000_000, max: 3_000_000 }), (days) => {
        const { year, month, day } = civilFromDays(days);
        const date = new Date(days * 86_400_000);
        expect([year, month, day]).toEqual([
          date.getUTCFullYear(),
          date.getUTCMonth() + 1,
          date.getUTCDate(),
        ]);
        expect(daysFromCivil(year, month, day)).toBe(days);
      }),
      { numRuns: 2000 },
    );
  });

  test('clamps month ends', () => {
    expect(addMonths(daysFromCivil(2024, 1, 31), 1)).toBe(daysFromCivil(2024, 2, 29));
    expect(addMonths(daysFromCivil(2024, 1, 31), -11)).toBe(daysFromCivil(2023, 2, 28));
  });
});
