import type { BenchRow } from '../report.ts';
import { ms } from '../report.ts';
import type { AudienceStatement } from './audience-statements.ts';
import { RANGE } from './ladder.ts';
import type { Site } from './site.ts';

const FROM = 'FROM {events} WHERE {range}';
const VALUES = 'count(*) AS n, sum(revenue) AS revenue, count(DISTINCT user_id) AS users';

const FINE: AudienceStatement = {
  name: 'by day and app',
  text: `SELECT dt, app_id, ${VALUES} ${FROM} GROUP BY dt, app_id`,
};
const COARSE: readonly AudienceStatement[] = [
  {
    name: 'by week and app',
    text: `SELECT date_trunc('week', dt)::date AS week, app_id, ${VALUES} ${FROM} GROUP BY 1, app_id`,
  },
  {
    name: 'by month and app',
    text: `SELECT date_trunc('month', dt)::date AS month, app_id, ${VALUES} ${FROM} GROUP BY 1, app_id`,
  },
  { name: 'by day', text: `SELECT dt, ${VALUES} ${FROM} GROUP BY dt` },
  { name: 'by app', text: `SELECT app_id, ${VALUES} ${FROM} GROUP BY app_id` },
  {
    name: 'by month of one app',
    text: `SELECT date_trunc('month', dt)::date AS month, ${VALUES} ${FROM} AND app_id = 7 GROUP BY 1`,
  },
];

/** Asks for days and apps, then for what follows from them. */
export async function reportCoarser(site: Site, report: (row: BenchRow) => void): Promise<void> {
  await site.server.forget();
  await site.ours(FINE, RANGE);
  for (const statement of COARSE) {
    const served = await site.ours(statement, RANGE);
    report({
      what: `${site.label}, ${statement.name} after ${FINE.name}: files read`,
      figure: `${served.filesRead} in ${ms(served.elapsed)}`,
      bar: '0',
      met: served.filesRead === 0,
    });
  }
}
