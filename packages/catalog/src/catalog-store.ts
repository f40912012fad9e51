import type { Constraint } from '@tributary/sql';
import type { GrantTarget, Grants } from './grants.ts';
import type {
  CatalogEvent,
  ColumnDefinition,
  RegisteredPartition,
  RelationDefinition,
  TableDefinition,
  ViewDefinition,
} from './definitions.ts';
import type { TimesStore } from './times-store.ts';

/** The catalog as of one version: immutable, in memory, synchronous to read. */
export interface CatalogSnapshot {
  readonly version: number;
  readonly grants: Grants;
  databases(): readonly string[];
  /** In name order. */
  schemas(database: string): readonly string[];
  hasSchema(database: string, schema: string): boolean;
  /** The schema of a source that a schema shows under its own name; undefined for others. */
  externalSchema?(database: string, schema: string): SchemaName | undefined;
  relation(database: string, schema: string, name: string): RelationDefinition | undefined;
  /** In name order. */
  relations(database: string, schema: string): readonly RelationDefinition[];
}

export interface SchemaName {
  readonly database: string;
  readonly schema: string;
}

export type NewTable = Omit<TableDefinition, 'id' | 'version'>;
export type NewView = Omit<ViewDefinition, 'id' | 'version'>;

export interface RelationName {
  readonly database: string;
  readonly schema: string;
  readonly name: string;
}

export interface GrantChange {
  readonly revoke: boolean;
  /** `stored`: the store itself holds it, and not a source. */
  readonly targets: readonly (GrantTarget & { readonly stored: boolean })[];
  /** Users, roles and PUBLIC. */
  readonly grantees: readonly string[];
}

/**
 * Where definitions live. Every mutation is one transaction that appends its event with `actor` and bumps the version; a
 * mutation on a relation names the version it was based on and fails with `concurrentChange` if another writer came first.
 */
export interface CatalogStore {
  /** The newest committed version, including other processes' changes. Cached while the version stands. */
  snapshot(): Promise<CatalogSnapshot>;
  ensureDatabase(database: string, actor: string): Promise<void>;
  /**
   * Fails with `duplicateSchema` unless `ifNotExists`. Answers whether it was created. `external`: the schema whose relations it
   * shows, looked up when they are asked for.
   */
  createSchema(
    database: string,
    schema: string,
    actor: string,
    ifNotExists: boolean,
    external?: SchemaName,
  ): Promise<boolean>;
  /** Fails with `dependentObjects` when not empty and not `cascade`. Answers whether it existed. */
  dropSchema(
    database: string,
    schema: string,
    actor: string,
    options: { readonly ifExists: boolean; readonly cascade: boolean },
  ): Promise<boolean>;
  /** With its first partitions, if any. */
  createTable(
    table: NewTable,
    actor: string,
    ifNotExists: boolean,
    partitions?: readonly RegisteredPartition[],
  ): Promise<boolean>;
  createView(view: NewView, actor: string, replace: boolean): Promise<void>;
  dropRelation(
    name: RelationName,
    kind: 'table' | 'view',
    actor: string,
    ifExists: boolean,
  ): Promise<boolean>;
  setProperties(
    name: RelationName,
    properties: ReadonlyMap<string, string>,
    actor: string,
    basedOn: number,
  ): Promise<void>;
  addColumns(
    name: RelationName,
    columns: readonly ColumnDefinition[],
    actor: string,
    basedOn: number,
  ): Promise<void>;
  /** Answers how many were new. Fails with `duplicateObject` on an existing one unless `ifNotExists`. */
  addPartitions(
    name: RelationName,
    partitions: readonly RegisteredPartition[],
    actor: string,
    ifNotExists: boolean,
  ): Promise<number>;
  dropPartitions(
    name: RelationName,
    values: readonly (readonly (string | null)[])[],
    actor: string,
    ifExists: boolean,
  ): Promise<number>;
  /**
   * Grants or revokes reading of relations and use of schemas, as one change. What is granted on an object goes with it; a
   * source's relations keep it by their names.
   */
  changeGrants(change: GrantChange, actor: string): Promise<void>;
  /** Registered partitions that may satisfy the constraint, streamed in value order. */
  partitions(table: TableDefinition, constraint: Constraint): AsyncIterable<RegisteredPartition>;
  countPartitions(table: TableDefinition): Promise<number>;
  /** Events after a version, oldest first, at most `limit`. */
  events(afterVersion: number, limit: number): Promise<readonly CatalogEvent[]>;
  /** What was read of files' times: kept beside the catalog, no part of it. */
  readonly times: TimesStore;
  close(): Promise<void>;
}
