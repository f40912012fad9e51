/** The workload's data: 730 days x 40 apps, 30 million rows, 200,000 users. */
export const AUDIENCE = { days: 730, apps: 40, rowsPerDay: 41_100, users: 200_000 } as const;

/**
 * `day`: `day/events/dt=D/events_0.parquet`, a file a day, the app a plain column. `partition`:
 * `partition/events/dt=D/app_id=N/events_0.parquet`, a file a partition.
 */
export type Layout = 'day' | 'partition';

/** 2023-01-01 in days since 1970-01-01. */
export const FIRST_DAY = Date.UTC(2023, 0, 1) / 86_400_000;

/** The day at a place of the lake (0 is the first) as yyyy-MM-dd. */
export function dayText(day: number): string {
  return new Date((FIRST_DAY + day) * 86_400_000).toISOString().slice(0, 10);
}

/** The files of some days, relative to the lake's root. */
export function dayFiles(layout: Layout, from: number, to: number): readonly string[] {
  const files: string[] = [];
  for (let day = from; day < to; day++) {
    const folder = `${layout}/events/dt=${dayText(day)}`;
    if (layout === 'day') files.push(`${folder}/events_0.parquet`);
    else
      for (let app = 1; app <= AUDIENCE.apps; app++) {
        files.push(`${folder}/app_id=${app}/events_0.parquet`);
      }
  }
  return files;
}

const COLUMNS =
  'user_id bigint, event string, revenue double, country string, device string, ts timestamp';
const PROPERTIES = `'projection.enabled'='true', 'projection.dt.type'='date',
 'projection.dt.format'='yyyy-MM-dd', 'projection.dt.range'='2023-01-01,2024-12-31'`;

export const EVENTS: Readonly<Record<Layout, string>> = {
  day: `CREATE EXTERNAL TABLE lake.default.events (${COLUMNS}, app_id int)
PARTITIONED BY (dt date) STORED AS PARQUET LOCATION 'events/' TBLPROPERTIES (${PROPERTIES});`,
  partition: `CREATE EXTERNAL TABLE lake.default.events (${COLUMNS})
PARTITIONED BY (dt date, app_id int) STORED AS PARQUET LOCATION 'events/' TBLPROPERTIES (${PROPERTIES},
 'projection.app_id.type'='integer', 'projection.app_id.range'='1,${AUDIENCE.apps}');`,
};

export const APPS = `CREATE EXTERNAL TABLE lake.default.apps (app_id int, name string, category string)
STORED AS PARQUET LOCATION 'apps/';`;
