import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { printDuckdb } from '../../../src/print/print-duckdb.ts';
import { INT8 } from '../../../src/types/sql-type.ts';
import { aggregate, aggregateCall, column, output, scan } from '../../support/plans.ts';
import type { TestDuckdb } from '../../support/duckdb.ts';
import { openDuckdb } from '../../support/duckdb.ts';

let duckdb: TestDuckdb;
beforeAll(async () => {
  duckdb = await openDuckdb();
});
afterAll(() => {
  duckdb.close();
});

/** Estimates of `trials` sets of `count` distinct values each, three in four values a second time. */
async function estimates(count: number, trials: number): Promise<readonly number[]> {
  const call = aggregateCall('approx_count_distinct', [column(1, INT8)], INT8);
  const plan = aggregate(
    scan('v', [output(1, INT8), output(2, INT8)]),
    [[2, column(2, INT8)]],
    [[3, call]],
  );
  // Consecutive numbers have hashes that collide less than chance.
  const values = `SELECT CAST(hash(value) >> 1 AS BIGINT) AS c1, value // ${count} AS c2 FROM range(${count * trials}) AS r(value)`;
  const twice = `${values} UNION ALL SELECT * FROM (${values}) WHERE c1 % 4 > 0 AND ${count} < 1000000`;
  const { text } = printDuckdb<never>(plan, {
    relation: () => ({ text: `(${twice})`, parameters: [] }),
    timeZone: 'UTC',
    now: '2024-02-29 12:00:00+00',
  });
  const rows = await duckdb.query(`SELECT CAST(c3 AS DOUBLE) FROM (${text})`);
  return rows.map(([value]) => Number(value));
}

test.each([
  [1, 1],
  [2, 2],
  [10, 10],
])('%d values are counted as %d', async (count, wanted) => {
  const found = await estimates(count, 20);
  expect(found).toHaveLength(20);
  for (const estimate of found) expect(Math.abs(estimate - wanted)).toBeLessThanOrEqual(1);
});

test.each([
  [100, 500],
  [1_000, 500],
  [5_000, 200],
  [20_000, 100],
  [100_000, 20],
  [1_000_000, 3],
  [10_000_000, 1],
])(
  '%d distinct values are estimated within 3 %% in 95 of 100 trials (%d trials)',
  async (count, trials) => {
    const errors = (await estimates(count, trials)).map((estimate) => estimate / count - 1);
    expect(errors).toHaveLength(trials);
    const within = errors.filter((error) => Math.abs(error) <= 0.03).length;
    expect(within).toBeGreaterThanOrEqual(Math.ceil(trials * 0.95));
    // No bias beyond the rounding of small counts: the mean error is within four of its own standard errors.
    const mean = errors.reduce((sum, error) => sum + error, 0) / trials;
    expect(Math.abs(mean)).toBeLessThan(0.5 / count + (4 * 0.011) / Math.sqrt(trials));
  },
  60_000,
);
