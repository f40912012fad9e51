import { access, mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { AUDIENCE, dayText } from './audience-shape.ts';

const DAYS_AT_ONCE = 10;
const DONE = '.complete';

/** Generates both layouts of the audience lake once below `.cache/bench` and answers the folder that holds them. */
export async function audienceLake(): Promise<string> {
  const { days, apps, rowsPerDay, users } = AUDIENCE;
  // Without symbolic links: the engine resolves each path again and again where it is locked.
  await mkdir('.cache/bench', { recursive: true });
  const folder = await realpath('.cache/bench');
  const root = join(folder, `audience-${days}-${apps}-${rowsPerDay}-${users}`);
  const present = await access(join(root, DONE)).then(
    () => true,
    () => false,
  );
  if (present) {
    return root;
  }
  const partial = `${root}.partial`;
  await rm(partial, { recursive: true, force: true });
  await rm(root, { recursive: true, force: true });
  // One thread: with more, each may write a file of its own to a partition.
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    for (const layout of ['day', 'partition']) {
      await mkdir(join(partial, layout, 'apps'), { recursive: true });
      await connection.run(
        `COPY (${appsQuery()}) TO '${join(partial, layout, 'apps', 'apps.parquet')}' (FORMAT parquet)`,
      );
    }
    const started = performance.now();
    for (let day = 0; day < days; day += DAYS_AT_ONCE) {
      await connection.run(
        `CREATE OR REPLACE TEMP TABLE batch AS ${eventsQuery(day, Math.min(day + DAYS_AT_ONCE, days))}`,
      );
      await connection.run(
        `COPY (FROM batch ORDER BY dt, user_id, ts) TO '${join(partial, 'day', 'events')}'
        (FORMAT parquet, PARTITION_BY (dt), OVERWRITE_OR_IGNORE, FILENAME_PATTERN 'events_{i}')`,
      );
      await connection.run(
        `COPY (FROM batch ORDER BY dt, app_id, user_id, ts) TO '${join(partial, 'partition', 'events')}'
        (FORMAT parquet, PARTITION_BY (dt, app_id), OVERWRITE_OR_IGNORE, FILENAME_PATTERN 'events_{i}')`,
      );
    }
    process.stderr.write(
      `  generated the audience lake in ${((performance.now() - started) / 1000).toFixed(0)} s\n`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
  await rename(partial, root);
  await writeFile(join(root, DONE), '');
  return root;
}

const appsQuery = (): string => `SELECT app_id::INTEGER AS app_id, 'app ' || app_id AS name,
  ['games', 'news', 'tools', 'music'][1 + (app_id % 4)::INTEGER] AS category
  FROM range(1, ${AUDIENCE.apps + 1}) AS a(app_id)`;

/** A number in [0, 1) that depends on nothing but the day, the row and the use. (`hash` of two arguments would correlate.) */
const draw = (use: number): string =>
  `((hash((day * 1000003 + n) * 8 + ${use}) >> 11)::DOUBLE / 9007199254740992)`;

/** Few apps and users have most of the rows; a user's id says nothing of the activity; the country is the user's. */
export function eventsQuery(from: number, to: number): string {
  const { apps, users, rowsPerDay } = AUDIENCE;
  return `SELECT user_id, event,
      CASE WHEN event = 'purchase' THEN round(exp(3 * ${draw(4)}) * 5, 2) ELSE 0 END AS revenue,
      ['US', 'US', 'US', 'DE', 'DE', 'FR', 'GB', 'JP', 'BR', 'IN', 'ES', 'IT', 'SE', 'PL', 'KR', 'MX']
        [1 + (hash(user_id) % 16)::INTEGER] AS country,
      ['phone', 'phone', 'tablet', 'desktop'][1 + (hash(-user_id) % 4)::INTEGER] AS device,
      dt::TIMESTAMP + to_seconds((86400 * ${draw(6)})::BIGINT % 86400) AS ts, dt, app_id
    FROM (
      SELECT day, n, DATE '${dayText(0)}' + day::INTEGER AS dt,
        1 + floor(${apps} * ${draw(1)} ** 1.6)::INTEGER AS app_id,
        1 + (floor(${users} * ${draw(2)} ** 2.5)::BIGINT * 7919) % ${users} AS user_id,
        ['view', 'view', 'view', 'view', 'click', 'click', 'share', 'like', 'signup', 'purchase']
          [1 + floor(10 * ${draw(3)})::INTEGER] AS event
      FROM range(${from}, ${to}) AS d(day), range(${rowsPerDay}) AS r(n)
    )`;
}
