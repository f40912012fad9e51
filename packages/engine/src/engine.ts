import type { DuckDBDataChunk, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { ColumnBuffer } from './column-buffer.ts';

/** A value bound to `$n` of engine text. */
export type EngineValue = DuckDBValue;

export interface RunOptions {
  /** Aborting interrupts the running statement within milliseconds; the run fails with `queryCanceled`. */
  readonly signal?: AbortSignal;
  /** Called now and then with the fraction done, 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
  /** Runs beside the preparation; nothing is read before it has ended, or at all when it fails. */
  readonly whilePreparing?: () => Promise<void>;
  /**
   * The statement reads small Parquet files: each column chunk is read at once instead of page by page. It saves a twentieth
   * of the CPU over files of some kilobytes and costs a tenth over files of megabytes. Undefined: it does not matter.
   */
  readonly smallFiles?: boolean;
  /** The statement runs in this session of the engine's; absent: on any connection. */
  readonly session?: EngineSession;
  /** Also admits `COPY (query) TO 'file'` below an allowed directory. Only queries and EXPLAIN run without it. */
  readonly allowCopy?: boolean;
}

/** A running statement whose rows are produced as they are asked for: the engine pauses when nobody reads. */
export interface EngineResult {
  readonly columns: readonly { readonly name: string; readonly type: DuckDBType }[];
  /** At most once. Ends early by `return()`; the engine's resources are released in every case. */
  chunks(): AsyncIterable<DuckDBDataChunk>;
  /** Releases the connection. Idempotent; needed only where `chunks()` was not exhausted. */
  close(): Promise<void>;
}

/** `name` and `type` are engine text: generated, never a user's. */
export interface LoadedColumn {
  readonly name: string;
  readonly type: string;
}

/** Where rows from outside the engine are put. */
export interface RowSink {
  /** Where the next rows are written: up to 2,048 of them, then `append` takes them. */
  readonly columns: readonly ColumnBuffer[];
  /** Takes the first `rows` rows of the buffers. Throws outOfMemory and diskFull as statements do. */
  append(rows: number): void;
  /** Makes all appended rows visible. */
  finish(): void;
}

/** A table that rows from outside the engine are put into. Statements may read it from `finish` until `drop`. */
export interface TableLoader extends RowSink {
  /** Stands in FROM. */
  readonly name: string;
  /** Takes rows that lie in a chunk already, of the table's types. */
  appendChunk(chunk: DuckDBDataChunk): void;
  /** Idempotent. Without it the rows stay until the engine closes. */
  drop(): Promise<void>;
}

export interface ExtensionReport {
  readonly name: string;
  readonly state: 'loaded' | 'missing' | 'failed';
  /** Where it was loaded from, or why it was not. */
  readonly detail: string;
}

/**
 * A read-only transaction (REPEATABLE READ) of an attached PostgreSQL, on a connection of its own. Native errors carry no SQLSTATE here; whoever
 * needs one asks again another way.
 */
export interface PostgresTransaction {
  /** Statements without rows. */
  execute(text: string): Promise<void>;
  /** The first row of a query whose columns have different names; empty: it has none. */
  row(text: string): Promise<readonly DuckDBValue[]>;
  /** What stands in FROM for the rows of a query in PostgreSQL's text, in statements of the session. Each such query reads anew. */
  query(text: string): string;
}

export interface SessionWatcher {
  /** Its transactions are about to end; not `commit`: what still runs in them is in vain. */
  ending(commit: boolean): void;
  /** Its connections are closed. */
  ended(): Promise<void>;
}

/** A connection of the engine for one statement that reads attached databases, in one transaction. */
export interface EngineSession {
  /** Aborts when the statement ends too early. Any number may listen. */
  readonly signal: AbortSignal;
  /** A transaction that nobody has used yet; undefined: there are no more. It ends with the session. */
  postgres(source: string): PostgresTransaction | undefined;
  /** Types of the columns of what stands in FROM, in engine text. */
  types(query: string): Promise<readonly string[]>;
  /** Puts the rows of what stands in FROM into a table that was there before the session; they are seen when it has committed. */
  fill(table: string, query: string): Promise<number>;
  /** Tells of its end. */
  watch(watcher: SessionWatcher): void;
  /** Ends its transactions. Idempotent; must be called. Throws only where a commit fails; by default nothing is committed. */
  close(commit?: boolean): Promise<void>;
}

export interface AttachedPostgres {
  /** Queries that can usefully read at once. */
  readonly atOnce: number;
}

/**
 * Runs generated text in an embedded DuckDB that is locked: no file outside the allowed directories, no configuration.
 * All errors are QueryErrors: native ones are wrapped once, here.
 */
export interface Engine {
  run(sql: string, parameters: readonly EngineValue[], options?: RunOptions): Promise<EngineResult>;
  /** Small results only: all rows as arrays of values. */
  rows(
    sql: string,
    parameters: readonly EngineValue[],
    options?: RunOptions,
  ): Promise<readonly (readonly DuckDBValue[])[]>;
  /** Creates a table for rows from outside. At least one column. */
  load(columns: readonly LoadedColumn[]): Promise<TableLoader>;
  /** Begins a session; undefined: there is no connection to spare. The signal stops what it runs. */
  session(signal: AbortSignal): Promise<EngineSession | undefined>;
  /** A source's PostgreSQL that is attached; undefined: it is not, for want of the extension or of the server at start. */
  postgres(source: string): AttachedPostgres | undefined;
  extensions(): readonly ExtensionReport[];
  hasExtension(name: string): boolean;
  /** Waits for running statements (until the signal aborts, then interrupts them) and closes. */
  close(signal?: AbortSignal): Promise<void>;
}

export interface S3Access {
  /** Ends in `/`: `s3://bucket/prefix/`. The secret is scoped to it. */
  readonly scope: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  readonly pathStyle?: boolean;
}

/** A PostgreSQL that the engine reads itself where its extension is there. Holds a password: never printed. */
export interface PostgresAccess {
  readonly source: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly applicationName: string;
  /** libpq's. */
  readonly sslmode: string;
  readonly rootCertificateFile?: string;
  /** Connections to it at most. */
  readonly connections: number;
}

export interface EngineConfig {
  readonly threads: number;
  /** Bytes. */
  readonly memoryLimit: number;
  readonly spillDirectory: string;
  readonly spillLimit: number;
  /** Each ends in `/`; local roots, object cache, state. */
  readonly allowedDirectories: readonly string[];
  /** Read-only remote roots that httpfs may read, with scoped secrets. */
  readonly s3: readonly S3Access[];
  /** Attached at the start, those that can be reached. Default none. */
  readonly postgres?: readonly PostgresAccess[];
  /** Folders searched for `<name>.duckdb_extension`. */
  readonly extensionDirectories: readonly string[];
  readonly extensions: readonly string[];
  /** Statements running at once; others wait in order. */
  readonly maxConcurrent: number;
  /** Results that may stay open beyond those while nobody reads them: cursors, suspended portals, slow readers. Default 64. */
  readonly maxParked?: number;
}
