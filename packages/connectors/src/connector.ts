import type { ColumnId, Constraint } from '@tributary/sql';
import type { Partition, TableDefinition } from '@tributary/catalog';
import type { EngineSession, EngineValue } from '@tributary/engine';
import type { QueryError } from '@tributary/sql';
import type { SourceWriter } from './source-writer.ts';

/** A column that tells the rows' time, and what partitions hold by their declaration. */
export interface DeclaredTimes {
  readonly column: string;
  /** The window of a partition's values, and whether its rows lie in the request's range of the column by the declaration. */
  window(values: Partition['values']): { readonly id: string; readonly expected: boolean };
}

/** What a scan needs of a table. */
export interface ScanRequest {
  readonly table: TableDefinition;
  /** The relation outputs these, named `c<id>`, with the declared types. Empty: only the row count matters. */
  readonly columns: readonly { readonly name: string; readonly id: ColumnId }[];
  /** Holds for every row the query needs; may prune partitions, files and row groups. The plan filters again above. */
  readonly constraint: Constraint;
  /**
   * Predicates over partition columns that no domain expresses. Given partitions, answers which to keep (a superset is
   * allowed). Called with batches of at most `partitionBatch`.
   */
  readonly keepPartitions?: (partitions: readonly Partition[]) => Promise<readonly boolean[]>;
  /**
   * Windows that are not expected to hold rows of the constraint's range may be left out, where all their files tell by themselves that
   * they hold none: a window is left out or kept as a whole.
   */
  readonly times?: DeclaredTimes;
}

export interface ScanContext {
  readonly signal: AbortSignal;
  /** The statement's frozen now(). */
  readonly now: Date;
  /**
   * The session that the relation will be read in, once, where its rows may come while they are read. Absent: they are here before the relation
   * is, to be read as often as one likes.
   */
  readonly session?: () => Promise<EngineSession | undefined>;
  /** Rows that came while they were read failed: they come the way that tells why. */
  readonly plainly?: boolean;
}

export interface ScanStatistics {
  partitionsConsidered: bigint;
  partitionsKept: bigint;
  files: number;
  /** Bytes of the kept files (what a full read would take). */
  fileBytes: number;
  /** Rows of the kept files by their footers, or that the source sent; undefined for text files and where no footer was read. */
  rows: number | undefined;
  /** Bytes fetched from the source; objects that the engine reads by range count whole. */
  bytesRead: number;
  /** Requests to the source (S3 calls; 0 on local disk). */
  requests: number;
  retries: number;
  listingMs: number;
  /** Windows that were kept though their declaration says that they hold no row of the range. */
  windowsWidened: number;
  /** How the data reaches the engine: 'local', 'objects' (whole into the cache), 'httpfs' (by range). */
  readonly path: string;
}

/** A relation that the engine can read. */
export interface ScanRelation {
  /** A parenthesised SELECT in DuckDB's text; `{0}`, `{1}`, ... stand for `parameters`. */
  readonly text: string;
  readonly parameters: readonly EngineValue[];
  readonly statistics: ScanStatistics;
  /**
   * Before rows are read, while the engine prepares: fails with `dataChanged` where what the listing remembered does not hold
   * any more. `verify` finds that too, but after the reading.
   */
  confirm?(): Promise<void>;
  /**
   * After the rows were read: fails with `dataChanged` unless what was read is what was listed. The caller retries once when
   * no row has left it.
   */
  verify(): Promise<void>;
  /**
   * The error that ends the statement where its rows failed as they came; undefined: others may be at fault, or it may be tried `plainly`.
   * Absent: the rows do not come while they are read.
   */
  failure?(error: unknown): QueryError | undefined;
  /**
   * What the rows depend on besides the text and the parameters. Absent: the source cannot tell, and another reading of the same text
   * may give other rows.
   */
  content?(): ScanContent;
  /** Unpins cached objects. Idempotent. */
  release(): Promise<void>;
}

/** The data that a relation reads, as it was listed. */
export interface ScanContent {
  /** Changes whenever the data may have. */
  readonly version: string;
  /** When the newest of it was written (ms since 1970); undefined where versions are strong by themselves. */
  readonly modifiedAt: number | undefined;
}

/** A partition as it was listed: what of the data a window depends on. */
export interface ListedPartition {
  readonly partition: Partition;
  readonly files: number;
  readonly bytes: number;
  /** Changes whenever the partition's data may have: its files' names below the location and their versions. Empty without files. */
  readonly version: string;
  /** When its newest file was written (ms since 1970); undefined where versions are strong by themselves (S3 ETag). */
  readonly modifiedAt: number | undefined;
}

/** A request's partitions and files at one moment. Reads of it see exactly these files, or fail with `dataChanged`. */
export interface ScanListing {
  /** Every partition the request leaves, also those without files. */
  readonly partitions: readonly ListedPartition[];
  readonly statistics: ScanStatistics;
  /** A relation over some of the partitions, by place in `partitions`. `request` names the columns; the rest was listed. */
  open(
    request: Pick<ScanRequest, 'table' | 'columns'>,
    partitions: readonly number[],
    context: ScanContext,
  ): Promise<ScanRelation>;
}

export interface Connector {
  readonly kind: string;
  /**
   * Lists what a scan would read, with provable versions. Absent: the source has none, and what was computed from it may be
   * reused by age only.
   */
  readonly list?: (request: ScanRequest, context: ScanContext) => Promise<ScanListing>;
  /** The source's configured name. */
  readonly source: string;
  scan(request: ScanRequest, context: ScanContext): Promise<ScanRelation>;
  /** The partitions a scan with this constraint would read, lazily; at once where they are only computed. */
  partitions(
    table: TableDefinition,
    constraint: Constraint,
    context: ScanContext,
  ): AsyncIterable<Partition> | Iterable<Partition>;
  /** Refuses a LOCATION outside the source's root; answers it normalised (absolute, ends in `/`). */
  resolveLocation(location: string): Promise<string>;
  /** How statements put rows into the source; absent: it is read only. */
  readonly writer?: SourceWriter;
  /** Hive-style partitions found by listing below the table's location (MSCK REPAIR TABLE). */
  discoverPartitions(table: TableDefinition, context: ScanContext): AsyncIterable<Partition>;
  close(): Promise<void>;
}
