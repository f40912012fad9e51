import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BothServers } from './both-servers.ts';
import { openBothServers } from './both-servers.ts';

let servers: BothServers;
beforeAll(async () => {
  servers = await openBothServers();
  // The system catalogs start with their first statement.
  await servers.tributary.query('SELECT FROM pg_class LIMIT 1');
}, 240_000);
afterAll(() => servers.close());

async function expectAlike(...texts: readonly string[]): Promise<void> {
  const { postgres, tributary } = await servers.run(texts);
  expect(tributary).toEqual(postgres);
}

const AWKWARD = String.raw`VALUES
  (1, 'plain', 1.5::float8), (2, E'tab\there', NULL), (3, E'line\nfeed\rback\bspace\fform\vtab', 'NaN'),
  (4, E'back\\slash \\N \\.', 'infinity'), (5, NULL, 0), (6, '', '1e100'), (7, 'comma, quote " and '' | pipe', -0.25),
  (8, E'\\.', 3), (9, '\N', 3), (10, 'NULL', 1), (11, 'ünïcödé €𝄞', 7)`;
const QUERY = `(SELECT column1 AS id, column2 AS "some, ""name""", column3 AS f FROM (${AWKWARD}) v ORDER BY 1)`;

describe('COPY .. TO STDOUT sends the bytes that PostgreSQL sends', () => {
  it.each([
    '',
    'WITH (HEADER)',
    "WITH (DELIMITER '|', NULL 'NULL')",
    'CSV',
    '(FORMAT csv, HEADER true)',
    "(FORMAT csv, DELIMITER ';', QUOTE '''', ESCAPE '\\', NULL 'NULL', HEADER)",
    '(FORMAT csv, FORCE_QUOTE *, HEADER on)',
    "(FORMAT csv, FORCE_QUOTE (id, f), NULL '\\N')",
    "(FORMAT csv, ENCODING 'UTF8')",
    '(FORMAT text, HEADER off)',
    '(FORMAT binary)',
    'CSV HEADER FORCE QUOTE id',
  ])('of a query %s', async (options) => {
    await expectAlike(`COPY ${QUERY} TO STDOUT ${options}`);
  });

  it.each(['text', 'csv', 'binary'])('of no rows as %s', async (format) => {
    await expectAlike(`COPY (SELECT 1 AS a WHERE false) TO STDOUT (FORMAT ${format})`);
  });

  it.each(['text', 'csv', 'binary'])('of rows as values, as %s', async (format) => {
    await expectAlike(
      `COPY (SELECT ROW(1, NULL::int, 'a b'::text, ''::text, 1.5, true, ARRAY[1,2], ROW(true, 'q"\\'::text)) AS r, ARRAY[ROW(1,'x'::text), NULL] AS a) TO STDOUT (FORMAT ${format})`,
    );
  });

  it('of one column whose value looks like the end of the data', async () => {
    await expectAlike(
      String.raw`COPY (VALUES (E'\\.'), ('x')) TO STDOUT CSV`,
      String.raw`COPY (VALUES (E'\\.'), ('x')) TO STDOUT`,
    );
  });

  it('of every type, as text and in binary', async () => {
    const types = `(SELECT true AS b, 1::int2 AS i2, -2::int4 AS i4, 9223372036854775807 AS i8, 1.25::float4 AS f4,
      1234.500::numeric(10,3) AS n, 'x'::varchar(3) AS v, 'ab'::char(4) AS c, '\\xdeadbeef'::bytea AS by,
      DATE '2024-02-29' AS d, TIME '12:34:56.789' AS t, TIMESTAMP '2024-02-29 12:00:00.5' AS ts,
      TIMESTAMPTZ '2024-02-29 12:00:00+02' AS tz, INTERVAL '1 mon 2 days 03:04:05' AS iv,
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS u, '{"a": [1, null]}'::jsonb AS jb, ARRAY[1, NULL, 3] AS ia,
      ARRAY['a b', NULL, '"'] AS ta, TIMETZ '12:34:56.5+02' AS tt, pg_typeof(1) AS rt)`;
    await expectAlike(
      "SET TimeZone = 'UTC'",
      `COPY ${types} TO STDOUT`,
      `COPY ${types} TO STDOUT (FORMAT csv)`,
      `COPY ${types} TO STDOUT (FORMAT binary)`,
    );
  });

  it('of the system catalogs', async () => {
    const query =
      '(SELECT typname, oid, typlen, typbyval, typtype FROM pg_type WHERE oid IN (16, 23, 1043) ORDER BY oid)';
    await expectAlike(
      `COPY ${query} TO STDOUT (FORMAT csv, HEADER)`,
      `COPY ${query} TO STDOUT (FORMAT binary)`,
    );
  });

  it('of types that only the catalogs have, in binary', async () => {
    await expectAlike(
      `COPY (SELECT typinput, ARRAY[oid] AS oids, ARRAY[typname, NULL] AS names, 'pg_type'::regclass AS c,
        '1 2'::int2vector AS v, typacl, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS at
        FROM pg_type WHERE oid = 23) TO STDOUT (FORMAT binary)`,
      'COPY (SELECT 1/0 FROM pg_type) TO STDOUT (FORMAT csv)',
    );
  });

  it('several in one message, with other statements between them', async () => {
    await expectAlike(
      'COPY (SELECT 1 AS a) TO STDOUT; SELECT 2 AS b; COPY (SELECT 3 AS c) TO STDOUT CSV HEADER',
    );
  });
});

describe('COPY refuses as PostgreSQL does', () => {
  it.each([
    'COPY (SELECT 1) TO STDOUT (FORMAT xml)',
    'COPY (SELECT 1) TO STDOUT (FORMAT csv, FORMAT csv)',
    "COPY (SELECT 1) TO STDOUT (COLOUR 'red')",
    "COPY (SELECT 1) TO STDOUT (DELIMITER 'ab')",
    "COPY (SELECT 1) TO STDOUT (DELIMITER 'a')",
    "COPY (SELECT 1) TO STDOUT (DELIMITER E'\\n')",
    "COPY (SELECT 1) TO STDOUT (NULL E'a\\nb')",
    "COPY (SELECT 1) TO STDOUT (FORMAT csv, QUOTE 'ab')",
    "COPY (SELECT 1) TO STDOUT (FORMAT csv, QUOTE ',')",
    "COPY (SELECT 1) TO STDOUT (FORMAT csv, ESCAPE 'ab')",
    "COPY (SELECT 1) TO STDOUT (QUOTE '\"')",
    "COPY (SELECT 1) TO STDOUT (ESCAPE '\"')",
    'COPY (SELECT 1) TO STDOUT (FORCE_QUOTE *)',
    "COPY (SELECT 1) TO STDOUT (NULL 'a,b', FORMAT csv)",
    "COPY (SELECT 1) TO STDOUT (NULL 'a\"b', FORMAT csv)",
    "COPY (SELECT 1) TO STDOUT (FORMAT binary, DELIMITER '|')",
    "COPY (SELECT 1) TO STDOUT (FORMAT binary, NULL '')",
    'COPY (SELECT 1) TO STDOUT (FORMAT binary, HEADER)',
    'COPY (SELECT 1) TO STDOUT (HEADER match)',
    'COPY (SELECT 1) TO STDOUT (HEADER 2)',
    'COPY (SELECT 1) TO STDOUT (FREEZE)',
    'COPY (SELECT 1) TO STDOUT (FORMAT csv, FORCE_NULL (a))',
    'COPY (SELECT 1 AS a) TO STDOUT (FORMAT csv, FORCE_QUOTE (b))',

    'COPY nowhere TO STDOUT',
    'COPY (SELECT $1) TO STDOUT',
  ])('%s', async (statement) => {
    await expectAlike(statement);
  });

  it('what only a server with tables of its own can do', async () => {
    const { tributary } = await servers.run([
      'COPY t FROM STDIN',
      "COPY (SELECT 1) TO '/tmp/file'",
      "COPY (SELECT 1) TO PROGRAM 'cat'",
      "COPY (SELECT 1) TO STDOUT (ENCODING 'LATIN1')",
      'SELECT 1',
    ]);
    expect(tributary).toEqual([
      ['error 0A000 COPY FROM is not supported'],
      ['error 42501 permission denied to COPY to a file'],
      ['error 42501 permission denied to COPY to an external program'],
      ['error 0A000 COPY cannot write encoding "LATIN1"'],
      expect.arrayContaining(['complete SELECT 1']),
    ]);
  });
});
