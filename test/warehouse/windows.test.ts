import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SqlSession } from '@tributary/planner';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';
import { openQueryStack, query } from '../support/query-stack.ts';
import type { QueryStack } from '../support/query-stack.ts';

const ROWS = 450_000;

let postgres: TestPostgres;
let stack: QueryStack;
let session: SqlSession;

/** 450,000 rows of a year in the order of their time, some without one and some beyond all times. */
const FACTS = `SELECT CASE WHEN i % 9973 = 0 THEN NULL WHEN i > ${ROWS} - 3 THEN 'infinity' WHEN i < 3 THEN '-infinity'
    ELSE timestamp '2024-01-01' + i * interval '70 seconds' END AS at,
  (i % 40)::int AS app, (i % 7919)::int AS amount, ((i % 1000) / 7.0)::numeric(12, 4) AS price, i % 3 = 0 AS paid,
  CASE WHEN i % 11 > 0 THEN 'label ' || i % 11 END AS label, (i * 17 % 100000)::int AS person
  FROM generate_series(1, ${ROWS}) i`;

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.query(`CREATE TABLE facts AS ${FACTS}`);
  await postgres.query('CREATE INDEX ON facts (at)');
  await postgres.query(
    'CREATE TABLE days (day date, zoned timestamptz, app int, amount int) PARTITION BY RANGE (day)',
  );
  await postgres.query(
    "CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM (MINVALUE) TO ('2024-06-01')",
  );
  await postgres.query(
    "CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2024-06-01') TO (MAXVALUE)",
  );
  await postgres.query(
    `INSERT INTO days SELECT date '2024-01-01' + (i / 1250)::int, timestamptz '2024-01-01 00:00+00' + i * interval '70 seconds', i % 40, i % 7919
     FROM generate_series(0, ${ROWS - 1}) i`,
  );
  await postgres.query(
    "CREATE TABLE apps AS SELECT i AS app, 'app ' || i AS name, i % 3 AS genre FROM generate_series(0, 36) i",
  );
  await postgres.query('CREATE TABLE scattered AS SELECT * FROM facts ORDER BY md5(at::text)');
  await postgres.query('CREATE INDEX ON scattered (at)');
  await postgres.query('CREATE TABLE bare AS SELECT * FROM facts LIMIT 10');
  await postgres.query('ANALYZE');
  stack = await openQueryStack({
    postgres: [
      {
        source: 'warehouse',
        url: postgres.connectionString,
        connections: 4,
        timeColumns: { facts: 'at', 'public.days': 'day', scattered: 'at', bare: 'nothing' },
      },
    ],
  });
  session = await stack.service.createSession('ana', new Map());
  await query(session, "SET search_path = 'warehouse'");
}, 120_000);

afterAll(async () => {
  await stack.close();
  await postgres.stop();
});

async function explained(sql: string): Promise<string> {
  const { rows } = await query(session, `EXPLAIN ${sql}`);
  return rows.map(([line]) => String(line)).join('\n');
}

async function rowsWithout(off: string, sql: string): Promise<readonly string[]> {
  await query(session, `SET tributary.rules_off = '${off}'`);
  const { rows } = await query(session, sql);
  return rows.map((row) => row.map(String).join('|'));
}

describe('a large table with a column of time is asked for windows, with the rows of', () => {
  test.each([
    ['4 windows', "SELECT date_trunc('day', at) AS d, count(*), sum(amount) FROM facts GROUP BY 1"],
    ['4 windows', 'SELECT count(*), min(at), max(at), sum(price) FROM facts'],
    [
      '4 windows',
      'SELECT app, label, count(at), max(price), bool_or(paid) FROM facts GROUP BY 1, 2',
    ],
    [
      '2 windows',
      "SELECT app, sum(amount) FROM facts WHERE at >= '2024-03-01' AND at < '2024-09-01' GROUP BY app",
    ],
    [
      '4 windows',
      'SELECT label, count(*) AS c FROM facts WHERE paid GROUP BY label HAVING count(*) > 10000 ORDER BY c DESC, label LIMIT 5',
    ],
    [
      '4 windows',
      'SELECT a.name, sum(f.amount) FROM facts f LEFT JOIN apps a ON a.app = f.app GROUP BY a.name',
    ],
    [
      '4 windows',
      'SELECT a.genre, count(*) FILTER (WHERE f.paid) FROM facts f JOIN apps a USING (app) GROUP BY 1',
    ],
    [
      '4 windows',
      'SELECT count(*), count(price) FROM facts WHERE app IN (SELECT app FROM apps WHERE genre = 1)',
    ],
    ['4 windows', 'SELECT count(*) FROM facts WHERE app NOT IN (SELECT app FROM apps)'],
    [
      '4 windows',
      'SELECT DISTINCT s FROM (SELECT app, sum(amount) % 7 AS s FROM facts GROUP BY app) t',
    ],
    ['4 windows', 'SELECT app, rank() OVER (ORDER BY sum(amount)) FROM facts GROUP BY app'],
    ['4 windows', 'SELECT count(*) FROM facts WHERE at IS NULL OR app = 3'],
    ['4 windows', 'SELECT day, count(*), sum(amount) FROM days GROUP BY day'],
    ['4 windows', 'SELECT app, avg(amount), avg(price) FROM facts GROUP BY app'],
    ['few rows', "SELECT count(*) FROM facts WHERE at >= '2024-12-20'"],
    ['few rows', "SELECT count(*) FROM facts WHERE at = '2024-02-01' OR at IS NULL"],
    ['cannot be merged', 'SELECT count(DISTINCT person) FROM facts'],
    ['groups would come', 'SELECT person, app, count(*) FROM facts GROUP BY 1, 2'],
    [
      'read once a window',
      'SELECT count(*) FROM facts f JOIN facts g ON f.at = g.at AND f.app = g.app',
    ],
    ['do not lie in the order', 'SELECT count(*) FROM scattered'],
    ['nothing: it does not exist', 'SELECT count(*) FROM bare'],
  ])('%s: %s', async (windows, sql) => {
    await query(session, "SET tributary.rules_off = ''");
    const text = await explained(sql);
    expect(text).toContain(windows.endsWith('windows') ? `windows: ${windows[0]} by` : windows);
    const wanted = (await rowsWithout('all', sql)).toSorted();
    expect(wanted.length).toBeGreaterThan(0);
    for (const off of ['', 'source-windows', 'prune-columns']) {
      expect({ off, rows: (await rowsWithout(off, sql)).toSorted() }).toEqual({
        off,
        rows: wanted,
      });
    }
  });
});

describe('windows', () => {
  test('see one moment, whatever moves from one to another meanwhile', async () => {
    await query(session, "SET tributary.rules_off = ''");
    const sql = 'SELECT count(*)::int4, sum(amount)::text FROM facts';
    expect(await explained(sql)).toContain('windows: 4 by facts.at');
    const [[count, total] = []] = (await query(session, sql)).rows;
    let over = false;
    const moving = (async () => {
      let moves = 0;
      while (!over) {
        const sign = moves % 2 === 0 ? '+' : '-';
        await postgres.query(
          `UPDATE facts SET at = at ${sign} interval '180 days' WHERE app = 7 AND isfinite(at)`,
        );
        moves += 1;
      }
      return moves;
    })();
    try {
      for (let run = 0; run < 5; run++) {
        expect((await query(session, sql)).rows).toEqual([[count, total]]);
      }
    } finally {
      over = true;
    }
    expect(await moving).toBeGreaterThan(0);
  });

  test.each([1, 2])('are asked over %i connections as well', async (connections) => {
    const other = await openQueryStack({
      postgres: [
        {
          source: 'warehouse',
          url: postgres.connectionString,
          connections,
          timeColumns: { facts: 'at' },
        },
      ],
    });
    try {
      const sessions = await Promise.all(
        Array.from({ length: 4 }, () => other.service.createSession('ana', new Map())),
      );
      const answers = await Promise.all(
        sessions.map(
          async (each) => (await query(each, 'SELECT count(*)::int4 FROM warehouse.facts')).rows,
        ),
      );
      expect(answers).toEqual(sessions.map(() => [[ROWS]]));
    } finally {
      await other.close();
    }
  });

  test('of which one fails fail the statement with its reason, and leave no transaction open', async () => {
    await query(session, "SET tributary.rules_off = ''");
    const sql = 'SELECT sum(10 / (amount - 7918)) FROM facts';
    expect(await explained(sql)).toContain('windows: 4 by facts.at');
    await expect(query(session, sql)).rejects.toMatchObject({ code: 'divisionByZero' });
    const open = await postgres.query(
      "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tributary' AND state NOT IN ('idle')",
    );
    expect(open).toEqual([['0']]);
    expect((await query(session, 'SELECT count(*)::int4 FROM facts')).rows).toEqual([[ROWS]]);
  });

  test('whose sessions end in the middle are answered or say why, and nothing is left', async () => {
    await query(session, "SET tributary.rules_off = ''");
    const sql =
      "SELECT count(*)::int4 FROM facts WHERE md5(amount::text || app) > '' OR amount IS NULL";
    const end =
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'tributary' AND state = 'active'";
    for (let run = 0; run < 4; run++) {
      const asked = query(session, sql).then(
        ({ rows }) => rows,
        (error: unknown) => error,
      );
      let ended = 0;
      const answer = { given: false };
      void asked.then(() => (answer.given = true));
      while (ended === 0 && !answer.given) ended = Number((await postgres.query(end))[0]?.[0]);
      const found = await asked;
      if (Array.isArray(found)) expect(found).toEqual([[ROWS]]);
      else {
        expect(found).toMatchObject({
          code: expect.stringMatching(/^(dataChanged|sourceUnavailable)$/),
        });
      }
    }
    expect((await query(session, 'SELECT count(*)::int4 FROM facts')).rows).toEqual([[ROWS]]);
  });

  test('are cancelled with their statement', async () => {
    const controller = new AbortController();
    const slow = query(
      session,
      'SELECT count(*) FROM facts f JOIN apps a ON length(repeat(f.amount::text, a.app * 50)) > 0',
      controller.signal,
    );
    const active = async (): Promise<number> =>
      Number(
        (
          await postgres.query(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tributary' AND state = 'active'",
          )
        )[0]?.[0],
      );
    while ((await active()) === 0);
    controller.abort();
    await expect(slow).rejects.toMatchObject({ code: 'queryCanceled' });
    while ((await active()) > 0);
    expect((await query(session, 'SELECT count(*)::int4 FROM facts')).rows).toEqual([[ROWS]]);
  });

  test('are part of a larger join', async () => {
    await query(session, "SET tributary.rules_off = ''");
    const sql = `SELECT f.app, f.c FROM (SELECT app, count(*)::int4 AS c FROM facts GROUP BY app) f
      JOIN (VALUES (3), (5)) v(app) ON v.app = f.app`;
    expect(await rowsWithout('', sql)).toEqual(await rowsWithout('source-windows', sql));
  });
});
