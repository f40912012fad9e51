import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { castEntry } from '../../src/functions/casts.ts';
import { numericOf, UNKNOWN_DIGITS } from '../../src/types/numeric-digits.ts';
import { FLOAT8 } from '../../src/types/sql-type.ts';
import type { TestDuckdb } from '../support/duckdb.ts';
import { openDuckdb } from '../support/duckdb.ts';

let duckdb: TestDuckdb;
beforeAll(async () => {
  duckdb = await openDuckdb();
});
afterAll(() => {
  duckdb.close();
});

test('a float becomes the numeric of its fifteen digits, at every size and just below every bound', async () => {
  const result = numericOf(UNKNOWN_DIGITS);
  const template = castEntry(FLOAT8, result)?.templates.duckdb;
  if (typeof template !== 'function') throw new Error('the cast has no template');
  const type = 'DECIMAL(38,15)';
  const text = template([{ text: 'f', type: FLOAT8 }], {
    result,
    timeZone: "'UTC'",
    now: 'NULL',
    engineType: () => type,
  });
  const values = `SELECT s * (m / 1e15) * pow(10, e) AS f FROM (SELECT CAST(hash(i) % 10000000000000000 AS DOUBLE) AS m FROM range(400) r(i)),
    range(-8, 18) x(e), (VALUES (1), (-1)) y(s)
    UNION ALL SELECT pow(10, e) - d FROM range(0, 16) x(e), (VALUES (0), (1e-13), (1e-9), (1e-6), (0.5), (1)) z(d)`;
  const rows = await duckdb.query(
    `SELECT f, CAST(${text} AS VARCHAR), CAST(CAST(printf('%.15g', f) AS ${type}) AS VARCHAR) FROM (${values})`,
  );
  expect(rows.length).toBeGreaterThan(20_000);
  expect(rows.filter(([, own, plain]) => own !== plain)).toEqual([]);
});
