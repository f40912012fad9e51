import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, parseConfig, startServer } from '@tributary/server';

/**
 * A server in a process of its own, with a lake and a warehouse; as it is built, not from source. Arguments: the lake's folder, the
 * warehouse's URL. Sends `{ url }` when it listens; for a message `memory` its resident memory after a collection, `{ resident }`
 * in bytes.
 */
const [folder, warehouse] = process.argv.slice(2);
const state = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
await writeFile(
  join(state, 'bootstrap.sql'),
  `CREATE EXTERNAL TABLE IF NOT EXISTS lake.default.points (id bigint, name string, amount double)
    STORED AS PARQUET LOCATION 'points/';`,
);
const text = `server: { memory: 2GB, sql: { port: 0 }, http: { port: 0 } }
state: ${state}/state
sources:
  lake: { connector: lake, root: ${folder} }
  warehouse: { connector: postgres, url: ${warehouse} }
bootstrap: [ bootstrap.sql ]
`;
const server = await startServer(
  parseConfig(text, join(state, 'tributary.yaml'), {}),
  createLogger('error'),
  new AbortController().signal,
);
process.on('message', (message) => {
  if (message !== 'memory') return;
  globalThis.gc?.();
  process.send?.({ resident: process.memoryUsage().rss });
});
process.on('disconnect', () => {
  void server
    .close(AbortSignal.timeout(5000))
    .then(() => rm(state, { recursive: true, force: true }))
    .then(() => process.exit(0));
});
process.send?.({ url: `postgres://tributary@127.0.0.1:${server.sqlPort}/main` });
