import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import pg from 'pg';
import { createScramVerifier } from '../../src/pgwire/scram.ts';
import type { TestServer, TestServerOptions } from './support/test-server.ts';
import { startTestServer } from './support/test-server.ts';

const run = promisify(execFile);
const ENDLESS =
  'select count(*) from range(100000000) a(i), range(100000000) b(j) where (i * j) % 7 = 3';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
});
afterAll(() => test.stop());

async function connected<T>(
  use: (client: pg.Client) => Promise<T>,
  config: pg.ClientConfig = {},
): Promise<T> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: test.port,
    user: 'ana',
    database: 'main',
    ...config,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

describe('node-postgres', () => {
  it('reads rows of a simple query in their types', async () => {
    const result = await connected((client) =>
      client.query(
        "select 1::integer as i, 'ü'::varchar as t, null::integer as n, [1, 2]::integer[] as a, true as b",
      ),
    );
    expect(result.rows).toEqual([{ i: 1, t: 'ü', n: null, a: [1, 2], b: true }]);
    expect(result.command).toBe('SELECT');
    expect(result.rowCount).toBe(1);
  });

  it('runs a prepared statement again and again, by name', async () => {
    await connected(async (client) => {
      for (const value of ['a', "b'c", null]) {
        const result = await client.query({
          name: 'echo',
          text: 'select $1 as v, $2 as w',
          values: [value, 'x'],
        });
        expect(result.rows).toEqual([{ v: value, w: 'x' }]);
      }
    });
  });

  // The client reads binary values through UTF-8 text: these have bytes below 128 only.
  it('reads numbers in binary form', async () => {
    const result = await connected((client) =>
      client.query({
        text: 'select 7::integer as i, 3::smallint as s, 2::double as d, true as b, $1 as t',
        values: ['x'],
        binary: true,
      } as pg.QueryConfig),
    );
    expect(result.rows).toEqual([{ i: 7, s: 3, d: 2, b: true, t: 'x' }]);
  });

  it('several statements in one message answer one result each', async () => {
    const results = (await connected((client) =>
      client.query('select 1::integer as a; select 2::integer as b'),
    )) as unknown as pg.QueryResult<Record<string, number>>[];
    expect(results.map(({ rows }) => rows)).toEqual([[{ a: 1 }], [{ b: 2 }]]);
  });

  it('an error carries SQLSTATE and position, and the connection goes on', async () => {
    await connected(async (client) => {
      await expect(client.query('select syntax! 1')).rejects.toMatchObject({
        code: '42601',
        position: '8',
        severity: 'ERROR',
      });
      await expect(
        client.query("select error('TRIBUTARY:22012:division by zero')"),
      ).rejects.toMatchObject({ code: '22012', message: 'division by zero' });
      expect((await client.query('select 1::integer as one')).rows).toEqual([{ one: 1 }]);
    });
  });

  it('a failed statement keeps the ones after it from running, and a failed transaction refuses all', async () => {
    await connected(async (client) => {
      await client.query('begin');
      await expect(client.query("select error('x'); select 1")).rejects.toBeDefined();
      await expect(client.query('select 1')).rejects.toMatchObject({ code: '25P02' });
      await client.query('rollback');
      expect((await client.query('select 1::integer as one')).rows).toEqual([{ one: 1 }]);
    });
  });

  it('notices and changed settings reach the client', async () => {
    await connected(async (client) => {
      const notices: string[] = [];
      client.on('notice', (notice) => notices.push(notice.message ?? ''));
      await client.query("set TimeZone = 'Asia/Kolkata'");
      expect(notices).toEqual(['set']);
      const result = await client.query(
        "select (timestamptz '2024-01-01 00:00:00+00')::timestamptz as t",
      );
      expect(result.rows[0]).toEqual({ t: new Date('2024-01-01T00:00:00Z') });
      expect((await client.query('show TimeZone')).rows).toEqual([{ TimeZone: 'Asia/Kolkata' }]);
    });
  });

  it('CancelRequest stops the running statement with 57014', async () => {
    await connected(async (client) => {
      const { processID, secretKey } = client as unknown as Record<string, number>;
      const running = client.query(ENDLESS);
      const failed = expect(running).rejects.toMatchObject({ code: '57014' });
      const started = performance.now();
      while (performance.now() - started < 5000) {
        await cancelRequest(processID ?? 0, secretKey ?? 0);
        const outcome = await Promise.race([
          running.then(
            () => 'done',
            () => 'done',
          ),
          new Promise((resolve) => setImmediate(() => resolve('running'))),
        ]);
        if (outcome === 'done') break;
      }
      await failed;
      expect((await client.query('select 1::integer as one')).rows).toEqual([{ one: 1 }]);
    });
  });

  it('a wrong secret cancels nothing', async () => {
    await connected(async (client) => {
      const { processID, secretKey } = client as unknown as Record<string, number>;
      const running = client.query('select count(*)::integer as n from range(3000000) r(i)');
      await cancelRequest(processID ?? 0, (secretKey ?? 0) ^ 1);
      expect((await running).rows).toEqual([{ n: 3_000_000 }]);
    });
  });

  it('a client that vanishes stops its statement and ends its session', async () => {
    const client = new pg.Client({ host: '127.0.0.1', port: test.port, user: 'gone' });
    client.on('error', () => undefined);
    await client.connect();
    const session = test.sessions.at(-1);
    const running = client.query(ENDLESS).catch(() => undefined);
    (
      client as unknown as { connection: { stream: { destroy(): void } } }
    ).connection.stream.destroy();
    await running;
    const deadline = performance.now() + 5000;
    while (session?.closed !== true && performance.now() < deadline) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(session?.closed).toBe(true);
  });
});

function cancelRequest(processId: number, secret: number): Promise<void> {
  const packet = Buffer.alloc(16);
  packet.writeInt32BE(16, 0);
  packet.writeInt32BE(80877102, 4);
  packet.writeInt32BE(processId, 8);
  packet.writeInt32BE(secret, 12);
  return new Promise((resolve, reject) => {
    const socket = connect(test.port, '127.0.0.1', () => socket.end(packet));
    socket.on('close', () => resolve());
    socket.on('error', reject);
    socket.resume();
  });
}

describe('authentication', () => {
  const verifier = createScramVerifier('open sesame');
  const withScram = async (
    use: (port: number) => Promise<void>,
    options: TestServerOptions = {},
  ) => {
    const own = await startTestServer({
      authentication: {
        kind: 'users',
        find: async (user) => (user === 'ana' ? { password: verifier } : undefined),
      },
      ...options,
    });
    try {
      await use(own.port);
    } finally {
      await own.stop();
    }
  };

  it('SCRAM-SHA-256 admits the right password and refuses a wrong one or an unknown user alike', async () => {
    await withScram(async (port) => {
      const rows = await connected(
        async (client) => (await client.query<{ a: number }>('select 1 as a')).rows,
        {
          port,
          password: 'open sesame',
        },
      );
      expect(rows).toEqual([{ a: 1 }]);
      for (const config of [{ password: 'wrong' }, { user: 'bob', password: 'open sesame' }]) {
        await expect(connected(() => Promise.resolve(), { port, ...config })).rejects.toMatchObject(
          {
            code: '28P01',
            message: `password authentication failed for user "${config.user ?? 'ana'}"`,
          },
        );
      }
    });
  });

  describe('over TLS', () => {
    let directory = '';
    const file = (name: string) => join(directory, name);
    const read = (name: string) => readFileSync(file(name), 'utf8');
    const openssl = (...options: string[]) => execFileSync('openssl', options, { stdio: 'ignore' });
    const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

    /** A certificate that signs itself. */
    const authority = (name: string, commonName: string) =>
      openssl(
        ...['req', '-x509', ...EC, '-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)],
        ...['-days', '1', '-subj', `/CN=${commonName}`],
      );
    const certificate = (name: string, commonName: string, signer: string) => {
      openssl(
        ...['req', ...EC, '-keyout', file(`${name}.key`), '-out', file(`${name}.csr`)],
        ...['-subj', `/CN=${commonName}`],
      );
      openssl(
        ...['x509', '-req', '-in', file(`${name}.csr`), '-CA', file(`${signer}.crt`), '-days', '1'],
        ...['-CAkey', file(`${signer}.key`), '-CAcreateserial', '-out', file(`${name}.crt`)],
      );
    };
    const pair = (name: string) => ({ key: read(`${name}.key`), cert: read(`${name}.crt`) });

    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'tributary-tls-'));
      authority('server', 'localhost');
      authority('ca', 'clients');
      authority('stranger', 'ana');
      certificate('ana', 'ana', 'ca');
      certificate('bob', 'bob', 'ca');
    });
    afterAll(() => rmSync(directory, { recursive: true }));

    const ask = (port: number, config: pg.ClientConfig) =>
      connected(async (client) => (await client.query<{ a: number }>('select 1 as a')).rows, {
        port,
        ...config,
      });

    it('the connection is protected where a certificate is configured', async () => {
      await withScram(
        async (port) => {
          const ssl = { rejectUnauthorized: false };
          expect(await ask(port, { password: 'open sesame', ssl })).toEqual([{ a: 1 }]);
          expect(await ask(port, { password: 'open sesame' })).toEqual([{ a: 1 }]);
        },
        { tls: pair('server') },
      );
    });

    it.each(['noise', 'silence'])('a handshake of %s ends with its connection', async (kind) => {
      const own = await startTestServer({ tls: pair('server') });
      try {
        const socket = connect(own.port, '127.0.0.1');
        const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()));
        socket.on('error', () => undefined);
        socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]));
        await new Promise<void>((resolve) => socket.once('data', () => resolve()));
        if (kind === 'noise') socket.write('no handshake at all');
        else socket.end();
        await ended;
        while (own.server.connections() > 0) await nextTurn();
      } finally {
        await own.stop();
      }
    });

    it('nobody logs in without it where it is required', async () => {
      await withScram(
        async (port) => {
          await expect(ask(port, { password: 'open sesame' })).rejects.toMatchObject({
            code: '28000',
            message: 'connections without TLS are not accepted',
          });
          const ssl = { rejectUnauthorized: false };
          expect(await ask(port, { password: 'open sesame', ssl })).toEqual([{ a: 1 }]);
        },
        { tls: { ...pair('server'), required: true } },
      );
    });

    it.each([
      ['a certificate', {}],
      ['a certificate and a password', { password: verifier }],
    ])('a user who needs %s is admitted with both right, and with no other', async (_, also) => {
      const tls = { ...pair('server'), clientAuthorities: read('ca.crt') };
      const find = async (user: string) =>
        user === 'ana' ? { commonName: 'ana', ...also } : undefined;
      await withScram(
        async (port) => {
          const login = (shown: object, password = 'open sesame') =>
            ask(port, { password, ssl: { rejectUnauthorized: false, ...shown } });
          expect(await login(pair('ana'))).toEqual([{ a: 1 }]);
          const missing = {
            code: '28000',
            message: 'connection requires a valid client certificate',
          };
          await expect(login({})).rejects.toMatchObject(missing);
          await expect(login(pair('stranger'))).rejects.toMatchObject(missing);
          await expect(ask(port, { password: 'open sesame' })).rejects.toMatchObject(missing);
          await expect(login(pair('bob'))).rejects.toMatchObject({
            code: '28000',
            message: 'certificate authentication failed for user "ana"',
          });
          if ('password' in also) {
            await expect(login(pair('ana'), 'wrong')).rejects.toMatchObject({ code: '28P01' });
          }
        },
        { tls, authentication: { kind: 'users', find } },
      );
    });
  });

  it('too many clients are refused with 53300', async () => {
    const own = await startTestServer({ limits: { connections: 1 } });
    try {
      await connected(
        async () => {
          await expect(
            connected(() => Promise.resolve(), { port: own.port }),
          ).rejects.toMatchObject({ code: '53300' });
        },
        { port: own.port },
      );
    } finally {
      await own.stop();
    }
  });
});

describe('closing', () => {
  it('ends idle clients with 57P01 and waits for those that run', async () => {
    const own = await startTestServer();
    const errors: string[] = [];
    const [idle, busy] = [1, 2].map(
      () => new pg.Client({ host: '127.0.0.1', port: own.port, user: 'ana' }),
    ) as [pg.Client, pg.Client];
    for (const client of [idle, busy]) {
      client.on('error', (error: Error & { code?: string }) => errors.push(error.code ?? ''));
      await client.connect();
    }
    const running = busy.query(
      'select count(*)::integer as n from range(20000000) r(i) where hash(i) % 2 = 0',
    );
    await idle.query('select 1');
    const closed = own.server.close();
    expect((await running).rows[0]).toBeDefined();
    await closed;
    expect(own.server.connections()).toBe(0);
    expect(errors).toContain('57P01');
    await own.stop();
  });
});

const psql = (() => {
  try {
    execFileSync('psql', ['--version'], { stdio: 'ignore' });
    return it;
  } catch {
    return it.skip;
  }
})();

describe('psql', () => {
  const ask = async (...statements: string[]) => {
    const { stdout, stderr } = await run('psql', [
      ...['-h', '127.0.0.1', '-p', String(test.port), '-U', 'ana', '-d', 'main', '-X', '-A', '-t'],
      ...statements.flatMap((sql) => ['-c', sql]),
    ]).catch((error: { stdout: string; stderr: string }) => error);
    return { stdout, stderr };
  };

  psql('prints rows', async () => {
    expect((await ask("select 1, 'x', null, [1, null]")).stdout).toBe('1|x||{1,NULL}\n');
  });

  psql('points at the place of an error', async () => {
    expect((await ask('select syntax! 1')).stderr).toBe(
      'ERROR:  syntax error at or near "syntax!"\nLINE 1: select syntax! 1\n               ^\n',
    );
  });

  psql('reads a large result row by row', async () => {
    const { stdout } = await ask(
      "select i, 'a text longer than twelve bytes ' || i from range(20000) r(i)",
    );
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBe(20_000);
    expect(lines[19_999]).toBe('19999|a text longer than twelve bytes 19999');
  });
});
