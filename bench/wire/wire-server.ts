import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startTributary } from '../../test/support/tributary.ts';

/**
 * A server in a process of its own. Argument: the lake's folder. Sends `{ url }` when it listens, and for every message
 * `delay` the event loop's delay since the last one: `{ p99, max }` in milliseconds.
 */
const RESOLUTION_MS = 5;

const [folder = ''] = process.argv.slice(2);
const server = await startTributary({
  sources: `lake: { connector: lake, root: ${folder} }`,
  bootstrap: `CREATE EXTERNAL TABLE IF NOT EXISTS lake.default.wide (id bigint, part int, amount double, at timestamp, name string, note string)
    STORED AS PARQUET LOCATION 'wide/';`,
});
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
process.on('message', (message) => {
  if (message === 'delay') {
    const ms = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    process.send?.({ p99: ms(delay.percentile(99)), max: ms(delay.max) });
  }
  delay.reset();
});
process.on('disconnect', () => void server.close().then(() => process.exit(0)));
process.send?.({ url: server.url });
