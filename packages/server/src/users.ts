import { PUBLIC } from '@tributary/catalog';
import { SYSTEM_USER } from '@tributary/planner';
import type { Access } from '@tributary/planner';
import { QueryError } from '@tributary/sql';
import type { MirroredRole } from './catalog-engine/mirrored.ts';
import type { Config, UserConfig } from './config/config.ts';
import type { Authentication, Credentials } from './pgwire/authentication.ts';
import { createScramVerifier } from './pgwire/scram.ts';

/** The only user of a server without `auth`. */
export const OPEN_USER = SYSTEM_USER;

/** Configured users by what they must show; without any, clients of this machine are trusted. Passwords are not kept. */
export function createAuthentication(users: readonly UserConfig[] | undefined): Authentication {
  if (users === undefined) {
    return { kind: 'trust' };
  }
  const credentials = new Map<string, Credentials>(
    users.map(({ name, password, certificate }) => [
      name,
      {
        ...(password === undefined ? {} : { password: createScramVerifier(password) }),
        ...(certificate === undefined ? {} : { commonName: certificate }),
      },
    ]),
  );
  return { kind: 'users', find: (user) => Promise.resolve(credentials.get(user)) };
}

/** A user's roles, and those of roles that are themselves users, as PostgreSQL inherits them. */
function rolesOf(users: readonly UserConfig[], user: string): ReadonlySet<string> {
  const found = new Set<string>();
  const pending = [user];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    pending.push(...(users.find((each) => each.name === name)?.roles ?? []));
  }
  return found;
}

/**
 * Who may be granted what. Administrators are those with a role of `administrators`, and SYSTEM_USER: bootstrap files run as it, and
 * without users it is whoever is on this machine.
 */
export function createAccess({
  users = [],
  administrators,
}: Pick<Config, 'users' | 'administrators'>): Access {
  const roles = new Set([SYSTEM_USER, ...users.flatMap(({ name, roles: its }) => [name, ...its])]);
  for (const role of administrators) roles.add(role);
  return {
    isRole: (name) => roles.has(name),
    reader(user) {
      const its = rolesOf(users, user);
      const administrator = user === SYSTEM_USER || administrators.some((role) => its.has(role));
      return { names: new Set([...its, PUBLIC]), administrator };
    },
  };
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

/**
 * Whether a user may put rows into a source: one of its `write.roles` is the user's. Without users, whoever is on this machine has
 * every role, and so have bootstrap files, which run as `tributary`.
 */
export function mayWrite(
  { users, sources }: Pick<Config, 'users' | 'sources'>,
  user: string,
  source: string,
): boolean {
  const found = sources.find(({ name }) => name === source);
  if (found?.connector !== 'lake' || found.write === undefined) return false;
  const { roles } = found.write;
  const known = users?.find(({ name }) => name === user);
  if (known === undefined) return user === OPEN_USER;
  return known.roles.some((role) => roles.includes(role));
}

/** Users as the system catalogs show them. */
export function mirroredRoles(
  { users = [] }: Pick<Config, 'users'>,
  access: Access,
): readonly MirroredRole[] {
  return users.map(({ name, roles }) => ({
    name,
    memberOf: roles.filter((role) => role !== name),
    ...(access.reader(name).administrator ? { administrator: true } : {}),
  }));
}
