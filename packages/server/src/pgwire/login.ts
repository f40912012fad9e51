import type { SqlSession } from '@tributary/planner';
import { QueryError } from '@tributary/sql';
import type { Authentication } from './authentication.ts';
import { authenticate } from './authentication.ts';
import {
  writeAuthenticationOk,
  writeBackendKey,
  writeNegotiateVersion,
  writeParameterStatus,
  writeReady,
} from './backend-messages.ts';
import type { ClientSocket } from './client-socket.ts';
import { initialParameters, reportedName } from './parameter-status.ts';
import { parseStartupPacket } from './startup.ts';
import type { TlsAcceptor } from './tls.ts';

/** A client that does not read would hold its place for ever. */
const LATE_LINGER_MS = 1000;

export interface LoginOptions {
  readonly processId: number;
  /** 4 bytes that a CancelRequest must repeat. */
  readonly secret: Buffer;
  readonly tls: TlsAcceptor | undefined;
  readonly authentication: Authentication;
  readonly createSession: (
    user: string,
    parameters: ReadonlyMap<string, string>,
  ) => Promise<SqlSession>;
  readonly cancel: (processId: number, secret: Buffer) => void;
  readonly loginTimeoutMs: number;
  readonly maxMessageBytes: number;
}

/**
 * Everything up to the first ReadyForQuery: TLS, the startup packet, who the user is, the session and what it tells the
 * client. Undefined where the connection was for something else (CancelRequest), or the client has gone or was refused.
 *
 * @throws QueryError as the connection's last message.
 */
export async function login(
  client: ClientSocket,
  options: LoginOptions,
): Promise<SqlSession | undefined> {
  const { out } = client;
  const timer = setTimeout(() => {
    const late = 'canceling authentication due to timeout';
    client.stop(new QueryError('invalidAuthorization', late), true);
    setTimeout(() => client.destroy(), LATE_LINGER_MS).unref();
  }, options.loginTimeoutMs);
  try {
    const parameters = await startup(client, options);
    if (parameters === undefined) return undefined;
    const user = parameters.get('user') ?? '';
    const authenticated = await authenticate(
      {
        out,
        flush: () => client.flush(),
        next: () => client.next(),
        remoteAddress: client.remoteAddress,
        certificate: client.certificate,
      },
      options.authentication,
      user,
    );
    if (!authenticated) return undefined;
    writeAuthenticationOk(out);
    const session = await options.createSession(user, parameters);
    try {
      client.messageLimit = options.maxMessageBytes;
      greet(client, session, options);
      await client.flush();
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Tells the client what it may rely on, now and whenever it changes. */
function greet({ out }: ClientSocket, session: SqlSession, options: LoginOptions): void {
  for (const [name, value] of initialParameters(session)) writeParameterStatus(out, name, value);
  session.onSettingChanged = (name, value) => {
    const reported = reportedName(name);
    if (reported !== undefined) writeParameterStatus(out, reported, value);
  };
  writeBackendKey(out, options.processId, options.secret);
  writeReady(out, session.transaction);
}

/** The startup packet's parameters; undefined where the connection was for something else, or has gone. */
async function startup(
  client: ClientSocket,
  options: LoginOptions,
): Promise<ReadonlyMap<string, string> | undefined> {
  const { out } = client;
  let secured = false;
  for (;;) {
    const message = await client.next();
    if (message === undefined) return undefined;
    const packet = parseStartupPacket(message.body);
    switch (packet.kind) {
      case 'cancel':
        options.cancel(packet.processId, packet.secret);
        return undefined;
      case 'gssenc':
        out.ascii('N');
        await client.flush();
        break;
      case 'ssl':
        if (options.tls === undefined || secured) {
          out.ascii('N');
          await client.flush();
          break;
        }
        // What came before the handshake could have been put there by someone in between.
        if (client.buffered > 0) {
          throw new QueryError('protocolViolation', 'received unencrypted data after SSL request');
        }
        out.ascii('S');
        await client.flush();
        await client.secure(options.tls);
        secured = true;
        break;
      case 'startup':
        if (options.tls?.required === true && !secured) {
          throw new QueryError('invalidAuthorization', 'connections without TLS are not accepted', {
            hint: 'Connect with sslmode=require or stronger.',
          });
        }
        if (packet.unsupported !== undefined) writeNegotiateVersion(out, packet.unsupported);
        client.startupRead();
        return packet.parameters;
    }
  }
}
