import { dayText } from './audience-shape.ts';

/** Days by their place in the lake, half-open. */
export interface DayRange {
  readonly from: number;
  readonly to: number;
}

export const days = ({ from, to }: DayRange): number => to - from;
export const moved = ({ from, to }: DayRange, by: number): DayRange => ({
  from: from + by,
  to: to + by,
});

/** A statement of the workload; `{events}`, `{apps}` and `{range}` stand for the tables and the predicate on the day. */
export interface AudienceStatement {
  readonly name: string;
  readonly text: string;
  /** The answer is an estimate: within this fraction of the exact one. */
  readonly tolerance?: number;
}

export const REVENUE: AudienceStatement = {
  name: 'revenue by app and event',
  text: `SELECT app_id, event, count(*) AS n, sum(revenue) AS revenue FROM {events} WHERE {range} GROUP BY app_id, event`,
};
export const USERS: AudienceStatement = {
  name: 'distinct users',
  text: `SELECT count(DISTINCT user_id) AS users FROM {events} WHERE {range}`,
};
export const SKETCHED_USERS: AudienceStatement = {
  name: 'distinct users by sketch',
  text: `SELECT approx_count_distinct(user_id) AS users FROM {events} WHERE {range}`,
  tolerance: 0.03,
};

/** What an audience analyst asks. Answers are sets of rows with their keys first. */
export const STATEMENTS: readonly AudienceStatement[] = [
  REVENUE,
  {
    name: 'revenue and users by app and event',
    text: `SELECT app_id, event, sum(revenue) AS revenue, count(DISTINCT user_id) AS users FROM {events} WHERE {range} GROUP BY app_id, event`,
  },
  USERS,
  {
    name: 'joined dimension',
    text: `SELECT a.category, e.country, count(*) AS n, sum(e.revenue) AS revenue FROM {events} e JOIN {apps} a ON a.app_id = e.app_id WHERE {range} GROUP BY a.category, e.country`,
  },
  {
    name: 'top 100 purchases',
    text: `SELECT ts, user_id, app_id, revenue FROM {events} WHERE {range} AND event = 'purchase' ORDER BY revenue DESC, ts, user_id, app_id LIMIT 100`,
  },
  {
    name: 'raw rows',
    text: `SELECT ts, user_id, app_id, device, revenue FROM {events} WHERE {range} AND event = 'purchase' AND country = 'SE' AND revenue > 90`,
  },
];

export function tributaryText({ text }: AudienceStatement, range: DayRange): string {
  return text
    .replace('{events}', 'lake.events')
    .replace('{apps}', 'lake.apps')
    .replace(
      '{range}',
      `dt BETWEEN date '${dayText(range.from)}' AND date '${dayText(range.to - 1)}'`,
    );
}

/** The same for a plain DuckDB that is given the exact files as `$1`. */
export function baseText({ text }: AudienceStatement, apps: string): string {
  return text
    .replace('{events}', `read_parquet($1, hive_partitioning = true)`)
    .replace('{apps}', `read_parquet('${apps}')`)
    .replace('{range}', 'true');
}
