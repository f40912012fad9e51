import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openWritingLake } from './writing-lake.ts';
import type { WritingLake } from './writing-lake.ts';

let lake: WritingLake;

beforeAll(async () => {
  lake = await openWritingLake();
}, 60_000);

afterAll(async () => {
  await lake.close();
});

describe('CREATE TABLE AS', () => {
  test('a table of every type that files hold reads back as it was written', async () => {
    const query = `SELECT 1::smallint a, 2 b, 3::bigint c, 1.5::real d, 2.5::double precision e, 12.34::numeric(10,2) f,
      'x'::text g, 'y'::varchar(5) h, true i, date '2024-02-29' j, timestamp '2024-01-01 10:00:00.123456' k,
      timestamptz '2024-01-01 10:00:00+02' l, ARRAY[1,2] m, '\\x00ff'::bytea n, NULL::int o`;
    expect(await lake.tag(`CREATE TABLE lake.default.types AS ${query}`)).toBe('SELECT 1');
    expect(await lake.rows('SELECT * FROM lake.types')).toEqual(await lake.rows(query));
  });

  test('sums, averages and names that no column has are columns too', async () => {
    await lake.tag(
      'CREATE TABLE lake.default.sums AS SELECT sum(n) s, avg(n) a, count(*) FROM (VALUES (1::bigint), (2)) v(n)',
    );
    expect(await lake.rows('SELECT s::text, a::float8, count FROM lake.sums')).toEqual([
      ['3', 1.5, 2],
    ]);
  });

  test("names given to the table take the place of the query's", async () => {
    await lake.tag('CREATE TABLE lake.default.named (x, y) AS SELECT 1, 2 AS z');
    expect(await lake.rows('SELECT x, y FROM lake.named')).toEqual([[1, 2]]);
    expect(await lake.failure('CREATE TABLE lake.default.more (x, y) AS SELECT 1')).toBe(
      '42601 too many column names were specified',
    );
    expect(await lake.failure('CREATE TABLE lake.default.twice AS SELECT 1 a, 2 "A"')).toMatch(
      /^42701/,
    );
  });

  test('WITH NO DATA makes an empty table, IF NOT EXISTS leaves one alone', async () => {
    expect(await lake.tag('CREATE TABLE lake.default.empty AS SELECT 1 AS a WITH NO DATA')).toBe(
      'CREATE TABLE AS',
    );
    expect(await lake.rows('SELECT count(*) FROM lake.empty')).toEqual([[0]]);
    const again = await lake.run('CREATE TABLE IF NOT EXISTS lake.default.empty AS SELECT 2 AS b');
    expect([again.tag, again.notices[0]?.message]).toEqual([
      'CREATE TABLE AS',
      'relation "empty" already exists, skipping',
    ]);
    expect(await lake.failure('CREATE TABLE lake.default.empty AS SELECT 2 AS b')).toBe(
      '42P07 relation "empty" already exists',
    );
  });

  test('a query without rows leaves a table without files', async () => {
    expect(await lake.tag('CREATE TABLE lake.default.none AS SELECT 1 AS a WHERE false')).toBe(
      'SELECT 0',
    );
    expect(await lake.rows('SELECT a FROM lake.none')).toEqual([]);
    expect((await lake.files()).filter((file) => file.includes('/none/'))).toEqual([]);
  });

  test("Athena's properties: partitions, a place, a compression", async () => {
    const tag = await lake.tag(`CREATE TABLE lake.default.sales
      WITH (format = 'PARQUET', parquet_compression = 'SNAPPY', partitioned_by = ARRAY['dt', 'app'],
        external_location = 'made/sales/')
      AS SELECT date '2024-01-01' + i % 3 AS dt, i AS n, CASE WHEN i % 4 = 0 THEN NULL ELSE 'a/ä%' || i % 2 END AS app
      FROM generate_series(1, 12) g(i)`);
    expect(tag).toBe('SELECT 12');
    const folders = (await lake.files())
      .filter((file) => file.startsWith('made/'))
      .map((file) => file.slice(0, file.lastIndexOf('/')));
    expect([...new Set(folders)].slice(0, 3)).toEqual([
      'made/sales/dt=2024-01-01/app=__HIVE_DEFAULT_PARTITION__',
      'made/sales/dt=2024-01-01/app=a%2Fä%250',
      'made/sales/dt=2024-01-01/app=a%2Fä%251',
    ]);
    expect(
      await lake.rows(
        "SELECT app, count(*) FROM lake.sales WHERE dt = '2024-01-01' GROUP BY 1 ORDER BY 1",
      ),
    ).toEqual([
      ['a/ä%0', 1],
      ['a/ä%1', 2],
      [null, 1],
    ]);
    const shown = await lake.rows('SHOW PARTITIONS lake.sales');
    expect(shown).toHaveLength(9);
  });

  test('a location where something is, even hidden, is refused', async () => {
    await lake.tag(
      "CREATE TABLE lake.default.first WITH (external_location = 'taken/') AS SELECT 1 AS a",
    );
    expect(
      await lake.failure(
        "CREATE TABLE lake.default.second WITH (external_location = 'taken/') AS SELECT 1 AS a",
      ),
    ).toMatch(/^55000 .*taken\/' is not empty$/);
    expect(await lake.rows("SHOW TABLES IN lake.default LIKE 'second'")).toEqual([]);
  });

  test.each([
    ["bucketed_by = ARRAY['a'], bucket_count = 3", '0A000 bucketed tables are not written'],
    ["format = 'ORC'", '0A000 tables in format ORC are not written'],
    ["table_type = 'ICEBERG'", '0A000 only Hive tables are written'],
    ["parquet_compression = 'lzo'", "22023 Parquet compression 'lzo' is not supported"],
    ["partitioned_by = ARRAY['zz']", '42703 partitioned_by names "zz", which the query lacks'],
    [
      "partitioned_by = ARRAY['a']",
      '42601 a table needs a column beside those it is partitioned by',
    ],
    [
      "sorted_by = ARRAY['zz']",
      '22023 tributary.sorted_by names "zz", which is no column of the files',
    ],
    [
      "target_file_size = '1B'",
      "22023 tributary.target_file_size '1B' is no size from 64KiB to 16GiB",
    ],
    ["colour = 'red'", '0A000 table property "colour" is not supported'],
  ])('WITH (%s) is refused', async (properties, message) => {
    expect(
      await lake.failure(`CREATE TABLE lake.default.x WITH (${properties}) AS SELECT 1 AS a`),
    ).toBe(message);
  });

  test('what files cannot hold is refused by column', async () => {
    expect(
      await lake.failure("CREATE TABLE lake.default.x AS SELECT interval '1 day' AS span"),
    ).toBe('0A000 column "span" is of type interval, which files of a lake do not hold');
    expect(await lake.failure('CREATE TABLE public.x AS SELECT 1')).toMatch(
      /^42809 external tables live/,
    );
    expect(await lake.failure('CREATE TEMP TABLE x AS SELECT 1')).toMatch(
      /^0A000 CREATE TEMPORARY TABLE/,
    );
  });

  test('sorted files of about the wanted size, each in order', async () => {
    await lake.tag(`CREATE TABLE lake.default.sorted WITH (sorted_by = ARRAY['k'], target_file_size = '100kB')
      AS SELECT (i * 7919) % 100003 AS k, md5(i::text) AS v FROM generate_series(1, 40000) g(i)`);
    const files = (await lake.files()).filter((file) => file.includes('/sorted/'));
    expect(files.length).toBeGreaterThan(3);
    const [row] = await lake.stack.engine.rows(
      `SELECT count(*) FILTER (WHERE k < before), count(*) FROM (SELECT k, lag(k) OVER
        (PARTITION BY filename ORDER BY file_row_number) AS before
        FROM read_parquet($1, filename = true, file_row_number = true))`,
      [`${lake.stack.root}tables/default/sorted/*/*.parquet`],
    );
    expect(row).toEqual([0n, 40000n]);
    expect(await lake.rows('SELECT count(*), count(DISTINCT v) FROM lake.sorted')).toEqual([
      [40000, 40000],
    ]);
  });

  test('nothing is left aside', async () => {
    expect((await lake.files()).filter((file) => file.startsWith('_'))).toEqual([]);
  });
});
