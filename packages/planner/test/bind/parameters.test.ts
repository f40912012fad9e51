import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  arrayOf,
  BOOL,
  DATE,
  FLOAT8,
  formatType,
  INT4,
  INT8,
  isQueryError,
  JSONB,
  loadParser,
  numericType,
  TEXT,
  TIMESTAMPTZ,
  typeInfo,
} from '@tributary/sql';
import type { SqlType } from '@tributary/sql';
import { postgresFailure, startPostgres } from '../../../sql/test/support/postgres.ts';
import type { TestPostgres } from '../../../sql/test/support/postgres.ts';
import { bindText } from './support/bind.ts';
import { snapshotOf, view } from './support/snapshot.ts';

/** Statements over `p (i int, b bigint, x text, d date, ts timestamptz, n numeric(10,2), f float8, a int[], j jsonb, ok bool)`. */
const STATEMENTS: readonly string[] = [
  'SELECT $1',
  'SELECT $1, $2',
  'SELECT $2',
  'SELECT $1::int',
  'SELECT CAST($1 AS date)',
  'SELECT $1::int + $1',
  'SELECT $1 + 1',
  'SELECT 1 + $1',
  'SELECT $1 + 1.5',
  'SELECT $1 + $2',
  'SELECT -$1',
  "SELECT $1 || 'x'",
  'SELECT $1 || $2',
  'SELECT i FROM p WHERE i = $1',
  'SELECT i FROM p WHERE $1 = i',
  'SELECT i FROM p WHERE b = $1 AND i > $2',
  'SELECT i FROM p WHERE x = $1',
  'SELECT i FROM p WHERE x LIKE $1',
  'SELECT i FROM p WHERE d = $1',
  "SELECT i FROM p WHERE d >= $1 AND d < $1 + interval '1 day'",
  'SELECT i FROM p WHERE d BETWEEN $1 AND $2',
  'SELECT i FROM p WHERE ts >= $1',
  'SELECT i FROM p WHERE ts >= now() - $1',
  'SELECT i FROM p WHERE n > $1',
  'SELECT i FROM p WHERE f > $1',
  'SELECT i FROM p WHERE i IN ($1, $2, 3)',
  'SELECT i FROM p WHERE i = ANY($1)',
  'SELECT i FROM p WHERE x = ANY($1)',
  'SELECT i FROM p WHERE i <> ALL($1)',
  'SELECT i FROM p WHERE $1 = ANY(a)',
  'SELECT i FROM p WHERE a = $1',
  'SELECT i FROM p WHERE a @> $1',
  'SELECT a[$1] FROM p',
  'SELECT i FROM p WHERE ok = $1',
  'SELECT i FROM p WHERE $1',
  'SELECT i FROM p WHERE NOT $1 OR ok',
  'SELECT i FROM p WHERE ($1 AND ok) IS TRUE',
  'SELECT i FROM p LIMIT $1',
  'SELECT i FROM p LIMIT $1 OFFSET $2',
  'SELECT i FROM p ORDER BY $1',
  'SELECT i FROM p WHERE (i, x) = ($1, $2)',
  'SELECT i FROM p WHERE i = (SELECT $1)',
  'SELECT i FROM p WHERE i IN (SELECT $1)',
  'SELECT i FROM p WHERE i IS DISTINCT FROM $1',
  'SELECT i FROM p WHERE nullif($1, i) > 1',
  'SELECT coalesce($1, i) FROM p',
  'SELECT coalesce($1, $2)',
  'SELECT greatest($1, 1.5, i) FROM p',
  'SELECT CASE WHEN ok THEN $1 ELSE i END FROM p',
  'SELECT CASE $1 WHEN i THEN 1 END FROM p',
  'SELECT CASE WHEN $1 THEN 1 END',
  'SELECT ARRAY[$1, 2]',
  'SELECT ARRAY[$1]',
  'SELECT upper($1)',
  'SELECT length($1)',
  'SELECT substring(x, $1) FROM p',
  'SELECT substring(x from $1::int for $2) FROM p',
  'SELECT lpad($1, $2, $3)',
  'SELECT replace($1, $2, $3)',
  "SELECT split_part($1, ',', $2)",
  'SELECT round($1, 2)',
  'SELECT sqrt($1)',
  'SELECT power(f, $1) FROM p',
  "SELECT date_trunc('month', d + $1) FROM p",
  'SELECT to_char(ts, $1) FROM p',
  'SELECT to_date($1, $2)',
  'SELECT ts AT TIME ZONE $1 FROM p',
  'SELECT extract(year FROM d + $1) FROM p',
  'SELECT j -> $1 FROM p',
  'SELECT j ->> $1 FROM p',
  'SELECT sum(i + $1) FROM p',
  'SELECT count($1::text) FROM p',
  'SELECT string_agg(x, $1) FROM p',
  'SELECT sum(i) FILTER (WHERE b = $1) FROM p',
  'SELECT lag(i, $1) OVER (ORDER BY i) FROM p',
  'SELECT lag(i, 1, $1) OVER (ORDER BY i) FROM p',
  'SELECT sum(i) OVER (ORDER BY i ROWS BETWEEN $1 PRECEDING AND CURRENT ROW) FROM p',
  'SELECT ntile($1) OVER (ORDER BY i) FROM p',
  'SELECT i, count(*) FROM p GROUP BY i HAVING count(*) > $1',
  'SELECT i FROM p UNION SELECT $1',
  'SELECT $1 UNION SELECT i FROM p',
  'SELECT $1 UNION ALL SELECT $2',
  'VALUES ($1, 1), (2, $2)',
  'VALUES ($1)',
  'WITH c AS (SELECT $1 AS x) SELECT x FROM c',
  'SELECT s.x FROM (SELECT $1 AS x) s WHERE s.x = 1',
  "SELECT s.x || 'a' FROM (SELECT $1 AS x) s",
  'SELECT * FROM generate_series(1, $1)',
  'SELECT * FROM generate_series($1::date, $2, $3)',
  'SELECT * FROM unnest($1::int[]) AS u',
  'SELECT p.i FROM p JOIN p q ON p.i = q.i AND q.b = $1',
  'SELECT p.i FROM p, LATERAL (SELECT $1 + p.b AS s) l',
  'SELECT i FROM p WHERE EXISTS (SELECT 1 FROM p q WHERE q.x = $1 AND q.i = p.i)',
  // Two uses that do not agree, numbers that are left out, and none.
  'SELECT i FROM p WHERE i = $1 OR x = $1',
  'SELECT i FROM p WHERE (i, x) = ($1, $1)',
  'SELECT i FROM p WHERE ($1, $1) IN (SELECT i, d FROM p)',
  "SELECT $1::int, $1 || 'x'",
  'SELECT i FROM p WHERE i = $1 AND b = $1',
  'SELECT $1::int, $1::text',
  'SELECT i FROM p WHERE d = $1 OR ts = $1',
  'SELECT $0',
  'SELECT $1 FROM p GROUP BY $1',
  'SELECT sum($1)',
  'SELECT abs($1)',
  'SELECT $1 = $2',
  'SELECT concat($1, $2)',
];

/** What nothing determines is text here, so that such statements can be prepared; PostgreSQL refuses them (42P18). */
const UNDETERMINED = '42P18';

let postgres: TestPostgres;

async function describedByPostgres(sql: string): Promise<string> {
  try {
    await postgres.query(`PREPARE described AS ${sql}`);
  } catch (error) {
    return postgresFailure(error)?.code ?? String(error);
  }
  const [row] = await postgres.query(
    `SELECT parameter_types::oid[]::text FROM pg_prepared_statements WHERE name = 'described'`,
  );
  await postgres.query('DEALLOCATE described');
  return row?.[0] ?? '';
}

function described(sql: string, parameterTypes: readonly (SqlType | undefined)[] = []): string {
  try {
    const { parameters } = bindText(sql, CATALOG, { parameterTypes });
    return `{${parameters.map((type) => typeInfo(type).oid).join(',')}}`;
  } catch (error) {
    if (!isQueryError(error)) throw error;
    return error.sqlstate;
  }
}

const COLUMNS: Readonly<Record<string, SqlType>> = {
  i: INT4,
  b: INT8,
  x: TEXT,
  d: DATE,
  ts: TIMESTAMPTZ,
  n: numericType(10, 2),
  f: FLOAT8,
  a: arrayOf(INT4),
  j: JSONB,
  ok: BOOL,
};
const CATALOG = snapshotOf(
  [
    {
      schema: 'public',
      name: 'p',
      columns: Object.entries(COLUMNS).map(([name, type]) => ({ name, type })),
      rows: [],
    },
  ],
  [view('with_parameter', ['x'], 'SELECT $1 AS x')],
);

beforeAll(async () => {
  await loadParser();
  postgres = await startPostgres();
  const columns = Object.entries(COLUMNS).map(([name, type]) => `${name} ${formatType(type)}`);
  await postgres.query(`CREATE TABLE p (${columns.join(', ')})`);
}, 60_000);

afterAll(() => postgres.stop());

describe('parameters', () => {
  test('have the types that a real PostgreSQL infers', async () => {
    const found: string[] = [];
    for (const sql of STATEMENTS) {
      const theirs = await describedByPostgres(sql);
      const ours = described(sql);
      if (theirs !== ours && theirs !== UNDETERMINED) {
        found.push(`${sql}: PostgreSQL ${theirs}, here ${ours}`);
      }
      if (theirs === UNDETERMINED && !ours.startsWith('{')) {
        found.push(`${sql}: PostgreSQL cannot tell, here ${ours}`);
      }
    }
    expect(found).toEqual([]);
  }, 60_000);

  test('keep the types a client declares, and refuse a use that does not fit', () => {
    expect(described('SELECT $1 + 1', [INT8])).toBe('{20}');
    expect(described('SELECT $1', [FLOAT8])).toBe('{701}');
    expect(described('SELECT $2', [undefined, INT4])).toBe('{25,23}');
    expect(described('SELECT i FROM p WHERE i = $1', [TEXT])).toBe('42883');
    expect(described('SELECT i FROM p WHERE x = $1', [INT4])).toBe('42883');
    expect(described('SELECT 1', [INT4])).toBe('{23}');
  });

  test('that are used as two types are refused at no place with both types named', () => {
    expect(() => bindText('SELECT i FROM p WHERE (i, x) = ($1, $1)', CATALOG)).toThrow(
      expect.objectContaining({
        code: 'ambiguousParameter',
        message: 'inconsistent types deduced for parameter $1',
        detail: 'integer versus text',
      }),
    );
  });

  test('do not exist in a view, nor with a number that cannot be', () => {
    expect(described('SELECT x FROM with_parameter')).toBe('42P02');
    expect(described('SELECT x, $1 FROM with_parameter')).toBe('42P02');
    expect(described('SELECT $65536')).toBe('42P02');
    expect(described('SELECT $0')).toBe('42P02');
  });
});
