import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isQueryError } from '@tributary/sql';
import { writeFile } from 'node:fs/promises';
import type { TemporaryEngine } from './support/temporary-engine.ts';
import { temporaryEngine } from './support/temporary-engine.ts';

let own: TemporaryEngine;
beforeAll(async () => {
  own = await temporaryEngine();
});
afterAll(() => own.remove());

async function failure(sql: string): Promise<string> {
  try {
    await own.engine.rows(sql, []);
    return 'no error';
  } catch (error) {
    if (!isQueryError(error)) return `not a QueryError: ${String(error)}`;
    return `${error.sqlstate}: ${error.message}`;
  }
}

describe('an error of the engine says what PostgreSQL says', () => {
  it.each([
    ["select error('TRIBUTARY:22012:division by zero')", '22012: division by zero'],
    [
      "select case when i > 1 then error('TRIBUTARY:2201W:LIMIT must not be negative') end from range(3) r(i)",
      '2201W: LIMIT must not be negative',
    ],
    ["select 'x'::int", '22P02: invalid input syntax for type integer: "x"'],
    [
      "select x::int from (select '2147483648' x from range(2))",
      '22003: value "2147483648" is out of range for type integer',
    ],
    ["select 'maybe'::boolean", '22P02: invalid input syntax for type boolean: "maybe"'],
    ["select 'abc'::double", '22P02: invalid input syntax for type double precision: "abc"'],
    ["select 'zz'::uuid", '22P02: invalid input syntax for type uuid: "zz"'],
    ["select 'zz'::json", '22P02: invalid input syntax for type json'],
    ["select 'a'::int[]", '22P02: malformed array literal: "a"'],
    ["select '2024-13-01'::date", '22008: date/time field value out of range: "2024-13-01"'],
    ["select 'abc'::timestamp", '22007: invalid input syntax for type timestamp: "abc"'],
    ["select ''::date", '22007: invalid input syntax for type date: ""'],
    ["select '1 x'::interval", '22007: invalid input syntax for type interval: "x"'],
    ["select timestamp '294246-01-01' + interval '100 year'", '22008: timestamp out of range'],
    ['select 2147483647 + i::int from range(3) r(i)', '22003: integer out of range'],
    ['select 9223372036854775807 + i from range(3) r(i)', '22003: bigint out of range'],
    ['select (i + 100000)::smallint from range(3) r(i)', '22003: smallint out of range'],
    ['select 1e20::bigint', '22003: bigint out of range'],
    ['select abs((-2147483648)::int)', '22003: integer out of range'],
    ["select '12345'::decimal(3,2)", '22003: numeric field overflow'],
    [
      'select sum(x) from (select 99999999999999999999999999999999999999::decimal(38,0) x from range(3))',
      '22003: value overflows numeric format',
    ],
    [
      'select 1 from range(3) a(i) left join range(3) b(j) on exists (select 1 from range(2) c(k) where k = i + j)',
      '0A000: a subquery in the ON condition of an outer join that uses both sides is not supported',
    ],
    ['select ln(0)', '2201E: cannot take logarithm of zero'],
    ['select sqrt(-1)', '2201F: cannot take square root of a negative number'],
    [
      'select (select i from range(3) r(i))',
      '21000: more than one row returned by a subquery used as an expression',
    ],
    ["select regexp_matches('a', '(')", '2201B: invalid regular expression: missing )'],
  ])('%s', async (sql, expected) => {
    expect(await failure(sql)).toBe(expected);
  });
});

describe('an error that is not the user’s', () => {
  it('hides the generated statement and keeps the native error as its cause', async () => {
    const sql = "select no_such_column_42 from (select 'hidden')";
    expect(await failure(sql)).toBe('XX000: the engine could not run the generated statement');
    const error: unknown = await own.engine.rows(sql, []).catch((caught: unknown) => caught);
    expect(isQueryError(error) && String(error.cause)).toContain('no_such_column_42');
  });

  it('names no local path when a file is missing, damaged or forbidden', async () => {
    await writeFile(`${own.directory}damaged.parquet`, 'PAR1 this is no parquet file');
    expect(await failure(`select * from read_parquet('${own.directory}damaged.parquet')`)).toBe(
      '58030: a data file cannot be read: it is damaged or of another format',
    );
    expect(await failure(`select * from read_parquet('${own.directory}none.parquet')`)).toBe(
      '58000: a data file vanished while the query ran',
    );
    expect(await failure("select * from read_text('/etc/passwd')")).toBe(
      '42501: access outside the configured sources is refused',
    );
  });

  it('a raised text counts only where it was raised, not where a value quotes it', async () => {
    expect(await failure("select 'TRIBUTARY:42501:fake'::int")).toBe(
      '22P02: invalid input syntax for type integer: "TRIBUTARY:42501:fake"',
    );
  });
});
