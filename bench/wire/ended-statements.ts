import type pg from 'pg';
import type { Benchmark } from '../report.ts';
import {
  ENDLESS,
  LONG,
  cancel,
  connected,
  pause,
  processOf,
  streamOf,
  withServer,
} from './client-server.ts';

const ROUNDS = 20;
const TIMEOUT_MS = 100;
const ENDS = Number(process.env['BENCH_ENDS'] ?? 10_000);
const AT_ONCE = 16;
const RUNNING = "SELECT count(*) AS running FROM tributary.queries WHERE state = 'running'";

/** Statements that run, whoever asks left out. */
async function running(observer: pg.Client): Promise<number> {
  const { rows } = await observer.query<{ running: string }>(RUNNING);
  return Math.max(0, Number(rows[0]?.running) - 1);
}

/** How a statement is ended: answers when it was told to. `watch` is another connection of the same user. */
interface Ending {
  readonly name: string;
  /** What the client says before its statement. */
  readonly before?: string;
  end(url: string, client: pg.Client, watch: pg.Client): Promise<void>;
}

const ENDINGS: readonly Ending[] = [
  { name: 'CancelRequest', end: cancel },
  {
    name: 'pg_cancel_backend',
    end: async (_, client, watch) => {
      await watch.query('SELECT pg_cancel_backend($1)', [processOf(client)]);
    },
  },
  {
    name: 'statement_timeout',
    before: `SET statement_timeout = ${TIMEOUT_MS}`,
    end: () => Promise.resolve(),
  },
  {
    name: 'a client that vanishes',
    end: (_, client) => {
      streamOf(client).destroy();
      return Promise.resolve();
    },
  },
];

/** The time from the end that was asked for to the statement's failure, or, where nobody is told, to its end in the server. */
async function lateness(ending: Ending, url: string, watch: pg.Client): Promise<number> {
  const client = await connected(url);
  if (ending.before !== undefined) await client.query(ending.before);
  const began = performance.now();
  const ended = client.query(ENDLESS).then(
    () => 'done',
    (error: { code?: string }) => error.code,
  );
  if (ending.before === undefined) await pause(TIMEOUT_MS);
  const asked = ending.before === undefined ? performance.now() : began + TIMEOUT_MS;
  await ending.end(url, client, watch);
  const code = await ended;
  if (streamOf(client).destroyed) {
    while ((await running(watch)) > 0);
  } else if (code !== '57014') throw new Error(`${ending.name}: the statement ended by ${code}`);
  const late = performance.now() - asked;
  await client.end().catch(() => undefined);
  return late;
}

export const cancelled: Benchmark = {
  name: 'clients-cancel',
  description: 'how soon a running statement ends',
  run: (report) =>
    withServer(async ({ url }) => {
      const watch = await connected(url);
      for (const ending of ENDINGS) {
        const late: number[] = [];
        for (let round = 0; round < ROUNDS; round++) late.push(await lateness(ending, url, watch));
        const most = Math.max(...late);
        report({
          what: `a running statement ended by ${ending.name}, ${ROUNDS} times`,
          figure: `at most ${Math.round(most)} ms`,
          bar: '100 ms',
          met: most <= 100,
        });
      }
      await watch.end();
    }),
};

/** Begins a statement and ends it, sometimes before it has begun; half of the clients leave without a word. */
async function endOne(index: number, url: string, watch: pg.Client): Promise<void> {
  const ending = ENDINGS[index % ENDINGS.length];
  const isEndless = Math.floor(index / ENDINGS.length) % 2 === 0;
  const client = await connected(url);
  if (ending?.before !== undefined) {
    await client.query(`SET statement_timeout = ${1 + (index % 20)}`);
  }
  const ended = client
    .query({ text: isEndless ? ENDLESS : LONG, rowMode: 'array' })
    .catch(() => undefined);
  await pause(index % 5);
  await ending?.end(url, client, watch);
  if (isEndless && ending?.before !== undefined) await ended;
  streamOf(client).destroy();
}

export const endedStatements: Benchmark = {
  name: 'clients-ends',
  description: 'what many statements leave behind that were cancelled, timed out or left',
  run: (report) =>
    withServer(async ({ url, memory }) => {
      const watch = await connected(url);
      const many = async (from: number, to: number): Promise<void> => {
        let next = from;
        await Promise.all(
          Array.from({ length: AT_ONCE }, async () => {
            while (next < to) await endOne(next++, url, watch);
          }),
        );
        await pause(2000);
      };
      await many(0, Math.round(ENDS / 10));
      const first = await memory();
      await many(Math.round(ENDS / 10), ENDS);
      const grown = (await memory()) - first;
      const left = await running(watch);
      await watch.end();
      report({
        what: `${ENDS} statements: ${ENDINGS.map(({ name }) => name).join(', ')} in turn`,
        figure: `the server grows by ${Math.round(grown)} MB after the first tenth; ${left} statements still run`,
        bar: 'nothing leaks (64 MB)',
        met: grown <= 64 && left === 0,
      });
    }),
};
