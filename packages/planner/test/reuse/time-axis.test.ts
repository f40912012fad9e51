import { describe, expect, test } from '@jest/globals';
import type { TableDefinition } from '@tributary/catalog';
import { scalar } from '@tributary/sql';
import type { ScalarName } from '@tributary/sql';
import { checkTimeProperties, parseTolerance, timeAxis } from '../../src/reuse/time-axis.ts';

/** A table with the columns `id`, `at` and `on` (a date), partitioned as given: `dt date, app int4`. */
function table(
  partitions: string,
  properties: Readonly<Record<string, string>> = {},
): TableDefinition {
  const columns = (text: string): TableDefinition['columns'] =>
    text.split(', ').flatMap((each) => {
      const [name, type] = each.split(' ');
      return name === undefined || type === undefined
        ? []
        : [{ name, type: scalar(type as ScalarName) }];
    });
  return {
    kind: 'table',
    id: 't',
    database: 'lake',
    schema: 'sales',
    name: 't',
    version: 1,
    source: 'lake',
    columns: columns('id int8, at timestamp, zoned timestamptz, on date'),
    partitionColumns: columns(partitions),
    storage: { format: 'parquet' },
    location: '/lake/t/',
    properties,
  };
}

/** The span of a partition as `2024-01-01T00:00Z..2024-01-02T00:00Z`. */
function span(partitions: string, ...values: readonly string[]): string | undefined {
  const found = timeAxis(table(partitions))?.span(values);
  return (
    found && [found.from, found.to].map((ms) => new Date(ms).toISOString().slice(0, 16)).join('..')
  );
}

describe('the time columns of a table are', () => {
  for (const [partitions, expected] of [
    ['app int4, dt date', ['dt']],
    ['day date, hour timestamp', ['day']],
    ['year int4, month int4, day int4, app int4', ['year', 'month', 'day']],
    ['y int4, m text, d text, h int4', ['y', 'm', 'd', 'h']],
    ['year int4, app int4', ['year']],
    ['app int4, dt text', ['dt']],
    ['app int4, event_date int4', ['event_date']],
    ['app int4, region text', undefined],
    ['month int4, app int4', undefined],
  ] as const) {
    test(`${partitions}: ${expected?.join(', ') ?? 'none'}`, () => {
      expect(timeAxis(table(partitions))?.columns).toEqual(expected);
    });
  }

  test('those that are projected as dates', () => {
    expect(timeAxis(table('app text, p text', { 'projection.p.type': 'date' }))?.columns).toEqual([
      'p',
    ]);
  });

  test('those that are declared', () => {
    const declared = { 'tributary.time_partition': 'B, a' };
    expect(timeAxis(table('dt date, a int4, b int4', declared))?.columns).toEqual(['b', 'a']);
    expect(timeAxis(table('dt date', declared))).toBeUndefined();
  });
});

describe('the span of', () => {
  for (const [partitions, values, expected] of [
    ['dt date', ['2024-02-29'], '2024-02-29T00:00..2024-03-01T00:00'],
    ['dt text', ['2024/02/29'], '2024-02-29T00:00..2024-03-01T00:00'],
    ['dt text', ['2024-02'], '2024-02-01T00:00..2024-03-01T00:00'],
    ['dt int4', ['20241231'], '2024-12-31T00:00..2025-01-01T00:00'],
    ['dt int4', ['202412'], '2024-12-01T00:00..2025-01-01T00:00'],
    ['dt int8', ['2024123123'], '2024-12-31T23:00..2025-01-01T00:00'],
    ['dt text', ['2024-12-31-05'], '2024-12-31T05:00..2024-12-31T06:00'],
    ['year int4', ['2024'], '2024-01-01T00:00..2025-01-01T00:00'],
    ['year int4, month int4', ['2024', '12'], '2024-12-01T00:00..2025-01-01T00:00'],
    ['year int4, month text, day text', ['2024', '02', '09'], '2024-02-09T00:00..2024-02-10T00:00'],
    [
      'y int4, m int4, d int4, h int4',
      ['2024', '2', '9', '23'],
      '2024-02-09T23:00..2024-02-10T00:00',
    ],
    ['dt date', ['infinity'], undefined],
    ['dt text', ['yesterday'], undefined],
    ['dt text', ['0'], undefined],
  ] as const) {
    test(`${partitions}: ${values.join(', ')}`, () => {
      expect(span(partitions, ...values)).toBe(expected);
    });
  }

  test('a day that does not exist is a place of its own', () => {
    const axis = timeAxis(table('year int4, month int4, day int4'));
    const spans = ['28', '29', '30', '31'].map((day) => axis?.span(['2023', '2', day])?.from);
    expect(new Set(spans).size).toBe(4);
    expect(spans).not.toContain(undefined);
  });
});

test('a warning tells of a tolerance that files of text cannot be compared with', () => {
  const properties = { 'tributary.time_column': 'at', 'tributary.time_tolerance': '1 hour' };
  const texts = { ...table('dt date', properties), storage: { format: 'json' as const } };
  expect(checkTimeProperties(texts)).toEqual([
    {
      message: expect.stringMatching(/time_tolerance" has no effect: json files do not tell/),
      hint: expect.stringMatching(/\.$/),
    },
  ]);
});

test('tolerances are times', () => {
  for (const [text, expected] of [
    ['0', 0],
    ['90', 90_000],
    ['90 minutes', 5_400_000],
    ['1.5 h', 5_400_000],
    ['2 days', 172_800_000],
    ['an hour', undefined],
    ['-1 hour', undefined],
    ['', undefined],
    ['1 month', undefined],
  ] as const) {
    expect([text, parseTolerance(text)]).toEqual([text, expected]);
  }
});

test('a time column goes with its tolerance, where it is declared', () => {
  const tied = (properties: Readonly<Record<string, string>>) =>
    timeAxis(table('dt date', properties))?.tied;
  expect(tied({})).toBeUndefined();
  expect(tied({ 'tributary.time_column': ' At' })).toEqual({ column: 'at', tolerance: undefined });
  expect(tied({ 'tributary.time_column': 'at', 'tributary.time_tolerance': '1 hour' })).toEqual({
    column: 'at',
    tolerance: 3_600_000,
  });
});

describe('a warning tells of', () => {
  for (const [what, partitions, properties, expected] of [
    [
      'nothing',
      'dt date',
      { time_partition: 'dt', time_column: 'at', time_tolerance: '1 hour' },
      [],
    ],
    ['nothing where nothing is declared', 'app int4', {}, []],
    [
      'a partition that does not exist',
      'dt date',
      { time_partition: 'day' },
      [/time_partition" names something else.*"day" \(table sales\.t\)$/],
    ],
    [
      'a column that does not exist',
      'dt date',
      { time_column: 'made_at' },
      [/time_column" names a column that does not exist: "made_at"/],
    ],
    [
      'a column that is no timestamp',
      'dt date',
      { time_column: 'on' },
      [/time_column" names a column that is no timestamp: "on"/],
    ],
    [
      'a time column without windows',
      'app int4',
      { time_column: 'zoned' },
      [/time_column" has no effect/],
    ],
    [
      'a tolerance that is no time',
      'dt date',
      { time_column: 'at', time_tolerance: 'some' },
      [/time_tolerance" is no time: "some"/],
    ],
    [
      'a tolerance alone',
      'dt date',
      { time_tolerance: '1 hour' },
      [/time_tolerance" has no effect/],
    ],
  ] as const) {
    test(what, () => {
      const named = Object.entries(properties).map(
        ([name, value]) => [`tributary.${name}`, value] as const,
      );
      const warnings = checkTimeProperties(table(partitions, Object.fromEntries(named)));
      expect(warnings).toEqual(
        expected.map((message) => ({
          message: expect.stringMatching(message),
          hint: expect.stringMatching(/\.$/),
        })),
      );
    });
  }
});
