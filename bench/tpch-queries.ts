import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { DuckDBValue } from '@duckdb/node-api';
import { compareQueries } from './compare-queries.ts';
import type { NamedQuery, QueryComparison } from './compare-queries.ts';
import type { BenchRow } from './report.ts';

export { GAVE_UP } from './compare-queries.ts';

export const TPCH_FIXTURES = resolve('test/fixtures/tpch');

/** Times TPC-H's 22 queries against a base. */
export async function compareTpch(
  report: (row: BenchRow) => void,
  comparison: QueryComparison,
): Promise<void> {
  const folder = join(TPCH_FIXTURES, 'queries');
  const queries: NamedQuery[] = [];
  for (const file of (await readdir(folder)).sort()) {
    const sql = await readFile(join(folder, file), 'utf8');
    queries.push({ name: file.replace('.sql', ''), sql });
  }
  await compareQueries(report, queries, comparison);
}

/** Rows as text; floating-point and decimal values to ten digits, whatever zeros they are shown with. */
export function comparableRows(rows: readonly (readonly (DuckDBValue | undefined)[])[]): string {
  return JSON.stringify(
    rows.map((row) =>
      row.map((value) => {
        if (value === null || value === undefined) return null;
        const text = String(value);
        return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) ? Number(text).toPrecision(10) : text;
      }),
    ),
  );
}
