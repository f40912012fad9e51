import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { DuckDBValue } from '@duckdb/node-api';
import type { BenchRow } from './report.ts';
import { median, ms, ratio, timePair } from './report.ts';

export const TPCH_FIXTURES = resolve('test/fixtures/tpch');

/** What a base answers that gave up a query: it counts in no total, and is not asked again. */
export const GAVE_UP = Symbol('gave up');

export interface TpchComparison {
  readonly runs: number;
  /** Before a query's name. */
  readonly label?: string;
  readonly ours: (sql: string) => Promise<unknown>;
  readonly base: (sql: string) => Promise<unknown>;
  /** Warms both up once: it throws where their answers differ. */
  readonly check?: (sql: string, name: string) => Promise<void>;
  /** Bars of each query and of the total, as parts of the base's time. */
  readonly queryBar?: number;
  readonly totalBar: number;
}

/** Times TPC-H's queries against a base, in turn. `BENCH_QUERY`: only those with it in their names. */
export async function compareTpch(
  report: (row: BenchRow) => void,
  { runs, label = '', ours, base, check, queryBar, totalBar }: TpchComparison,
): Promise<void> {
  const folder = join(TPCH_FIXTURES, 'queries');
  const wanted = process.env['BENCH_QUERY'] ?? '';
  const total = { ours: 0, base: 0 };
  let worst = { name: '', ratio: 0 };
  for (const file of (await readdir(folder)).sort().filter((each) => each.includes(wanted))) {
    const name = file.replace('.sql', '');
    const sql = await readFile(join(folder, file), 'utf8');
    await check?.(sql, name);
    let gaveUp = false;
    const pair = await timePair(
      runs,
      () => ours(sql),
      async () => {
        if (!gaveUp) gaveUp = (await base(sql)) === GAVE_UP;
      },
      check === undefined ? 1 : 0,
    );
    const [a, b] = [median(pair.first), median(pair.second)];
    if (gaveUp) {
      report({
        what: `${label}${name}`,
        figure: `${ms(a)} : given up, not in the total`,
        bar: '',
        met: undefined,
      });
      continue;
    }
    total.ours += a;
    total.base += b;
    if (a / b > worst.ratio) worst = { name, ratio: a / b };
    report({
      what: `${label}${name}`,
      figure: `${ms(a)} : ${ms(b)} = ${ratio(a / b)}`,
      bar: queryBar === undefined ? '' : `at most ${ratio(queryBar)}`,
      met: queryBar === undefined ? undefined : a / b <= queryBar,
    });
  }
  const together = total.ours / total.base;
  report({
    what: `${label}total of medians`,
    figure: `${ms(total.ours)} : ${ms(total.base)} = ${ratio(together)}, worst ${worst.name} ${ratio(worst.ratio)}`,
    bar: `at most ${ratio(totalBar)}`,
    met: together <= totalBar,
  });
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
