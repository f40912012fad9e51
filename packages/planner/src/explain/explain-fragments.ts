import type { Plan } from '@tributary/sql';
import { BYPASS_REASONS } from '../reuse/reasons.ts';
import { resolveFragments } from '../reuse/resolve-fragments.ts';
import type { FragmentReport } from '../reuse/resolve-fragments.ts';
import { emptyStatistics } from '../service/query-statistics.ts';
import { runContext } from '../service/run-context.ts';
import type { StatementScope } from '../service/statement-scope.ts';

/** A line on each fragment of a plan: its windows, and how many of them stored cells answer; or why it runs whole. */
export async function explainFragments(
  plan: Plan,
  scope: StatementScope,
): Promise<readonly string[]> {
  const run = runContext(scope);
  if (run.reuse === undefined) {
    return [];
  }
  // What is only looked at counts for nothing.
  const looking = { ...run, statistics: emptyStatistics() };
  const resolved = await resolveFragments(plan, looking, run.reuse, false);
  await resolved.release();
  return resolved.reports.map(formatReport);
}

function formatReport({
  table,
  form,
  windows,
  hits,
  misses,
  widened = 0,
  reason,
  detail,
}: FragmentReport): string {
  const name = `${form ?? 'block'} over ${table}`;
  if (reason === 'no_time_column' && form === undefined) {
    return `${name}: not windowed (${BYPASS_REASONS[reason]})`;
  }
  if (reason !== undefined) {
    const why =
      detail === undefined ? BYPASS_REASONS[reason] : `${BYPASS_REASONS[reason]}: ${detail}`;
    return `${name}: BYPASS ${reason} (${why})`;
  }
  const beyond = widened === 0 ? '' : `, ${widened} of them beyond the declared time`;
  return `${name}: ${windows} windows, ${hits} HIT, ${misses} MISS${beyond}`;
}
