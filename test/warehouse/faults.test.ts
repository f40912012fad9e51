import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { SqlSession } from '@tributary/planner';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';
import { openQueryStack, query } from '../support/query-stack.ts';
import type { QueryStack } from '../support/query-stack.ts';

/** Passes bytes on to a PostgreSQL, until told not to. */
class Gate {
  /** The port. */
  target: number;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  /** Connections are closed after this many bytes of answers; then as if nothing had been. */
  cutAfter = Number.POSITIVE_INFINITY;
  silent = false;
  accepted = 0;

  constructor(target: number) {
    this.target = target;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  async open(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return this.port;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  dropAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.dropAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.accepted += 1;
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    if (this.silent) {
      socket.on('close', () => this.#sockets.delete(socket));
      return;
    }
    const target = connect(this.target, '127.0.0.1');
    target.on('error', () => socket.destroy());
    let answered = 0;
    target.on('data', (chunk) => {
      answered += chunk.length;
      if (answered > this.cutAfter) {
        this.cutAfter = Number.POSITIVE_INFINITY;
        socket.destroy();
        target.destroy();
      } else socket.write(chunk);
    });
    socket.on('data', (chunk) => target.write(chunk));
    socket.on('close', () => {
      this.#sockets.delete(socket);
      target.destroy();
    });
    target.on('close', () => socket.destroy());
  }
}

let postgres: TestPostgres;
let gate: Gate;
let stack: QueryStack;
let session: SqlSession;

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.query(
    'CREATE TABLE numbers AS SELECT n, n::text AS label FROM generate_series(1, 300000) n',
  );
  await postgres.query("CREATE ROLE poor LOGIN PASSWORD 'pw' CONNECTION LIMIT 1");
  await postgres.query('GRANT SELECT ON numbers TO poor');
});
afterAll(() => postgres.stop());

const urlAt = (port: number): string => {
  const url = new URL(postgres.connectionString);
  url.port = String(port);
  return url.href;
};

beforeEach(async () => {
  gate = new Gate(postgres.port);
  const port = await gate.open();
  stack = await openQueryStack({
    postgres: [
      {
        source: 'warehouse',
        url: urlAt(port),
        catalogAge: 0,
        connectTimeout: 1_000,
        connections: 2,
        statementTimeout: 60_000,
      },
    ],
  });
  session = await stack.service.createSession('ana', new Map());
});
afterEach(async () => {
  await stack.close();
  await gate.close();
});

const rows = async (sql: string, signal?: AbortSignal): Promise<unknown> =>
  (await query(session, sql, signal)).rows;
/** Sessions of ours that PostgreSQL still has, those idle in the pools aside. */
const busy = (): Promise<unknown> =>
  postgres.query(
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tributary' AND state <> 'idle'",
  );
/** Asks until the answer is the wanted one. */
async function eventually(ask: () => Promise<unknown>, wanted: unknown): Promise<void> {
  const until = Date.now() + 10_000;
  for (;;) {
    // Failures that come at once would otherwise leave no turn for anything to get better.
    await nextTurn();
    const found = await ask();
    if (JSON.stringify(found) === JSON.stringify(wanted) || Date.now() > until) {
      expect(found).toEqual(wanted);
      return;
    }
  }
}

const NUMBERS = 'SELECT count(*)::int4, max(n) FROM (SELECT n FROM warehouse.numbers OFFSET 0) t';
const PULL = "SELECT count(*)::int4 FROM warehouse.numbers WHERE lower(label) <> ''";

describe('a source that fails', () => {
  test('a connection lost before the first row is tried again', async () => {
    expect(await rows(PULL)).toEqual([[300_000]]);
    // The connection is in the pool: it breaks with the next answer.
    gate.dropAll();
    expect(await rows(PULL)).toEqual([[300_000]]);
    expect(await rows(NUMBERS)).toEqual([[300_000, 300_000]]);
  });

  test('a connection lost among the rows is tried again, since none has left', async () => {
    await rows(PULL);
    gate.dropAll();
    gate.cutAfter = 200_000;
    expect(await rows(PULL)).toEqual([[300_000]]);
  });

  test('refusing connections fails statements over it by name, and no others', async () => {
    await rows(PULL);
    await gate.close();
    await expect(rows(PULL)).rejects.toMatchObject({
      code: 'sourceUnavailable',
      message: 'source "warehouse" is not available: the connection was refused',
    });
    expect(await rows('SELECT 1')).toEqual([['1']]);
  });

  test('not answering fails in bounded time', async () => {
    gate.silent = true;
    const started = Date.now();
    await expect(rows(PULL)).rejects.toMatchObject({
      code: 'sourceUnavailable',
      message: /"warehouse".*no answer in time/,
    });
    expect(Date.now() - started).toBeLessThan(8_000);
    expect(await rows('SELECT 1')).toEqual([['1']]);
  });

  test('coming back, it is found again without a restart', async () => {
    const other = new Gate(postgres.port);
    const port = await other.open();
    await other.close();
    const late = await openQueryStack({
      postgres: [{ source: 'warehouse', url: urlAt(port), catalogAge: 0, connectTimeout: 1_000 }],
    });
    try {
      const own = await late.service.createSession('ana', new Map());
      await expect(query(own, PULL)).rejects.toMatchObject({ code: 'sourceUnavailable' });
      const again = new Gate(postgres.port);
      await again.open(port);
      await eventually(
        () =>
          query(own, PULL).then(
            ({ rows: found }) => found,
            () => undefined,
          ),
        [[300_000]],
      );
      await again.close();
    } finally {
      await late.close();
    }
  });

  test('killed in the middle of a query fails it by name, and answers again once it is back', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tributary-killed-'));
    let own = await startPostgres({ directory });
    try {
      await own.query('CREATE TABLE numbers AS SELECT n FROM generate_series(1, 1000) n');
      gate.target = own.port;
      const url = new URL(own.connectionString);
      url.port = String(gate.port);
      const mortal = await openQueryStack({
        postgres: [{ source: 'mortal', url: url.href, catalogAge: 0, connectTimeout: 1_000 }],
      });
      try {
        const asked = await mortal.service.createSession('ana', new Map());
        const count = 'SELECT count(*)::int4 FROM mortal.numbers';
        expect((await query(asked, count)).rows).toEqual([[1000]]);
        const slow = query(
          asked,
          'SELECT count(*) FROM mortal.numbers a, mortal.numbers b, mortal.numbers c WHERE a.n + b.n + c.n > 0 AND a.n * b.n > c.n',
        );
        const failed = expect(slow).rejects.toMatchObject({
          code: 'sourceUnavailable',
          message: /^source "mortal" is not available/,
        });
        await eventually(
          () =>
            own.query(
              "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tributary' AND state = 'active'",
            ),
          [['1']],
        );
        await own.stop();
        await failed;
        expect((await query(asked, 'SELECT 1')).rows).toEqual([['1']]);
        await expect(query(asked, count)).rejects.toMatchObject({ code: 'sourceUnavailable' });
        own = await startPostgres({ directory });
        gate.target = own.port;
        await eventually(
          () =>
            query(asked, count).then(
              ({ rows: found }) => found,
              () => undefined,
            ),
          [[1000]],
        );
      } finally {
        await mortal.close();
      }
      await eventually(
        () =>
          own.query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tributary'"),
        [['0']],
      );
    } finally {
      await own.stop();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    }
  }, 60_000);

  test('ending one session in the middle of a query is asked again', async () => {
    await rows(NUMBERS);
    const slow = rows(
      'SELECT count(*)::int4 FROM (SELECT DISTINCT n % 1000 AS m, md5(n::text || label) AS h FROM warehouse.numbers a) t WHERE h > m::text',
    );
    await eventually(
      () =>
        postgres
          .query(
            "SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_stat_activity WHERE application_name = 'tributary' AND state = 'active'",
          )
          .then((found) => found[0]?.[0]),
      't',
    );
    const [[count] = []] = (await slow) as number[][];
    expect(count).toBeGreaterThan(0);
    await eventually(busy, [['0']]);
  });

  test('having no connection left says so', async () => {
    const url = new URL(postgres.connectionString);
    url.username = 'poor';
    url.password = 'pw';
    const poor = await openQueryStack({
      postgres: [{ source: 'poor', url: url.href, connections: 3 }],
    });
    try {
      const own = await poor.service.createSession('ana', new Map());
      await expect(query(own, 'SELECT * FROM poor.numbers')).rejects.toMatchObject({
        code: 'sourceUnavailable',
        message: 'source "poor" is not available: it has no connection left',
      });
    } finally {
      await poor.close();
    }
  });

  test('a wrong password is told without the password', async () => {
    const url = new URL(postgres.connectionString);
    url.password = 'not-the-password';
    const wrong = await openQueryStack({ postgres: [{ source: 'wrong', url: url.href }] });
    try {
      const own = await wrong.service.createSession('ana', new Map());
      await expect(query(own, 'SELECT * FROM wrong.numbers')).rejects.toMatchObject({
        code: 'sourceUnavailable',
        message: 'source "wrong" does not let this server in: user or password are refused',
      });
      const databases = await query(own, 'SHOW SCHEMAS');
      expect(databases.rows.length).toBeGreaterThan(0);
    } finally {
      await wrong.close();
    }
  });
});

describe('a statement', () => {
  test('that is cancelled is cancelled in the source', async () => {
    await rows('SELECT count(*) FROM warehouse.numbers WHERE n = 1');
    const controller = new AbortController();
    const slow = rows(
      'SELECT count(*) FROM warehouse.numbers a JOIN warehouse.numbers b ON a.n + b.n > 0',
      controller.signal,
    );
    await eventually(busy, [['1']]);
    controller.abort();
    await expect(slow).rejects.toMatchObject({ code: 'queryCanceled' });
    await eventually(busy, [['0']]);
    expect(await rows(NUMBERS)).toEqual([[300_000, 300_000]]);
  });

  test('that the source ends for its time limit says so', async () => {
    const hasty = await openQueryStack({
      postgres: [{ source: 'warehouse', url: postgres.connectionString, statementTimeout: 200 }],
    });
    try {
      const own = await hasty.service.createSession('ana', new Map());
      await expect(
        query(
          own,
          'SELECT count(*) FROM warehouse.numbers a JOIN warehouse.numbers b ON a.n + b.n > 0',
        ),
      ).rejects.toMatchObject({ code: 'sourceError', message: /statement timeout/ });
    } finally {
      await hasty.close();
    }
  });

  test('waits for one of the bounded connections', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => rows(PULL)));
    expect(new Set(answers.map((each) => JSON.stringify(each)))).toEqual(new Set(['[[300000]]']));
    expect(gate.connections).toBeLessThanOrEqual(3);
  });

  test('whose error the source finds keeps its code', async () => {
    await expect(rows('SELECT sum(10 / (n - 1)) FROM warehouse.numbers')).rejects.toMatchObject({
      code: 'divisionByZero',
      message: 'division by zero',
    });
    expect(await rows(NUMBERS)).toEqual([[300_000, 300_000]]);
  });
});

describe('a table that changes', () => {
  test('is seen with its new column, a new table too, a dropped one not', async () => {
    await postgres.query('CREATE TABLE changing AS SELECT 1 AS a');
    expect(await rows('SELECT * FROM warehouse.changing')).toEqual([[1]]);
    await postgres.query("ALTER TABLE changing ADD COLUMN b text DEFAULT 'x'");
    expect(await rows('SELECT * FROM warehouse.changing')).toEqual([[1, 'x']]);
    await postgres.query('ALTER TABLE changing ALTER COLUMN a TYPE text');
    expect(await rows('SELECT a FROM warehouse.changing')).toEqual([['1']]);
    await postgres.query('DROP TABLE changing');
    await expect(rows('SELECT * FROM warehouse.changing')).rejects.toMatchObject({
      code: 'undefinedTable',
    });
  });

  test('between binding and reading is an error, never other values', async () => {
    await postgres.query("CREATE TABLE altered AS SELECT 1 AS a, 'x' AS b");
    const patient = await openQueryStack({
      postgres: [{ source: 'warehouse', url: postgres.connectionString, catalogAge: 60_000 }],
    });
    try {
      const own = await patient.service.createSession('ana', new Map());
      expect((await query(own, 'SELECT a FROM warehouse.altered')).rows).toEqual([[1]]);
      await postgres.query('ALTER TABLE altered ALTER COLUMN a TYPE text');
      await expect(query(own, 'SELECT a FROM warehouse.altered')).rejects.toMatchObject({
        code: 'dataChanged',
      });
      expect((await query(own, 'SELECT a FROM warehouse.altered')).rows).toEqual([['1']]);
      await postgres.query('ALTER TABLE altered DROP COLUMN b');
      await expect(query(own, 'SELECT b FROM warehouse.altered')).rejects.toMatchObject({
        code: expect.stringMatching(/dataChanged|sourceError|undefinedColumn/),
      });
      await expect(query(own, 'SELECT b FROM warehouse.altered')).rejects.toMatchObject({
        code: 'undefinedColumn',
      });
      await postgres.query('DROP TABLE altered');
      await expect(query(own, 'SELECT a FROM warehouse.altered')).rejects.toMatchObject({
        code: expect.stringMatching(/sourceError|undefinedTable/),
      });
      await expect(query(own, 'SELECT a FROM warehouse.altered')).rejects.toMatchObject({
        code: 'undefinedTable',
      });
    } finally {
      await patient.close();
    }
  });
});
