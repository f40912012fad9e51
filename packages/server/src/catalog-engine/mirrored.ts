/** A row of pg_namespace, pg_database or pg_type. */
export interface MirroredName {
  readonly oid: number;
  readonly name: string;
}

/** A row of pg_namespace. */
export interface MirroredSchema extends MirroredName {
  /** Roles with the one privilege there is; `public` is everybody. */
  readonly grantees: readonly string[];
}

/** A column as pg_attribute has it. */
export interface MirroredColumn {
  readonly name: string;
  /** pg_type.oid. */
  readonly type: number;
  readonly modifier: number;
  readonly dimensions: number;
  readonly notNull: boolean;
  /** An expression as its source writes it. */
  readonly default?: { readonly oid: number; readonly text: string };
  readonly comment?: string;
}

/** A constraint of pg_constraint. Columns are attribute numbers, from 1. */
export interface MirroredKey {
  readonly oid: number;
  readonly name: string;
  readonly kind: 'primary' | 'unique' | 'foreign' | 'notNull';
  readonly columns: readonly number[];
  /** Of a primary or unique key; of a foreign key, that of the key it refers to, 0 where there is none. */
  readonly index: number;
  readonly target?: { readonly relation: number; readonly columns: readonly number[] };
}

/** A row of pg_class and what hangs on it. */
export interface MirroredRelation {
  readonly oid: number;
  /** Of the type of its rows. */
  readonly rowType: number;
  /** Of arrays of its rows. */
  readonly arrayType: MirroredName;
  readonly schema: number;
  readonly name: string;
  readonly kind: 'table' | 'view';
  readonly columns: readonly MirroredColumn[];
  readonly keys: readonly MirroredKey[];
  /** A foreign key begins or ends here. */
  readonly linked: boolean;
  /** An estimate; -1 where there is none. */
  readonly rows: number;
  readonly pages: number;
  readonly comment?: string;
  /** As those of a schema. */
  readonly grantees: readonly string[];
  /** A view's query. */
  readonly query?: string;
}

/** A role that can log in, and the roles it has. */
export interface MirroredRole {
  readonly name: string;
  readonly memberOf: readonly string[];
  /** Reads everything. */
  readonly administrator?: true;
}

/** What is to vanish, by OID, and what is to appear, in this order. */
export interface MirrorChanges {
  readonly dropped: {
    readonly databases: readonly number[];
    readonly schemas: readonly number[];
    readonly relations: readonly number[];
  };
  readonly databases: readonly MirroredName[];
  readonly schemas: readonly MirroredSchema[];
  readonly relations: readonly MirroredRelation[];
}

/** What a statement's reader may not see, by OID. */
export interface HiddenObjects {
  /** The same for the same objects of a mirror as it is. */
  readonly key: string;
  readonly schemas: readonly number[];
  readonly relations: readonly number[];
}
