import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openWritingLake } from './writing-lake.ts';
import type { WritingLake } from './writing-lake.ts';

const PROJECTED = `TBLPROPERTIES ('projection.enabled'='true', 'projection.dt.type'='date',
  'projection.dt.format'='yyyy-MM-dd', 'projection.dt.range'='2024-01-01,2024-12-31',
  'projection.app.type'='integer', 'projection.app.range'='1,9', 'projection.app.digits'='3'`;

let lake: WritingLake;

beforeAll(async () => {
  // Cells of data this young are kept, so that each INSERT meets stored ones.
  lake = await openWritingLake({ reuse: { settle: 0 } });
  for (const text of [
    `CREATE EXTERNAL TABLE lake.default.plain (id bigint, note varchar(4), price decimal(6,2), at timestamp, tags array<int>)
      STORED AS PARQUET LOCATION 'plain/'`,
    `CREATE EXTERNAL TABLE lake.default.events (n bigint) PARTITIONED BY (dt date, app int)
      STORED AS PARQUET LOCATION 'events/' ${PROJECTED})`,
    `CREATE EXTERNAL TABLE lake.default.templated (n bigint) PARTITIONED BY (dt date, app int)
      STORED AS PARQUET LOCATION 'templated/' ${PROJECTED},
      'storage.location.template'='${lake.stack.root}templated/\${app}/\${dt}/')`,
    `CREATE EXTERNAL TABLE lake.default.registered (n bigint) PARTITIONED BY (region string, month int)
      STORED AS PARQUET LOCATION 'registered/'`,
    `ALTER TABLE lake.default.registered ADD PARTITION (region = 'eu', month = 1) LOCATION 'elsewhere/eu/'`,
    `CREATE EXTERNAL TABLE lake.default.texts (a string) ROW FORMAT DELIMITED LOCATION 'texts/'`,
    `CREATE VIEW public.seen AS SELECT 1 AS a`,
  ]) {
    await lake.run(text);
  }
}, 60_000);

afterAll(async () => {
  await lake.close();
});

describe('INSERT', () => {
  test("VALUES take the columns' types, missing columns and DEFAULT are NULL", async () => {
    expect(
      await lake.tag(
        `INSERT INTO lake.plain (at, id, note) VALUES ('2024-02-29 12:00', '7', 'ab'), (NULL, 8, DEFAULT), ('epoch', 9, 'abcd  ')`,
      ),
    ).toBe('INSERT 0 3');
    expect(
      await lake.rows('SELECT id, note, price, at::text, tags FROM lake.plain ORDER BY id'),
    ).toEqual([
      [7, 'ab', null, '2024-02-29 12:00:00', null],
      [8, null, null, null, null],
      [9, 'abcd', null, '1970-01-01 00:00:00', null],
    ]);
    await lake.tag("INSERT INTO lake.plain SELECT 10, NULL, 1.239, '2024-01-01', '{1,2}'");
    expect(await lake.rows('SELECT price::text, tags::text FROM lake.plain WHERE id = 10')).toEqual(
      [['1.24', '{1,2}']],
    );
  });

  test('WITH before it, ORDER BY, LIMIT and set operations are a query like any other', async () => {
    expect(
      await lake.tag(
        'WITH w AS (SELECT id FROM lake.plain) INSERT INTO lake.plain (id) SELECT id + 100 FROM w ORDER BY id LIMIT 2',
      ),
    ).toBe('INSERT 0 2');
    expect(await lake.tag('INSERT INTO lake.plain (id) SELECT 1000 UNION ALL SELECT 1001')).toBe(
      'INSERT 0 2',
    );
    expect(await lake.rows('SELECT id FROM lake.plain WHERE id > 100 ORDER BY 1')).toEqual([
      [107],
      [108],
      [1000],
      [1001],
    ]);
  });

  test("parameters take the columns' types", async () => {
    const [statement] = await lake.session.parse('INSERT INTO lake.plain (id, at) VALUES ($1, $2)');
    if (statement === undefined) throw new Error('no statement');
    const prepared = await lake.session.prepare(statement, []);
    expect(prepared.parameters.map((type) => type.kind === 'scalar' && type.name)).toEqual([
      'int8',
      'timestamp',
    ]);
    expect(prepared.columns).toBeUndefined();
    const { signal } = new AbortController();
    await lake.session.execute(prepared, ['77', '2024-05-05'], signal);
    expect(await lake.rows('SELECT at::text FROM lake.plain WHERE id = 77')).toEqual([
      ['2024-05-05 00:00:00'],
    ]);
  });

  test.each([
    ["INSERT INTO lake.plain (id) VALUES ('x')", '22P02 invalid input syntax for type bigint: "x"'],
    [
      "INSERT INTO lake.plain (id, note) VALUES (1, 'abcde')",
      '22001 value too long for type character varying(4)',
    ],
    [
      'INSERT INTO lake.plain (id) VALUES (true)',
      '42804 column "id" is of type bigint but expression is of type boolean',
    ],
    ['INSERT INTO lake.plain (price) VALUES (12345.6)', '22003 numeric field overflow'],
    [
      'INSERT INTO lake.plain (id) VALUES (1, 2)',
      '42601 INSERT has more expressions than target columns',
    ],
    [
      'INSERT INTO lake.plain (id, note) VALUES (1)',
      '42601 INSERT has more target columns than expressions',
    ],
    ['INSERT INTO lake.plain (id, id) VALUES (1, 2)', '42701 column "id" specified more than once'],
    [
      'INSERT INTO lake.plain (zz) VALUES (1)',
      '42703 column "zz" of relation "plain" does not exist',
    ],
    ['INSERT INTO lake.nothing VALUES (1)', '42P01 table "lake.nothing" does not exist'],
    ['INSERT INTO public.seen VALUES (1)', '42809 "public.seen" is not a table'],
    [
      "INSERT INTO lake.texts VALUES ('a')",
      '0A000 table "texts" holds CSV files: only tables of Parquet files can be written',
    ],
    [
      "INSERT INTO lake.plain (note) SELECT current_setting('TimeZone')",
      '0A000 rows of the system catalogs and of the session cannot be written',
    ],
    ['INSERT INTO lake.plain (id) SELECT 1 / (id - 7) FROM lake.plain', '22012 division by zero'],
  ])('%s fails and leaves nothing', async (text, message) => {
    const before = await lake.files();
    expect(await lake.failure(text)).toBe(message);
    expect(await lake.files()).toEqual(before);
  });

  test('a read-only transaction refuses, a block is told that it cannot undo', async () => {
    await lake.run('BEGIN READ ONLY');
    expect(await lake.failure('INSERT INTO lake.plain (id) VALUES (1)')).toMatch(
      /^25006 cannot execute INSERT/,
    );
    await lake.run('ROLLBACK');
    await lake.run('BEGIN');
    const result = await lake.run('INSERT INTO lake.plain (id) VALUES (5000)');
    expect(result.notices[0]?.message).toBe(
      'INSERT takes effect at once: ROLLBACK does not undo it',
    );
    await lake.run('COMMIT');
  });
});

describe('partitions', () => {
  test("go where the projection looks for them, in the table's formats", async () => {
    const rows = "SELECT 1, date '2024-03-01', 7 UNION ALL SELECT 2, date '2024-03-02', 7";
    await lake.tag(`INSERT INTO lake.events ${rows}`);
    await lake.tag(`INSERT INTO lake.templated ${rows}`);
    const folders = (await lake.files()).map((file) => file.replace(/[^/]*$/, ''));
    expect(folders.filter((folder) => /^(events|templated)/.test(folder))).toEqual([
      'events/dt=2024-03-01/app=007/',
      'events/dt=2024-03-02/app=007/',
      'templated/007/2024-03-01/',
      'templated/007/2024-03-02/',
    ]);
    for (const table of ['events', 'templated']) {
      expect(await lake.rows(`SELECT n, app FROM lake.${table} WHERE dt = '2024-03-02'`)).toEqual([
        [2, 7],
      ]);
    }
  });

  test.each([
    ["SELECT 1, date '2025-01-01', 7", 'dt=2025-01-01/app=7'],
    ["SELECT 1, date '2024-01-01', 10", 'dt=2024-01-01/app=10'],
    ['SELECT 1, NULL, 7', 'dt=NULL/app=7'],
  ])('%s lies outside the projection', async (query, shown) => {
    const before = await lake.files();
    expect(await lake.failure(`INSERT INTO lake.events ${query}`)).toBe(
      `22023 partition ${shown} lies outside the projection of table "events": its rows would never be found`,
    );
    expect(await lake.files()).toEqual(before);
  });

  test('that are registered keep their place, new ones are registered, NULL and odd texts too', async () => {
    await lake.tag(
      `INSERT INTO lake.registered VALUES (1, 'eu', 1), (2, 'us/a=b', 2), (3, NULL, 3), (4, '..', 4), (5, 'é ü%', 5)`,
    );
    const folders = (await lake.files()).map((file) => file.replace(/[^/]*$/, ''));
    expect(folders.filter((folder) => /^(elsewhere|registered)/.test(folder))).toEqual([
      'elsewhere/eu/',
      'registered/region=../month=4/',
      'registered/region=__HIVE_DEFAULT_PARTITION__/month=3/',
      'registered/region=us%2Fa%3Db/month=2/',
      'registered/region=é ü%25/month=5/',
    ]);
    expect(await lake.rows('SELECT n, region, month FROM lake.registered ORDER BY n')).toEqual([
      [1, 'eu', 1],
      [2, 'us/a=b', 2],
      [3, null, 3],
      [4, '..', 4],
      [5, 'é ü%', 5],
    ]);
    expect(await lake.rows("SELECT n FROM lake.registered WHERE region = 'us/a=b'")).toEqual([[2]]);
    expect(await lake.failure("INSERT INTO lake.registered VALUES (1, '', 1)")).toBe(
      '22023 an empty text cannot name a partition (column "region")',
    );
    // What MSCK finds in the folders is what was registered.
    const [repaired] = (await lake.run('MSCK REPAIR TABLE lake.registered')).notices;
    expect(repaired?.message).toBe('0 partitions added to registered');
  });

  test('hundreds of them, far more than files are kept open, with few files each', async () => {
    expect(
      await lake.tag(
        "INSERT INTO lake.registered SELECT i, 'r' || i % 300, 1 FROM generate_series(1, 30000) g(i)",
      ),
    ).toBe('INSERT 0 30000');
    const files = (await lake.files()).filter((file) => /region=r\d/.test(file));
    expect(files).toHaveLength(300);
    expect(
      await lake.rows("SELECT count(*), sum(n) FROM lake.registered WHERE region LIKE 'r%'"),
    ).toEqual([[30000, '450015000']]);
  }, 60_000);
});

describe('with reuse on', () => {
  test('what was answered before is answered with the new rows after', async () => {
    const text =
      "SELECT dt::text, count(*), sum(n) FROM lake.events WHERE dt BETWEEN '2024-06-01' AND '2024-06-05' GROUP BY dt ORDER BY dt";
    const insert = (from: number, days: string): Promise<string> =>
      lake.tag(
        `INSERT INTO lake.events SELECT i + ${from}, date '2024-06-01' + (i % ${days})::int, 1 FROM generate_series(1, 50) g(i)`,
      );
    await insert(0, '5');
    const first = await lake.rows(text);
    expect(await lake.rows(text)).toEqual(first);
    expect(await lake.rows('SELECT windows_hit FROM tributary.last_query')).toEqual([[5]]);
    await insert(1000, '2');
    const second = await lake.rows(text);
    await lake.run("SET tributary.reuse = 'off'");
    expect(second).toEqual(await lake.rows(text));
    await lake.run('RESET tributary.reuse');
    expect(second.map((row) => row[1])).toEqual([35, 35, 10, 10, 10]);
    expect(await lake.rows(text)).toEqual(second);
  });
});

test('nothing is left aside', async () => {
  expect((await lake.files()).filter((file) => file.startsWith('_'))).toEqual([]);
});
