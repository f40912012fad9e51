import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { createSocket } from './support/raw-client.ts';
import type { TestServer } from './support/test-server.ts';
import { startTestServer } from './support/test-server.ts';

const LOGIN_MS = 300;
const WIDE = "select i, repeat('x', 1000) as t from range(3000000) r(i)";

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer({ limits: { loginTimeoutMs: LOGIN_MS } });
});
afterAll(() => test.stop());

const query = (text: string) => ['Q', Buffer.from(`${text}\0`)] as const;

const startupPacket = (): Buffer => {
  const body = Buffer.from('user\0slow\0\0');
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length);
  head.writeInt32BE(3 << 16, 4);
  return Buffer.concat([head, body]);
};

/** Writes one byte at a time, each in a packet of its own. */
async function trickle(socket: Socket, bytes: Buffer, everyMs: number): Promise<void> {
  for (const byte of bytes) {
    if (!socket.writable) return;
    socket.write(Buffer.of(byte));
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

async function open(): Promise<Socket> {
  const socket = connect({ port: test.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** However it ends. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function othersAreServed(): Promise<void> {
  const other = await createSocket(test.port);
  await other.login('other');
  other.send(query('select 1'));
  expect(await other.until('Z')).toBe('TDCZ');
  other.end();
  await other.closed();
}

/** Resolves once nobody but `left` clients is connected. */
async function connectionsAre(left: number): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (test.server.connections() !== left && performance.now() < deadline) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(test.server.connections()).toBe(left);
}

describe('connections that are slow, silent or half open', () => {
  it('who says nothing is told so and cut off after the time for logging in', async () => {
    const silent = await createSocket(test.port);
    const started = performance.now();
    await othersAreServed();
    await silent.closed();
    expect(silent.errorCodes()).toEqual(['28000']);
    expect(performance.now() - started).toBeGreaterThan(LOGIN_MS - 50);
    await connectionsAre(0);
  });

  it('a first packet that comes byte by byte has no more time than one that does not come', async () => {
    const socket = await open();
    const gone = closing(socket);
    const started = performance.now();
    socket.resume();
    await Promise.all([
      trickle(socket, Buffer.concat([startupPacket(), Buffer.alloc(60)]), 50),
      gone,
    ]);
    // The server closed it; the client's own side was still writing.
    expect(performance.now() - started).toBeLessThan(20 * LOGIN_MS);
    await connectionsAre(0);
  });

  it('who does not read the reason is cut off all the same', async () => {
    const socket = await open();
    socket.pause();
    await connectionsAre(1);
    await connectionsAre(0);
    socket.destroy();
  });

  it('messages that come byte by byte after the login are answered', async () => {
    const socket = await open();
    const received: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => received.push(bytes));
    socket.write(startupPacket());
    const text = Buffer.from('select 42 as answer\0');
    const head = Buffer.alloc(5);
    head.write('Q');
    head.writeInt32BE(text.length + 4, 1);
    const writing = trickle(socket, Buffer.concat([head, text]), 2);
    await othersAreServed();
    await writing;
    while (!Buffer.concat(received).includes('SELECT 1')) await once(socket, 'data');
    socket.end(Buffer.from([0x58, 0, 0, 0, 4]));
    await closing(socket);
    await connectionsAre(0);
  });

  it('a client that has said all that it will say has gone', async () => {
    const socket = await open();
    socket.resume();
    socket.end(startupPacket());
    await closing(socket);
    await connectionsAre(0);
  });

  it('who never reads holds neither memory nor anybody else, and its statement ends with it', async () => {
    const readers = await Promise.all(Array.from({ length: 8 }, () => open()));
    for (const socket of readers) {
      socket.write(startupPacket());
      const text = Buffer.from(`${WIDE}\0`);
      const head = Buffer.alloc(5);
      head.write('Q');
      head.writeInt32BE(text.length + 4, 1);
      socket.write(Buffer.concat([head, text]));
      // Some bytes are read, so that the statement surely runs.
      await once(socket, 'data');
      socket.pause();
    }
    const before = process.memoryUsage().external;
    for (let round = 0; round < 50; round++) await othersAreServed();
    // Three gigabytes wait to be sent to each of them.
    expect(process.memoryUsage().external - before).toBeLessThan(64 * 2 ** 20);
    for (const socket of readers) socket.destroy();
    await connectionsAre(0);
    expect(test.sessions.every(({ closed }) => closed)).toBe(true);
    expect(test.errors).toEqual([]);
  });
});
