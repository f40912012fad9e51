/** The demo's warehouse: what a company knows of its apps beside the events. Values are a function of the numbers of apps and days. */
export function warehouseTables(apps: number): string {
  return `
CREATE TABLE countries (code text PRIMARY KEY, name text NOT NULL, region text NOT NULL);
INSERT INTO countries VALUES ('DE', 'Germany', 'Europe'), ('FR', 'France', 'Europe'), ('US', 'United States', 'Americas'),
  ('JP', 'Japan', 'Asia'), ('BR', 'Brazil', 'Americas');
COMMENT ON TABLE countries IS 'Where apps are sold';

CREATE TYPE app_status AS ENUM ('beta', 'live', 'retired');
CREATE TABLE apps (
  app_id int PRIMARY KEY, name text NOT NULL, category text NOT NULL, country text NOT NULL REFERENCES countries,
  status app_status NOT NULL, price numeric(8,2), launched date NOT NULL
);
INSERT INTO apps
SELECT n, 'app ' || n, (ARRAY['games', 'news', 'tools', 'music'])[1 + n % 4], (ARRAY['DE', 'FR', 'US', 'JP', 'BR'])[1 + n % 5],
  (ARRAY['live', 'live', 'live', 'beta', 'live', 'retired'])[1 + n % 6]::app_status,
  CASE WHEN n % 3 = 0 THEN (n % 10) + 0.99 END, DATE '2020-01-01' + n * 37
FROM generate_series(1, ${apps}) AS g(n);
COMMENT ON TABLE apps IS 'The apps, as the warehouse knows them';
COMMENT ON COLUMN apps.price IS 'in euro; free without one';

CREATE TABLE campaigns (
  campaign_id int PRIMARY KEY, app_id int NOT NULL REFERENCES apps, name text NOT NULL, channel text NOT NULL,
  starts date NOT NULL, ends date NOT NULL
);
INSERT INTO campaigns
SELECT n, 1 + n % ${apps}, 'campaign ' || n, (ARRAY['search', 'social', 'tv'])[1 + n % 3], current_date - 30 - n * 5, current_date - 10 - n * 5
FROM generate_series(1, ${apps * 2}) AS g(n);
COMMENT ON TABLE campaigns IS 'Advertising of the apps';

CREATE TABLE budgets (
  campaign_id int NOT NULL REFERENCES campaigns, day date NOT NULL, euro numeric(10,2) NOT NULL, PRIMARY KEY (campaign_id, day)
);
INSERT INTO budgets
SELECT campaign_id, day::date, 100 + campaign_id * 7 % 250
FROM campaigns, generate_series(starts, ends, interval '1 day') AS d(day);
COMMENT ON TABLE budgets IS 'What was spent on a campaign, by day';

CREATE VIEW campaign_costs AS
SELECT c.campaign_id, c.app_id, c.channel, sum(b.euro) AS euro FROM campaigns c JOIN budgets b USING (campaign_id) GROUP BY 1, 2, 3;
ANALYZE;
`;
}
