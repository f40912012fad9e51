import { connect } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { TestServer } from '../support/tributary.ts';
import { startTributary } from '../support/tributary.ts';
import type { Chance } from './mutated-messages.ts';
import { chanceFrom, conversation } from './mutated-messages.ts';

// FUZZ_MESSAGES=200000 and FUZZ_SEED=<any> widen the search.
const MESSAGES = Number(process.env['FUZZ_MESSAGES'] ?? 3000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const AT_ONCE = 8;
const MOST_IN_ONE = 30;
/** A client that hung up and is still there after so long hangs. */
const PATIENCE_MS = 60_000;
const LIMIT_MS = 60_000 + MESSAGES * 60;

let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-fuzz-'));
  server = await startTributary({ sources: `lake: { connector: lake, root: ${folder} }` });
}, 60_000);
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function openConnections(): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${server.httpPort}/metrics`)).text();
  return Number(/^tributary_sql_connections (\d+)/m.exec(metrics)?.[1]);
}

interface Outcome {
  readonly messages: number;
  /** SQLSTATEs that the server answered with. */
  readonly sqlstates: readonly string[];
  readonly ended: boolean;
}

/** Sends all packets, some torn apart, then hangs up its side and waits for the server's. */
async function converse(chance: Chance): Promise<Outcome> {
  const { packets, messages } = conversation(chance, MOST_IN_ONE);
  const socket = connect(server.sqlPort, '127.0.0.1');
  const received: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => received.push(bytes));
  socket.on('error', () => undefined);
  const closed = new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), PATIENCE_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
  const bytes = Buffer.concat(packets);
  const cut = chance(bytes.length);
  socket.write(bytes.subarray(0, cut));
  socket.write(bytes.subarray(cut));
  if (chance(4) === 0) socket.destroySoon();
  else socket.end();
  const ended = await closed;
  socket.destroy();
  const answer = Buffer.concat(received).toString('latin1');
  const sqlstates = [...answer.matchAll(/\0C([0-9A-Z]{5})\0M/g)].map(([, state]) => state ?? '');
  return { messages, sqlstates, ended };
}

it(
  `messages that are wrong in any way break nothing but their own connection (seed ${SEED})`,
  async () => {
    let sent = 0;
    let served = 0;
    const seen = new Set<string>();
    const stuck: number[] = [];
    let next = SEED * 1_000_003;
    const client = async (): Promise<void> => {
      while (sent < MESSAGES) {
        const seed = next++;
        const { messages, sqlstates, ended } = await converse(chanceFrom(seed));
        sent += messages;
        if (!ended) stuck.push(seed);
        for (const state of sqlstates)
          seen.add(state === 'XX000' ? `XX000 of seed ${seed}` : state);
      }
    };
    const bystander = async (): Promise<void> => {
      const own = await server.connect();
      while (sent < MESSAGES) {
        const { rows } = await own.query('SELECT 41 + 1 AS answer');
        expect(rows).toEqual([['42']]);
        served += 1;
      }
      await own.close();
    };
    await Promise.all([bystander(), ...Array.from({ length: AT_ONCE }, client)]);
    expect(stuck).toEqual([]);
    // An internal error is a defect, whatever was sent.
    expect([...seen].filter((state) => state.startsWith('XX'))).toEqual([]);
    // What is sent reaches as far as to be refused for many reasons.
    expect(seen.has('08P01')).toBe(true);
    expect(seen.size).toBeGreaterThan(4);
    expect(served).toBeGreaterThan(0);
    // The test's own connection is left, once the server has seen the last ones leave.
    const deadline = performance.now() + PATIENCE_MS;
    let open = await openConnections();
    while (open !== 1 && performance.now() < deadline) open = await openConnections();
    expect(open).toBe(1);
  },
  LIMIT_MS,
);
