import type { BenchRow } from '../report.ts';
import { ms, ratio } from '../report.ts';
import { SKETCHED_USERS, USERS, moved } from './audience-statements.ts';
import { WIDE } from './ladder.ts';
import type { Site } from './site.ts';

const ROUNDS = 3;

/** Distinct users over 365 days, then over 365 days one day later. */
export async function reportDistinctYear(
  site: Site,
  report: (row: BenchRow) => void,
): Promise<void> {
  for (const [statement, times] of [
    [USERS, 10],
    [SKETCHED_USERS, 5],
  ] as const) {
    const range = moved(WIDE, -1);
    let cold = Infinity;
    let next = Infinity;
    for (let round = 0; round < ROUNDS; round++) {
      await site.server.forget();
      await site.server.quiet();
      cold = Math.min(cold, (await site.ours(statement, range)).elapsed);
      await site.server.quiet();
      next = Math.min(next, (await site.ours(statement, WIDE)).elapsed);
    }
    report({
      what: `${site.label}, ${statement.name} over 365 days, moved by 1 day`,
      figure: `${ms(cold)}, then ${ms(next)} = ${ratio(cold / next)} faster`,
      bar: `at least ${times} x`,
      met: cold / next >= times,
    });
  }
}
