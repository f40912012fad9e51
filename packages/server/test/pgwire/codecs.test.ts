import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBInstance } from '@duckdb/node-api';
import type { PlanColumn, SqlType } from '@tributary/sql';
import * as sql from '@tributary/sql';
import { DEFAULT_STYLE } from '../../src/pgwire/cell.ts';
import { parameterText } from '../../src/pgwire/parameters.ts';
import { DataRows } from '../../src/pgwire/data-rows.ts';
import { Writer } from '../../src/pgwire/writer.ts';

let connection: DuckDBConnection;
let instance: DuckDBInstance;
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
});
afterAll(() => instance.closeSync());

/** The bytes of the one value of each row, as sent; null for NULL. */
async function encoded(
  query: string,
  type: SqlType,
  format: 0 | 1,
  style = DEFAULT_STYLE,
): Promise<(Buffer | null)[]> {
  const result = await connection.run(query);
  const values: (Buffer | null)[] = [];
  for (const chunk of await result.fetchAllChunks()) {
    const out = new Writer();
    const columns = [{ id: 0, name: 'v', type } as unknown as PlanColumn];
    new DataRows(columns, [format], style).chunk(chunk)(0, chunk.rowCount, out);
    let bytes = out.take();
    while (bytes.length > 0) {
      const length = bytes.readInt32BE(7);
      values.push(length < 0 ? null : Buffer.from(bytes.subarray(11, 11 + length)));
      bytes = bytes.subarray(bytes.readInt32BE(1) + 1);
    }
  }
  return values;
}

const decimal = (precision: number, scale: number, dynamic = false) =>
  sql.numericResult({ precision, scale, ...(dynamic ? { dynamic: true as const } : {}) });

/** Binary forms were read from PostgreSQL 18's send functions. `*`: not compared; `-`: there is none. */
const CASES: readonly (readonly [string, SqlType, string, string])[] = [
  ['true', sql.BOOL, 't', '01'],
  ['(-32768)::smallint', sql.INT2, '-32768', '8000'],
  ['(-2147483648)::integer', sql.INT4, '-2147483648', '80000000'],
  ['(-9223372036854775808)::bigint', sql.INT8, '-9223372036854775808', '8000000000000000'],
  ['9007199254740993::bigint', sql.INT8, '9007199254740993', '0020000000000001'],
  ['(-1)::bigint', sql.INT8, '-1', 'ffffffffffffffff'],
  ['4294967295::uinteger', sql.OID, '4294967295', 'ffffffff'],
  ['0.1::float', sql.FLOAT4, '0.1', '3dcccccd'],
  ['16777216::float', sql.FLOAT4, '1.6777216e+07', '4b800000'],
  ['0.1::double', sql.FLOAT8, '0.1', '3fb999999999999a'],
  ['1e15::double', sql.FLOAT8, '1e+15', '430c6bf526340000'],
  ['123456789012345::double', sql.FLOAT8, '123456789012345', '42dc12218377de40'],
  ['0.00001::double', sql.FLOAT8, '1e-05', '3ee4f8b588e368f1'],
  ["'-infinity'::double", sql.FLOAT8, '-Infinity', 'fff0000000000000'],
  ["'nan'::double", sql.FLOAT8, 'NaN', '7ff8000000000000'],
  ["'-0'::double", sql.FLOAT8, '-0', '8000000000000000'],
  ['12.340::decimal(10,3)', decimal(10, 3), '12.340', '0002000000000003000c0d48'],
  ['12.340::decimal(10,3)', decimal(10, 3, true), '12.34', '0002000000000002000c0d48'],
  ['12.000::decimal(38,3)', decimal(38, 3, true), '12', '0001000000000000000c'],
  ['(-0.005)::decimal(4,3)', decimal(4, 3), '-0.005', '0001ffff400000030032'],
  ['0::decimal(4,2)', decimal(4, 2), '0.00', '0000000000000002'],
  [
    "'-12345678901234567890123456789.123456789'::decimal(38,9)",
    decimal(38, 9),
    '-12345678901234567890123456789.123456789',
    '000b000740000009000109291a85007b11d722c509291a8504d2162e2328',
  ],
  ["'ü€'", sql.TEXT, 'ü€', 'c3bce282ac'],
  ["''", sql.TEXT, '', ''],
  ["'\\xAB\\x00'::blob", sql.BYTEA, '\\xab00', 'ab00'],
  ["date '2000-01-01'", sql.DATE, '2000-01-01', '00000000'],
  ["date '0044-03-15 (BC)'", sql.DATE, '0044-03-15 BC', 'fff49d7b'],
  ["'infinity'::date", sql.DATE, 'infinity', '7fffffff'],
  ["'-infinity'::date", sql.DATE, '-infinity', '80000000'],
  ["time '23:59:59.5'", sql.TIME, '23:59:59.5', '000000141dcfbee0'],
  ["'04:05:06+05:30'::timetz", sql.TIMETZ, '04:05:06+05:30', '000000036c8bc080ffffb2a8'],
  [
    "timestamp '2000-01-01 00:00:00.000001'",
    sql.TIMESTAMP,
    '2000-01-01 00:00:00.000001',
    '0000000000000001',
  ],
  [
    "timestamp '1999-12-31 23:59:59.999999'",
    sql.TIMESTAMP,
    '1999-12-31 23:59:59.999999',
    'ffffffffffffffff',
  ],
  ["'infinity'::timestamp", sql.TIMESTAMP, 'infinity', '7fffffffffffffff'],
  [
    "timestamptz '2000-01-01 00:00:00+00'",
    sql.TIMESTAMPTZ,
    '2000-01-01 00:00:00+00',
    '0000000000000000',
  ],
  [
    "interval '14 months 3 days -1 second'",
    sql.INTERVAL,
    '1 year 2 mons 3 days -00:00:01',
    'fffffffffff0bdc0000000030000000e',
  ],
  ["interval '0 days'", sql.INTERVAL, '00:00:00', '00000000000000000000000000000000'],
  [
    "'01234567-89ab-cdef-0123-456789abcdef'::uuid",
    sql.UUID,
    '01234567-89ab-cdef-0123-456789abcdef',
    '0123456789abcdef0123456789abcdef',
  ],
  ['\'{"a":1}\'::json', sql.JSONB, '{"a": 1}', '017b2261223a20317d'],
  [
    '[1, null]::integer[]',
    sql.arrayOf(sql.INT4),
    '{1,NULL}',
    '00000001000000010000001700000002000000010000000400000001ffffffff',
  ],
  ['[]::integer[]', sql.arrayOf(sql.INT4), '{}', '000000000000000000000017'],
  [
    '[[1],[2]]::integer[][]',
    sql.arrayOf(sql.arrayOf(sql.INT4)),
    '{{1},{2}}',
    '000000020000000000000017000000020000000100000001000000010000000400000001' + '0000000400000002',
  ],
  [
    `['a b', '', 'null', 'x"y\\z', '{']`,
    sql.arrayOf(sql.TEXT),
    '{"a b","","null","x\\"y\\\\z","{"}',
    '*',
  ],
  [
    "{'a': 1, 'b': ['x', null], 'c': {'d': date '2024-01-01'}}",
    { kind: 'struct', fields: [] },
    '{"a":1,"b":["x",null],"c":{"d":"2024-01-01"}}',
    '*',
  ],
  [
    "map {'k': 1.5::double, 'n': null}",
    { kind: 'map', key: sql.TEXT, value: sql.FLOAT8 },
    '{"k":1.5,"n":null}',
    '*',
  ],
  ["row(1, null, 'a b')", sql.RECORD, '(1,,"a b")', '-'],
];

describe('a value is sent as PostgreSQL sends it', () => {
  it.each(CASES)('%s', async (value, type, text, hex) => {
    const query = `select ${value} as v union all select null`;
    const [asText, none] = await encoded(query, type, 0);
    expect(asText?.toString()).toBe(text);
    expect(none).toBe(null);
    if (hex === '-') return;
    const [binary] = await encoded(query, type, 1);
    if (hex !== '*') expect(binary?.toString('hex')).toBe(hex);
    if (type.kind === 'scalar' && binary !== null && binary !== undefined) {
      // What was sent in binary form comes back as a parameter of the same text.
      expect(parameterText(binary, 1, type)).toBe(text);
    }
  });
});

describe('settings', () => {
  it('TimeZone decides the offset of a timestamptz, also before and after a change of the clock', async () => {
    const style = { ...DEFAULT_STYLE, timeZone: 'America/New_York' };
    const values = await encoded(
      "select * from (values (timestamptz '2024-03-10 06:59:59+00'), (timestamptz '2024-03-10 07:00:00+00'))",
      sql.TIMESTAMPTZ,
      0,
      style,
    );
    expect(values.map(String)).toEqual(['2024-03-10 01:59:59-05', '2024-03-10 03:00:00-04']);
  });

  it('extra_float_digits below 1 rounds', async () => {
    const style = { ...DEFAULT_STYLE, extraFloatDigits: 0 };
    const values = await encoded('select 0.1::double + 0.2::double', sql.FLOAT8, 0, style);
    expect(values.map(String)).toEqual(['0.3']);
  });
});

describe('texts', () => {
  it('of any length and order come whole, NULLs between them', async () => {
    const query =
      'select case when i % 7 = 0 then null else repeat(chr(97 + (i % 26)::int), (i * 37 % 50)::int) end as v from range(5000) r(i) order by hash(i)';
    const values = await encoded(query, sql.TEXT, 0);
    const expected = (await (await connection.run(query)).getRows()).map(([value]) => value);
    expect(values.map((value) => value?.toString() ?? null)).toEqual(expected);
  });

  it('of a dictionary come whole', async () => {
    await connection.run(
      "create table words as select 'word number ' || (hash(i) % 50) as v from range(10000) r(i)",
    );
    const values = await encoded('select v from words', sql.TEXT, 0);
    const expected = (await (await connection.run('select v from words')).getRows()).map(String);
    expect(values.map(String)).toEqual(expected);
  });
});

describe('parameters', () => {
  it('binary arrays become array literals', () => {
    const bytes = Buffer.from(
      '00000001000000010000001900000002000000010000000361225cffffffff',
      'hex',
    );
    expect(parameterText(bytes, 1, sql.arrayOf(sql.TEXT))).toBe('{"a\\"\\\\",NULL}');
  });

  it.each([
    [Buffer.from([1]), sql.INT4, '22P03'],
    [Buffer.alloc(5), sql.INT4, '22P03'],
    [
      Buffer.from('0000000100000000000000177fffffff00000001', 'hex'),
      sql.arrayOf(sql.INT4),
      '22P03',
    ],
    [Buffer.from([0xff]), sql.TEXT, '22021'],
    [Buffer.from([2, 0x7b]), sql.JSONB, '22P03'],
  ])('bytes that are no value of the type are refused (%#)', (bytes, type, code) => {
    let found = '';
    try {
      parameterText(bytes, 1, type);
    } catch (error) {
      if (sql.isQueryError(error)) found = error.sqlstate;
    }
    expect(found).toBe(code);
  });
});
