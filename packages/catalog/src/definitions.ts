import type { SqlType, StorageClause } from '@tributary/sql';

/** A column of a table or view. Names are folded to lower case at declaration unless quoted. */
export interface ColumnDefinition {
  readonly name: string;
  readonly type: SqlType;
  /** Hive type text as declared (lake tables). */
  readonly hiveType?: string;
  readonly comment?: string;
  /** False where its source refuses NULL. */
  readonly nullable?: false;
  /** What its source fills in, as an expression of the source. Only shown. */
  readonly default?: string;
}

interface RelationBase {
  /** Stable for the object's life: survives changes, not drop and re-create. */
  readonly id: string;
  readonly database: string;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly ColumnDefinition[];
  readonly comment?: string;
  /** Grows with each change; writers compare and set. */
  readonly version: number;
}

/** A declared lake table. `columns` excludes `partitionColumns`; queries see both, partition columns last. */
export interface TableDefinition extends RelationBase {
  readonly kind: 'table';
  readonly source: string;
  readonly partitionColumns: readonly ColumnDefinition[];
  readonly storage: StorageClause;
  /** Absolute: `s3://bucket/prefix/` or a local folder; ends in `/`. */
  readonly location: string;
  readonly properties: Readonly<Record<string, string>>;
}

export interface ViewDefinition extends RelationBase {
  readonly kind: 'view';
  /** The query as written; bound again at each use with the search path it was created under. */
  readonly text: string;
  readonly searchPath: readonly string[];
}

/** Columns whose values name at most one row of their table, or a row of another one. */
export interface KeyDefinition {
  readonly kind: 'primary' | 'unique' | 'foreign';
  /** The source's own name of it. */
  readonly name?: string;
  readonly columns: readonly string[];
  /** Of a foreign key. */
  readonly references?: {
    readonly schema: string;
    readonly name: string;
    readonly columns: readonly string[];
  };
}

/** A relation that its source itself declares. Nothing of it is stored here: it is as the source last said. */
export interface SourceTableDefinition extends RelationBase {
  readonly kind: 'sourceTable';
  readonly source: string;
  /** What it is in its source. */
  readonly form: 'table' | 'partitionedTable' | 'view' | 'materializedView' | 'foreignTable';
  readonly keys: readonly KeyDefinition[];
  /** The source's own estimate; absent where it has none. */
  readonly estimate?: SourceEstimate;
  /** The column of time that the source's configuration declares. */
  readonly time?: SourceTimeColumn;
}

/** What a source guesses of a table without reading it. */
export interface SourceEstimate {
  readonly rows: number;
  readonly bytes: number;
  /** How many different values columns have, by name, of those that the source has looked at. */
  readonly distinct?: Readonly<Record<string, number>>;
}

/** A column whose ranges can be asked for side by side. */
export interface SourceTimeColumn {
  readonly column: string;
  /** Values in PostgreSQL's text form (UTC), ascending, that cut the rows into parts of about as many rows each. */
  readonly cuts: readonly string[];
  /** Why ranges of it cannot be asked for cheaply; `cuts` is empty then. */
  readonly problem?: string;
}

export type RelationDefinition = TableDefinition | ViewDefinition | SourceTableDefinition;

/** A partition registered by ALTER TABLE ADD PARTITION, MSCK REPAIR or a crawler. */
export interface RegisteredPartition {
  /** In partition column order; PostgreSQL text form, null for the Hive default partition. */
  readonly values: readonly (string | null)[];
  /** Absolute, ends in `/`. */
  readonly location: string;
}

/** One change, as readers of the catalog's history see it. */
export interface CatalogEvent {
  readonly version: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly actor: string;
  readonly kind:
    | 'databaseCreated'
    | 'schemaCreated'
    | 'schemaDropped'
    | 'relationCreated'
    | 'relationChanged'
    | 'relationDropped'
    | 'partitionsAdded'
    | 'partitionsDropped'
    | 'grantsChanged';
  readonly database: string;
  readonly schema?: string;
  readonly name?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}
