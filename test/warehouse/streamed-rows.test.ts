import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SqlSession } from '@tributary/planner';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';
import { hasExtension } from '../support/engine-extensions.ts';
import { openQueryStack, query } from '../support/query-stack.ts';
import type { QueryStack } from '../support/query-stack.ts';

/** More than the chunks that are held in memory: an answer of them passes through a table. */
const ROWS = 120_000;

let postgres: TestPostgres;
let stack: QueryStack;
let session: SqlSession;

const STATEMENTS: readonly string[] = [
  `SELECT kind, count(*), sum(n), max(label), min(price), max(at) FROM numbers JOIN generate_series(1, ${ROWS}) AS s(i) ON i = n GROUP BY kind ORDER BY kind`,
  'SELECT a.kind, count(*), max(b.label) FROM numbers a JOIN others b ON a.n = b.n, generate_series(1, 2) AS s(i) WHERE a.n % 5 = i GROUP BY a.kind ORDER BY 1',
  `SELECT n, label, price FROM numbers JOIN generate_series(1, ${ROWS}) AS s(i) ON i = n ORDER BY n DESC`,
  'SELECT n FROM numbers WHERE n IN (SELECT i * 2 FROM generate_series(1, 9) AS s(i)) ORDER BY n LIMIT 3',
  'SELECT count(*) FROM numbers a WHERE NOT EXISTS (SELECT FROM generate_series(1, 99) AS s(i) WHERE i = a.kind)',
  "WITH c AS (SELECT n, label FROM numbers WHERE label LIKE '%7') SELECT count(*) FROM c x JOIN c y ON x.n = y.n, generate_series(1, 3)",
  "SELECT label || '{0} $1 ''q' AS t FROM numbers JOIN generate_series(1, 3) AS s(i) ON i = n WHERE label <> '{0} $1 ''q' ORDER BY 1",
  'WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT o.n + 1 FROM r JOIN others o ON o.n = r.i WHERE r.i < 40) SELECT sum(i) FROM r',
  'SELECT n, price FROM spoiled JOIN generate_series(1, 20) AS s(i) ON i = n ORDER BY n',
  'SELECT 1 / (n - 3) FROM numbers JOIN generate_series(1, 20) AS s(i) ON i = n',
  'SELECT v FROM failing JOIN generate_series(1, 20) AS s(i) ON i = n',
  'SELECT n, label FROM empty JOIN generate_series(1, 20) AS s(i) ON i = n',
];

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.query(
    `CREATE TABLE numbers AS SELECT n, 'label ' || n AS label, n % 7 AS kind, (n / 8.0)::numeric(12, 3) AS price,
       timestamp '2024-01-01' + n * interval '1 minute' AS at FROM generate_series(1, ${ROWS}) n`,
  );
  await postgres.query('CREATE TABLE others AS SELECT n * 2 AS n, label FROM numbers');
  await postgres.query('CREATE TABLE empty AS SELECT n, label FROM numbers LIMIT 0');
  await postgres.query(
    "CREATE TABLE spoiled AS SELECT n, CASE WHEN n = 9 THEN numeric 'NaN' ELSE n END::numeric(9, 2) AS price FROM generate_series(1, 99) n",
  );
  await postgres.query(
    'CREATE VIEW failing AS SELECT n, 1 / (n - 3) AS v FROM generate_series(1, 9) n',
  );
  await postgres.query(
    `CREATE VIEW slow AS SELECT n, pg_sleep(0.005)::text AS v FROM generate_series(1, ${ROWS}) n`,
  );
  await postgres.query('ANALYZE');
  stack = await openQueryStack({
    postgres: [
      { source: 'warehouse', url: postgres.connectionString, extension: 'always', catalogAge: 0 },
    ],
  });
  session = await stack.service.createSession('ana', new Map());
  await query(session, "SET search_path = 'warehouse'");
}, 120_000);

afterAll(async () => {
  await stack.close();
  await postgres.stop();
});

/** The answer where a source computes nothing but rows of its tables, so that they must come. */
async function answer(sql: string, off = ''): Promise<unknown> {
  const rules = ['push-to-source', 'join-in-source', 'direct-rows', ...(off === '' ? [] : [off])];
  await query(session, `SET tributary.rules_off = '${rules.join(', ')}'`);
  return answered(sql);
}

async function answered(sql: string): Promise<unknown> {
  try {
    const { rows } = await query(session, sql);
    return rows.map((row) => row.map(String));
  } catch (error) {
    const { code, message } = error as { readonly code: string; readonly message: string };
    return { code, message };
  }
}

/** What the server's connections do; those that wait for the next statement aside. */
async function busy(): Promise<readonly string[]> {
  const found = await postgres.query(
    "SELECT state || ' ' || left(query, 60) FROM pg_stat_activity WHERE application_name = 'tributary' AND state <> 'idle'",
  );
  return found.map(([text]) => text ?? '');
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('it never came');
    await delay(10);
  }
}

const reading = (table: string): string =>
  `SELECT count(*), sum(n) FROM ${table} JOIN generate_series(1, ${ROWS}) AS s(i) ON i = n`;

const withExtension = hasExtension('postgres_scanner') ? describe : describe.skip;

withExtension('rows that a statement reads while they come', () => {
  test.each(STATEMENTS)('are the same as rows that came before: %s', async (sql) => {
    const wanted = JSON.stringify(await answer(sql, 'all'));
    expect(JSON.stringify(await answer(sql, 'streamed-rows')) === wanted).toBe(true);
    expect(JSON.stringify(await answer(sql)) === wanted).toBe(true);
    expect(await busy()).toEqual([]);
  });

  test('are put into no table of the engine', async () => {
    const loaded = async (off: string): Promise<unknown> => {
      await answer(reading('numbers'), off);
      // Rows that are not counted on their way were read as they came.
      return answered('SELECT rows_read FROM tributary.last_query');
    };
    expect(await loaded('streamed-rows')).toEqual([[String(ROWS)]]);
    expect(await loaded('')).toEqual([['null']]);
  });

  test('are all here, and their source is free, before the first row of the answer is read', async () => {
    await answer('SELECT 1');
    const [statement] = await session.parse(
      `SELECT n, label FROM numbers JOIN generate_series(1, ${ROWS}) AS s(i) ON i = n`,
    );
    if (statement === undefined) throw new Error('no statement');
    const { signal } = new AbortController();
    const result = await session.execute(await session.prepare(statement, []), [], signal);
    if (result.kind !== 'rows') throw new Error('no rows');
    let rows = 0;
    for await (const chunk of result.chunks()) {
      if (rows === 0) expect(await busy()).toEqual([]);
      rows += chunk.rowCount;
    }
    await result.close();
    expect(rows).toBe(ROWS);
  });

  test('come another way when a connection is lost, and the answer is whole', async () => {
    await postgres.query(
      'CREATE VIEW slowly AS SELECT n, pg_sleep(0.001)::text AS v FROM generate_series(1, 1500) n',
    );
    const answering = answer(
      'SELECT count(v), sum(n) FROM slowly JOIN generate_series(1, 9999) AS s(i) ON i = n',
    );
    await until(async () => (await busy()).some((each) => /^active.*COPY/.test(each)));
    await postgres.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tributary' AND state = 'active' AND query LIKE '%COPY%'",
    );
    expect(await answering).toEqual([['1500', '1125750']]);
  });

  test('stop in the source when the statement is cancelled, and nothing stays open', async () => {
    const controller = new AbortController();
    const running = query(
      session,
      'SELECT count(v), sum(n) FROM slow JOIN generate_series(1, 9) AS s(i) ON i = n',
      controller.signal,
    ).then(
      () => 'answered',
      (error: unknown) => error,
    );
    await until(async () => (await busy()).some((each) => /^active.*COPY/.test(each)));
    const cancelled = performance.now();
    controller.abort();
    expect(await running).toMatchObject({ code: 'queryCanceled' });
    expect(performance.now() - cancelled).toBeLessThan(5_000);
    await until(async () => (await busy()).length === 0);
    expect(await answer(reading('numbers'))).toEqual(await answer(reading('numbers'), 'all'));
  });

  test('of many statements at once are right, and leave no connection behind', async () => {
    const sessions = await Promise.all(
      Array.from({ length: 8 }, () => stack.service.createSession('ana', new Map())),
    );
    const [wanted] = (await answer(reading('numbers'), 'all')) as readonly (readonly string[])[];
    const answers = await Promise.all(
      sessions.map(async (each) => {
        await query(each, "SET search_path = 'warehouse'");
        return (await query(each, reading('numbers'))).rows[0]?.map(String);
      }),
    );
    expect(answers).toEqual(sessions.map(() => wanted));
    expect(await busy()).toEqual([]);
  });
});
