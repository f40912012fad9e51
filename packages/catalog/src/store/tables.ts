import type { ColumnType } from 'kysely';

/** 64 bits: PostgreSQL's driver answers them as text. */
type WideInteger<T extends number | null = number> = ColumnType<T | string, T, T>;

/** The catalog's tables as Kysely sees them; made by `migrations/`. JSON columns are text so that both engines read them alike. */
export interface CatalogTables {
  readonly tributary_migration: {
    readonly id: number;
    readonly name: string;
    readonly applied_at: string;
  };
  /** One row. Every writer updates it first, which makes writers come one after another. */
  readonly tributary_state: { readonly id: number; readonly version: number };
  readonly tributary_database: { readonly name: string };
  readonly tributary_schema: {
    readonly database_name: string;
    readonly name: string;
    /** The schema whose relations it shows; null: it has its own. */
    readonly target_database: string | null;
    readonly target_schema: string | null;
  };
  readonly tributary_relation: {
    readonly id: string;
    readonly database_name: string;
    readonly schema_name: string;
    readonly name: string;
    readonly version: number;
    /** JSON of the definition without what stands in the other columns. */
    readonly definition: string;
  };
  readonly tributary_partition: {
    readonly relation_id: string;
    /** All values in one text, see partition-key.ts. */
    readonly partition_key: string;
    /** The first values, for conditions. */
    readonly value_0: string | null;
    readonly value_1: string | null;
    readonly value_2: string | null;
    readonly value_3: string | null;
    readonly location: string;
  };
  readonly tributary_grant: {
    readonly database_name: string;
    readonly schema_name: string;
    /** Of a relation; '' is the schema itself. */
    readonly name: string;
    /** JSON of a list. */
    readonly grantees: string;
  };
  readonly tributary_event: {
    readonly version: number;
    readonly at: string;
    readonly actor: string;
    readonly kind: string;
    readonly database_name: string;
    readonly schema_name: string | null;
    readonly name: string | null;
    readonly detail: string | null;
  };
  /** What files tell of their rows' times; see times-store.ts. */
  readonly tributary_file_times: {
    /** With its type. */
    readonly time_column: string;
    readonly place: string;
    readonly version: string;
    readonly times: string;
    readonly seen_at: WideInteger;
  };
  /** A folder of reuse files and the process that holds it; `owner` in the tables below. */
  readonly tributary_reuse_owner: {
    readonly number: number;
    /** The folder's name, a UUID. */
    readonly folder: string;
    /** When its process last wrote (ms since 1970). */
    readonly seen_at: WideInteger;
    /** Counts the changes that other processes made to the owner's rows. */
    readonly generation: number;
  };
  readonly tributary_reuse_base: {
    readonly owner: number;
    readonly id: WideInteger;
    readonly hash: string;
    readonly text: string;
    readonly table_id: string;
    readonly table_name: string;
  };
  readonly tributary_reuse_shape: {
    readonly owner: number;
    readonly id: WideInteger;
    readonly base: WideInteger;
    readonly text: string;
    readonly note: string | null;
    /** Place in the order of use. */
    readonly used: WideInteger;
  };
  readonly tributary_reuse_file: {
    readonly owner: number;
    readonly id: WideInteger;
    readonly shape: WideInteger;
    readonly name: string;
    readonly bytes: WideInteger;
    /** Nanoseconds do not fit a JavaScript number. */
    readonly mtime_ns: string;
    readonly ctime_ns: string;
    readonly inode: string;
    readonly sha256: string;
    readonly created_at: WideInteger;
    readonly used_at: WideInteger;
    /** Place in the order of use. */
    readonly used: WideInteger;
  };
  readonly tributary_reuse_cell: {
    readonly owner: number;
    readonly id: WideInteger;
    readonly shape: WideInteger;
    readonly file: WideInteger;
    readonly kind: string;
    readonly from_ms: WideInteger<number | null>;
    readonly to_ms: WideInteger<number | null>;
    readonly version: string;
    readonly detail: string;
    readonly rows: WideInteger;
    readonly verified_at: WideInteger;
    readonly input_bytes: WideInteger;
    readonly quarantined: number;
  };
}
