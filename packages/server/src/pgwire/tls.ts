import type { Socket } from 'node:net';
import type { PeerCertificate, Server } from 'node:tls';
import { createServer, TLSSocket } from 'node:tls';
import { QueryError } from '@tributary/sql';

/** PEM texts. */
export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
  /** The authorities whose certificates clients may show; undefined: clients are not asked for one. */
  readonly clientAuthorities?: string;
  /** Nobody logs in without TLS. */
  readonly required?: boolean;
}

/** What a client showed of itself in the handshake. */
export interface ClientCertificate {
  /** One of the authorities has signed it, and it is valid now. */
  readonly trusted: boolean;
  /** The subject's common name, where it has exactly one. */
  readonly commonName: string | undefined;
}

/** Continues connections over TLS after `S` was answered. Who shows a wrong certificate or none is told so at login. */
export class TlsAcceptor {
  /** Nobody logs in without TLS. */
  readonly required: boolean;
  readonly #server: Server;
  /** Handshakes that have not ended, by the client's address and port. */
  readonly #waiting = new Map<string, (secured: TLSSocket | undefined) => void>();

  /** @throws QueryError invalidConfiguration when certificates and key are unreadable or do not belong together. */
  constructor({ cert, key, clientAuthorities: ca, required = false }: TlsOptions) {
    this.required = required;
    try {
      // It never listens: it is given connections, and tells whether their certificates can be trusted.
      this.#server = createServer({
        cert,
        key,
        minVersion: 'TLSv1.2',
        requestCert: ca !== undefined,
        rejectUnauthorized: false,
        ...(ca === undefined ? {} : { ca }),
      });
    } catch (error) {
      // The native error is kept out: it may quote the key.
      const code =
        typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
      throw new QueryError(
        'invalidConfiguration',
        `the certificate and key of server.sql.tls cannot be used ${code}`.trimEnd(),
      );
    }
    this.#server.on('secureConnection', (secured) => {
      const waiting = this.#waiting.get(peerOf(secured));
      if (waiting === undefined) secured.destroy();
      else waiting(secured);
    });
  }

  /** The connection after its handshake; undefined where it has ended instead. */
  secure(socket: Socket): Promise<TLSSocket | undefined> {
    const peer = peerOf(socket);
    return new Promise((resolve) => {
      const end = (secured: TLSSocket | undefined): void => {
        this.#waiting.delete(peer);
        socket.off('close', closed);
        resolve(secured);
      };
      const closed = (): void => end(undefined);
      socket.once('close', closed);
      this.#waiting.set(peer, end);
      this.#server.emit('connection', socket);
    });
  }
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

/** Undefined where the client has shown none. */
export function clientCertificate(socket: Socket): ClientCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const { subject } = socket.getPeerCertificate() as Partial<PeerCertificate>;
  if (subject === undefined) return undefined;
  const { CN: name } = subject as { readonly CN?: string | readonly string[] };
  return { trusted: socket.authorized, commonName: typeof name === 'string' ? name : undefined };
}
