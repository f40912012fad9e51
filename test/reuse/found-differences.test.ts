import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeRows } from './lake-files.ts';
import { DAYS, ReuseLake } from './reuse-lake.ts';

let lake: ReuseLake;

beforeEach(async () => {
  lake = await ReuseLake.create();
});

afterEach(() => lake.close());

async function run(script: string): Promise<void> {
  await lake.stack.service.runScript(script, new AbortController().signal);
}

/** Asked in this order, each is answered as it is without reuse. */
async function expectAsWithout(statements: readonly string[]): Promise<void> {
  const plain: (readonly (readonly string[])[])[] = [];
  await lake.texts("SET tributary.reuse = 'off'");
  for (const text of statements) plain.push(await lake.texts(text));
  await lake.texts("SET tributary.reuse = 'exact'");
  for (const [at, text] of statements.entries()) expect(await lake.texts(text)).toEqual(plain[at]);
}

describe('values that are equal and not the same', () => {
  beforeEach(async () => {
    const rows =
      "SELECT * FROM (VALUES (0.0::DOUBLE, 1), ('-0.0'::DOUBLE, 2), ('-0.0'::DOUBLE, 2), (1.5, 3), ('NaN'::DOUBLE, 4)) AS r(f, k)";
    for (let day = 1; day <= 3; day++)
      await writeRows(lake.writer, rows, `${lake.root}o/dt=2024-01-0${day}/a.parquet`, true);
    await run(
      `CREATE EXTERNAL TABLE lake.default.o (f double, k int) PARTITIONED BY (dt date) STORED AS PARQUET LOCATION '${lake.root}o/'; MSCK REPAIR TABLE lake.default.o`,
    );
  });

  test('0 and -0 are one group and two texts', async () => {
    await expectAsWithout([
      'SELECT count(*) FROM lake.o GROUP BY f ORDER BY 1',
      'SELECT f::text, count(*) FROM lake.o GROUP BY 1 ORDER BY 1',
      "SELECT count(*) FROM lake.o WHERE f::text = '-0'",
      'SELECT DISTINCT f::text FROM lake.o ORDER BY 1',
      "SELECT count(*) FROM lake.o AS o JOIN (VALUES ('-0')) AS v(t) ON v.t = o.f::text",
    ]);
    expect((await lake.reused()).hits).toBe(3);
  });

  test('a month and 30 days are one group and two texts', async () => {
    const span = "CASE WHEN k = 1 THEN interval '1 month' ELSE interval '30 days' END";
    await expectAsWithout([
      `SELECT count(*) FROM lake.o GROUP BY ${span}`,
      `SELECT (${span})::text, count(*) FROM lake.o GROUP BY 1 ORDER BY 1`,
    ]);
    expect((await lake.reused()).hits).toBe(3);
  });

  test('NaN is one distinct value', async () => {
    await expectAsWithout([
      'SELECT count(DISTINCT f), count(DISTINCT f::text) FROM lake.o',
      'SELECT k, count(DISTINCT f) FROM lake.o GROUP BY k ORDER BY k',
      'SELECT count(DISTINCT f) FROM lake.o',
    ]);
  });

  test.each(['f', "CASE k WHEN 4 THEN 'infinity' ELSE f END", 'CASE WHEN k <> 4 THEN f END'])(
    'deviations and regressions of %s are what they are without reuse',
    async (value) => {
      const one = ['var_pop', 'var_samp', 'stddev_pop', 'stddev'].map(
        (name) => `${name}(${value})`,
      );
      const two = [
        ...['corr', 'covar_pop', 'covar_samp', 'regr_count', 'regr_avgx', 'regr_avgy', 'regr_sxx'],
        ...['regr_syy', 'regr_sxy', 'regr_slope', 'regr_intercept', 'regr_r2'],
      ].flatMap((name) => [`${name}(${value}, k)`, `${name}(k, ${value})`, `${name}(k, 1.5)`]);
      const select = [...one, ...two]
        .map((call) => `round((${call})::float8 * 1000000)`)
        .join(', ');
      await expectAsWithout([
        `SELECT ${select} FROM lake.o WHERE dt < '2024-01-03'`,
        `SELECT ${select} FROM lake.o`,
        `SELECT ${select} FROM lake.o WHERE k = 4`,
        `SELECT k, ${select} FROM lake.o GROUP BY k ORDER BY k`,
      ]);
    },
  );
});

test('columns that are projected one by one declare days that do not exist', async () => {
  for (const [month, day] of [
    [2, 28],
    [2, 29],
    [3, 1],
    [3, 2],
  ] as const)
    await writeRows(
      lake.writer,
      `SELECT ${month * 100 + day}::BIGINT AS n`,
      `${lake.root}p/year=2024/month=${month}/day=${day}/a.parquet`,
      true,
    );
  await run(`CREATE EXTERNAL TABLE lake.default.p (n bigint) PARTITIONED BY (year int, month int, day int) STORED AS PARQUET
     LOCATION '${lake.root}p/' TBLPROPERTIES ('projection.enabled' = 'true', 'projection.year.type' = 'integer', 'projection.year.range' = '2023,2024',
       'projection.month.type' = 'integer', 'projection.month.range' = '1,12', 'projection.day.type' = 'integer', 'projection.day.range' = '1,31')`);
  await expectAsWithout([
    'SELECT day, sum(n) FROM lake.p GROUP BY day ORDER BY day',
    'SELECT sum(n) FROM lake.p WHERE month = 2',
    'SELECT month, sum(n) FROM lake.p GROUP BY month ORDER BY month',
    'SELECT day, sum(n) FROM lake.p GROUP BY day ORDER BY day',
  ]);
  expect(await lake.reused()).toEqual({ hits: 4, misses: 0 });
  await lake.texts("SET tributary.reuse = '10 minutes'");
  const some =
    'SELECT sum(n) FROM lake.p WHERE (month = 2 AND day = 30) OR (month = 3 AND day = 1)';
  expect(await lake.texts(some)).toEqual([['301']]);
});

describe('with an age', () => {
  const sum = 'SELECT count(*), sum(n) FROM lake.t';

  test('what was found current that lately is taken without looking', async () => {
    const before = await lake.texts(sum);
    await lake.texts(sum);
    await lake.texts("SET tributary.reuse = '10 minutes'");
    await lake.write(4, 'late', 90_000, 7);
    expect(await lake.texts(sum)).toEqual(before);
    await lake.texts("SET tributary.reuse = 'exact'");
    expect(await lake.texts(sum)).toEqual(await lake.expected(sum));
    await lake.texts("SET tributary.reuse = '10 minutes'");
    expect(await lake.texts(sum)).toEqual(await lake.expected(sum));
  });

  test('what was invalidated is looked at', async () => {
    await lake.texts(sum);
    await lake.texts(sum);
    await lake.write(4, 'late', 90_000, 7);
    await lake.texts("CALL tributary.invalidate('lake.default.t')");
    await lake.texts("SET tributary.reuse = '10 minutes'");
    expect(await lake.texts(sum)).toEqual(await lake.expected(sum));
  });

  test('a cell of which a part was looked at is not taken for the whole', async () => {
    let now = Date.now();
    await lake.stop();
    await lake.open({ now: () => now });
    for (const app of [1, 2])
      await writeRows(
        lake.writer,
        `SELECT ${app}::BIGINT AS n`,
        `${lake.root}q/dt=2024-01-01/app=${app}/a.parquet`,
        true,
      );
    await run(`CREATE EXTERNAL TABLE lake.default.q (n bigint) PARTITIONED BY (dt date, app int) STORED AS PARQUET LOCATION '${lake.root}q/'
       TBLPROPERTIES ('projection.enabled' = 'true', 'projection.dt.type' = 'date', 'projection.dt.format' = 'yyyy-MM-dd',
         'projection.dt.range' = '2024-01-01,2024-01-03', 'projection.app.type' = 'integer', 'projection.app.range' = '1,2')`);
    const byApp = 'SELECT app, sum(n) FROM lake.q GROUP BY app ORDER BY app';
    await lake.texts(byApp);
    await writeRows(
      lake.writer,
      'SELECT 20::BIGINT AS n',
      `${lake.root}q/dt=2024-01-01/app=2/a.parquet`,
      true,
    );
    now += 3_600_000;
    expect(await lake.texts('SELECT app, sum(n) FROM lake.q WHERE app = 1 GROUP BY app')).toEqual([
      ['1', '1'],
    ]);
    await lake.texts("SET tributary.reuse = '1 minute'");
    expect(await lake.texts(byApp)).toEqual([
      ['1', '1'],
      ['2', '20'],
    ]);
  });
});

test('every day is reused when nothing changed', async () => {
  const text = 'SELECT v, count(*) FROM lake.t GROUP BY v ORDER BY v';
  await lake.texts(text);
  await lake.texts(text);
  expect(await lake.reused()).toEqual({ hits: DAYS, misses: 0 });
});
