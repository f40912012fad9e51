import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
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

async function filesOf(location: string): Promise<readonly string[]> {
  return (await lake.files()).filter((file) => file.startsWith(location));
}

async function only(location: string): Promise<Buffer> {
  const files = await filesOf(location);
  expect(files).toHaveLength(1);
  return readFile(lake.stack.root + files[0]);
}

async function parquetRows(location: string): Promise<unknown> {
  return lake.stack.engine.rows('SELECT * FROM read_parquet($1) ORDER BY ALL', [
    `${lake.stack.root}${location}/**/*.parquet`,
  ]);
}

describe("Redshift's UNLOAD", () => {
  test('writes the rows of a query in quotes and says how many', async () => {
    const result = await lake.run(
      `UNLOAD ('SELECT ''it''''s'' AS a, 2 AS b') TO '${lake.stack.root}out/quoted/' FORMAT AS PARQUET IAM_ROLE 'arn:aws:iam::1:role/x'`,
    );
    expect([result.tag, result.notices.map(({ message }) => message)]).toEqual([
      'UNLOAD',
      [
        "IAM_ROLE has no effect: the source's own access is used",
        'UNLOAD completed, 1 record(s) unloaded successfully',
      ],
    ]);
    expect(await parquetRows('out/quoted')).toEqual([["it's", 2]]);
  });

  test("writes CSV with a header, quotes where needed, PostgreSQL's text forms", async () => {
    await lake.tag(`UNLOAD ($$SELECT true AS yes, 'a,"b"' AS t, NULL::int AS n, timestamptz '2024-01-01 00:00+00' AS at,
      ARRAY[1,NULL] AS l$$) TO 'out/csv' CSV HEADER`);
    expect((await only('out/csv/')).toString()).toBe(
      'yes,t,n,at,l\ntrue,"a,""b""",,2024-01-01 00:00:00+00,"{1,NULL}"\n',
    );
  });

  test('without a format writes text with bars between', async () => {
    await lake.tag(
      `UNLOAD ('SELECT 1 AS a, ''x|y'' AS b, NULL AS c') TO 'out/text/' NULL AS '@' GZIP`,
    );
    expect(gunzipSync(await only('out/text/')).toString()).toBe('1|"x|y"|@\n');
    await lake.tag(`UNLOAD ('SELECT 1 AS a, 2 AS b') TO 'out/text2/' DELIMITER AS ';' ADDQUOTES`);
    expect((await only('out/text2/')).toString()).toBe('"1";"2"\n');
  });

  test('writes folders by column, with the column in the files where INCLUDE says so', async () => {
    const query = "SELECT i AS n, ''k'' || i % 2 AS k FROM generate_series(1, 4) g(i)";
    await lake.tag(`UNLOAD ('${query}') TO 'out/parts/' PARQUET PARTITION BY (k)`);
    await lake.tag(`UNLOAD ('${query}') TO 'out/include/' JSON PARTITION BY (k) INCLUDE`);
    expect((await filesOf('out/parts/')).map((file) => file.split('/')[2])).toEqual([
      'k=k0',
      'k=k1',
    ]);
    const [first] = await filesOf('out/include/');
    expect(
      JSON.parse((await readFile(lake.stack.root + first, 'utf8')).split('\n')[0] ?? ''),
    ).toEqual({
      n: 2,
      k: 'k0',
    });
  });

  test('cuts files at MAXFILESIZE unless PARALLEL is OFF, and lists them in a manifest', async () => {
    const query = 'SELECT i AS a, md5(i::text) AS b FROM generate_series(1, 400000) g(i)';
    await lake.tag(`UNLOAD ('${query}') TO 'out/cut/' CSV MAXFILESIZE 5 MB MANIFEST`);
    await lake.tag(`UNLOAD ('${query}') TO 'out/one/' CSV PARALLEL OFF`);
    const files = (await filesOf('out/cut/')).filter((file) => !file.endsWith('/manifest'));
    expect(files.length).toBeGreaterThan(1);
    const manifest = JSON.parse(await readFile(`${lake.stack.root}out/cut/manifest`, 'utf8')) as {
      entries: { url: string; meta: { content_length: number } }[];
    };
    expect(manifest.entries.map(({ url }) => url).sort()).toEqual(
      files.map((file) => lake.stack.root + file),
    );
    const lines = (await only('out/one/')).toString().split('\n').length - 1;
    expect(lines).toBe(400000);
  });
});

describe("Athena's UNLOAD", () => {
  test('writes Parquet by column', async () => {
    await lake.tag(
      `UNLOAD (SELECT i AS n, i % 2 AS k FROM generate_series(1, 4) g(i)) TO '${lake.stack.root}out/athena/'
       WITH (format = 'PARQUET', compression = 'SNAPPY', partitioned_by = ARRAY['k'])`,
    );
    expect(await filesOf('out/athena/k=0/')).toHaveLength(1);
    expect(await parquetRows('out/athena/k=1')).toEqual([
      [1, 1n],
      [3, 1n],
    ]);
  });

  test('writes text that quotes nothing, and refuses what it could not hold', async () => {
    await lake.tag(
      `UNLOAD (SELECT 'a"b' AS a, NULL AS b) TO 'out/hive/' WITH (format = 'TEXTFILE', compression = 'none', field_delimiter = '|')`,
    );
    expect((await only('out/hive/')).toString()).toBe('a"b|\\N\n');
    expect(
      await lake.failure(
        `UNLOAD (SELECT 'a|b' AS a) TO 'out/hive2/' WITH (format = 'TEXTFILE', field_delimiter = '|')`,
      ),
    ).toBe(
      '22023 a value holds the delimiter or the end of a line, and files of this format quote nothing',
    );
    expect(await filesOf('out/hive2/')).toEqual([]);
  });
});

test.each([
  [
    "UNLOAD ('SELECT 1') TO 'out/x/' ALLOWOVERWRITE",
    '0A000 ALLOWOVERWRITE in UNLOAD is not supported',
  ],
  [
    "UNLOAD ('SELECT 1') TO 'out/x/' CREDENTIALS 'aws_access_key_id=x'",
    '0A000 CREDENTIALS in UNLOAD is not supported',
  ],
  [
    "UNLOAD ('SELECT 1') TO 'out/x/' JSON HEADER",
    '42601 HEADER is for CSV and delimited text only',
  ],
  ["UNLOAD ('SELECT 1') TO 'out/x/' DELIMITER 'ab'", /^22023 a delimiter is one character/],
  ["UNLOAD ('SELECT 1') TO 'out/x/' MAXFILESIZE 1 MB", '22023 MAXFILESIZE is from 5 MB to 6.2 GB'],
  [
    "UNLOAD ('SELECT 1') TO 'out/x/' PARTITION BY (zz)",
    '42703 the query has no column "zz" to partition by',
  ],
  ["UNLOAD ('SELECT 1 AS a, 2 AS a') TO 'out/x/'", '42701 column "a" specified more than once'],
  ["UNLOAD ('DROP TABLE x') TO 'out/x/'", '0A000 DROP TABLE is not supported'],
  ["UNLOAD ('SELECT 1; SELECT 2') TO 'out/x/'", /^42601 /],
  ["UNLOAD (SELECT 1) TO 'out/x/' WITH (format = 'ORC')", '0A000 UNLOAD to ORC is not supported'],
  [
    "UNLOAD (SELECT 1) TO 'out/x/' WITH (compression = 'gzip')",
    '42601 UNLOAD .. WITH needs a format',
  ],
  ["UNLOAD ('SELECT nothing') TO 'out/x/'", '42703 column "nothing" does not exist'],
])('%s is refused', async (text, message) => {
  expect(await lake.failure(text)).toEqual(
    typeof message === 'string' ? message : expect.stringMatching(message),
  );
  expect(await filesOf('out/x/')).toEqual([]);
});

test('a location where something is, is refused', async () => {
  await lake.tag("UNLOAD ('SELECT 1 AS a') TO 'out/twice/' PARQUET");
  expect(await lake.failure("UNLOAD ('SELECT 2 AS a') TO 'out/twice/' PARQUET")).toMatch(
    /^55000 .*out\/twice\/' is not empty$/,
  );
  expect(await lake.failure("UNLOAD ('SELECT 2 AS a') TO 'out/' PARQUET")).toMatch(/^55000 /);
});

test('an error in a quoted query points into it', async () => {
  const text = "UNLOAD ('SELECT nothing') TO 'out/x/'";
  const [statement] = await lake.session.parse(text);
  if (statement === undefined) throw new Error('no statement');
  await expect(lake.session.prepare(statement, [])).rejects.toMatchObject({
    position: text.indexOf('nothing') + 1,
  });
});
