import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

export interface LakeShape {
  readonly apps: number;
  readonly days: number;
  readonly rowsPerFile: number;
  /** The last day, inclusive. */
  readonly lastDay: Date;
}

const DAYS_AT_ONCE = 10;
const DONE = '.complete';

/**
 * Writes a lake of events below `root`: `events/dt=YYYY-MM-DD/app_id=N/events_0.parquet`, one file a partition, sorted by user,
 * and `apps/apps.parquet`. Values are a function of day, app and row number: the same shape gives the same lake. A lake that was
 * written in full for the same shape is kept; a partial one is written anew.
 *
 * @param progress called with the number of files written so far
 */
export async function generateLake(
  root: string,
  shape: LakeShape,
  progress: (files: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const marker = join(root, `${DONE}-${JSON.stringify(shape).replaceAll(/[^a-z0-9]+/gi, '-')}`);
  if (await exists(marker)) {
    progress(shape.apps * shape.days);
    return;
  }
  const partial = `${root.replace(/\/+$/, '')}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(join(partial, 'apps'), { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    await connection.run(appsQuery(shape.apps, join(partial, 'apps', 'apps.parquet')));
    for (let day = 0; day < shape.days; day += DAYS_AT_ONCE) {
      signal.throwIfAborted();
      const to = Math.min(day + DAYS_AT_ONCE, shape.days);
      await connection.run(eventsQuery(shape, day, to, join(partial, 'events')));
      progress(to * shape.apps);
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
  await rm(root, { recursive: true, force: true });
  await rename(partial, root);
  await writeFile(marker, '');
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function appsQuery(apps: number, file: string): string {
  return `COPY (
    SELECT app_id::INTEGER AS app_id, 'app ' || app_id AS name,
      ['games', 'news', 'tools', 'music'][1 + (app_id % 4)::INTEGER] AS category,
      ['DE', 'FR', 'US', 'JP', 'BR'][1 + (app_id % 5)::INTEGER] AS country
    FROM range(1, ${apps + 1}) AS a(app_id)
  ) TO ${quoted(file)} (FORMAT parquet)`;
}

function eventsQuery(shape: LakeShape, from: number, to: number, folder: string): string {
  const lastDay = shape.lastDay.toISOString().slice(0, 10);
  return `COPY (
    SELECT user_id, event,
      CASE WHEN event = 'purchase' THEN (hash(n + day * 3) % 10000)::DOUBLE / 100 ELSE 0 END AS revenue,
      dt::TIMESTAMP + to_seconds((hash(n * 13 + day) % 86400)::BIGINT) AS ts, dt, app_id
    FROM (
      SELECT day, n, app_id::INTEGER AS app_id, DATE '${lastDay}' - (${shape.days - 1} - day)::INTEGER AS dt,
        (hash(app_id * 7919 + day * 104729 + n) % (1000 + 400 * app_id))::BIGINT + 1 AS user_id,
        ['view', 'view', 'view', 'click', 'click', 'signup', 'purchase'][1 + (hash(n * 31 + day * 7 + app_id) % 7)::INTEGER] AS event
      FROM range(${from}, ${to}) AS d(day), range(1, ${shape.apps + 1}) AS a(app_id), range(${shape.rowsPerFile}) AS r(n)
    ) ORDER BY dt, app_id, user_id, n
  ) TO ${quoted(folder)} (FORMAT parquet, PARTITION_BY (dt, app_id), OVERWRITE_OR_IGNORE, FILENAME_PATTERN 'events_{i}')`;
}
