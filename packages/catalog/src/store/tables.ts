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
  readonly tributary_schema: { readonly database_name: string; readonly name: string };
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
}
