import type { BenchRow } from './report.ts';
import { median, ms, ratio, timePair } from './report.ts';

/** What a base answers that gave up a query: it counts in no total, and is not asked again. */
export const GAVE_UP = Symbol('gave up');

export interface NamedQuery {
  readonly name: string;
  readonly sql: string;
}

export interface QueryComparison {
  readonly runs: number;
  /** Before a query's name. */
  readonly label?: string;
  readonly ours: (sql: string) => Promise<unknown>;
  readonly base: (sql: string) => Promise<unknown>;
  /** Warms both up once: it throws where their answers differ. */
  readonly check?: (sql: string, name: string) => Promise<void>;
  /** Bars of each query and of the total, as parts of the base's time. */
  readonly queryBar?: number;
  readonly totalBar?: number;
}

/** Times queries against a base, in turn. `BENCH_QUERY`: only those with it in their names. */
export async function compareQueries(
  report: (row: BenchRow) => void,
  queries: readonly NamedQuery[],
  { runs, label = '', ours, base, check, queryBar, totalBar }: QueryComparison,
): Promise<void> {
  const wanted = process.env['BENCH_QUERY'] ?? '';
  const total = { ours: 0, base: 0 };
  let worst = { name: '', ratio: 0 };
  for (const { name, sql } of queries.filter((each) => each.name.includes(wanted))) {
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
    bar: totalBar === undefined ? '' : `at most ${ratio(totalBar)}`,
    met: totalBar === undefined ? undefined : together <= totalBar,
  });
}
