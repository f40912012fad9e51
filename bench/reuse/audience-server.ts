import { setTimeout as pause } from 'node:timers/promises';
import { startTributary } from '../../test/support/tributary.ts';
import type { QueryClient } from '@tributary/client';
import { metered } from '../report.ts';
import type { Answer } from './answers.ts';
import { APPS, EVENTS, dayText } from './audience-shape.ts';
import type { Layout } from './audience-shape.ts';
import type { DayRange } from './audience-statements.ts';

/** One statement's time through the wire and what `tributary.last_query` says of it. */
export interface ServedRun {
  readonly elapsed: number;
  /** Processor time of the process meanwhile (ms): the machine's other work counts less in it. */
  readonly cpu: number;
  readonly rows: Answer;
  readonly windows: number;
  readonly hits: number;
  readonly misses: number;
  readonly bypass: string | null;
  readonly filesRead: number;
}

export interface AudienceServer {
  run(text: string, client?: QueryClient): Promise<ServedRun>;
  /** Drops the cells of some days, or of all. */
  forget(range?: DayRange): Promise<void>;
  /** Other settings for what is run until `SET` again. */
  set(name: string, value: string): Promise<void>;
  connect(): Promise<QueryClient>;
  /** Waits until nothing is merged in the background any more. */
  quiet(): Promise<void>;
  readonly state: string;
  readonly url: string;
  close(): Promise<void>;
}

/** Background work shows as processor time of this process. */
const QUIET_MS = 300;
const QUIET_WAITS = 100;

const LAST_QUERY = `SELECT windows_total, windows_hit, windows_miss, bypass_reasons, files_read FROM tributary.last_query`;

/** A server over one layout of the lake, without an object cache. `source` is the YAML of the source `lake`. */
export async function startAudienceServer(
  layout: Layout,
  source: string,
  reuse = '',
): Promise<AudienceServer> {
  const server = await startTributary({
    sources: source,
    bootstrap: EVENTS[layout] + APPS,
    config: `objectCache: { maxBytes: 0 }\nreuse: { ${reuse} }`,
  });
  const shared = await server.connect();
  return {
    state: server.state,
    url: server.url,
    connect: () => server.connect(),
    close: () => server.close(),
    async run(text, client = shared) {
      const { elapsed, cpu, value } = await metered(() => client.query(text));
      const { rows } = value;
      const [windows, hits, misses, bypass, files] = (await client.query(LAST_QUERY)).rows[0] ?? [];
      return {
        elapsed,
        cpu,
        rows,
        windows: Number(windows),
        hits: Number(hits),
        misses: Number(misses),
        bypass: bypass ?? null,
        filesRead: Number(files),
      };
    },
    async forget(range) {
      const bounds =
        range === undefined
          ? ''
          : `, timestamp '${dayText(range.from)}', timestamp '${dayText(range.to)}'`;
      await shared.query(`CALL tributary.invalidate('lake.default.events'${bounds})`);
    },
    async quiet() {
      for (let wait = 0; wait < QUIET_WAITS; wait++) {
        const { cpu } = await metered(() => pause(QUIET_MS));
        if (cpu < QUIET_MS / 10) return;
      }
    },
    async set(name, value) {
      await shared.query(`SET ${name} = '${value}'`);
    },
  };
}
