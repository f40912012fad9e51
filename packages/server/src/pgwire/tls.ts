import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { createSecureContext, TLSSocket } from 'node:tls';
import { QueryError } from '@tributary/sql';

/** PEM texts. */
export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
}

/** @throws QueryError invalidConfiguration when certificate and key are unreadable or do not belong together. */
export function secureContext(options: TlsOptions): SecureContext {
  try {
    return createSecureContext({ cert: options.cert, key: options.key, minVersion: 'TLSv1.2' });
  } catch (error) {
    // The native error is kept out: it may quote the key.
    const code =
      typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
    throw new QueryError(
      'invalidConfiguration',
      `the certificate and key of server.sql.tls cannot be used ${code}`.trimEnd(),
    );
  }
}

/** Continues a connection under TLS after `S` was answered. */
export function upgrade(socket: Socket, context: SecureContext): TLSSocket {
  return new TLSSocket(socket, { isServer: true, secureContext: context });
}
