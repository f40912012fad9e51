import { QueryError } from '@tributary/sql';
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

const ITERATIONS = 4096;
const KEY_BYTES = 32;

/** What the server keeps of a password (RFC 5802, RFC 7677): the password cannot be had from it. */
export interface ScramVerifier {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

const hmac = (key: Buffer, text: string | Buffer) =>
  createHmac('sha256', key).update(text).digest();
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest();

/** A verifier of a password, normalised as SASLprep asks for the common cases. */
export function createScramVerifier(
  password: string,
  salt: Buffer = randomBytes(16),
  iterations = ITERATIONS,
): ScramVerifier {
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, KEY_BYTES, 'sha256');
  return {
    iterations,
    salt,
    storedKey: sha256(hmac(salted, 'Client Key')),
    serverKey: hmac(salted, 'Server Key'),
  };
}

/** PostgreSQL's text of a verifier: `SCRAM-SHA-256$4096:salt$StoredKey:ServerKey`. undefined for any other text. */
export function parseScramVerifier(text: string): ScramVerifier | undefined {
  const match = /^SCRAM-SHA-256\$(\d{1,9}):([^$:]+)\$([^$:]+):([^$:]+)$/.exec(text);
  if (match === null) return undefined;
  const [, iterations = '', salt = '', storedKey = '', serverKey = ''] = match;
  const verifier = {
    iterations: Number(iterations),
    salt: Buffer.from(salt, 'base64'),
    storedKey: Buffer.from(storedKey, 'base64'),
    serverKey: Buffer.from(serverKey, 'base64'),
  };
  const valid =
    verifier.iterations > 0 &&
    verifier.storedKey.length === KEY_BYTES &&
    verifier.serverKey.length === KEY_BYTES;
  return valid ? verifier : undefined;
}

export function formatScramVerifier(verifier: ScramVerifier): string {
  const [salt, stored, server] = [verifier.salt, verifier.storedKey, verifier.serverKey].map(
    (bytes) => bytes.toString('base64'),
  );
  return `SCRAM-SHA-256$${verifier.iterations}:${salt}$${stored}:${server}`;
}

/**
 * A verifier that nothing matches, the same for a name as long as the process runs: a stranger cannot tell which users
 * exist by what they are asked.
 */
export function mockVerifier(user: string, secret: Buffer): ScramVerifier {
  return {
    iterations: ITERATIONS,
    salt: hmac(secret, user).subarray(0, 16),
    storedKey: randomBytes(KEY_BYTES),
    serverKey: randomBytes(KEY_BYTES),
  };
}

/** The exchange after a client's first message. */
export interface ScramExchange {
  /** server-first-message. */
  readonly first: string;
  /**
   * Checks client-final-message and answers server-final-message; undefined where the password is wrong.
   *
   * @throws QueryError protocolViolation for a malformed message.
   */
  finish(clientFinal: string): string | undefined;
}

/**
 * Starts SCRAM-SHA-256 without channel binding.
 *
 * @throws QueryError protocolViolation for a malformed first message, or one that wants channel binding.
 */
export function startScram(
  clientFirst: string,
  verifier: ScramVerifier,
  serverNonce: string = randomBytes(18).toString('base64'),
): ScramExchange {
  const match =
    /^([nyp])(?:=[^,]*)?,(?:a=[^,]*)?,((?:m=[^,]*,)?n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/.exec(
      clientFirst,
    );
  if (match === null) throw malformed();
  const [, binding = '', bare = '', clientNonce = ''] = match;
  if (binding === 'p') {
    throw new QueryError('protocolViolation', 'channel binding is not supported');
  }
  if (bare.startsWith('m=')) {
    throw new QueryError('protocolViolation', 'the client requires an unsupported SCRAM extension');
  }
  const header = clientFirst.slice(0, clientFirst.length - bare.length);
  const nonce = clientNonce + serverNonce;
  const first = `r=${nonce},s=${verifier.salt.toString('base64')},i=${verifier.iterations}`;
  return {
    first,
    finish(clientFinal) {
      const final = /^(c=([^,]*),r=([^,]*)(?:,.*)?),p=([A-Za-z0-9+/=]+)$/.exec(clientFinal);
      if (final === null) throw malformed();
      const [, withoutProof = '', channel = '', echoed = '', proofText = ''] = final;
      if (Buffer.from(channel, 'base64').toString() !== header || echoed !== nonce) {
        throw malformed();
      }
      const message = `${bare},${first},${withoutProof}`;
      const signature = hmac(verifier.storedKey, message);
      const proof = Buffer.from(proofText, 'base64');
      if (proof.length !== KEY_BYTES) throw malformed();
      const clientKey = Buffer.alloc(KEY_BYTES);
      for (let index = 0; index < KEY_BYTES; index++) {
        clientKey[index] = (proof[index] ?? 0) ^ (signature[index] ?? 0);
      }
      if (!timingSafeEqual(sha256(clientKey), verifier.storedKey)) return undefined;
      return `v=${hmac(verifier.serverKey, message).toString('base64')}`;
    },
  };
}

function malformed(): QueryError {
  return new QueryError('protocolViolation', 'malformed SCRAM message');
}
