import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { resolve } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import { POINTS, writePoints } from './points.ts';
import { startBuilt } from './start-built.ts';
import { answer } from './wire.ts';

const MEGABYTE = 2 ** 20;
const TIMES = 100;

export const LONG_ROWS = POINTS * TIMES;
/** Many rows, which take the engine no effort. */
export const LONG = `SELECT p.id, p.name, p.amount FROM lake.points p CROSS JOIN generate_series(1, ${TIMES}) g(i)`;
/** One row, after hours. */
export const ENDLESS =
  'SELECT count(*) FROM generate_series(1, 100000) a(i), generate_series(1, 100000) b(j) WHERE (i * j) % 7 = 3';

/** A server in a process of its own. */
export interface ClientServer {
  readonly url: string;
  /** Its resident memory in MB, after a collection. */
  readonly memory: () => Promise<number>;
}

/** Runs a benchmark with a server of the lake's table `points`, of its own process. */
export async function withServer(run: (server: ClientServer) => Promise<void>): Promise<void> {
  const folder = resolve('.cache/bench/points/');
  await writePoints(folder);
  const postgres = await startPostgres();
  const server = await startBuilt([folder, postgres.connectionString]);
  try {
    const { url } = await answer<{ url: string }>(server);
    await run({
      url,
      memory: async () => {
        server.send('memory');
        return (await answer<{ resident: number }>(server)).resident / MEGABYTE;
      },
    });
  } finally {
    server.disconnect();
    await postgres.stop();
  }
}

export function streamOf(client: pg.Client): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}

/** What the server calls the client's connection. */
export function processOf(client: pg.Client): number {
  return (client as unknown as { processID: number }).processID;
}

export async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((done) => setTimeout(done, milliseconds));

/** Asks for the running statement's end on a connection of its own, as clients do. */
export function cancel(url: string, client: pg.Client): Promise<void> {
  const { secretKey } = client as unknown as { secretKey: number };
  const packet = Buffer.alloc(16);
  packet.writeInt32BE(16);
  packet.writeInt32BE(80877102, 4);
  packet.writeInt32BE(processOf(client), 8);
  packet.writeInt32BE(secretKey, 12);
  return new Promise((done) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.end(packet));
    socket.on('error', () => done());
    socket.once('close', () => done());
  });
}
