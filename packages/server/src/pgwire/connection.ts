import type { SqlSession } from '@tributary/planner';
import { isQueryError, QueryError } from '@tributary/sql';
import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import { writeReady } from './backend-messages.ts';
import { ClientSocket } from './client-socket.ts';
import { FRONTEND } from './codes.ts';
import { writeError } from './error-response.ts';
import { ExtendedQuery } from './extended-query.ts';
import { idleLimit } from './idle-limit.ts';
import type { Logger } from './logger.ts';
import type { LoginOptions } from './login.ts';
import { login } from './login.ts';
import { NamedStatements } from './named-statements.ts';
import { Portals } from './portals.ts';
import type { Message } from './reader.ts';
import { Reader } from './reader.ts';
import { runSimpleQuery } from './simple-query.ts';
import type { WireSession } from './wire-session.ts';

/** Parts of a statement that run side by side, each of which listens for its cancellation: with more, one forgot to stop listening. */
const MOST_PARTS = 1000;

export interface ConnectionOptions extends LoginOptions {
  readonly logger: Logger;
  /** Stops another connection for a user; false where there is none. Throws `insufficientPrivilege`. */
  readonly stop: (user: string, processId: number, what: 'statement' | 'connection') => boolean;
}

/** One client: reads its messages in order and answers them. */
export class Connection {
  readonly #client: ClientSocket;
  readonly #options: ConnectionOptions;
  #running: AbortController | undefined;
  #session: SqlSession | undefined;
  /** After an error of the extended protocol, up to Sync. */
  #skipping = false;
  /** Something failed since the last ReadyForQuery: outside a block that undoes the implied transaction. */
  #failed = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#client = new ClientSocket(socket, options.logger);
    this.#options = options;
    this.#client.onGone = () => {
      this.#running?.abort(new QueryError('queryCanceled', 'the client has gone'));
    };
  }

  /** Serves the client until it leaves, breaks the protocol or is shut down. Never throws. */
  async run(): Promise<void> {
    try {
      this.#session = await login(this.#client, this.#options);
      if (this.#session !== undefined) {
        const { user } = this.#session;
        this.#session.backends = {
          processId: this.#options.processId,
          stop: (processId, what) => this.#options.stop(user, processId, what),
        };
        await this.#serve(this.#session);
      }
    } catch (error) {
      writeError(this.#client.out, this.#toQueryError(error), 'FATAL');
      await this.#client.sendLast();
    } finally {
      await this.#session?.close().catch((error: unknown) => {
        this.#options.logger.error({ err: error }, 'a session did not close');
      });
      this.#client.end();
    }
  }

  /** Who is logged in. */
  get user(): string | undefined {
    return this.#session?.user;
  }

  /** Stops the running statement, if any. */
  cancel(): void {
    this.#running?.abort(
      new QueryError('queryCanceled', 'canceling statement due to user request'),
    );
  }

  /** Ends the connection once nothing runs; at once where nothing does. */
  shutdown(): void {
    this.#client.stop(shuttingDown(), this.#running === undefined);
  }

  /** Ends the connection now, whatever runs. */
  destroy(): void {
    this.shutdown();
    this.#running?.abort(shuttingDown());
    this.#client.destroy();
  }

  async #serve(session: SqlSession): Promise<void> {
    const client = this.#client;
    const wire: WireSession = {
      session,
      statements: new NamedStatements(),
      portals: new Portals(),
      out: client.out,
      flush: () => client.flush(),
      drain: () => client.drain(),
      cancellable: async (abort, run) => {
        this.#running = abort;
        setMaxListeners(MOST_PARTS, abort.signal);
        try {
          if (client.gone) throw new QueryError('queryCanceled', 'the client has gone');
          return await run(abort.signal);
        } finally {
          this.#running = undefined;
        }
      },
    };
    const extended = new ExtendedQuery(wire);
    try {
      for (;;) {
        const idle = idleLimit(session, (reason) => client.stop(reason, true));
        const message = await client.next().finally(() => clearTimeout(idle));
        if (message === undefined || message.type === FRONTEND.terminate) return;
        await this.#handle(message, wire, extended);
      }
    } finally {
      await wire.portals.closeAll();
    }
  }

  async #handle(message: Message, wire: WireSession, extended: ExtendedQuery): Promise<void> {
    const { type, body } = message;
    if (type !== FRONTEND.sync) wire.session.beginImplicit();
    switch (type) {
      case FRONTEND.sync:
        this.#skipping = false;
        await this.#ready(wire);
        return;
      case FRONTEND.flush:
        await wire.flush();
        return;
      case FRONTEND.query:
        if (this.#skipping) return;
        await this.#attempt(async () => {
          // A simple query takes the place of the unnamed statement and portal.
          wire.statements.delete('');
          await wire.portals.close('');
          const reader = new Reader(body);
          const text = reader.cstring();
          reader.end();
          await runSimpleQuery(wire, text);
        });
        await this.#ready(wire);
        return;
      case FRONTEND.functionCall:
        if (this.#skipping) return;
        await this.#attempt(() =>
          Promise.reject(
            new QueryError('featureNotSupported', 'the function call protocol is not supported'),
          ),
        );
        await this.#ready(wire);
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

  async #ready({ session, portals, out }: WireSession): Promise<void> {
    if (session.transaction === 'idle') await portals.endTransaction(!this.#failed);
    this.#failed = false;
    session.endImplicit();
    writeReady(out, session.transaction);
    await this.#client.flush();
  }

  /** Runs one request; a failure is told to the client. Answers whether it succeeded. */
  async #attempt(request: () => Promise<void>): Promise<boolean> {
    try {
      await request();
      return true;
    } catch (error) {
      if (this.#client.gone) throw error;
      const failure = this.#toQueryError(error);
      this.#failed = true;
      this.#session?.fail();
      if (failure.code === 'adminShutdown') throw failure;
      writeError(this.#client.out, failure);
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
}

function shuttingDown(): QueryError {
  return new QueryError('adminShutdown', 'terminating connection due to administrator command');
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
