import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { codecOf, storedType } from '../../../src/functions/merge/codec.ts';
import type { Expression } from '../../../src/plan/expression.ts';
import { engineType } from '../../../src/print/engine-type.ts';
import { printDuckdbExpression } from '../../../src/print/print-duckdb.ts';
import {
  arrayOf,
  BOOL,
  BPCHAR,
  BYTEA,
  DATE,
  FLOAT4,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  INTERVAL,
  JSON_TYPE,
  JSONB,
  NAME,
  numericResult,
  numericType,
  OID,
  RECORD,
  scalar,
  TEXT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  TIMETZ,
  UNKNOWN,
  UUID,
  VARCHAR,
  VOID,
} from '../../../src/types/sql-type.ts';
import type { SqlType } from '../../../src/types/sql-type.ts';
import { column } from '../../support/plans.ts';
import type { TestDuckdb } from '../../support/duckdb.ts';
import { openDuckdb } from '../../support/duckdb.ts';

let duckdb: TestDuckdb;
let folder: string;
beforeAll(async () => {
  duckdb = await openDuckdb();
  folder = await mkdtemp(join(tmpdir(), 'codec-'));
});
afterAll(async () => {
  duckdb.close();
  await rm(folder, { recursive: true, force: true });
});

const struct = (fields: Readonly<Record<string, SqlType>>): SqlType => ({
  kind: 'struct',
  fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
});
const map = (key: SqlType, value: SqlType): SqlType => ({ kind: 'map', key, value });
const quoted = (...values: readonly string[]): readonly string[] =>
  values.map((value) => `'${value}'`);
const micros = (months: number, days: number, rest: string): string =>
  `(to_months(${months}) + to_days(${days}) + to_microseconds(${rest}))`;

const INTERVALS = [
  micros(0, 0, '0'),
  micros(1, 0, '1'),
  micros(-14, 3, '-90061000001'),
  micros(0, -400, '86400000000'),
  micros(2147483647, 2147483647, '9223372036854775807'),
  micros(-2147483648, -2147483648, '-9223372036854775808'),
];
const TIMES_WITH_ZONE = quoted(
  '00:00:00+00',
  '10:00:00.123456+02:30:15',
  '24:00:00-15:59:59',
  '12:00:00-00:00:01',
);
const nested = struct({ a: INT4, 'B c.d': arrayOf(INTERVAL), "it's": struct({ t: TIMETZ }) });

/** Engine texts of values; NULL comes in addition. */
const CASES: readonly (readonly [string, SqlType, readonly string[]])[] = [
  ['bool', BOOL, ['true', 'false']],
  ['int2', INT2, ['-32768', '32767']],
  ['int4', INT4, ['-2147483648', '2147483647']],
  ['int8', INT8, ['-9223372036854775808', '9223372036854775807']],
  ['oid', OID, ['0', '4294967295']],
  ['regclass', scalar('regclass'), ['0', '4294967295']],
  ['float4', FLOAT4, quoted('NaN', 'Infinity', '-Infinity', '-0', '1e-45', '3.4028235e38', '0.1')],
  [
    'float8',
    FLOAT8,
    quoted('NaN', 'Infinity', '-Infinity', '-0', '5e-324', '1.7976931348623157e308'),
  ],
  ['numeric(4,2)', numericType(4, 2), quoted('-99.99', '99.99', '0.01')],
  ['numeric(18,0)', numericType(18, 0), quoted('999999999999999999', '-999999999999999999')],
  [
    'numeric of 38 digits',
    numericResult({ precision: 38, scale: 0 }),
    quoted('9'.repeat(38), `-${'9'.repeat(38)}`, '170141183460469231731687303715884105'),
  ],
  [
    'numeric of 38 places',
    numericResult({ precision: 38, scale: 38 }),
    quoted(`0.${'9'.repeat(38)}`, `-0.${'0'.repeat(37)}1`),
  ],
  [
    'text',
    TEXT,
    [...quoted('', ' ', 'a', "it''s", 'añ 漢 🙂', 'x'.repeat(100_000)), "chr(0) || 'x'"],
  ],
  ['varchar', VARCHAR, quoted('', 'a ')],
  ['bpchar', BPCHAR, quoted('', 'a', 'a  ')],
  ['char', scalar('char'), quoted('', 'a')],
  ['name', NAME, quoted('a')],
  ['unknown', UNKNOWN, quoted('', 'a')],
  ['bytea', BYTEA, ["''::BLOB", "'\\x00\\xFF'::BLOB", "repeat('a', 70000)::BLOB"]],
  [
    'date',
    DATE,
    quoted('infinity', '-infinity', '0044-03-15 (BC)', '5881580-07-10', '1970-01-01', '2024-02-29'),
  ],
  ['time', TIME, quoted('00:00:00', '24:00:00', '23:59:59.999999')],
  ['timetz', TIMETZ, TIMES_WITH_ZONE],
  [
    'timestamp',
    TIMESTAMP,
    quoted(
      'infinity',
      '-infinity',
      '290309-12-22 (BC) 00:00:00',
      '294247-01-10 04:00:54.775806',
      '1969-12-31 23:59:59.999999',
    ),
  ],
  [
    'timestamptz',
    TIMESTAMPTZ,
    quoted('infinity', '-infinity', '0044-03-15 (BC) 10:00:00+00', '2020-10-25 01:30:00+01'),
  ],
  ['interval', INTERVAL, INTERVALS],
  [
    'uuid',
    UUID,
    quoted(
      '00000000-0000-0000-0000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      '80000000-0000-0000-0000-000000000001',
    ),
  ],
  ['json', JSON_TYPE, quoted('{"a": 1,  "a": [1, null]}', 'null', '"x"', ' 1.50 ')],
  ['jsonb', JSONB, quoted('{"a":1}', '[]', 'null')],
  ['int4[]', arrayOf(INT4), ['[]', '[NULL]', '[1, NULL, 2147483647]']],
  ['int4[][]', arrayOf(arrayOf(INT4)), ['[[1, NULL], NULL, []]', '[]', '[[]]']],
  ['text[]', arrayOf(TEXT), ["['', NULL, 'a,b', 'NULL']"]],
  ['json[]', arrayOf(JSON_TYPE), [`['{"a": 1}'::JSON, NULL]`]],
  ['uuid[]', arrayOf(UUID), [`['ffffffff-ffff-ffff-ffff-ffffffffffff'::UUID, NULL]`]],
  ['interval[]', arrayOf(INTERVAL), [`[${INTERVALS.join(', ')}, NULL]`, '[]', '[NULL]']],
  ['interval[][]', arrayOf(arrayOf(INTERVAL)), [`[[${INTERVALS[2] ?? ''}, NULL], NULL, []]`]],
  [
    'timetz[]',
    arrayOf(TIMETZ),
    [`[${TIMES_WITH_ZONE.map((text) => `${text}::TIMETZ`).join(', ')}, NULL]`],
  ],
  ['struct', struct({ a: INT4, b: TEXT }), ["{'a': 1, 'b': ''}", "{'a': NULL, 'b': NULL}"]],
  [
    'struct of structs',
    nested,
    [
      `{'a': NULL, 'B c.d': NULL, 'it''s': NULL}`,
      `{'a': 1, 'B c.d': [${INTERVALS[1] ?? ''}, NULL], 'it''s': {'t': '10:00:00+02'::TIMETZ}}`,
      `{'a': 1, 'B c.d': [], 'it''s': {'t': NULL}}`,
    ],
  ],
  [
    'array of structs',
    arrayOf(struct({ i: INTERVAL })),
    [`[{'i': ${INTERVALS[2] ?? ''}}, {'i': NULL}, NULL]`],
  ],
  ['map', map(TEXT, INT4), ["MAP {'a': 1, '': NULL}", 'MAP {}']],
  [
    'map of intervals',
    map(TIMETZ, INTERVAL),
    [`MAP {'10:00:00+02'::TIMETZ: ${INTERVALS[2] ?? ''}, '10:00:00+03'::TIMETZ: NULL}`, 'MAP {}'],
  ],
];

const print = (expression: Expression): string =>
  printDuckdbExpression<never>(expression, {
    relation: () => ({ text: '', parameters: [] }),
    timeZone: 'UTC',
    now: '2024-02-29 12:00:00+00',
  }).text;

describe('values come back from Parquet as they were', () => {
  test.each(CASES)('%s', async (_, type, values) => {
    const codec = codecOf(type);
    const stored = storedType(type);
    if (codec === undefined || stored === undefined) throw new Error('no codec');
    const file = `'${join(folder, `${Math.random()}.parquet`)}'`;
    const engine = engineType(type);
    const rows = [...values, 'NULL'].map(
      (text, index) => `SELECT ${index} AS i, CAST(${text} AS ${engine}) AS c1`,
    );
    await duckdb.query(`CREATE OR REPLACE TABLE v AS ${rows.join(' UNION ALL ')}`);
    const held = print(codec.encode(column(1, type)));
    await duckdb.query(`COPY (SELECT i, ${held} AS c2 FROM v) TO ${file} (FORMAT parquet)`);
    const read = print(codec.decode(column(2, stored)));
    // Text tells -0 from 0 and 1 mon from 30 days.
    const found = await duckdb.query(
      `SELECT CAST(${read} AS VARCHAR), replace(typeof(c2), '"', ''), c2 IS NULL, (${read}) IS NOT DISTINCT FROM c1
       FROM ${file} JOIN v USING (i) ORDER BY i`,
    );
    const wanted = await duckdb.query(`SELECT CAST(c1 AS VARCHAR), c1 IS NULL FROM v ORDER BY i`);
    expect(found).toEqual(
      wanted.map(([text = null, isNull = null]) => [
        text,
        engineType(stored).replaceAll('"', ''),
        isNull,
        true,
      ]),
    );
  });
});

test('types that no column holds have no codec', () => {
  expect(codecOf(RECORD)).toBeUndefined();
  expect(codecOf(VOID)).toBeUndefined();
  expect(codecOf(arrayOf(RECORD))).toBeUndefined();
  expect(codecOf(struct({}))).toBeUndefined();
  expect(codecOf(struct({ a: RECORD }))).toBeUndefined();
  expect(codecOf(map(TEXT, RECORD))).toBeUndefined();
  expect(codecOf(numericResult({ precision: 50, scale: 2 }))).toBeUndefined();
});

test('the values of most types are kept as they are', () => {
  const value = column(1, INT4);
  expect(codecOf(INT4)?.encode(value)).toBe(value);
  expect(codecOf(INT4)?.decode(value)).toBe(value);
});
