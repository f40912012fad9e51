import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';

/** Column type and values as literals; what is sent differs from PostgreSQL's own text only where `shown` says so. */
export const COLUMNS: readonly (readonly [type: string, values: readonly string[]])[] = [
  ['bool', ['true', 'false']],
  ['int2', ['-32768', '32767', '0']],
  ['int4', ['-2147483648', '2147483647']],
  ['int8', ['-9223372036854775808', '9223372036854775807']],
  ['oid', ['0', '4294967295']],
  ['float4', ["'NaN'", "'Infinity'", "'-Infinity'", '1.1', '-0.0', '1e-40', '3.4028235e38']],
  [
    'float8',
    ["'NaN'", "'Infinity'", "'-Infinity'", '0.1', '-0.0', '5e-324', '1.7976931348623157e308'],
  ],
  ['numeric(12,2)', ['0', '-0.01', '9999999999.99', '12.5']],
  ['numeric(38,10)', ["'9999999999999999999999999999.9999999999'", '-1.5']],
  ['numeric(3,0)', ['999', '-7']],
  ['numeric(20,15)', ['0.000000000000001', '12345.678901234567891']],
  ['numeric', ['0', '-1234567.25', '1e20', '0.000000000000001', '10000', '100000000']],
  [
    'text',
    ["''", "'short'", "'grüße'", "'😀'", "'a text of more than twelve bytes'", `E'tab\\tand\\\\n'`],
  ],
  ['varchar(10)', ["'ten'", "''"]],
  ['char(5)', ["'abc'", "''"]],
  ['"char"', ["'x'"]],
  ['name', ["'a_name'"]],
  ['bytea', [`'\\x'`, `'\\x00ff10'`, `'\\x${'ab'.repeat(40)}'`]],
  [
    'date',
    [
      "'2024-02-29'",
      "'0044-03-15 BC'",
      "'infinity'",
      "'-infinity'",
      "'1500-01-01'",
      "'9999-12-31'",
    ],
  ],
  ['time', ["'00:00'", "'23:59:59.999999'", "'24:00:00'"]],
  ['timetz', ["'04:05:06.7+02'", "'00:00-15:59'", "'12:00+05:30'"]],
  [
    'timestamp',
    [
      "'2024-02-29 12:34:56.789012'",
      "'0044-03-15 01:02:03 BC'",
      "'infinity'",
      "'-infinity'",
      "'1969-12-31 23:59:59.999999'",
    ],
  ],
  [
    'timestamptz',
    ["'2024-02-29 12:34:56.789012+05'", "'0044-03-15 01:02:03+00 BC'", "'infinity'", "'-infinity'"],
  ],
  ['interval', ["'1 year 2 mons -3 days 04:05:06.789'", "'-1 mon'", "'0'", "'100:00:00'"]],
  [
    'uuid',
    [
      "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
      "'00000000-0000-0000-0000-000000000000'",
      "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
    ],
  ],
  ['json', [`'{"a" : [1, null, "x"]}'`]],
  ['jsonb', [`'{"b": 1, "a": {"c": []}}'`, "'null'"]],
  ['int4[]', ["'{1,NULL,3}'", "'{}'"]],
  ['text[]', [`'{a,"b c",NULL,"a longer text than twelve bytes",""}'`, "'{}'"]],
  ['numeric(6,2)[]', ["'{1.50,NULL}'"]],
  ['timestamp[]', [`'{"2024-02-29 12:00:00"}'`]],
  ['uuid[]', ["'{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'"]],
  // What has no equal here is shown as the source shows it.
  ['inet', ["'192.168.0.1/24'", "'fe80::/10'"]],
  ['cidr', ["'10.0.0.0/8'"]],
  ['macaddr', ["'08:00:2b:01:02:03'"]],
  ['money', ["'12.50'"]],
  ['int4range', ["'[1,10)'", "'empty'"]],
  ['tstzrange', ["'[2024-01-01 00:00+00,)'"]],
  ['int4multirange', ["'{[1,3),[7,8)}'"]],
  ['point', ["'(1,2)'"]],
  ['bit(4)', ["'1010'"]],
  ['xml', ["'<a/>'"]],
  ['tsvector', ["'a b'"]],
  ['mood', ["'sad'", "'happy'"]],
  ['mood[]', ["'{sad,happy}'"]],
  ['small', ['7']],
  ['short_text', ["'abc'"]],
  ['pair', ["'(1,x)'"]],
];

/** Creates table `t<index>` for each of the columns: a row for each value, in order, and one of NULL. */
export async function createTables(postgres: TestPostgres): Promise<void> {
  await postgres.query(`CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')`);
  await postgres.query('CREATE DOMAIN small AS int CHECK (VALUE < 10)');
  await postgres.query('CREATE DOMAIN short_text AS varchar(5)');
  await postgres.query('CREATE TYPE pair AS (a int, b text)');
  for (const [index, [type, values]] of COLUMNS.entries()) {
    await postgres.query(`CREATE TABLE t${index} (n int, v ${type})`);
    const rows = [...values, 'NULL'].map((value, n) => `(${n}, CAST(${value} AS ${type}))`);
    await postgres.query(`INSERT INTO t${index} VALUES ${rows.join(', ')}`);
  }
}
