import type { Benchmark } from '../report.ts';
import { LONG, LONG_ROWS, connected, pause, streamOf, withServer } from './client-server.ts';

const STOP_MS = 60_000;
const CONNECTIONS = 500;
const ACTIVE = 50;
const MEGABYTE = 2 ** 20;

export const manyConnections: Benchmark = {
  name: 'clients-many',
  description: `${CONNECTIONS} connections, some of them active`,
  run: (report) =>
    withServer(async ({ url, memory }) => {
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
    }),
};

export const stoppedReader: Benchmark = {
  name: 'clients-stopped',
  description: 'a reader that stops in the middle',
  run: (report) =>
    withServer(async ({ url, memory }) => {
      const reader = await connected(url);
      const socket = streamOf(reader);
      let bytes = 0;
      socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
      const before = await memory();
      const reading = reader.query({ text: LONG, rowMode: 'array' });
      reading.catch(() => undefined);
      while (bytes < 4 * MEGABYTE) await pause(5);
      socket.pause();
      let peak = 0;
      for (let waited = 0; waited < STOP_MS; waited += 2000) {
        await pause(2000);
        peak = Math.max(peak, (await memory()) - before);
      }
      report({
        what: `a reader of ${LONG_ROWS / 1e6} million rows that stops for a minute`,
        figure: `the server grows by ${Math.round(peak)} MB`,
        bar: 'at most 64 MB',
        met: peak <= 64,
      });
      socket.destroy();
    }),
};
