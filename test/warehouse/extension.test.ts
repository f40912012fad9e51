import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import type { QueryConnector, ScanRelation } from '@tributary/connectors';
import type { ScanPlan } from '@tributary/sql';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';
import { hasExtension } from '../support/engine-extensions.ts';
import { openQueryStack } from '../support/query-stack.ts';
import type { QueryStack } from '../support/query-stack.ts';

/** A row lies on a page of its own, so that few rows are many pages. */
const WIDE_ROWS = 17_000;
const FACTS = { timeZone: 'Europe/Berlin', now: '2024-01-01 00:00:00+00' };

/** Values that both ways must answer alike, or that only COPY reads. */
const VALUES: readonly (readonly [type: string, path: string, values: readonly string[]])[] = [
  ['bool', 'extension', ['true', 'false']],
  ['int2', 'extension', ['-32768', '32767']],
  ['int4', 'extension', ['-2147483648', '2147483647']],
  ['int8', 'extension', ['-9223372036854775808', '9223372036854775807']],
  ['float4', 'extension', ["'NaN'", "'-Infinity'", '-0.0', '1e-40', '3.4028235e38']],
  ['float8', 'extension', ["'NaN'", "'Infinity'", '-0.0', '5e-324', '1.7976931348623157e308']],
  ['numeric(4,2)', 'extension', ['-99.99', '0', '0.01', '7']],
  ['numeric(4,4)', 'extension', ['-0.9999', '0.0001']],
  ['numeric(9,4)', 'extension', ['-99999.9999', '10000.0001', '12345.6']],
  ['numeric(18,0)', 'extension', ['-999999999999999999', '100000000']],
  ['numeric(18,7)', 'extension', ['-99999999999.9999999', '0.0000001', '10000000000.01']],
  ['numeric(18,18)', 'extension', ['0.999999999999999999', '-0.000000000000000001']],
  ['numeric(9,2)', 'copy', ['1', "'NaN'"]],
  ['numeric(20,2)', 'copy', ['123456789012345678.90']],
  ['numeric', 'copy', ['1.5']],
  ['text', 'extension', ["''", "'grüße 😀'", "'a text of more than twelve bytes'"]],
  ['varchar(10)', 'extension', ["'ten'", "' '"]],
  ['char(5)', 'copy', ["'abc'"]],
  ['bytea', 'extension', [`'\\x'`, `'\\x00ff10'`]],
  ['date', 'extension', ["'0044-03-15 BC'", "'infinity'", "'-infinity'", "'5874897-12-31'"]],
  [
    'timestamp',
    'extension',
    ["'0044-03-15 01:02:03 BC'", "'infinity'", "'-infinity'", "'1969-12-31 23:59:59.999999'"],
  ],
  ['timestamp', 'copy', ["'294276-12-31'"]],
  ['timestamptz', 'extension', ["'2024-02-29 12:34:56.789012+05'", "'infinity'", "'-infinity'"]],
  [
    'uuid',
    'extension',
    ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
  ],
  ['interval', 'copy', ["'1 day'"]],
  ['time', 'copy', ["'24:00'"]],
  ['jsonb', 'copy', [`'{"a": 1}'`]],
  ['int4[]', 'copy', ["'{1,NULL}'"]],
];

let postgres: TestPostgres;
let stack: QueryStack;

/** A scan of a table with all its columns. */
async function scanOf(connector: QueryConnector, name: string): Promise<ScanPlan> {
  const catalog = await connector.catalog.read();
  const table = catalog.schemas.get('public')?.get(name);
  if (table === undefined) throw new Error(`there is no table ${name}`);
  const columns = table.columns.map((column, index) => ({
    id: index + 1,
    name: column.name,
    type: column.type,
  }));
  return {
    kind: 'scan',
    occurrence: 1,
    table: {
      database: connector.source,
      schema: 'public',
      name,
      id: '1',
      source: connector.source,
    },
    columns,
    scanColumns: columns.map((column) => ({ id: column.id, source: column.name })),
  };
}

function connectorOf(source: string): QueryConnector {
  const connector = stack.querySources.get(source);
  if (connector === undefined) throw new Error(`there is no source ${source}`);
  return connector;
}

async function read(
  source: string,
  name: string,
  signal = new AbortController().signal,
): Promise<ScanRelation> {
  const connector = connectorOf(source);
  return connector.run(await scanOf(connector, name), FACTS, { signal, now: new Date() });
}

/** All rows as text, in the order of the first column. */
async function rows(
  source: string,
  name: string,
): Promise<{ readonly path: string; readonly rows: unknown }> {
  const relation = await read(source, name);
  try {
    const found = await stack.engine.rows(
      `SELECT COLUMNS(*)::VARCHAR FROM ${relation.text} ORDER BY c1`,
      [],
    );
    expect(relation.statistics.rows).toBe(found.length);
    return { path: relation.statistics.path, rows: found };
  } finally {
    await relation.release();
  }
}

/** Connections of the server's that are open. */
async function connections(): Promise<readonly string[]> {
  const found = await postgres.query(
    "SELECT state || ' ' || left(query, 40) FROM pg_stat_activity WHERE application_name = 'tributary'",
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

const withExtension = hasExtension('postgres_scanner') ? describe : describe.skip;

withExtension('rows that the engine’s extension reads', () => {
  beforeAll(async () => {
    postgres = await startPostgres();
    for (const [index, [type, , values]] of VALUES.entries()) {
      const list = [...values, 'NULL'].map((value, n) => `(${n}, CAST(${value} AS ${type}))`);
      await postgres.query(`CREATE TABLE t${index} (n int, v ${type})`);
      await postgres.query(`INSERT INTO t${index} VALUES ${list.join(', ')}`);
    }
    await postgres.query('CREATE TABLE wide (n int, filler text)');
    await postgres.query('ALTER TABLE wide ALTER filler SET STORAGE plain');
    await postgres.query(
      `INSERT INTO wide SELECT i, repeat('x', 7000) || i FROM generate_series(1, ${WIDE_ROWS}) i`,
    );
    await postgres.query('VACUUM ANALYZE wide');
    await postgres.query(
      'CREATE VIEW slow AS SELECT n, pg_sleep(0.01)::text AS v FROM generate_series(1, 100000) n',
    );
    await postgres.query(
      'CREATE VIEW failing AS SELECT n, 1 / (n - 3) AS v FROM generate_series(1, 9) n',
    );
    const url = postgres.connectionString;
    stack = await openQueryStack({
      postgres: [
        { source: 'extension', url, extension: 'always', catalogAge: 0 },
        { source: 'copy', url, extension: 'never', catalogAge: 0 },
        { source: 'few', url, extension: 'always', connections: 1 },
        { source: 'hasty', url, extension: 'always', statementTimeout: 300 },
      ],
    });
  });
  afterAll(async () => {
    await stack.close();
    await postgres.stop();
  });

  test.each(VALUES.map(([type, path], index) => [type, path, index] as const))(
    'of type %s come by %s',
    async (_, path, index) => {
      const wanted = rows('copy', `t${index}`);
      const [copied, read] = await Promise.allSettled([wanted, rows('extension', `t${index}`)]);
      if (copied.status === 'rejected') {
        // What the engine cannot hold is the same error, of COPY.
        expect(read).toMatchObject({
          status: 'rejected',
          reason: { code: (copied.reason as { code: string }).code },
        });
        expect(path).toBe('copy');
        return;
      }
      expect(copied.value.path).toBe('copy');
      expect(read).toEqual({ status: 'fulfilled', value: { path, rows: copied.value.rows } });
    },
  );

  test('of a large table are read by ranges of its pages at once, each row once', async () => {
    const relation = await read('extension', 'wide');
    try {
      expect(relation.statistics).toMatchObject({
        path: 'extension',
        rows: WIDE_ROWS,
        requests: 2,
      });
      const [row] = await stack.engine.rows(
        `SELECT count(*), count(DISTINCT c1), sum(c1), sum(length(c2)) FROM ${relation.text}`,
        [],
      );
      expect(row?.map(String)).toEqual(
        (
          await postgres.query(
            'SELECT count(*), count(DISTINCT n), sum(n), sum(length(filler)) FROM wide',
          )
        )[0],
      );
    } finally {
      await relation.release();
    }
  });

  test('come by COPY where the source has no connection left', async () => {
    expect((await rows('few', 't1')).path).toBe('copy');
  });

  test('of a failing query are the error that COPY gives', async () => {
    await expect(rows('extension', 'failing')).rejects.toMatchObject({ code: 'divisionByZero' });
  });

  test('that take longer than the statement timeout are an error that says so', async () => {
    await expect(rows('hasty', 'slow')).rejects.toMatchObject({
      code: 'sourceError',
      message: expect.stringContaining('statement timeout'),
    });
  });

  test('stop in the source when the statement is cancelled, and no connection is left', async () => {
    const controller = new AbortController();
    const reading = read('extension', 'slow', controller.signal).then(
      () => 'read',
      (error: unknown) => error,
    );
    await until(async () => (await connections()).some((each) => /^active.*COPY/.test(each)));
    const cancelled = performance.now();
    controller.abort();
    expect(await reading).toMatchObject({ code: 'queryCanceled' });
    expect(performance.now() - cancelled).toBeLessThan(5_000);
    await until(async () => (await connections()).every((each) => each.startsWith('idle ')));
  });
});
