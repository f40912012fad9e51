import type { SelectStmt } from '@pgsql/types';
import type { CatalogSnapshot, ColumnDefinition, RelationDefinition } from '@tributary/catalog';
import type { Reader } from '../access/reader.ts';
import type { Plan, SqlType, TableReference } from '@tributary/sql';

/** A table, or a function that stands in FROM as one, which the server itself provides. */
export interface SystemTable {
  readonly reference: TableReference;
  readonly columns: readonly ColumnDefinition[];
  /** Called with arguments: `tributary.partitions('db.schema.table')`. */
  readonly function: boolean;
}

/** Everything a statement's meaning depends on besides its tree. */
export interface BindContext {
  readonly catalog: CatalogSnapshot;
  readonly database: string;
  readonly searchPath: readonly string[];
  /** `parameterTypes[i]` is the declared type of `$i+1`; undefined: to be inferred. */
  readonly parameterTypes: readonly (SqlType | undefined)[];
  readonly timeZone: string;
  /** The statement's frozen now(). */
  readonly now: Date;
  readonly user: string;
  /** As to what it may read. */
  readonly reader: Reader;
  /** Looked up as `[schema, name]` (and `[database, schema, name]` when written so). */
  systemTable(name: readonly string[]): SystemTable | undefined;
  /** Parses a view's text, synchronously. */
  parseView(text: string): SelectStmt;
  /** The parser rewrote a QUALIFY clause into the tree's HAVING (the binder finds it by its marker). */
  readonly qualify: boolean;
}

export interface BoundSelect {
  readonly plan: Plan;
  /** Types of `$1`, `$2`, ...; what nothing determined is text. */
  readonly parameters: readonly SqlType[];
  /** The tables and views the statement touched, with their versions. System tables are not among them. */
  readonly relations: readonly RelationDefinition[];
}
