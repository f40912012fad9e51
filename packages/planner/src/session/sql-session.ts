import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { CopyFormat, PlanColumn, SqlType, Statement } from '@tributary/sql';

/** A message that travels beside a result: a warning about a table's projection, for instance. */
export interface Notice {
  readonly severity: 'WARNING' | 'NOTICE' | 'INFO';
  readonly sqlstate: string;
  readonly message: string;
  readonly hint?: string;
}

/** Where rows go that are not the answer of their statement itself: out as COPY data, or into a cursor that FETCH reads. */
export type Delivery =
  | { readonly kind: 'copy'; readonly format: CopyFormat }
  | {
      readonly kind: 'cursor';
      readonly name: string;
      /** Rows are sent in binary form, whatever the client asks for. */
      readonly binary: boolean;
      /** It outlives the transaction. */
      readonly hold: boolean;
    };

/** Rows as the engine's chunks; column i of a chunk has `columns[i].type` (see `wire` codecs for its physical form). */
export interface RowsResult {
  readonly kind: 'rows';
  readonly columns: readonly PlanColumn[];
  /** Command tag without the count: `SELECT`, `SHOW`, `EXPLAIN`. */
  readonly tag: string;
  readonly delivery?: Delivery;
  /** Consumed at most once. Ending it early cancels the query. */
  chunks(): AsyncIterable<DuckDBDataChunk>;
  close(): Promise<void>;
}

/** Small results made without the engine (SHOW, EXPLAIN, DESCRIBE): values in PostgreSQL's text form. */
export interface TextRowsResult {
  readonly kind: 'textRows';
  readonly columns: readonly PlanColumn[];
  readonly tag: string;
  readonly delivery?: Delivery;
  readonly rows: readonly (readonly (string | null)[])[];
  /** The same rows in PostgreSQL's binary form, where types have one that cannot be made of the text. */
  readonly inBinary?: (signal: AbortSignal) => Promise<readonly (readonly (Uint8Array | null)[])[]>;
}

/** A statement without rows; `tag` is complete: `CREATE VIEW`, `SET`. */
export interface CommandResult {
  readonly kind: 'command';
  readonly tag: string;
}

export type StatementResult = (RowsResult | TextRowsResult | CommandResult) & {
  readonly notices: readonly Notice[];
};

export interface PreparedStatement {
  readonly statement: Statement;
  readonly parameters: readonly SqlType[];
  /** undefined: the statement returns no rows. */
  readonly columns: readonly PlanColumn[] | undefined;
}

export type TransactionState = 'idle' | 'transaction' | 'failed';

/** The connections of a server as one of them sees them. */
export interface Backends {
  /** This connection's number, the one that CancelRequest and pg_cancel_backend take. */
  readonly processId: number;
  /** Stops what another connection runs, or ends it. False: there is none. Throws `insufficientPrivilege` for another user's. */
  stop(processId: number, what: 'statement' | 'connection'): boolean;
}

/** One client's session: settings, transaction, prepared statements of SQL level. Calls come one after another. */
export interface SqlSession {
  readonly user: string;
  readonly transaction: TransactionState;
  /** Current value of a setting, as SHOW prints it. */
  setting(name: string): string | undefined;
  /** Settings that the client is told of when they change (ParameterStatus). */
  onSettingChanged: ((name: string, value: string) => void) | undefined;
  /** Set by the server that the session is a connection of. */
  backends: Backends | undefined;
  /** What is asked up to `endImplicit` sees one moment, as far as no block is written: one catalog, one now(). Idempotent. */
  beginImplicit(): void;
  endImplicit(): void;
  /** Splits and parses; syntax errors carry positions in `text`. */
  parse(text: string): Promise<readonly Statement[]>;
  /** Binds without touching data. `parameterTypes[i]` undefined: to be inferred. */
  prepare(
    statement: Statement,
    parameterTypes: readonly (SqlType | undefined)[],
    signal?: AbortSignal,
  ): Promise<PreparedStatement>;
  /** `parameters` in PostgreSQL's text form of `prepared.parameters`. */
  execute(
    prepared: PreparedStatement,
    parameters: readonly (string | null)[],
    signal: AbortSignal,
  ): Promise<StatementResult>;
  /** Tells the session that a statement failed: in a transaction block everything but its end is refused. */
  fail(): void;
  close(): Promise<void>;
}
