import type { LakeShape } from './generate-lake.ts';

/** The demo's tables as one would declare them in Athena, over the generated lake. */
export function demoTables(shape: LakeShape): string {
  const firstDay = new Date(shape.lastDay.getTime() - (shape.days - 1) * 86_400_000)
    .toISOString()
    .slice(0, 10);
  return `CREATE EXTERNAL TABLE IF NOT EXISTS lake.default.events (
  user_id bigint COMMENT 'who',
  event string COMMENT 'view, click, signup or purchase',
  revenue double COMMENT 'in euro, of purchases',
  ts timestamp COMMENT 'when, in UTC'
)
COMMENT 'What people did in the apps, one file a day and app'
PARTITIONED BY (dt date, app_id int)
STORED AS PARQUET
LOCATION 'events/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.dt.type' = 'date',
  'projection.dt.format' = 'yyyy-MM-dd',
  'projection.dt.range' = '${firstDay},NOW',
  'projection.app_id.type' = 'integer',
  'projection.app_id.range' = '1,${shape.apps}'
);

CREATE EXTERNAL TABLE IF NOT EXISTS lake.default.apps (
  app_id int, name string, category string, country string
)
COMMENT 'The apps'
STORED AS PARQUET
LOCATION 'apps/';

CREATE OR REPLACE VIEW main.public.daily_revenue AS
SELECT dt, app_id, count(DISTINCT user_id) AS buyers, sum(revenue) AS revenue
FROM lake.events WHERE event = 'purchase' GROUP BY dt, app_id;
`;
}

/** What to try, from a first look to why it was fast. */
export const DEMO_QUESTIONS: readonly { readonly title: string; readonly sql: string }[] = [
  {
    title: 'What is there?',
    sql: 'SELECT * FROM lake.events WHERE dt = current_date - 1 AND app_id = 7 LIMIT 5;',
  },
  {
    title: 'Revenue of the last week by app',
    sql: `SELECT a.name, count(DISTINCT e.user_id) AS buyers, round(sum(e.revenue)::numeric, 2) AS revenue
FROM lake.events e JOIN lake.apps a USING (app_id)
WHERE e.dt >= current_date - 7 AND e.event = 'purchase'
GROUP BY a.name ORDER BY revenue DESC LIMIT 5;`,
  },
  {
    title: 'Weekly revenue and its change over half a year, through a view',
    sql: `SELECT date_trunc('week', dt)::date AS week, round(sum(revenue)::numeric, 2) AS revenue,
  round((sum(revenue) - lag(sum(revenue)) OVER (ORDER BY date_trunc('week', dt)))::numeric, 2) AS change
FROM daily_revenue WHERE dt >= current_date - 180 GROUP BY date_trunc('week', dt) ORDER BY week DESC LIMIT 8;`,
  },
  {
    title: 'What did the last statement read?',
    sql: 'SELECT partitions_considered, partitions_kept, files_read, bytes_read, planning_ms, listing_ms, total_ms FROM tributary.last_query;',
  },
  {
    title: 'Why was it fast?',
    sql: `EXPLAIN ANALYZE SELECT event, count(*), count(DISTINCT user_id)
FROM lake.events WHERE dt BETWEEN current_date - 180 AND current_date - 1 AND app_id = 7 GROUP BY event;`,
  },
];

/** Questions over the lake and the warehouse together. */
export const FEDERATED_QUESTIONS: typeof DEMO_QUESTIONS = [
  {
    title:
      'Lake and warehouse in one: buyers and revenue of the games sold in Europe, last 30 days',
    sql: `SELECT c.name AS country, count(DISTINCT e.user_id) AS buyers, round(sum(e.revenue)::numeric, 2) AS revenue
FROM lake.events e JOIN warehouse.apps a USING (app_id) JOIN warehouse.countries c ON c.code = a.country
WHERE a.category = 'games' AND c.region = 'Europe' AND e.dt >= current_date - 30 AND e.event = 'purchase'
GROUP BY c.name ORDER BY revenue DESC;`,
  },
  {
    title: 'What did a campaign bring for its budget? Sign-ups while it ran, per 100 euro',
    sql: `SELECT c.name, c.channel, s.signups, b.euro, round(100 * s.signups / b.euro, 1) AS per_100_euro
FROM warehouse.campaigns c
JOIN warehouse.campaign_costs b USING (campaign_id)
JOIN (SELECT campaign_id, count(*) AS signups FROM warehouse.campaigns
      JOIN lake.events e ON e.app_id = campaigns.app_id AND e.dt BETWEEN starts AND ends
      WHERE event = 'signup' GROUP BY campaign_id) s USING (campaign_id)
ORDER BY per_100_euro DESC LIMIT 5;`,
  },
  {
    title: 'What goes to the warehouse, and as which text?',
    sql: `EXPLAIN SELECT a.category, sum(b.euro) AS euro
FROM warehouse.campaigns c JOIN warehouse.apps a USING (app_id) JOIN warehouse.budgets b USING (campaign_id)
WHERE a.status = 'live' GROUP BY a.category ORDER BY euro DESC LIMIT 3;`,
  },
];
