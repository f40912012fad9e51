import type { SqlSession } from '@tributary/planner';
import { QueryError } from '@tributary/sql';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { Authentication } from './authentication.ts';
import { Connection } from './connection.ts';
import { writeError } from './error-response.ts';
import type { Logger } from './logger.ts';
import type { TlsOptions } from './tls.ts';
import { TlsAcceptor } from './tls.ts';
import { Writer } from './writer.ts';

export interface PgwireLimits {
  /** Clients beyond it are refused with 53300. Default 1,000. */
  readonly connections?: number;
  /** Bytes of one message after login. Default 64 MiB. */
  readonly messageBytes?: number;
  /** Default 60,000. */
  readonly loginTimeoutMs?: number;
}

export interface PgwireOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tls?: TlsOptions;
  readonly authentication: Authentication;
  /** Called after the user proved who they are. `parameters` are the startup packet's: user, database, settings. */
  readonly createSession: (
    user: string,
    parameters: ReadonlyMap<string, string>,
  ) => Promise<SqlSession>;
  readonly limits?: PgwireLimits;
  readonly logger: Logger;
}

export interface PgwireServer {
  readonly port: number;
  /** Clients that are connected now. */
  connections(): number;
  /** Accepts nobody any more, ends idle clients, waits for running statements until `signal` aborts, then cuts them. */
  close(signal?: AbortSignal): Promise<void>;
}

const CUT_GRACE_MS = 2000;
/** How long a refused client may keep its connection to read why. */
const REFUSED_LINGER_MS = 500;

/**
 * Serves SQL over PostgreSQL's protocol.
 *
 * @throws QueryError invalidConfiguration for a certificate that cannot be used, or an address that cannot be bound.
 */
export async function startPgwireServer(options: PgwireOptions): Promise<PgwireServer> {
  const { limits = {}, logger } = options;
  const maxConnections = limits.connections ?? 1000;
  const tls = options.tls === undefined ? undefined : new TlsAcceptor(options.tls);
  const connections = new Map<number, { connection: Connection; secret: Buffer }>();
  const running = new Set<Promise<void>>();
  let lastProcessId = 0;

  const cancel = (processId: number, secret: Buffer) => {
    const target = connections.get(processId);
    if (target === undefined || secret.length !== target.secret.length) return;
    if (timingSafeEqual(secret, target.secret)) target.connection.cancel();
  };

  const stop = (user: string, processId: number, what: 'statement' | 'connection'): boolean => {
    const target = connections.get(processId)?.connection;
    if (target?.user === undefined) return false;
    if (target.user !== user) {
      throw new QueryError(
        'insufficientPrivilege',
        `permission denied to ${what === 'statement' ? 'cancel query' : 'terminate process'}`,
        {
          detail: 'Only connections of the same user can be stopped.',
        },
      );
    }
    if (what === 'statement') target.cancel();
    else target.destroy();
    return true;
  };

  const accept = (socket: Socket) => {
    if (connections.size >= maxConnections) {
      refuse(socket);
      return;
    }
    do lastProcessId = lastProcessId >= 0x7fff_ffff ? 1 : lastProcessId + 1;
    while (connections.has(lastProcessId));
    const processId = lastProcessId;
    const secret = randomBytes(4);
    const connection = new Connection(socket, {
      processId,
      secret,
      tls,
      authentication: options.authentication,
      createSession: options.createSession,
      cancel,
      stop,
      loginTimeoutMs: limits.loginTimeoutMs ?? 60_000,
      maxMessageBytes: limits.messageBytes ?? 64 * 1024 * 1024,
      logger,
    });
    connections.set(processId, { connection, secret });
    const served = connection.run().finally(() => {
      connections.delete(processId);
      running.delete(served);
    });
    running.add(served);
  };

  const server = createServer({ keepAlive: true }, accept);
  await listen(server, options.host, options.port);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    connections: () => connections.size,
    async close(signal) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const { connection } of connections.values()) connection.shutdown();
      let cutTimer: NodeJS.Timeout | undefined;
      let abandon: () => void = () => undefined;
      const abandoned = new Promise<void>((resolve) => (abandon = resolve));
      const cut = () => {
        for (const { connection } of connections.values()) connection.destroy();
        // What cannot be interrupted (a statement being planned) must not hold up the process.
        cutTimer = setTimeout(abandon, CUT_GRACE_MS);
      };
      if (signal?.aborted) cut();
      else signal?.addEventListener('abort', cut, { once: true });
      try {
        await Promise.race([Promise.all(running).then(() => closed), abandoned]);
      } finally {
        clearTimeout(cutTimer);
        signal?.removeEventListener('abort', cut);
      }
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new QueryError(
          'invalidConfiguration',
          `the SQL endpoint cannot listen on ${host}:${port} (${cause.code ?? 'unknown reason'})`,
          { cause },
        ),
      );
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function refuse(socket: Socket): void {
  const out = new Writer(256);
  writeError(out, new QueryError('tooManyConnections', 'sorry, too many clients already'), 'FATAL');
  socket.on('error', () => socket.destroy());
  socket.resume();
  socket.setTimeout(REFUSED_LINGER_MS, () => socket.destroy());
  socket.end(out.take());
}
