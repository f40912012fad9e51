import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { writeRows } from './lake-files.ts';
import { ReuseLake } from './reuse-lake.ts';

const DAYS = 12;
let lake: ReuseLake;

beforeEach(async () => {
  lake = await ReuseLake.create();
});

afterEach(() => lake.close());

function date(day: number): string {
  return new Date(Date.UTC(2024, 0, day)).toISOString().slice(0, 10);
}

function path(day: number, name = 'a'): string {
  return `${lake.root}e/dt=${date(day)}/${name}.parquet`;
}

/** A file of a day with three rows at noon of another, which is the same unless given. */
async function write(day: number, name = 'a', at = day, type = 'TIMESTAMP'): Promise<void> {
  await writeRows(
    lake.writer,
    `SELECT ${day * 10} + i AS n, CAST(TIMESTAMP '${date(at)} 12:00:00' + to_minutes(i) AS ${type}) AS ts FROM range(3) AS r(i)`,
    path(day, name),
    true,
  );
}

async function define(properties: string, type = 'timestamp'): Promise<void> {
  await lake.texts(
    `CREATE EXTERNAL TABLE lake.e (n bigint, ts ${type}) PARTITIONED BY (dt date) STORED AS PARQUET
       LOCATION '${lake.root}e/' TBLPROPERTIES ('projection.enabled' = 'true', 'projection.dt.type' = 'date',
         'projection.dt.format' = 'yyyy-MM-dd', 'projection.dt.range' = '2024-01-01,2024-01-31',
         'tributary.time_column' = 'ts'${properties})`,
  );
}

const HOUR = ", 'tributary.time_tolerance' = '1 hour'";
/** From the fifth to the seventh of January. */
const RANGE = "ts >= '2024-01-05' AND ts < '2024-01-08'";
const SUM = `SELECT count(*), sum(n) FROM lake.e WHERE ${RANGE}`;
const ROWS = `SELECT n, dt FROM lake.e WHERE ${RANGE} AND n % 10 < 3 ORDER BY n, dt`;

async function fill(): Promise<void> {
  for (let day = 1; day <= DAYS; day++) await write(day);
}

/** Answers of blocks with cells, of rows, without reuse, and without the rule that prunes are those of the files. */
async function expectRight(range = RANGE): Promise<void> {
  for (const text of [SUM, ROWS].map((each) => each.replace(RANGE, range))) {
    const expected = (
      await lake.writer.runAndReadAll(
        text.replace(
          'lake.e',
          `read_parquet('${lake.root}e/*/*.parquet', hive_partitioning = true, hive_types = {'dt': DATE}, union_by_name = true)`,
        ),
      )
    )
      .getRows()
      .map((row) => row.map(String));
    expect(await lake.texts(text)).toEqual(expected);
    for (const setting of ['reuse', 'rules_off']) {
      await lake.texts(
        `SET tributary.${setting} = '${setting === 'reuse' ? 'off' : 'prune-partitions'}'`,
      );
      expect(await lake.texts(text)).toEqual(expected);
      await lake.texts(`RESET tributary.${setting}`);
    }
  }
}

async function explained(text = SUM): Promise<string> {
  const rows = await lake.texts(`EXPLAIN ${text}`);
  return rows.map(([line]) => line).find((line) => line?.includes('over default.e')) ?? '';
}

async function partitionsKept(text = SUM): Promise<number> {
  await lake.texts("SET tributary.reuse = 'off'");
  await lake.texts(text);
  const [[kept] = []] = await lake.texts('SELECT partitions_kept FROM tributary.last_query');
  await lake.texts('RESET tributary.reuse');
  return Number(kept);
}

describe('a range of the time column', () => {
  test('leaves out the days that hold none of its rows, with a tolerance and without one', async () => {
    await fill();
    for (const properties of ['', HOUR, ", 'tributary.time_tolerance' = '0'"]) {
      await define(properties);
      await expectRight();
      // Days without files that the tolerance may reach are among them.
      expect(await partitionsKept()).toBeLessThanOrEqual(5);
      await lake.texts('DROP TABLE lake.e');
    }
  });

  test('finds rows of a file that lies outside of what is declared, at the first statement already', async () => {
    await fill();
    await write(11, 'late', 6);
    await write(1, 'early', 5);
    await define(HOUR);
    await expectRight();
  });

  test('is widened by the windows of such files alone', async () => {
    await fill();
    await define(HOUR);
    const kept = await partitionsKept();
    expect(await explained()).not.toContain('beyond');
    await write(11, 'late', 6);
    expect(await partitionsKept()).toBe(kept + 1);
    expect(await explained()).toContain(', 1 of them beyond the declared time');
    // Another range has nothing to do with it.
    expect(await explained(SUM.replaceAll('2024-01-0', '2024-01-1'))).not.toContain('beyond');
    await expectRight();
  });

  test('sees files that break the declaration come, change and go', async () => {
    await fill();
    await define(HOUR);
    await expectRight();
    await write(11, 'late', 6);
    await expectRight();
    await write(11, 'late', 20);
    await expectRight();
    await write(11, 'late', 7);
    await expectRight();
    await rm(path(11, 'late'));
    await expectRight();
    await write(10, 'a', 6);
    await expectRight();
  });

  test('takes files whose least and greatest time cannot be told for what may hold its rows', async () => {
    await fill();
    const whole = await readFile(path(11));
    const least = Buffer.alloc(8);
    least.writeBigInt64LE(BigInt(Date.UTC(2024, 0, 11, 12)) * 1000n);
    const field = Buffer.concat([Buffer.from([0x18, 8]), least]);
    let changed = 0;
    for (let at = whole.indexOf(field); at >= 0; at = whole.indexOf(field, at + 1)) {
      // A field that nobody knows.
      whole[at] = 0x78;
      changed++;
    }
    expect(changed).toBeGreaterThan(0);
    await writeFile(path(11), whole);
    await define(HOUR);
    expect(await explained()).toContain(', 1 of them beyond the declared time');
    await expectRight();
  });

  test('takes files that are no Parquet files for what may hold its rows, and says what is wrong with them', async () => {
    await fill();
    await writeFile(path(11), 'no Parquet file at all');
    await define(HOUR);
    await expect(lake.texts(SUM)).rejects.toThrow(/is not a whole Parquet file/);
  });

  test.each(['TIMESTAMP_MS', 'TIMESTAMP_NS', 'TIMESTAMP_S', 'DATE'])(
    'finds rows in files that keep times as %s',
    async (type) => {
      await fill();
      await write(11, 'late', 6, type);
      await write(12, 'other', 12, type);
      await define(HOUR);
      await expectRight();
    },
  );

  test('finds rows without bounds: of an infinite time, or of none', async () => {
    await fill();
    await writeRows(
      lake.writer,
      "SELECT 7 AS n, TIMESTAMP '-infinity' AS ts UNION ALL SELECT 8, TIMESTAMP 'infinity' UNION ALL SELECT 9, NULL",
      path(10, 'endless'),
      true,
    );
    await writeRows(lake.writer, 'SELECT 5 AS n', path(10, 'without'), true);
    await writeRows(lake.writer, 'SELECT 6 AS n, NULL::TIMESTAMP AS ts', path(9, 'null'), true);
    await define(HOUR);
    for (const range of [
      RANGE,
      "ts = '-infinity'",
      "ts = 'infinity'",
      "ts < '0001-01-01'",
      "ts > '2100-01-01'",
      'ts IS NULL',
      "(ts IS NULL OR ts >= '2024-01-05' AND ts < '2024-01-08')",
    ]) {
      await expectRight(range);
    }
  });

  test('means the days of the session for times with a zone, and finds rows however far the zone shifts them', async () => {
    await lake.writer.run("SET TimeZone = 'Pacific/Apia'");
    for (let day = 1; day <= DAYS; day++) await write(day, 'a', day, 'TIMESTAMPTZ');
    await write(12, 'late', 6, 'TIMESTAMPTZ');
    await define(HOUR, 'timestamp with local time zone');
    for (const zone of ['UTC', 'Pacific/Apia', 'America/New_York']) {
      await lake.writer.run(`SET TimeZone = '${zone}'`);
      await lake.texts(`SET TimeZone = '${zone}'`);
      await expectRight();
      await expectRight("ts >= '2024-01-05 23:00' AND ts < '2024-01-06 13:00'");
    }
  });

  test('is asked about by tributary.partitions, which tells the days that are read', async () => {
    await fill();
    await write(11, 'late', 6);
    await define(HOUR);
    const rows = await lake.texts(
      `SELECT partition FROM tributary.partitions('lake.default.e', $$${RANGE}$$) ORDER BY 1`,
    );
    expect(rows).toEqual([4, 5, 6, 7, 8, 11].map((day) => [`dt=${date(day)}`]));
  });

  test('reads the files of a day whose rows lie elsewhere in part', async () => {
    await fill();
    await writeRows(
      lake.writer,
      "SELECT 1 AS n, TIMESTAMP '2024-01-11 01:00' AS ts UNION ALL SELECT 2, TIMESTAMP '2024-01-03 01:00'",
      path(11, 'both'),
      true,
    );
    await define(HOUR);
    await expectRight();
    await expectRight("ts >= '2024-01-03' AND ts < '2024-01-03 02:00'");
    await expectRight("ts >= '2024-01-11' AND ts < '2024-01-11 00:59'");
  });
});

describe('what files tell of their times', () => {
  async function remembered(): Promise<number> {
    const store = lake.stack.times;
    const found = await store.read(
      'ts TIMESTAMP',
      Array.from({ length: DAYS }, (_, day) => `lake ${lake.root}e/dt=${date(day + 1)}/`),
    );
    return found.size;
  }

  test('is read once, also when the server starts again, and anew of what changed', async () => {
    await fill();
    await write(11, 'late', 6);
    // Files are old enough to be remembered.
    lake.now = () => Date.now() + 10_000;
    await lake.stop();
    await lake.open();
    await define(HOUR);
    await expectRight();
    await lake.stack.times.settled();
    // Five days are read anyway.
    expect(await remembered()).toBe(DAYS - 5);
    await lake.stop();
    await lake.open();
    await expectRight();
    await lake.stop();
    await write(11, 'late', 7);
    await write(12, 'a', 6);
    await rm(path(2));
    await lake.open();
    await expectRight();
    await write(11, 'late', 1);
    await expectRight();
  });

  test('is not remembered of files that are so young that they may change unseen', async () => {
    await define(HOUR);
    await fill();
    await expectRight();
    await lake.stack.times.settled();
    expect(await remembered()).toBe(0);
  });
});

test('rows of a table of text files, which tell no times, are found on whatever day they lie', async () => {
  for (const [day, at] of [
    [5, 5],
    [11, 6],
  ] as const) {
    await write(day, 'a', at);
    await lake.writer.run(
      `COPY (SELECT n, ts FROM read_parquet('${path(day)}', hive_partitioning = false)) TO '${path(day).replace('.parquet', '.json')}' (FORMAT json)`,
    );
    await rm(path(day));
  }
  await lake.texts(
    `CREATE EXTERNAL TABLE lake.e (n bigint, ts timestamp) PARTITIONED BY (dt date)
       ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION '${lake.root}e/'
       TBLPROPERTIES ('projection.enabled' = 'true', 'projection.dt.type' = 'date',
         'projection.dt.format' = 'yyyy-MM-dd', 'projection.dt.range' = '2024-01-01,2024-01-31',
         'tributary.time_column' = 'ts'${HOUR})`,
  );
  expect(await lake.texts(SUM)).toEqual([['6', '486']]);
  expect(await lake.texts(SUM)).toEqual([['6', '486']]);
});
