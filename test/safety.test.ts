import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DuckDBInstance } from '@duckdb/node-api';
import { escapeHivePath } from '@tributary/catalog';
import pg from 'pg';
import { refusedStatements } from './support/refused-statements.ts';
import type { Places } from './support/refused-statements.ts';
import { startTributary } from './support/tributary.ts';
import type { TestServer } from './support/tributary.ts';

/** Stands in everything that must not be read, and in nothing else. */
const MARKER = 'zanzibar-41-kept-apart';
const ROOT_OF_PASSWD = 'root:x:0';

const folder = await realpath(await mkdtemp(join(tmpdir(), 'tributary-safety-')));
const places: Places = {
  lake: join(folder, 'lake'),
  outside: join(folder, 'outside'),
  beside: join(folder, 'lake-other'),
};

let server: TestServer;
let client: pg.Client;

async function writeParquet(): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const writer = await instance.connect();
  const apps = { '1': 'one', '10': 'ten', '[1]x': 'bracket', b: 'letter', 'q"u\'o': 'quotes' };
  for (const [app, note] of Object.entries(apps)) {
    const partition = join(places.lake, `events/app=${escapeHivePath(app)}`);
    await mkdir(partition, { recursive: true });
    await writer.run(
      `COPY (SELECT 1::BIGINT AS id, '${note}' AS note) TO '${join(partition, 'part.parquet')}'`,
    );
  }
  for (const target of [places.outside, places.beside, join(places.outside, 'app=x')]) {
    await mkdir(target, { recursive: true });
    await writer.run(`COPY (SELECT '${MARKER}' AS note) TO '${join(target, 'secret.parquet')}'`);
  }
  await writer.run(
    `COPY (SELECT '${MARKER}' AS note) TO '${join(places.lake, 'events/above.parquet')}'`,
  );
  writer.closeSync();
  instance.closeSync();
}

beforeAll(async () => {
  process.env['TRIBUTARY_TEST_MARKER'] = MARKER;
  await writeParquet();
  await writeFile(join(places.outside, 'secret.csv'), `note\n${MARKER}\n`);
  await writeFile(join(places.outside, 'secret.json'), `{"note":"${MARKER}"}\n`);
  await mkdir(join(places.lake, 'linked'));
  await symlink(places.outside, join(places.lake, 'link'));
  await symlink(join(places.outside, 'secret.csv'), join(places.lake, 'linked/linked.csv'));
  server = await startTributary({
    sources: `lake: { connector: lake, root: ${places.lake} }`,
    bootstrap: `
CREATE EXTERNAL TABLE lake.default.events (id bigint, note string) PARTITIONED BY (app string)
STORED AS PARQUET LOCATION 'events/'
TBLPROPERTIES ('projection.enabled'='true', 'projection.app.type'='injected');
CREATE EXTERNAL TABLE lake.default.registered (note string) PARTITIONED BY (p string)
STORED AS PARQUET LOCATION 'registered/';
`,
  });
  client = new pg.Client({ connectionString: server.url });
  await client.connect();
}, 60_000);

afterAll(async () => {
  delete process.env['TRIBUTARY_TEST_MARKER'];
  await client.end();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  readonly sqlstate: string;
  /** All that came: rows, or every field of the error. */
  readonly text: string;
}

async function answer(text: string, values?: readonly unknown[]): Promise<Answer> {
  try {
    const result = await client.query({
      text,
      rowMode: 'array',
      ...(values && { values: [...values] }),
    });
    return { sqlstate: '00000', text: JSON.stringify(result.rows) };
  } catch (error) {
    const { code, message, detail, hint } = error as pg.DatabaseError;
    return { sqlstate: code ?? '', text: [message, detail, hint].join('\n') };
  }
}

async function rows(text: string, values?: readonly unknown[]): Promise<unknown[][]> {
  const result = await client.query<unknown[]>({
    text,
    rowMode: 'array',
    ...(values && { values: [...values] }),
  });
  return result.rows;
}

describe('a statement cannot reach files, environment, network or the engine by', () => {
  for (const [route, statements] of Object.entries(refusedStatements(places))) {
    test(`${route}`, async () => {
      const wrong: string[] = [];
      for (const [sql, sqlstate] of statements) {
        for (const text of [sql, `-- first a comment\n${sql}`]) {
          const got = await answer(text);
          if (got.sqlstate !== sqlstate) wrong.push(`${text}: ${got.sqlstate} ${got.text}`);
          if (got.text.includes(MARKER) || got.text.includes(ROOT_OF_PASSWD)) {
            wrong.push(`${text}: LEAKS ${got.text}`);
          }
        }
      }
      expect(wrong).toEqual([]);
    }, 180_000);
  }

  test('the extended protocol, with what is asked for as a parameter', async () => {
    const attempts: readonly (readonly [string, readonly unknown[], string])[] = [
      ['SELECT read_text($1)', ['/etc/passwd'], '42883'],
      ['SELECT * FROM read_text($1)', ['/etc/passwd'], '42883'],
      ['SELECT getenv($1)', ['TRIBUTARY_TEST_MARKER'], '42883'],
      ['SELECT current_setting($1)', ['s3_secret_access_key'], '42704'],
      ['SELECT pg_read_file($1) FROM pg_class', ['/etc/passwd'], '42501'],
      ['SELECT * FROM $1', ['/etc/passwd'], '42601'],
    ];
    for (const [sql, values, sqlstate] of attempts) {
      expect({ sql, ...(await answer(sql, values)) }).toMatchObject({ sql, sqlstate });
    }
  });

  test('any of it: nothing was written, and the views that were refused do not exist', async () => {
    expect((await readdir(places.outside)).sort()).toEqual([
      'app=x',
      'secret.csv',
      'secret.json',
      'secret.parquet',
    ]);
    expect((await answer('SELECT * FROM main.public.spy')).sqlstate).toBe('42P01');
    expect((await answer('SELECT * FROM lake.elsewhere')).sqlstate).toBe('42P01');
    expect(await rows('SHOW TABLES IN lake.default')).toEqual([['events'], ['registered']]);
  });
});

describe('names and texts mean themselves', () => {
  test('a common table shadows nothing but its own name', async () => {
    expect(await rows('WITH read_text AS (SELECT 1 AS a) SELECT * FROM read_text')).toEqual([[1]]);
    expect(await rows('WITH "/etc/passwd" AS (SELECT 1 AS a) SELECT * FROM "/etc/passwd"')).toEqual(
      [[1]],
    );
  });

  test('what looks like a placeholder in a literal stays as it is', async () => {
    const texts = ['{0}', '$1', '{1}', '{a}', '{{0}}', '${app}', '%s', '?', ':a', '{', '}'];
    for (const text of texts) {
      expect(
        await rows(`SELECT '${text}', upper('${text}'), '${text}' || 'x', replace('aba', 'b', '${text}'),
          lpad('${text}', 6, '${text}'), coalesce(NULL, '${text}'), ARRAY['${text}'], '${text}' = '{0}'`),
      ).toEqual([
        [
          text,
          text.toUpperCase(),
          `${text}x`,
          `a${text}a`,
          text.repeat(6).slice(0, 6 - text.length) + text,
          text,
          [text],
          text === '{0}',
        ],
      ]);
      expect(await rows('SELECT $1::text || $2', [text, '{0}'])).toEqual([[`${text}{0}`]]);
    }
  });

  test('names with quotes, braces and dollars are quoted', async () => {
    expect(
      await rows(`SELECT "{1}"."{0}" + "$1" + "a""b" + "a'b" + ";--"
        FROM (SELECT 1 AS "{0}", 2 AS "$1", 3 AS "a""b", 4 AS "a'b", 5 AS ";--") AS "{1}"
        WHERE "{0}" = 1 GROUP BY "{0}", "$1", "a""b", "a'b", ";--" ORDER BY "{1}"."{0}"`),
    ).toEqual([[15]]);
  });

  test('a table and columns with quotes in their names are read, and only they', async () => {
    await client.query(`CREATE EXTERNAL TABLE lake.default."we""ird'{0}" ("no""te" string, \`it's\` string)
      STORED AS PARQUET LOCATION 'events/app=1/'`);
    expect(await rows(`SELECT "no""te", "it's" FROM lake."we""ird'{0}"`)).toEqual([[null, null]]);
    await client.query(`DROP TABLE lake.default."we""ird'{0}"`);
  });

  test('code in a literal is text', async () => {
    const code = "'); SELECT * FROM read_text('/etc/passwd'); --";
    expect(await rows(`SELECT $$${code}$$`)).toEqual([[code]]);
    expect(await rows('SELECT $1::text', [code])).toEqual([[code]]);
    expect(await rows('SELECT note FROM lake.events WHERE app = $1', [code])).toEqual([]);
  });
});

describe('partition values are names of folders, never patterns or ways', () => {
  const NOWHERE = [
    '*',
    '?',
    '??',
    '[1]',
    '[0-9]',
    '{1,10}',
    '1*',
    '**',
    '../events/app=1',
    '../../outside/app=x',
    'x/../../../outside/app=x',
    '1/',
    '/1',
    '1/.',
    '1/../1',
    '1/../10',
    'a/b',
    '',
    '.',
    '..',
    ' ',
    '1 ',
    '%31',
    '%2e%2e',
    '1%00',
    '\\1',
    '1\n',
    '1\u2028',
    '~',
    '$HOME',
    '${app}',
    "1' OR '1'='1",
  ];

  test.each(NOWHERE)('%j finds nothing', async (value) => {
    const query = 'SELECT app, note FROM lake.events WHERE app = ';
    expect(await rows(`${query}$1`, [value])).toEqual([]);
    expect(await rows(`${query}'${value.replaceAll("'", "''")}'`)).toEqual([]);
    expect(await rows(`SELECT note FROM lake.events WHERE app IN ($1, 'b')`, [value])).toEqual([
      ['letter'],
    ]);
  });

  test('1 is not 10, and a name with a bracket is that name', async () => {
    const query = 'SELECT app, note FROM lake.events WHERE app = $1';
    expect(await rows(query, ['1'])).toEqual([['1', 'one']]);
    expect(await rows(query, ['10'])).toEqual([['10', 'ten']]);
    expect(await rows(query, ['q"u\'o'])).toEqual([['q"u\'o', 'quotes']]);
    expect(await rows(query, ['[1]x'])).toEqual([['[1]x', 'bracket']]);
  });

  test.each([
    ['an absolute template', `'storage.location.template'='{outside}/app=\${p}/'`, "p = 'x'"],
    ['a template with ..', `'storage.location.template'='{lake}/../outside/app=\${p}/'`, "p = 'x'"],
    ['a template beside', `'storage.location.template'='{lake}-other\${p}/'`, "p = ''"],
    [
      'a template through a link',
      `'storage.location.template'='{lake}/link/app=\${p}/'`,
      "p = 'x'",
    ],
    [
      'enumerated ways out',
      `'projection.p.type'='enum', 'projection.p.values'='../../outside,..,../../outside/app=x'`,
      'true',
    ],
  ])('%s reaches nothing outside', async (_, properties, condition) => {
    const written = properties
      .replaceAll('{outside}', places.outside)
      .replaceAll('{lake}', places.lake);
    const type = written.includes('.type') ? '' : `'projection.p.type'='injected', `;
    await client.query(`CREATE EXTERNAL TABLE lake.default.projected (note string) PARTITIONED BY (p string)
      STORED AS PARQUET LOCATION 'events/' TBLPROPERTIES ('projection.enabled'='true', ${type}${written})`);
    try {
      const { text } = await answer(`SELECT note, p FROM lake.projected WHERE ${condition}`);
      expect(text).not.toContain(MARKER);
      const listed = await answer(
        `EXPLAIN ANALYZE SELECT note FROM lake.projected WHERE ${condition}`,
      );
      expect(listed.text).not.toContain('secret');
    } finally {
      await client.query('DROP TABLE lake.default.projected');
    }
  });

  test('a registered partition named by a way out lies below its table', async () => {
    await client.query(`ALTER TABLE lake.default.registered ADD PARTITION (p = '../../outside')`);
    expect(await rows('SELECT * FROM lake.registered')).toEqual([]);
    await client.query(`ALTER TABLE lake.default.registered DROP PARTITION (p = '../../outside')`);
  });

  test('links inside a folder of the lake do not lead out of it', async () => {
    await client.query(
      `CREATE EXTERNAL TABLE lake.default.linked (note string)
       ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' STORED AS TEXTFILE LOCATION 'linked/'`,
    );
    try {
      const { text } = await answer(`SELECT note FROM lake.linked`);
      expect(text).not.toContain(MARKER);
    } finally {
      await client.query('DROP TABLE lake.default.linked');
    }
  });
});
