import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ListedCell } from '@tributary/catalog';
import { writeRows } from './lake-files.ts';
import { ReuseLake } from './reuse-lake.ts';

const DAYS = 60;
const TABLE = 'lake.long';
const BY_DAY = `SELECT dt, v, count(*), sum(n), max(s) FROM ${TABLE} GROUP BY dt, v ORDER BY dt, v`;
const ROWS = `SELECT n FROM ${TABLE} WHERE v = 3 AND n % 7 = 0 ORDER BY n`;

let lake: ReuseLake;
const failures: unknown[] = [];

/** The day of a number, as a folder and a literal have it. */
function day(number: number): string {
  return new Date(Date.UTC(2024, 0, number)).toISOString().slice(0, 10);
}

function write(number: number, base = number * 1000): Promise<void> {
  return writeRows(
    lake.writer,
    `SELECT (${base} + i)::BIGINT AS n, (i % 5)::INTEGER AS v, 's' || (i % 3) AS s FROM range(40) AS r(i)`,
    `${lake.root}long/dt=${day(number)}/a.parquet`,
    true,
  );
}

/** A plain DuckDB's answer over the files as they stand. */
async function expected(text: string): Promise<readonly (readonly string[])[]> {
  const files = `read_parquet('${lake.root}long/*/*.parquet', hive_partitioning = true, hive_types = {'dt': DATE})`;
  const result = await lake.writer.runAndReadAll(text.replaceAll(TABLE, files));
  return result.getRows().map((row) => row.map(String));
}

beforeEach(async () => {
  lake = await ReuseLake.create({ failed: (error) => failures.push(error) });
  for (let number = 1; number <= DAYS; number++) await write(number);
  await lake.stack.service.runScript(
    `CREATE EXTERNAL TABLE lake.default.long (n bigint, v int, s string) PARTITIONED BY (dt date) STORED AS PARQUET
       LOCATION '${lake.root}long/' TBLPROPERTIES ('projection.enabled' = 'true', 'projection.dt.type' = 'date',
         'projection.dt.format' = 'yyyy-MM-dd', 'projection.dt.range' = '2024-01-01,2024-03-31')`,
    new AbortController().signal,
  );
});

afterEach(async () => {
  await lake.close();
  expect(failures.splice(0)).toEqual([]);
});

async function settled(): Promise<void> {
  await lake.stack.reuse?.background.settled();
  await lake.stack.reuse?.store.settled();
}

async function cells(): Promise<readonly ListedCell[]> {
  const found: ListedCell[] = [];
  for await (const cell of lake.stack.reuse?.store.list() ?? []) found.push(cell);
  return found;
}

async function expectRight(): Promise<void> {
  for (const text of [
    BY_DAY,
    ROWS,
    BY_DAY.replace('GROUP', `WHERE dt BETWEEN '${day(20)}' AND '${day(41)}' GROUP`),
    `SELECT s, sum(n) FROM ${TABLE} WHERE dt <= '${day(9)}' OR dt = '${day(60)}' GROUP BY s ORDER BY s`,
  ]) {
    expect(await lake.texts(text)).toEqual(await expected(text));
  }
}

/** Windows that the file of a cell holds, as the cell tells. */
function windows({ detail }: ListedCell): number {
  return Number.parseInt(detail, 10);
}

test('60 units of a day become one file, which gives the same answers', async () => {
  await lake.texts('SET tributary.window_days = 1');
  await lake.texts(BY_DAY);
  await settled();
  const stored = await cells();
  const full = stored.filter((cell) => windows(cell) > 0);
  expect(full).toHaveLength(DAYS);
  expect(new Set(full.map(({ file }) => file)).size).toBe(1);
  expect(new Set(full.map(windows))).toEqual(new Set([DAYS]));
  expect(await lake.storeFiles()).toHaveLength(1);
  expect(await lake.texts(BY_DAY)).toEqual(await expected(BY_DAY));
  expect(await lake.reused()).toEqual({ hits: DAYS, misses: 0 });
  await expectRight();
  expect(await lake.strayFiles()).toEqual([]);
});

test('rows of windows that were computed anew in another file are left behind', async () => {
  await lake.texts('SET tributary.window_days = 10');
  await lake.texts(ROWS);
  await settled();
  expect(await lake.storeFiles()).toHaveLength(6);
  for (const number of [10, 20]) {
    await write(number, 500_000 + number);
    expect(await lake.texts(ROWS)).toEqual(await expected(ROWS));
    expect(await lake.reused()).toEqual({ hits: DAYS - 1, misses: 1 });
    await settled();
  }
  expect(await lake.storeFiles()).toHaveLength(1);
  expect(await lake.texts(ROWS)).toEqual(await expected(ROWS));
  expect(await lake.reused()).toEqual({ hits: DAYS, misses: 0 });
  await write(30, 600_000);
  await expectRight();
  await settled();
  expect(await lake.strayFiles()).toEqual([]);
  await lake.stop();
  await lake.open();
  expect(await lake.texts(ROWS)).toEqual(await expected(ROWS));
  expect(await lake.reused()).toEqual({ hits: DAYS, misses: 0 });
  await expectRight();
});
