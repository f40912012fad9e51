import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';
import { startTributary } from '../support/tributary.ts';
import type { TestServer } from '../support/tributary.ts';
import { COLUMNS, createTables } from './column-values.ts';

let postgres: TestPostgres;
let server: TestServer;
let direct: pg.Client;
/** A session in which all rows go through the engine. */
let engine: pg.Client;

const raw = { getTypeParser: () => (value: string | Buffer) => value.toString('latin1') };

interface Answer {
  readonly types: readonly number[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Types and values as they were sent; an error by its code and words. */
async function answer(
  client: pg.Client,
  text: string,
  values: readonly (string | null)[] = [],
  binary = false,
): Promise<Answer | { readonly code: unknown; readonly message: unknown }> {
  try {
    const asked: pg.QueryArrayConfig & { readonly binary: boolean } = {
      text,
      values: [...values],
      rowMode: 'array',
      types: raw,
      binary,
    };
    const { fields, rows } = await client.query<(string | null)[]>(asked);
    return { types: fields.map(({ dataTypeID }) => dataTypeID), rows };
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    return { code, message };
  }
}

/** Asks both sessions, in text and in binary form, twice; answers what both said in text. */
async function bothWays(text: string, values: readonly (string | null)[] = []): Promise<unknown> {
  for (const binary of [false, true, true]) {
    const wanted = await answer(engine, text, values, binary);
    expect(await answer(direct, text, values, binary)).toEqual(wanted);
  }
  return answer(direct, text, values);
}

/** The last statement of each of the server's connections to the source. */
const lastTexts = (): Promise<readonly (readonly (string | null)[])[]> =>
  postgres.query(
    "SELECT left(query, 20) FROM pg_stat_activity WHERE application_name = 'tributary' AND query !~ 'pg_class'",
  );

beforeAll(async () => {
  postgres = await startPostgres();
  await createTables(postgres);
  await postgres.query(
    "CREATE TABLE numbers AS SELECT n, 'label ' || n AS label, n % 7 AS kind FROM generate_series(1, 20000) n",
  );
  await postgres.query('CREATE TABLE empty (n int4, label text)');
  server = await startTributary({
    sources: `warehouse: { connector: postgres, catalogAge: 0, connections: 1, statementTimeout: 20s, url: '${postgres.connectionString}' }`,
  });
  direct = new pg.Client({ connectionString: server.url });
  engine = new pg.Client({ connectionString: server.url });
  await Promise.all([direct.connect(), engine.connect()]);
  await engine.query("SET tributary.rules_off = 'direct-rows'");
});

afterAll(async () => {
  await Promise.all([direct.end(), engine.end()]);
  await server.close();
  await postgres.stop();
});

describe('rows of one source that do not pass through the engine', () => {
  test('are asked for by prepared statements and not by COPY', async () => {
    await answer(engine, 'SELECT label FROM warehouse.numbers WHERE n = $1', ['1']);
    expect(await lastTexts()).toEqual(
      [['BEGIN ISOLATION LEV']].map(() => [expect.stringMatching(/^BEGIN/)]),
    );
    await answer(direct, 'SELECT label FROM warehouse.numbers WHERE n = $1', ['1']);
    expect(await lastTexts()).toEqual([[expect.stringMatching(/^SELECT count/)]]);
  });

  test.each(COLUMNS.map(([type], index) => [type, index] as const))(
    'are the same of type %s',
    async (_, index) => {
      const all = `SELECT n, v FROM warehouse.t${index} WHERE n >= $1::int4 ORDER BY n LIMIT 100`;
      expect(await bothWays(all, ['0'])).toMatchObject({ rows: expect.anything() as unknown });
      await bothWays(`SELECT v FROM warehouse.t${index} WHERE n < 0`);
    },
  );

  test.each(COLUMNS.map(([type], index) => [type, index] as const))(
    'are the same where parameters of type %s say which',
    async (type, index) => {
      const values = await postgres.query(`SELECT DISTINCT v::text FROM t${index}`);
      for (const [value = null] of values) {
        await bothWays(`SELECT n FROM warehouse.t${index} WHERE v = $1 ORDER BY n LIMIT 100`, [
          value,
        ]);
        await bothWays(`SELECT n, $1::${type} FROM warehouse.t${index} WHERE n = 0`, [value]);
      }
    },
  );

  test.each([
    ['SELECT label FROM warehouse.numbers WHERE n = $1', ['17']],
    ['SELECT label FROM warehouse.numbers WHERE n = $1', [null]],
    ['SELECT n FROM warehouse.numbers WHERE n = $2', ['unused', '5']],
    [
      'SELECT n FROM warehouse.numbers WHERE n < $1 ORDER BY label DESC LIMIT $2 OFFSET $3',
      ['50', '3', '2'],
    ],
    ['SELECT n FROM warehouse.numbers WHERE n < 10 LIMIT $1', ['-1']],
    ['SELECT 10 / (n - $1) FROM warehouse.numbers WHERE n < 5', ['3']],
    [
      'SELECT kind, count(*), sum(n), avg(n) FROM warehouse.numbers WHERE n > $1 GROUP BY kind ORDER BY kind',
      ['100'],
    ],
    [
      'SELECT kind, max(label) FROM warehouse.numbers GROUP BY kind HAVING count(*) > $1 ORDER BY 2 DESC',
      ['2857'],
    ],
    [
      'SELECT DISTINCT kind FROM warehouse.numbers WHERE n > $1 ORDER BY kind DESC NULLS FIRST',
      ['9'],
    ],
    [
      'SELECT a.n, b.label FROM warehouse.numbers a JOIN warehouse.numbers b ON a.n = b.n WHERE a.n IN ($1, $2) ORDER BY 1 LIMIT 9',
      ['3', '4'],
    ],
    [
      'SELECT n FROM warehouse.numbers WHERE label = ANY ($1) ORDER BY n LIMIT 9',
      ['{"label 3","label 30"}'],
    ],
    ['SELECT n FROM warehouse.numbers WHERE label LIKE $1 ORDER BY n LIMIT 5', ['label 12%']],
    ['SELECT n, now() FROM warehouse.empty WHERE n = $1', ['1']],
    ['SELECT * FROM warehouse.empty LIMIT 5', []],
    ['SELECT FROM warehouse.numbers WHERE n < 4', []],
    ['SELECT count(*) FROM warehouse.numbers WHERE label = $1', ["it's \\ 😀"]],
    ['SELECT n FROM warehouse.numbers WHERE n = $1', ['no number']],
    ['SELECT n FROM warehouse.numbers WHERE n = $1', ['99999999999999999999']],
    ['SELECT n + $1 FROM warehouse.numbers WHERE n = 20000', ['2147483647']],
    ['SELECT n * $1::numeric FROM warehouse.numbers WHERE n = 3', ['1.50']],
    ['SELECT n * $1::numeric FROM warehouse.numbers WHERE n = 3', ['1.5']],
  ] as const)('are the same for %s with %j', async (text, values) => {
    await bothWays(text, values);
  });

  test('are told by EXPLAIN, and that they are not where the engine has a part in them', async () => {
    const told = async (client: pg.Client, text: string): Promise<boolean> => {
      const { rows } = (await answer(client, `EXPLAIN ${text}`)) as Answer;
      return rows.some(([line]) => /^direct-rows: /.test(String(line)));
    };
    const text = 'SELECT label FROM warehouse.numbers WHERE n = 5';
    expect(await told(direct, text)).toBe(true);
    expect(await told(engine, text)).toBe(false);
    expect(
      await told(direct, 'SELECT initcap(label) FROM warehouse.numbers, tributary.last_query'),
    ).toBe(false);
  });

  test('come all where they are many, and the source is free before they are read', async () => {
    const { rows } = (await bothWays(
      'SELECT n, label FROM warehouse.numbers WHERE kind < $1 ORDER BY n LIMIT 15000',
      ['6'],
    )) as Answer;
    expect(rows).toHaveLength(15_000);
    const wide = `SELECT n, repeat(label, 200) FROM warehouse.numbers WHERE n < $1 ORDER BY n LIMIT 5000`;
    await bothWays(wide, ['3000']);
    await direct.query('BEGIN');
    await direct.query('DECLARE slow CURSOR FOR SELECT n FROM warehouse.numbers WHERE n > 0');
    expect((await direct.query('FETCH 1 FROM slow')).rowCount).toBe(1);
    // The source has one connection.
    expect(await answer(engine, 'SELECT count(*) FROM warehouse.numbers')).toMatchObject({
      rows: [['20000']],
    });
    expect((await direct.query('FETCH ALL FROM slow')).rowCount).toBe(19_999);
    await direct.query('COMMIT');
  });

  test('follow a table that is altered under a prepared statement', async () => {
    await postgres.query('CREATE TABLE moving AS SELECT 1 AS n, 7 AS v');
    const text = { name: 'moving', text: 'SELECT v FROM warehouse.moving WHERE n = $1' };
    for (let round = 0; round < 3; round++) {
      expect((await direct.query({ ...text, values: [1] })).rows).toEqual([{ v: 7 }]);
    }
    await postgres.query("ALTER TABLE moving ALTER v TYPE text USING 'seven'");
    await expect(direct.query({ ...text, values: [1] })).rejects.toMatchObject({
      code: '0A000',
      message: 'cached plan must not change result type',
    });
    expect((await direct.query('SELECT v FROM warehouse.moving WHERE n = 1')).rows).toEqual([
      { v: 'seven' },
    ]);
  });

  test('say the moment of each run, not of the first', async () => {
    const text = 'SELECT now() AS moment FROM warehouse.numbers WHERE n = 1 AND now() > $1';
    const ask = async (): Promise<number> =>
      (await direct.query<{ moment: Date }>(text, ['2000-01-01'])).rows[0]?.moment.getTime() ?? 0;
    const first = await ask();
    await postgres.query('SELECT pg_sleep(0.01)');
    expect(await ask()).toBeGreaterThan(first);
  });

  test('stop with their statement, and what ran in the source with them', async () => {
    const slow =
      'SELECT count(*) FROM warehouse.numbers a JOIN warehouse.numbers b ON a.n + b.n > $1';
    await direct.query("SET statement_timeout = '200ms'");
    await expect(direct.query(slow, [0])).rejects.toMatchObject({ code: '57014' });
    await direct.query('RESET statement_timeout');
    expect(
      await postgres.query(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tributary' AND state <> 'idle'",
      ),
    ).toEqual([['0']]);
    expect((await direct.query('SELECT n FROM warehouse.numbers WHERE n = $1', [1])).rowCount).toBe(
      1,
    );
  });
});
