import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { resolve } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { Benchmark } from '../report.ts';
import { POINTS, writePoints } from './points.ts';
import { startBuilt } from './start-built.ts';
import { answer } from './wire.ts';

const TIMES = 100;
const ROWS = POINTS * TIMES;
const LONG = `SELECT p.id, p.name, p.amount FROM lake.points p CROSS JOIN generate_series(1, ${TIMES}) g(i)`;
const STOP_MS = 60_000;
const CONNECTIONS = 500;
const ACTIVE = 50;
const ENDS = Number(process.env['BENCH_ENDS'] ?? 10_000);
const MEGABYTE = 2 ** 20;
const ENDLESS =
  'SELECT count(*) FROM generate_series(1, 100000) a(i), generate_series(1, 100000) b(j) WHERE (i * j) % 7 = 3';

function streamOf(client: pg.Client): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((done) => setTimeout(done, milliseconds));

/** Asks for the running statement's end on a connection of its own, as clients do. */
function cancel(port: number, client: pg.Client): Promise<void> {
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const packet = Buffer.alloc(16);
  packet.writeInt32BE(16);
  packet.writeInt32BE(80877102, 4);
  packet.writeInt32BE(processID, 8);
  packet.writeInt32BE(secretKey, 12);
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(packet));
    socket.on('error', () => done());
    socket.once('close', () => done());
  });
}

export const slowClients: Benchmark = {
  name: 'clients',
  description:
    'many connections, readers that stop, statements that are cancelled, clients that vanish',
  async run(report) {
    const folder = resolve('.cache/bench/points/');
    await writePoints(folder);
    const postgres = await startPostgres();
    const server = await startBuilt([folder, postgres.connectionString]);
    const memory = async (): Promise<number> => {
      server.send('memory');
      return (await answer<{ resident: number }>(server)).resident / MEGABYTE;
    };
    try {
      const { url } = await answer<{ url: string }>(server);
      const port = Number(new URL(url).port);

      const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => connected(url)));
      let failures = 0;
      const started = performance.now();
      await Promise.all(
        clients.slice(0, ACTIVE).map(async (client, index) => {
          for (let round = 0; round < 20; round++) {
            await client
              .query('SELECT sum(i) FROM generate_series(1, 10000) g(i) WHERE i % $1::int = 0', [
                index + round + 1,
              ])
              .catch(() => (failures += 1));
          }
        }),
      );
      const elapsed = performance.now() - started;
      report({
        what: `${CONNECTIONS} connections, ${ACTIVE} active with 20 statements each`,
        figure: `${failures} failures, ${Math.round((ACTIVE * 20 * 1000) / elapsed)} statements/s, ${Math.round(await memory())} MB`,
        bar: 'no failure',
        met: failures === 0,
      });
      await Promise.all(clients.map((client) => client.end()));

      const reader = await connected(url);
      const socket = streamOf(reader);
      let bytes = 0;
      socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
      const before = await memory();
      const reading = reader.query({
        text: LONG,
        rowMode: 'array',
      });
      reading.catch(() => undefined);
      while (bytes < 4 * MEGABYTE) await pause(5);
      socket.pause();
      let peak = 0;
      for (let waited = 0; waited < STOP_MS; waited += 2000) {
        await pause(2000);
        peak = Math.max(peak, (await memory()) - before);
      }
      report({
        what: `a reader of ${ROWS / 1e6} million rows that stops for a minute`,
        figure: `the server grows by ${Math.round(peak)} MB`,
        bar: 'at most 64 MB',
        met: peak <= 64,
      });
      socket.destroy();

      const late: number[] = [];
      for (let round = 0; round < 20; round++) {
        const client = await connected(url);
        const ended = client.query(ENDLESS).then(
          () => 'done',
          (error: { code?: string }) => error.code,
        );
        await pause(100);
        const asked = performance.now();
        await cancel(port, client);
        if ((await ended) !== '57014') throw new Error('a cancelled statement did not fail');
        late.push(performance.now() - asked);
        await client.end();
      }
      report({
        what: 'cancel of a running statement, by CancelRequest, 20 times',
        figure: `at most ${Math.round(Math.max(...late))} ms`,
        bar: '100 ms',
        met: Math.max(...late) <= 100,
      });

      const end = async (index: number): Promise<void> => {
        const client = await connected(url);
        const text = index % 2 === 0 ? ENDLESS : LONG;
        const ended = client.query({ text, rowMode: 'array' }).catch(() => undefined);
        await pause(index % 5);
        if (index % 4 < 2) {
          await cancel(port, client);
          if (index % 2 === 0) await ended;
        }
        streamOf(client).destroy();
      };
      const many = async (from: number, to: number): Promise<void> => {
        let next = from;
        await Promise.all(
          Array.from({ length: 16 }, async () => {
            while (next < to) await end(next++);
          }),
        );
      };
      await many(0, Math.round(ENDS / 10));
      await pause(2000);
      const first = await memory();
      await many(Math.round(ENDS / 10), ENDS);
      await pause(2000);
      const grown = (await memory()) - first;
      const last = await connected(url);
      const { rows } = await last.query<{ running: string }>(
        "SELECT count(*) AS running FROM tributary.queries WHERE state = 'running'",
      );
      await last.end();
      report({
        what: `${ENDS} statements cancelled or left by their clients`,
        figure: `the server grows by ${Math.round(grown)} MB after the first tenth; ${rows[0]?.running} statements still run`,
        bar: 'nothing leaks (64 MB)',
        met: grown <= 64 && Number(rows[0]?.running) <= 1,
      });
    } finally {
      server.disconnect();
      await postgres.stop();
    }
  },
};
