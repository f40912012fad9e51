import type { Socket } from 'node:net';
import pg from 'pg';

/**
 * Sends one statement over and over on many connections, as raw bytes, so that as little as possible is measured of the client.
 * Argument: JSON of a Load. Sends back `{ statements, ms, cpuMs }`.
 */
interface Load {
  readonly url: string;
  readonly connections: number;
  /** Of all connections: statements of which the time counts. */
  readonly statements: number;
  /** SQL of a simple query. */
  readonly simple?: string;
  /** SQL of a statement that is prepared once, and the text of its one parameter for the n-th execution. */
  readonly prepared?: { readonly sql: string; readonly below: number };
}

export interface LoadResult {
  readonly statements: number;
  readonly ms: number;
  readonly cpuMs: number;
  readonly p50: number;
}

const READY = 0x5a;
const ERROR = 0x45;

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** Waits for ReadyForQuery, `count` times. */
class Answers {
  #rest: Buffer = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  #ready = 0;
  failure: string | undefined;

  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('close', () => {
      this.failure ??= 'the connection ended';
      this.#wake?.();
    });
    socket.on('error', () => undefined);
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= 5) {
      const length = bytes.readInt32BE(at + 1) + 1;
      if (bytes.length - at < length) break;
      if (bytes[at] === READY) this.#ready += 1;
      if (bytes[at] === ERROR) this.failure = bytes.toString('utf8', at + 5, at + length);
      at += length;
    }
    this.#rest = bytes.subarray(at);
    this.#wake?.();
  }

  async ready(): Promise<void> {
    while (this.#ready === 0 && this.failure === undefined) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.failure !== undefined) throw new Error(this.failure.replaceAll('\0', ' '));
    this.#ready -= 1;
  }
}

const load = JSON.parse(process.argv[2] ?? '{}') as Load;

function requestOf(index: number): Buffer {
  const { simple, prepared } = load;
  if (simple !== undefined) return message('Q', Buffer.from(`${simple}\0`));
  const value = Buffer.from(String((index * 7919) % (prepared?.below ?? 1)));
  const bind = Buffer.alloc(2 + 2 + 2 + 2 + 4);
  // Unnamed portal, statement "s", text parameters, one value.
  bind.write('\0s\0', 0, 'latin1');
  bind.writeInt16BE(0, 3);
  bind.writeInt16BE(1, 5);
  const length = Buffer.alloc(4);
  length.writeInt32BE(value.length);
  const body = Buffer.concat([bind.subarray(0, 7), length, value, Buffer.alloc(2)]);
  return Buffer.concat([
    message('B', body),
    message('E', Buffer.from([0, 0, 0, 0, 0])),
    message('S', Buffer.alloc(0)),
  ]);
}

/** Logs in by node-postgres, then takes its socket. */
async function open(): Promise<{ readonly socket: Socket; readonly answers: Answers }> {
  const client = new pg.Client({ connectionString: load.url });
  await client.connect();
  const { stream: socket } = (client as unknown as { connection: { stream: Socket } }).connection;
  for (const event of ['data', 'close', 'end', 'error']) socket.removeAllListeners(event);
  const answers = new Answers(socket);
  if (load.prepared !== undefined) {
    const parse = Buffer.from(`s\0${load.prepared.sql}\0\0\0`);
    socket.write(Buffer.concat([message('P', parse), message('S', Buffer.alloc(0))]));
    await answers.ready();
  }
  return { socket, answers };
}

const connections = await Promise.all(Array.from({ length: load.connections }, open));
let next = 0;
async function run(statements: number): Promise<number[]> {
  const times: number[] = [];
  let left = statements;
  await Promise.all(
    connections.map(async ({ socket, answers }) => {
      while (left > 0) {
        left -= 1;
        const started = performance.now();
        socket.write(requestOf(next++));
        await answers.ready();
        times.push(performance.now() - started);
      }
    }),
  );
  return times;
}

await run(Math.ceil(load.statements / 5));
const cpu = process.cpuUsage();
const started = performance.now();
const times = await run(load.statements);
const ms = performance.now() - started;
const { user, system } = process.cpuUsage(cpu);
times.sort((a, b) => a - b);
const result: LoadResult = {
  statements: times.length,
  ms,
  cpuMs: (user + system) / 1000,
  p50: times[Math.floor(times.length / 2)] ?? NaN,
};
process.stdout.write(JSON.stringify(result), () => process.exit(0));
