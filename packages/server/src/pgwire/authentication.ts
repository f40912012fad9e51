import { QueryError } from '@tributary/sql';
import { randomBytes } from 'node:crypto';
import { writeSaslContinue, writeSaslFinal, writeSaslMechanisms } from './backend-messages.ts';
import { FRONTEND } from './codes.ts';
import type { Message } from './reader.ts';
import { Reader } from './reader.ts';
import type { ScramVerifier } from './scram.ts';
import { mockVerifier, startScram } from './scram.ts';
import type { ClientCertificate } from './tls.ts';
import type { Writer } from './writer.ts';

/** How users prove who they are. `trust` asks nothing and admits only clients on this machine. */
export type Authentication =
  | { readonly kind: 'trust' }
  | { readonly kind: 'users'; readonly find: (user: string) => Promise<Credentials | undefined> };

/** What a user must show: a password, a client certificate, or both. */
export interface Credentials {
  /** SCRAM-SHA-256. */
  readonly password?: ScramVerifier;
  /** The common name of a certificate that one of the client authorities has signed. */
  readonly commonName?: string;
}

/** What the exchange needs of a connection. */
export interface AuthenticationChannel {
  readonly out: Writer;
  readonly flush: () => Promise<void>;
  readonly next: () => Promise<Message | undefined>;
  readonly remoteAddress: string | undefined;
  readonly certificate: ClientCertificate | undefined;
}

const MECHANISM = 'SCRAM-SHA-256';
const MOCK_SECRET = randomBytes(32);

/**
 * Answers false where the client left in between.
 *
 * @throws QueryError invalidAuthorization, invalidPassword, protocolViolation: the connection ends with it.
 */
export async function authenticate(
  channel: AuthenticationChannel,
  authentication: Authentication,
  user: string,
): Promise<boolean> {
  if (authentication.kind === 'trust') {
    if (isLoopback(channel.remoteAddress)) return true;
    throw new QueryError(
      'invalidAuthorization',
      'connections without a password are accepted from this machine only',
      { hint: 'Configure auth.users.' },
    );
  }
  const known = await authentication.find(user);
  if (known?.commonName !== undefined) checkCertificate(channel, user, known.commonName);
  if (known !== undefined && known.password === undefined) return true;
  const exchange = await firstMessage(channel, known?.password ?? mockVerifier(user, MOCK_SECRET));
  if (exchange === undefined) return false;
  writeSaslContinue(channel.out, exchange.first);
  await channel.flush();
  const message = await nextPassword(channel);
  if (message === undefined) return false;
  const final = exchange.finish(message.body.toString('utf8'));
  if (final === undefined || known === undefined) {
    throw new QueryError('invalidPassword', `password authentication failed for user "${user}"`);
  }
  writeSaslFinal(channel.out, final);
  return true;
}

/** As `clientcert=verify-full` of PostgreSQL. */
function checkCertificate(
  { certificate }: AuthenticationChannel,
  user: string,
  commonName: string,
): void {
  if (certificate?.trusted !== true) {
    throw new QueryError('invalidAuthorization', 'connection requires a valid client certificate');
  }
  if (certificate.commonName !== commonName) {
    throw new QueryError(
      'invalidAuthorization',
      `certificate authentication failed for user "${user}"`,
    );
  }
}

async function firstMessage(channel: AuthenticationChannel, verifier: ScramVerifier) {
  writeSaslMechanisms(channel.out, [MECHANISM]);
  await channel.flush();
  const message = await nextPassword(channel);
  if (message === undefined) return undefined;
  const reader = new Reader(message.body);
  const mechanism = reader.cstring();
  if (mechanism !== MECHANISM) {
    throw new QueryError(
      'protocolViolation',
      'client selected an invalid SASL authentication mechanism',
    );
  }
  const length = reader.int32();
  return startScram(reader.take(Math.max(length, 0)).toString('utf8'), verifier);
}

async function nextPassword(channel: AuthenticationChannel): Promise<Message | undefined> {
  const message = await channel.next();
  if (message === undefined || message.type === FRONTEND.terminate) return undefined;
  if (message.type !== FRONTEND.password) {
    throw new QueryError('protocolViolation', `expected SASL response, got ${message.type}`);
  }
  return message;
}

function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}
