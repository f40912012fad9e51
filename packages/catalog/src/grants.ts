/** Whom a grant to everybody names; no user's or role's own name. */
export const PUBLIC = 'public';

/** A schema, or with `name` a relation of it. */
export interface GrantTarget {
  readonly database: string;
  readonly schema: string;
  readonly name?: string;
}

/** Who may do what there is to be done with an object. Everybody may, until that is revoked. */
export interface StoredGrant extends GrantTarget {
  /** Users, roles and PUBLIC. */
  readonly grantees: readonly string[];
}

/** Who may read relations and use schemas, by their names. Immutable. */
export interface Grants {
  /** Undefined: everybody. */
  of(target: GrantTarget): ReadonlySet<string> | undefined;
  /** Nobody is refused anything. */
  readonly open: boolean;
}

/** The same for the same object. */
export function targetKey({ database, schema, name }: GrantTarget): string {
  return JSON.stringify([database, schema, name]);
}

/** Grants as they are stored: of objects whose grantees are others than PUBLIC alone. */
export function grantsOf(stored: readonly StoredGrant[]): Grants {
  const byTarget = new Map(stored.map((each) => [targetKey(each), new Set(each.grantees)]));
  const open = stored.every(({ grantees }) => grantees.includes(PUBLIC));
  return Object.freeze({ of: (target: GrantTarget) => byTarget.get(targetKey(target)), open });
}

/** Everybody may read everything. */
export const NO_GRANTS: Grants = grantsOf([]);
