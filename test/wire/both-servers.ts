import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import { startTributary } from '../support/tributary.ts';
import type { Transcript } from './transcript.ts';
import { transcript } from './transcript.ts';

/** One connection to a real PostgreSQL and one to Tributary; neither holds data. */
export interface BothServers {
  readonly postgres: pg.Client;
  readonly tributary: pg.Client;
  /** Of Tributary. */
  readonly url: string;
  /** What each answers to each of the Query messages. */
  run(texts: readonly string[]): Promise<{
    readonly postgres: readonly Transcript[];
    readonly tributary: readonly Transcript[];
  }>;
  close(): Promise<void>;
}

/** Starts both. `close` stops them. */
export async function openBothServers(): Promise<BothServers> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-wire-'));
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const each of closers.splice(0).reverse()) await each().catch(() => undefined);
  };
  const connect = async (connectionString: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString });
    client.on('error', () => undefined);
    closers.push(() => client.end());
    await client.connect();
    return client;
  };
  try {
    const server = await startPostgres();
    closers.push(() => server.stop());
    const own = await startTributary({ sources: `lake: { connector: lake, root: ${folder} }` });
    closers.push(() => own.close());
    const postgres = await connect(server.connectionString);
    const tributary = await connect(own.url);
    const each = async (client: pg.Client, texts: readonly string[]) => {
      const all: Transcript[] = [];
      for (const text of texts) all.push(await transcript(client, text));
      return all;
    };
    return {
      postgres,
      tributary,
      url: own.url,
      run: async (texts) => ({
        postgres: await each(postgres, texts),
        tributary: await each(tributary, texts),
      }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
