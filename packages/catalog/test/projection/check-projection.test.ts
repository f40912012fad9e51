import { describe, expect, test } from '@jest/globals';
import type { ScalarName } from '@tributary/sql';
import { checkProjection } from '../../src/projection/check-projection.ts';
import { isProjected } from '../../src/projection/projection-config.ts';
import { projectPartitions } from '../../src/projection/project-partitions.ts';
import { projectedTable, typed } from './projected-table.ts';

const NOW = new Date('2024-03-31T10:20:30.456Z');

const DATE = {
  'projection.c.type': 'date',
  'projection.c.format': 'yyyy-MM-dd',
  'projection.c.range': '2024-01-01,NOW',
};
const INTEGER = { 'projection.c.type': 'integer', 'projection.c.range': '1,3' };
const TEMPLATE = 'storage.location.template';

const INVALID: readonly [string, ScalarName, Record<string, string>, string][] = [
  [
    'an unknown type',
    'text',
    { 'projection.c.type': 'list' },
    "projection.c.type must be one of enum, integer, date, injected, not 'list'",
  ],
  [
    'an inherited name as type',
    'text',
    { 'projection.c.type': 'constructor' },
    "projection.c.type must be one of enum, integer, date, injected, not 'constructor'",
  ],
  [
    'an enum without values',
    'text',
    { 'projection.c.type': 'enum' },
    'projection.c.values is required but missing',
  ],
  [
    'an enum value that is not of the type',
    'int4',
    { 'projection.c.type': 'enum', 'projection.c.values': '1,x' },
    "projection.c.values has 'x', which is no value of the column's type",
  ],
  [
    'an integer without range',
    'int4',
    { 'projection.c.type': 'integer' },
    'projection.c.range is required but missing',
  ],
  [
    'a range of one element',
    'int4',
    { ...INTEGER, 'projection.c.range': '1' },
    'projection.c.range must have exactly two elements separated by a comma',
  ],
  [
    'a range of three elements',
    'int4',
    { ...INTEGER, 'projection.c.range': '1,2,3' },
    'projection.c.range must have exactly two elements separated by a comma',
  ],
  [
    'NOW on an integer',
    'int4',
    { ...INTEGER, 'projection.c.range': '1,NOW' },
    "projection.c.range must consist of two 64-bit integers, not 'NOW'",
  ],
  [
    'an integer past 64 bits',
    'text',
    { ...INTEGER, 'projection.c.range': '1,9223372036854775808' },
    "projection.c.range must consist of two 64-bit integers, not '9223372036854775808'",
  ],
  [
    'an integer past its column',
    'int2',
    { ...INTEGER, 'projection.c.range': '1,40000' },
    "projection.c.range exceeds the column's type with 40000",
  ],
  [
    'an interval of zero',
    'int4',
    { ...INTEGER, 'projection.c.interval': '0' },
    "projection.c.interval must be a positive integer, not '0'",
  ],
  [
    'negative digits',
    'int4',
    { ...INTEGER, 'projection.c.digits': '-1' },
    "projection.c.digits must be a positive integer, not '-1'",
  ],
  [
    'an integer on a date column',
    'date',
    INTEGER,
    'projection.c.type integer needs a column of type string, varchar, char, smallint, int or bigint',
  ],
  [
    'a date without format',
    'text',
    { 'projection.c.type': 'date', 'projection.c.range': 'NOW,NOW' },
    'projection.c.format is required but missing',
  ],
  [
    'a date on an integer column',
    'int4',
    DATE,
    'projection.c.type date needs a column of type string, varchar, char, date or timestamp',
  ],
  [
    'a literal that is not in the format',
    'text',
    { ...DATE, 'projection.c.range': '2024/01/01,NOW' },
    "projection.c.range element '2024/01/01' is neither a date in the format 'yyyy-MM-dd' nor NOW",
  ],
  [
    'white space inside a literal',
    'text',
    { ...DATE, 'projection.c.range': '2024-01-01, 2024-01-02' },
    "projection.c.range element ' 2024-01-02' is neither a date",
  ],
  [
    'two offsets of NOW',
    'text',
    { ...DATE, 'projection.c.range': 'NOW-1DAY+2HOURS,NOW' },
    "element 'NOW-1DAY+2HOURS' is neither",
  ],
  [
    'an offset of NOW in milliseconds',
    'text',
    { ...DATE, 'projection.c.range': 'NOW-1MILLISECONDS,NOW' },
    "element 'NOW-1MILLISECONDS' is neither",
  ],
  [
    'an offset of NOW past every calendar',
    'text',
    { ...DATE, 'projection.c.range': 'NOW-99999999999999999999YEARS,NOW' },
    'is out of range',
  ],
  [
    'a day that no month has',
    'text',
    { ...DATE, 'projection.c.range': '2024-01-32,NOW' },
    "element '2024-01-32' is neither",
  ],
  [
    'an unknown unit',
    'text',
    { ...DATE, 'projection.c.interval.unit': 'FORTNIGHTS' },
    "projection.c.interval.unit must be one of YEARS, MONTHS, WEEKS, DAYS, HOURS, MINUTES, SECONDS, MILLISECONDS, not 'FORTNIGHTS'",
  ],
  [
    'hours without a unit',
    'text',
    {
      ...DATE,
      'projection.c.format': 'yyyy-MM-dd-HH',
      'projection.c.range': 'NOW,NOW',
      'projection.c.interval': '1',
    },
    "projection.c.interval.unit is required because the format 'yyyy-MM-dd-HH' is finer than a day",
  ],
  [
    'hours without an interval',
    'text',
    {
      ...DATE,
      'projection.c.format': 'yyyy-MM-dd-HH',
      'projection.c.range': 'NOW,NOW',
      'projection.c.interval.unit': 'HOURS',
    },
    "projection.c.interval is required because the format 'yyyy-MM-dd-HH' is finer than a day",
  ],
  [
    'an unclosed quote',
    'text',
    { ...DATE, 'projection.c.format': "yyyy'-MM" },
    "projection.c.format 'yyyy'-MM' is not a usable date pattern: a quote is not closed",
  ],
  [
    'an unknown pattern letter',
    'text',
    { ...DATE, 'projection.c.format': 'yyyy-ww' },
    'the pattern letter w is not supported',
  ],
  [
    'a pattern with a gap',
    'text',
    { ...DATE, 'projection.c.format': 'yyyy-dd' },
    'the pattern has no month',
  ],
  [
    'a pattern without a year',
    'text',
    { ...DATE, 'projection.c.format': 'MM-dd' },
    'the pattern has no year',
  ],
  [
    'too many letters',
    'text',
    { ...DATE, 'projection.c.format': 'yyyy-MM-ddd' },
    'too many pattern letters: d',
  ],
  [
    'a clock of twelve hours without a half',
    'text',
    { ...DATE, 'projection.c.format': 'yyyy-MM-dd hh' },
    'the half-day letters h and K stand with a',
  ],
  [
    'a pattern that leaves its folder',
    'text',
    { ...DATE, 'projection.c.format': "yyyy-MM-dd'/../x'" },
    "renders an empty, '.' or '..' path segment",
  ],
  [
    'an injected integer column',
    'int4',
    { 'projection.c.type': 'injected' },
    'projection.c.type injected needs a column of type string',
  ],
  [
    'an injected column with a range',
    'text',
    { 'projection.c.type': 'injected', 'projection.c.range': '1,2' },
    'projection.c.range cannot be set for the type injected',
  ],
  [
    'a template that lacks a column',
    'int4',
    { ...INTEGER, [TEMPLATE]: 's3://b/x/' },
    'storage.location.template lacks ${c}',
  ],
  [
    'a template with an unknown column',
    'int4',
    { ...INTEGER, [TEMPLATE]: 's3://b/${c}/${d}/' },
    'storage.location.template has ${d}, which is no partition column',
  ],
  [
    'a template that does not end in a slash',
    'int4',
    { ...INTEGER, [TEMPLATE]: 's3://b/${c}' },
    "storage.location.template 's3://b/${c}' must end in '/'",
  ],
  [
    'a placeholder that is no whole segment',
    'int4',
    { ...INTEGER, [TEMPLATE]: 's3://b/${c}x/' },
    "storage.location.template must have '/' after each placeholder, as after ${c}",
  ],
];

describe('a malformed property', () => {
  test.each(INVALID)(
    '%s fails a query and warns at creation',
    (_name, type, properties, message) => {
      const table = projectedTable({ c: typed(type) }, properties);
      const run = (): unknown => projectPartitions(table, new Map(), { now: NOW });
      expect(run).toThrow(
        expect.objectContaining({ code: 'invalidTableProperty', sqlstate: '22023' }),
      );
      expect(run).toThrow(message);
      expect(run).toThrow(/^INVALID_TABLE_PROPERTY: .* \(table db\.t\)$/);
      const warnings = checkProjection(table);
      expect(warnings).toEqual([
        expect.objectContaining({ severity: 'warning', code: 'invalidTableProperty' }),
      ]);
      expect(warnings[0]?.message).toContain(message);
    },
  );
});

describe('missing projection configuration', () => {
  const table = projectedTable({ a: typed('text'), c: typed('int4'), d: typed('int4') }, INTEGER);
  const message =
    'HIVE_METASTORE_ERROR: Table db.t is configured for partition projection, but the following partition columns are missing projection configuration: [a, d] (table db.t)';

  test('fails a query with the text of Athena', () => {
    const run = (): unknown => projectPartitions(table, new Map(), { now: NOW });
    expect(run).toThrow(message);
    expect(run).toThrow(expect.objectContaining({ code: 'missingProjection' }));
  });

  test('warns at creation', () => {
    expect(checkProjection(table).map((warning) => warning.message)).toEqual([message]);
  });
});

describe('a table that only looks wrong', () => {
  const messages = (
    columns: Parameters<typeof projectedTable>[0],
    properties: Record<string, string>,
  ): readonly string[] =>
    checkProjection(projectedTable(columns, properties)).map((warning) => warning.message);

  test('with everything right has no warning', () => {
    expect(messages({ c: typed('date') }, DATE)).toEqual([]);
    expect(messages({ c: typed('text') }, { 'projection.c.type': 'injected' })).toEqual([]);
  });

  test('warns of column keys without projection.enabled', () => {
    const { properties, ...rest } = projectedTable({ c: typed('int4') }, INTEGER);
    const { 'projection.enabled': _enabled, ...others } = properties;
    const table = { ...rest, properties: others };
    expect(isProjected(table)).toBe(false);
    expect(checkProjection(table).map((warning) => warning.message)).toEqual([
      'projection properties are set but projection.enabled is not, so they have no effect (table db.t)',
    ]);
  });

  test('warns of an enabled value that is neither true nor false', () => {
    expect(messages({ c: typed('int4') }, { ...INTEGER, 'projection.enabled': 'yes' })).toEqual([
      "projection.enabled is 'yes', which counts as false (table db.t)",
    ]);
  });

  test('says nothing where projection is switched off', () => {
    expect(messages({ c: typed('int4') }, { ...INTEGER, 'projection.enabled': 'false' })).toEqual(
      [],
    );
  });

  test('warns of projection on an unpartitioned table', () => {
    expect(messages({}, {})).toEqual([
      'projection.enabled is true but the table has no partition columns (table db.t)',
    ]);
  });

  test('warns of keys for a column that is no partition column', () => {
    expect(
      messages({ c: typed('int4') }, { ...INTEGER, 'projection.x.interval.unit': 'DAYS' }),
    ).toEqual(['projection.x.interval.unit is set, but x is no partition column (table db.t)']);
  });

  test('warns of a range without values', () => {
    expect(messages({ c: typed('int4') }, { ...INTEGER, 'projection.c.range': '3,1' })).toEqual([
      'partition column c has no projected value at present (table db.t)',
    ]);
  });
});
