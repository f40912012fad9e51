import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import type { BothServers } from './both-servers.ts';
import { openBothServers } from './both-servers.ts';
import { transcript } from './transcript.ts';

jest.setTimeout(60_000);

let servers: BothServers;
beforeAll(async () => {
  servers = await openBothServers();
  // Where PostgreSQL differs by its configuration, not by its rules.
  await servers.postgres.query("SET default_transaction_isolation = 'repeatable read'");
}, 60_000);
afterAll(() => servers.close());

async function expectAlike(...texts: readonly string[]): Promise<void> {
  const { postgres, tributary } = await servers.run([...texts, 'ROLLBACK']);
  expect(tributary).toEqual(postgres);
}

describe('transactions and settings follow the rules of PostgreSQL', () => {
  it('BEGIN and SET TRANSACTION say what SHOW tells', async () => {
    await expectAlike(
      'SHOW transaction_isolation',
      'BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY',
      'SHOW transaction_isolation',
      'SHOW transaction_read_only',
      'COMMIT',
      'SHOW transaction_isolation',
      'SHOW transaction_read_only',
      'BEGIN',
      'SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY, DEFERRABLE',
      'SHOW transaction_isolation',
      'SHOW transaction_read_only',
      'SHOW transaction_deferrable',
      'ROLLBACK',
      'SET TRANSACTION ISOLATION LEVEL READ COMMITTED',
      'SHOW transaction_isolation',
    );
  });

  it('the statements of one message have one now()', async () => {
    const times = async (client: pg.Client): Promise<number> => {
      const answers: unknown = await client.query({
        text: 'SELECT clock_timestamp(), now()::text; SELECT count(*), now()::text FROM generate_series(1, 200000); SELECT 1, now()::text',
        rowMode: 'array',
      });
      if (!Array.isArray(answers)) throw new Error('one answer came to three statements');
      const results = answers as readonly { readonly rows: readonly (readonly unknown[])[] }[];
      return new Set(results.map(({ rows }) => String(rows[0]?.[1]))).size;
    };
    expect(await times(servers.postgres)).toBe(1);
    expect(await times(servers.tributary)).toBe(1);
  });

  it('notices below client_min_messages are not sent', async () => {
    await expectAlike(
      'COMMIT',
      'SET client_min_messages = error',
      'COMMIT',
      'SET client_min_messages = warning',
      'COMMIT',
      'RESET client_min_messages',
      'COMMIT',
    );
  });

  it('the level of a transaction is fixed by its first query', async () => {
    await expectAlike('BEGIN', 'SELECT 1 AS a', 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE');
  });

  it('settings with names of a client of its own keep what it puts there', async () => {
    await expectAlike(
      'SHOW app.nothing',
      "SELECT current_setting('app.nothing', true) AS v",
      "SET app.tenant = 'north'",
      'SHOW App.Tenant',
      "SELECT current_setting('app.tenant') AS v, set_config('app.other.part', 'x', false) AS w",
      'BEGIN',
      "SET LOCAL app.tenant = 'south'",
      'SHOW app.tenant',
      'ROLLBACK',
      'SHOW app.tenant',
      'RESET app.tenant',
      'SHOW app.tenant',
      "SET app.tenant = 'west'",
      'DISCARD ALL',
      'SHOW app.other.part',
      "SET nosuch = 'x'",
    );
  });

  it('there are at most a hundred of them', async () => {
    const { tributary } = await servers.run(
      Array.from({ length: 101 }, (_, index) => `SET many.s${index} = 'x'`),
    );
    expect(tributary.filter((each) => JSON.stringify(each).includes('54000'))).not.toEqual([]);
  });

  it('the role can be set to what it is', async () => {
    await expectAlike(
      'SHOW role',
      'SET ROLE NONE',
      'RESET ROLE',
      'SHOW role',
      'RESET SESSION AUTHORIZATION',
      'SET SESSION AUTHORIZATION DEFAULT',
    );
    const { tributary } = await servers.run([
      'SET ROLE postgres',
      'SET SESSION AUTHORIZATION postgres',
    ]);
    for (const each of tributary) expect(JSON.stringify(each)).toContain('42501');
  });

  it('SET SESSION CHARACTERISTICS is for the transactions that come', async () => {
    await expectAlike(
      'SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY',
      'SHOW default_transaction_isolation',
      'SHOW transaction_isolation',
      'BEGIN READ WRITE',
      'SHOW transaction_isolation',
      'SHOW transaction_read_only',
      'COMMIT',
      'SHOW transaction_read_only',
      "SET default_transaction_isolation = 'repeatable read'",
      'SET default_transaction_read_only = off',
    );
  });

  it('a savepoint keeps the settings that stood before it', async () => {
    await expectAlike(
      'BEGIN',
      "SET application_name = 'a'",
      'SAVEPOINT s',
      "SET application_name = 'b'",
      "SET LOCAL statement_timeout = '5s'",
      'ROLLBACK TO s',
      'SHOW application_name',
      'SHOW statement_timeout',
      "SET application_name = 'c'",
      'RELEASE s',
      'SHOW application_name',
      'ROLLBACK TO s',
    );
    await expectAlike('SHOW application_name');
  });

  it('set_config and current_setting', async () => {
    await expectAlike(
      "SELECT set_config('application_name', 'x', false)",
      'SHOW application_name',
      'BEGIN',
      "SELECT set_config('application_name', 'y', true)",
      "SELECT current_setting('application_name')",
      'COMMIT',
      'SHOW application_name',
      "SELECT current_setting('no.such', true)",
      'RESET application_name',
    );
  });

  it('timeouts and text forms are checked and shown alike', async () => {
    await expectAlike(
      "SET statement_timeout = '90s'",
      'SHOW statement_timeout',
      'SET lock_timeout = 1500',
      'SHOW lock_timeout',
      "SET idle_in_transaction_session_timeout = '1min'",
      'SHOW idle_in_transaction_session_timeout',
      "SET statement_timeout = 'soon'",
      'RESET ALL',
      'SHOW statement_timeout',
      "SET IntervalStyle = 'nonsense'",
      "SET bytea_output = 'nonsense'",
      "SET client_encoding = 'SQL_ASCII'",
      'SHOW client_encoding',
      "SET client_encoding = 'UTF8'",
      "SET default_transaction_isolation = 'repeatable read'",
    );
  });

  it.each(['postgres', 'postgres_verbose', 'sql_standard', 'iso_8601'])(
    'intervals in the style %s',
    async (style) => {
      await expectAlike(
        `SET IntervalStyle = '${style}'`,
        `SELECT INTERVAL '1 year 2 mons' AS a, INTERVAL '3 days 04:05:06.789' AS b, INTERVAL '-1 mon 2 days -03:00' AS c,
          INTERVAL '0' AS d, INTERVAL '-1 year -2 mons +3 days -04:05:06' AS e, INTERVAL '00:00:00.5' AS f,
          INTERVAL '1 day' AS g, INTERVAL '-00:00:01' AS h, INTERVAL '-3 days' AS i, INTERVAL '25 hours' AS j`,
        'RESET IntervalStyle',
      );
    },
  );

  it.each(['SQL, MDY', 'SQL, DMY', 'German', 'Postgres, MDY', 'Postgres, DMY', 'ISO, YMD'])(
    'dates and moments in the style %s',
    async (style) => {
      await expectAlike(
        `SET DateStyle = '${style}'`,
        'SHOW DateStyle',
        `SELECT DATE '2024-01-31' AS a, DATE '0044-03-15 BC' AS b, DATE 'infinity' AS c,
          TIMESTAMP '2024-02-29 04:05:06.789' AS d, TIMESTAMP '12024-12-31 23:59:59' AS e`,
        `SELECT TIMESTAMPTZ '2024-02-29 04:05:06+00' AS a, ARRAY[DATE '2024-01-31'] AS b`,
        "SET TimeZone = 'Europe/Berlin'",
        `SELECT TIMESTAMPTZ '2024-02-29 04:05:06+00' AS a, TIMESTAMPTZ '2024-07-01 04:05:06.5+00' AS b`,
        "SET TimeZone = 'America/New_York'",
        `SELECT TIMESTAMPTZ '2024-02-29 04:05:06+00' AS a, TIMESTAMPTZ '2024-07-01 04:05:06+00' AS b`,
        "SET TimeZone = 'Asia/Dubai'",
        `SELECT TIMESTAMPTZ '2024-02-29 04:05:06+00' AS a`,
        'RESET TimeZone',
        'RESET DateStyle',
      );
    },
  );

  it('a DateStyle that contradicts itself, or has an unknown word, is refused', async () => {
    await expectAlike("SET DateStyle = 'SQL, German'", "SET DateStyle = 'nonsense'");
  });

  it.each([-15, -3, 0, 1, 3])('floats with extra_float_digits %i', async (digits) => {
    await expectAlike(
      `SET extra_float_digits = ${digits}`,
      'SELECT 0.1::float8 AS a, 123456.789::float4 AS b, 1e-7::float8 AS c, 100::float8 / 3 AS d',
      'RESET extra_float_digits',
    );
  });

  it('bytea in the form that is asked for', async () => {
    await expectAlike(
      "SET bytea_output = 'escape'",
      String.raw`SELECT '\x00415c7fff'::bytea AS a`,
      'RESET bytea_output',
      String.raw`SELECT '\x00415c7fff'::bytea AS a`,
    );
  });

  it('EXECUTE takes NULL for a parameter of any type', async () => {
    await expectAlike(
      'PREPARE n(int, date, text) AS SELECT $1 + 1 AS a, $2 AS b, $3 AS c',
      'EXECUTE n(NULL, NULL, NULL)',
      "EXECUTE n(1, '2024-01-01', NULL)",
      'DEALLOCATE n',
    );
  });

  it('DISCARD and DEALLOCATE', async () => {
    await expectAlike(
      'PREPARE p AS SELECT 1 AS a',
      'DISCARD PLANS',
      'EXECUTE p',
      'DISCARD ALL',
      'EXECUTE p',
      'BEGIN',
      'DISCARD ALL',
    );
    await servers.postgres.query("SET default_transaction_isolation = 'repeatable read'");
  });
});

const ENDLESS =
  'SELECT count(*) FROM generate_series(1, 100000) a(i), generate_series(1, 100000) b(j) WHERE (i * j) % 7 = 3';

describe('time limits', () => {
  it('statement_timeout ends one statement with 57014, and the next one has its own time', async () => {
    const { tributary } = servers;
    await tributary.query("SET statement_timeout = '200ms'");
    expect(await transcript(tributary, ENDLESS)).toContain(
      'error 57014 canceling statement due to statement timeout',
    );
    expect((await tributary.query('SELECT 1 AS a')).rows).toEqual([{ a: 1 }]);
    await tributary.query('RESET statement_timeout');
  });

  it('a transaction that asks nothing ends with 25P03', async () => {
    const client = new pg.Client({ connectionString: servers.url });
    const failed = new Promise<string>((resolve) =>
      client.on('error', (error: Error & { code?: string }) => resolve(error.code ?? '')),
    );
    await client.connect();
    await client.query("SET idle_in_transaction_session_timeout = '50ms'");
    await client.query('BEGIN');
    expect(await failed).toBe('25P03');
  });

  it('settings come with the connection', async () => {
    const url = `${servers.url}?options=${encodeURIComponent('-c statement_timeout=7s -capplication_name=my\\ app --extra-float-digits=2')}`;
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const shown = [];
    for (const name of ['statement_timeout', 'application_name', 'extra_float_digits']) {
      shown.push(...(await client.query({ text: `SHOW ${name}`, rowMode: 'array' })).rows);
    }
    await client.end();
    expect(shown).toEqual([['7s'], ['my app'], ['2']]);
  });
});
