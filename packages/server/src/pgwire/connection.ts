import type { SqlSession } from '@tributary/planner';
import type { Statement } from '@tributary/sql';
import { isQueryError, QueryError } from '@tributary/sql';
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { authenticate } from './authentication.ts';
import type { Authentication } from './authentication.ts';
import {
  writeAuthenticationOk,
  writeBackendKey,
  writeNegotiateVersion,
  writeParameterStatus,
  writeReady,
} from './backend-messages.ts';
import { FRONTEND } from './codes.ts';
import { writeError } from './error-response.ts';
import { ExtendedQuery } from './extended-query.ts';
import type { Logger } from './logger.ts';
import { initialParameters, reportedName } from './parameter-status.ts';
import type { Message } from './reader.ts';
import { MessageSplitter, Reader } from './reader.ts';
import { runSimpleQuery } from './simple-query.ts';
import { parseStartupPacket } from './startup.ts';
import { upgrade } from './tls.ts';
import type { WireSession } from './wire-session.ts';
import { Writer } from './writer.ts';

/** PostgreSQL's own limit on what a stranger may send. */
const LOGIN_MESSAGE_BYTES = 10_000;
/** Input of a busy connection that is read ahead. */
const READ_AHEAD_BYTES = 256 * 1024;
const SEND_BYTES = 64 * 1024;

export interface ConnectionOptions {
  readonly processId: number;
  /** 4 bytes that a CancelRequest must repeat. */
  readonly secret: Buffer;
  readonly tls: SecureContext | undefined;
  readonly authentication: Authentication;
  readonly createSession: (
    user: string,
    parameters: ReadonlyMap<string, string>,
  ) => Promise<SqlSession>;
  readonly cancel: (processId: number, secret: Buffer) => void;
  readonly loginTimeoutMs: number;
  readonly maxMessageBytes: number;
  readonly logger: Logger;
}

/** One client: reads its messages in order and answers them. The only place that touches its socket. */
export class Connection {
  #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #splitter = new MessageSplitter(LOGIN_MESSAGE_BYTES);
  readonly #out = new Writer();
  /** Wakes whoever waits for input, for the socket to drain, or for neither. */
  #wake: (() => void) | undefined;
  #ended = false;
  #shutdown: QueryError | undefined;
  #running: AbortController | undefined;
  #session: SqlSession | undefined;
  #skipping = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** Serves the client until it leaves, breaks the protocol or is shut down. Never throws. */
  async run(): Promise<void> {
    this.#listen(this.#socket);
    try {
      const session = await this.#login();
      if (session !== undefined) await this.#serve(session);
    } catch (error) {
      await this.#endWith(this.#toQueryError(error));
    } finally {
      this.#ended = true;
      await this.#session?.close().catch((error: unknown) => {
        this.#options.logger.error({ err: error }, 'a session did not close');
      });
      this.#socket.end();
      this.#socket.destroySoon();
    }
  }

  /** Stops the running statement, if any. */
  cancel(): void {
    this.#running?.abort(
      new QueryError('queryCanceled', 'canceling statement due to user request'),
    );
  }

  /** Ends the connection once nothing runs; at once where nothing does. */
  shutdown(): void {
    this.#shutdown = new QueryError(
      'adminShutdown',
      'terminating connection due to administrator command',
    );
    if (this.#running === undefined) this.#wake?.();
  }

  /** Ends the connection now, whatever runs. */
  destroy(): void {
    this.shutdown();
    this.#running?.abort(this.#shutdown);
    this.#socket.destroy();
  }

  #listen(socket: Socket): void {
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.#splitter.push(chunk);
      if (this.#splitter.buffered > READ_AHEAD_BYTES && this.#wake === undefined) socket.pause();
      this.#wake?.();
    });
    socket.on('drain', () => this.#wake?.());
    socket.on('error', (error) => {
      this.#options.logger.debug({ err: error }, 'a client connection broke');
    });
    socket.on('close', () => {
      if (socket !== this.#socket) return;
      this.#ended = true;
      this.#running?.abort(new QueryError('queryCanceled', 'the client has gone'));
      this.#wake?.();
    });
  }

  /** Waits for the next thing to happen on the socket. */
  #wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  /** The next message; undefined when the client has gone or the server shuts down. */
  async #next(): Promise<Message | undefined> {
    for (;;) {
      if (this.#ended || this.#shutdown !== undefined) return undefined;
      const message = this.#splitter.next();
      if (message !== undefined) return message;
      const waiting = this.#wait();
      this.#socket.resume();
      await waiting;
    }
  }

  async #flush(): Promise<void> {
    if (this.#ended) throw new QueryError('queryCanceled', 'the client has gone');
    if (this.#out.length === 0) return;
    if (this.#socket.write(this.#out.take())) return;
    while (this.#socket.writableNeedDrain && !this.#ended) await this.#wait();
  }

  async #login(): Promise<SqlSession | undefined> {
    const timer = setTimeout(() => {
      this.#shutdown = new QueryError(
        'invalidAuthorization',
        'canceling authentication due to timeout',
      );
      this.#wake?.();
      // A client that does not read would hold its place for ever.
      setTimeout(() => this.#socket.destroy(), 1000).unref();
    }, this.#options.loginTimeoutMs);
    try {
      const parameters = await this.#startup();
      if (parameters === undefined) return undefined;
      const user = parameters.get('user') ?? '';
      const authenticated = await authenticate(
        {
          out: this.#out,
          flush: () => this.#flush(),
          next: () => this.#next(),
          remoteAddress: this.#socket.remoteAddress,
        },
        this.#options.authentication,
        user,
      );
      if (!authenticated) {
        if (this.#shutdown !== undefined) throw this.#shutdown;
        return undefined;
      }
      writeAuthenticationOk(this.#out);
      const session = await this.#options.createSession(user, parameters);
      this.#session = session;
      this.#splitter.limit = this.#options.maxMessageBytes;
      for (const [name, value] of initialParameters(session)) {
        writeParameterStatus(this.#out, name, value);
      }
      session.onSettingChanged = (name, value) => {
        const reported = reportedName(name);
        if (reported !== undefined) writeParameterStatus(this.#out, reported, value);
      };
      writeBackendKey(this.#out, this.#options.processId, this.#options.secret);
      writeReady(this.#out, session.transaction);
      await this.#flush();
      return session;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The startup packet's parameters; undefined where the connection was for something else, or has gone. */
  async #startup(): Promise<ReadonlyMap<string, string> | undefined> {
    let secured = false;
    for (;;) {
      const message = await this.#next();
      if (message === undefined) {
        if (this.#shutdown !== undefined) throw this.#shutdown;
        return undefined;
      }
      const packet = parseStartupPacket(message.body);
      switch (packet.kind) {
        case 'cancel':
          this.#options.cancel(packet.processId, packet.secret);
          return undefined;
        case 'gssenc':
          this.#out.ascii('N');
          await this.#flush();
          break;
        case 'ssl':
          if (this.#options.tls === undefined || secured) {
            this.#out.ascii('N');
            await this.#flush();
            break;
          }
          // What came before the handshake could have been put there by someone in between.
          if (this.#splitter.buffered > 0) {
            throw new QueryError(
              'protocolViolation',
              'received unencrypted data after SSL request',
            );
          }
          this.#out.ascii('S');
          await this.#flush();
          this.#secure(this.#options.tls);
          secured = true;
          break;
        case 'startup':
          if (packet.unsupported !== undefined) {
            writeNegotiateVersion(this.#out, packet.unsupported);
          }
          this.#splitter.startup = false;
          return packet.parameters;
      }
    }
  }

  #secure(context: SecureContext): void {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    plain.removeAllListeners('drain');
    this.#socket = upgrade(plain, context);
    this.#listen(this.#socket);
  }

  async #serve(session: SqlSession): Promise<void> {
    const wire: WireSession = {
      session,
      out: this.#out,
      flush: () => this.#flush(),
      drain: async () => {
        if (this.#out.length < SEND_BYTES) return;
        await this.#flush();
        await nextTurn();
      },
      cancellable: async (abort, run) => {
        this.#running = abort;
        try {
          if (this.#ended) throw new QueryError('queryCanceled', 'the client has gone');
          return await run(abort.signal);
        } finally {
          this.#running = undefined;
        }
      },
      intercept: (statement: Statement) => extended.deallocate(statement),
    };
    const extended = new ExtendedQuery(wire);
    try {
      for (;;) {
        const message = await this.#next();
        if (message === undefined) {
          if (this.#shutdown !== undefined && !this.#ended) throw this.#shutdown;
          return;
        }
        if (message.type === FRONTEND.terminate) return;
        await this.#handle(message, wire, extended);
      }
    } finally {
      await extended.endTransaction();
    }
  }

  async #handle(message: Message, wire: WireSession, extended: ExtendedQuery): Promise<void> {
    const { type, body } = message;
    switch (type) {
      case FRONTEND.sync:
        this.#skipping = false;
        await this.#ready(wire, extended);
        return;
      case FRONTEND.flush:
        await this.#flush();
        return;
      case FRONTEND.query:
        if (this.#skipping) return;
        await this.#attempt(async () => {
          await extended.dropUnnamed();
          const reader = new Reader(body);
          const text = reader.cstring();
          reader.end();
          await runSimpleQuery(wire, text);
        });
        await this.#ready(wire, extended);
        return;
      case FRONTEND.functionCall:
        if (this.#skipping) return;
        await this.#attempt(() =>
          Promise.reject(
            new QueryError('featureNotSupported', 'the function call protocol is not supported'),
          ),
        );
        await this.#ready(wire, extended);
        return;
      case FRONTEND.parse:
      case FRONTEND.bind:
      case FRONTEND.describe:
      case FRONTEND.execute:
      case FRONTEND.close:
        if (this.#skipping) return;
        this.#skipping = !(await this.#attempt(() => runExtended(extended, type, body)));
        return;
      case FRONTEND.copyData:
      case FRONTEND.copyDone:
      case FRONTEND.copyFail:
        // A client may send these after a COPY that failed; outside of one they are ignored.
        return;
      default:
        throw new QueryError('protocolViolation', `invalid frontend message type ${type}`);
    }
  }

  async #ready(wire: WireSession, extended: ExtendedQuery): Promise<void> {
    if (wire.session.transaction === 'idle') await extended.endTransaction();
    writeReady(this.#out, wire.session.transaction);
    await this.#flush();
  }

  /** Runs one request; a failure is told to the client. Answers whether it succeeded. */
  async #attempt(request: () => Promise<void>): Promise<boolean> {
    try {
      await request();
      return true;
    } catch (error) {
      if (this.#ended) throw error;
      const failure = this.#toQueryError(error);
      this.#session?.fail();
      if (failure.code === 'adminShutdown') throw failure;
      writeError(this.#out, failure);
      return false;
    }
  }

  #toQueryError(error: unknown): QueryError {
    if (isQueryError(error)) {
      if (error.kind === 'internal') {
        this.#options.logger.error({ err: error, cause: error.cause }, 'a statement failed');
      }
      return error;
    }
    this.#options.logger.error({ err: error }, 'a statement failed unexpectedly');
    return new QueryError('internalError', 'internal error', {
      cause: error,
      hint: 'This is a defect of the server. Its log has the details.',
    });
  }

  async #endWith(error: QueryError): Promise<void> {
    if (this.#ended || this.#socket.destroyed) return;
    try {
      writeError(this.#out, error, 'FATAL');
      this.#socket.write(this.#out.take());
      await nextTurn();
    } catch {
      // The client has gone meanwhile.
    }
  }
}

async function runExtended(extended: ExtendedQuery, type: number, body: Buffer): Promise<void> {
  switch (type) {
    case FRONTEND.parse:
      return extended.parse(body);
    case FRONTEND.bind:
      return extended.bind(body);
    case FRONTEND.execute:
      return extended.execute(body);
    case FRONTEND.close:
      return extended.close(body);
    default:
      extended.describe(body);
  }
}
