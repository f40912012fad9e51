import type { QueryError } from '@tributary/sql';
import type { SourceTableDefinition } from '../definitions.ts';

/** The relations of a source that declares them itself, as it last told. Immutable. */
export interface SourceCatalog {
  /** Grows with every difference, and never otherwise. */
  readonly generation: number;
  /** By schema, then by name. Empty while the source has never been reached. */
  readonly schemas: ReadonlyMap<string, ReadonlyMap<string, SourceTableDefinition>>;
  /** Why nothing is known of the source's relations. */
  readonly failure?: QueryError;
}

/** Whoever knows a source's relations. */
export interface SourceCatalogReader {
  /** The configured source, which is also the name of its database. */
  readonly source: string;
  /**
   * The relations as they were at most a configured age ago. Does not fail and waits for a bounded time only: what a source
   * that cannot be reached told before stands.
   */
  read(): Promise<SourceCatalog>;
}
