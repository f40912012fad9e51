import type { Socket } from 'node:net';
import { connect } from 'node:net';

export type RawMessage = readonly [type: string, ...parts: readonly Buffer[]];

/** A client that sends bytes as told and keeps what comes back. */
export interface RawClient {
  login(user: string): Promise<void>;
  send(...messages: readonly RawMessage[]): void;
  bytes(bytes: Buffer): void;
  /** The types of the messages that came since, up to and with `type`. */
  until(type: string): Promise<string>;
  errorCodes(): readonly string[];
  closed(): Promise<void>;
  end(): void;
}

export async function createSocket(port: number): Promise<RawClient> {
  const socket: Socket = connect(port, '127.0.0.1');
  const received: { type: string; body: Buffer }[] = [];
  const errors: string[] = [];
  let rest = Buffer.alloc(0);
  let wake: () => void = () => undefined;
  let ended = false;
  socket.on('error', () => undefined);
  const gone = new Promise<void>((resolve) =>
    socket.on('close', () => {
      ended = true;
      wake();
      resolve();
    }),
  );
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const end = rest.readInt32BE(1) + 1;
      const message = { type: String.fromCharCode(rest[0] ?? 0), body: rest.subarray(5, end) };
      received.push(message);
      if (message.type === 'E') {
        errors.push(/(?:^|\0)C([0-9A-Z]{5})\0/.exec(message.body.toString('latin1'))?.[1] ?? '');
      }
      rest = rest.subarray(end);
    }
    wake();
  });
  await new Promise((resolve) => socket.once('connect', resolve));
  const until = async (type: string) => {
    let types = '';
    for (;;) {
      const message = received.shift();
      if (message !== undefined) {
        types += message.type;
        if (message.type === type) return types;
        continue;
      }
      if (ended) return `${types}!`;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  return {
    async login(user) {
      const body = Buffer.from(`user\0${user}\0\0`);
      const head = Buffer.alloc(8);
      head.writeInt32BE(8 + body.length);
      head.writeInt32BE(3 << 16, 4);
      socket.write(Buffer.concat([head, body]));
      await until('Z');
    },
    send(...messages) {
      for (const [type, ...parts] of messages) {
        const body = Buffer.concat(parts);
        const head = Buffer.alloc(5);
        head.write(type);
        head.writeInt32BE(body.length + 4, 1);
        socket.write(Buffer.concat([head, body]));
      }
    },
    bytes: (bytes) => void socket.write(bytes),
    until,
    errorCodes: () => errors,
    closed: () => gone,
    end: () => void socket.end(),
  };
}
