import { QueryError } from '@tributary/sql';
import type { UserConfig } from './config/config.ts';
import type { Authentication } from './pgwire/authentication.ts';
import { createScramVerifier } from './pgwire/scram.ts';

/** The only user of a server without `auth`. */
export const OPEN_USER = 'tributary';

/** Configured users by SCRAM-SHA-256; without any, clients of this machine are trusted. Passwords are not kept. */
export function createAuthentication(users: readonly UserConfig[] | undefined): Authentication {
  if (users === undefined) {
    return { kind: 'trust' };
  }
  const verifiers = new Map(
    users.map(({ name, password }) => [name, createScramVerifier(password)] as const),
  );
  return { kind: 'scram', verifier: (user) => Promise.resolve(verifiers.get(user)) };
}

/** Throws `invalidAuthorization` for a user that the server does not know. */
export function refuseUnknownUser(users: readonly UserConfig[] | undefined, user: string): void {
  const known = users?.map(({ name }) => name) ?? [OPEN_USER];
  if (!known.includes(user)) {
    throw new QueryError('invalidAuthorization', `role "${user}" does not exist`, {
      ...(users === undefined ? { hint: `Connect as user "${OPEN_USER}".` } : {}),
    });
  }
}
