import { PUBLIC } from '@tributary/catalog';

/** Whom a statement reads for. */
export interface Reader {
  /** The names under which something may be granted to the user: its own, those of its roles, and PUBLIC. */
  readonly names: ReadonlySet<string>;
  /** Reads everything, and grants. */
  readonly administrator: boolean;
}

/** Users and roles, as they are configured. */
export interface Access {
  reader(user: string): Reader;
  /** Whether something can be granted to a user or role of this name. */
  isRole(name: string): boolean;
}

/** As whom bootstrap files run, and who uses a server without users: always an administrator. */
export const SYSTEM_USER = 'tributary';

/** Nobody has roles, and SYSTEM_USER alone grants. */
export const NO_ROLES: Access = {
  reader: (user) => ({
    names: new Set([user, PUBLIC]),
    administrator: user === SYSTEM_USER,
  }),
  isRole: (name) => name === SYSTEM_USER,
};
