import type { Node, SelectStmt } from '@pgsql/types';
import type { SqlType } from './types/sql-type.ts';

/** A possibly qualified name as written, folded as PostgreSQL folds it: 1 to 3 parts. */
export type QualifiedName = readonly string[];

export interface ColumnClause {
  readonly name: string;
  readonly type: SqlType;
  /** The Hive type text, normalised to lower case without spaces: `decimal(12,2)`, `array<struct<a:int>>`. */
  readonly hiveType: string;
  readonly comment?: string;
}

export type FileFormat = 'parquet' | 'csv' | 'json';

/** What a Hive ROW FORMAT / SERDE / STORED AS says of the files. */
export interface StorageClause {
  readonly format: FileFormat;
  /** CSV only. Defaults are Hive's: delimiter \u0001 for DELIMITED without FIELDS, `,` for OpenCSVSerde. */
  readonly delimiter?: string;
  readonly quote?: string;
  readonly escape?: string;
  readonly nullText?: string;
}

export type PartitionSpec = readonly { readonly column: string; readonly value: string | null }[];

/** How COPY writes rows. Delimiter, quote and escape are one byte each. */
export type CopyFormat =
  | { readonly kind: 'binary' }
  | {
      readonly kind: 'text';
      readonly delimiter: string;
      readonly nullText: string;
      readonly header: boolean;
    }
  | {
      readonly kind: 'csv';
      readonly delimiter: string;
      readonly nullText: string;
      readonly header: boolean;
      readonly quote: string;
      readonly escape: string;
      /** Columns whose values are always quoted. */
      readonly forceQuote: 'all' | readonly string[];
    };

/** A value in `WITH (name = value)` of CREATE TABLE .. AS and UNLOAD: numbers as written, words in lower case. */
export type OptionValue = string | readonly string[];

/** How UNLOAD writes rows. */
export interface UnloadFormat {
  readonly kind: 'parquet' | 'csv' | 'json';
  readonly compression: 'none' | 'gzip' | 'zstd' | 'snappy';
  /** Of csv: one character. */
  readonly delimiter: string;
  /** Of csv: names of the columns in the first line of each file. */
  readonly header: boolean;
  readonly nullText: string;
  /** Of csv: every value in quotes, those that need it, or none (a value that would need it is an error). */
  readonly quotes: 'all' | 'needed' | 'never';
}

/** Whom GRANT and REVOKE name; `user`: whoever runs the statement. */
export type Grantee =
  { readonly kind: 'public' | 'user' } | { readonly kind: 'role'; readonly name: string };

/** Where FETCH and MOVE go: forward by a number of rows, to the n-th row after the present one, or to the n-th of all. */
export type FetchDirection = 'forward' | 'relative' | 'absolute';

/**
 * Every `location` in a parsed tree is a 0-based character (code point) of the whole parsed text, wherever the statement stands
 * in it: an error's `position` is `location + 1`, without adding `offset`. A location of 0 is left out by the parser.
 */
interface StatementBase {
  /** The statement's own text, without the closing semicolon. */
  readonly text: string;
  /** 0-based UTF-16 offset of `text` in what was parsed. */
  readonly offset: number;
}

export type Statement = StatementBase &
  /** `qualify`: markers may be in the tree at any level; see `splitQualify` in parse/qualify.ts. */
  (
    | { readonly kind: 'select'; readonly tree: SelectStmt; readonly qualify: boolean }
    | {
        readonly kind: 'explain';
        readonly statement: Statement;
        readonly analyze: boolean;
        readonly verbose: boolean;
        readonly format: 'text' | 'json';
      }
    | {
        readonly kind: 'createView';
        readonly name: QualifiedName;
        readonly replace: boolean;
        readonly columns?: readonly string[];
        readonly query: SelectStmt;
        /** The query's text as written, kept in the catalog. */
        readonly queryText: string;
      }
    | {
        readonly kind: 'dropView';
        readonly names: readonly QualifiedName[];
        readonly ifExists: boolean;
      }
    | {
        readonly kind: 'createExternalTable';
        readonly name: QualifiedName;
        readonly ifNotExists: boolean;
        readonly columns: readonly ColumnClause[];
        readonly partitionColumns: readonly ColumnClause[];
        readonly comment?: string;
        readonly storage: StorageClause;
        readonly location: string;
        readonly properties: ReadonlyMap<string, string>;
      }
    | {
        readonly kind: 'addPartitions';
        readonly table: QualifiedName;
        readonly ifNotExists: boolean;
        readonly partitions: readonly {
          readonly spec: PartitionSpec;
          readonly location?: string;
        }[];
      }
    | {
        readonly kind: 'dropPartitions';
        readonly table: QualifiedName;
        readonly ifExists: boolean;
        readonly specs: readonly PartitionSpec[];
      }
    | {
        readonly kind: 'setTableProperties';
        readonly table: QualifiedName;
        readonly properties: ReadonlyMap<string, string>;
      }
    | {
        readonly kind: 'addColumns';
        readonly table: QualifiedName;
        readonly columns: readonly ColumnClause[];
      }
    | { readonly kind: 'repairTable'; readonly table: QualifiedName }
    | {
        readonly kind: 'dropTable';
        readonly names: readonly QualifiedName[];
        readonly ifExists: boolean;
      }
    /** CREATE TABLE .. AS. `options`: of Athena's WITH. `statement` is a select. */
    | {
        readonly kind: 'createTableAs';
        readonly name: QualifiedName;
        readonly ifNotExists: boolean;
        readonly columns?: readonly string[];
        readonly options: ReadonlyMap<string, OptionValue>;
        readonly withData: boolean;
        readonly statement: Statement;
      }
    /** `columns` undefined: all, in order. `statement` is a select; DEFAULT stands in it as NULL. */
    | {
        readonly kind: 'insert';
        readonly table: QualifiedName;
        readonly columns?: readonly string[];
        readonly statement: Statement;
      }
    /** `statement` is a select. */
    | {
        readonly kind: 'unload';
        readonly statement: Statement;
        readonly location: string;
        readonly format: UnloadFormat;
        readonly partitionColumns: readonly string[];
        /** Partition columns stand in the files as well. */
        readonly keepsPartitionColumns: boolean;
        /** Bytes. */
        readonly maxFileSize?: number;
        /** All rows of a partition in one file. */
        readonly oneFile: boolean;
        readonly manifest: boolean;
        /** Clauses that were given and change nothing. */
        readonly ignored: readonly string[];
      }
    | { readonly kind: 'createSchema'; readonly name: QualifiedName; readonly ifNotExists: boolean }
    /** Redshift's: `name` shows the tables of a schema in a database server's database. */
    | {
        readonly kind: 'createExternalSchema';
        readonly name: QualifiedName;
        readonly ifNotExists: boolean;
        readonly database: string;
        readonly schema: string;
        readonly host: string;
        readonly port: number;
        /** Clauses that were given and change nothing. */
        readonly ignored: readonly string[];
      }
    | {
        readonly kind: 'dropSchema';
        readonly names: readonly QualifiedName[];
        readonly ifExists: boolean;
        readonly cascade: boolean;
      }
    /** SELECT on relations, USAGE on schemas. */
    | {
        readonly kind: 'grant';
        readonly revoke: boolean;
        readonly on: 'relations' | 'relationsOfSchemas' | 'schemas';
        readonly names: readonly QualifiedName[];
        readonly grantees: readonly Grantee[];
      }
    | { readonly kind: 'showTables'; readonly schema?: QualifiedName; readonly like?: string }
    | { readonly kind: 'showSchemas'; readonly like?: string }
    | { readonly kind: 'showPartitions'; readonly table: QualifiedName }
    | { readonly kind: 'showCreateTable'; readonly table: QualifiedName }
    | { readonly kind: 'showColumns'; readonly table: QualifiedName }
    | { readonly kind: 'describe'; readonly table: QualifiedName }
    | {
        readonly kind: 'set';
        readonly name: string;
        /** undefined: SET .. TO DEFAULT. */
        readonly value: string | undefined;
        readonly local: boolean;
        /** Further settings of one SET TRANSACTION / SET SESSION CHARACTERISTICS. */
        readonly also?: readonly { readonly name: string; readonly value: string }[];
      }
    /** `name` undefined: SHOW ALL. */
    | { readonly kind: 'show'; readonly name: string | undefined }
    /** `name` undefined: RESET ALL. */
    | { readonly kind: 'reset'; readonly name: string | undefined }
    | { readonly kind: 'begin'; readonly isolation?: string; readonly readOnly?: boolean }
    | { readonly kind: 'commit' | 'rollback'; readonly chain: boolean }
    | { readonly kind: 'savepoint' | 'releaseSavepoint' | 'rollbackTo'; readonly name: string }
    | {
        readonly kind: 'prepare';
        readonly name: string;
        readonly parameterTypes: readonly SqlType[];
        readonly statement: Statement;
      }
    /** CALL of a procedure of the server. */
    | { readonly kind: 'call'; readonly name: QualifiedName; readonly args: readonly Node[] }
    | { readonly kind: 'execute'; readonly name: string; readonly args: readonly Node[] }
    /** `name` undefined: ALL. */
    | { readonly kind: 'deallocate'; readonly name: string | undefined }
    | {
        readonly kind: 'declareCursor';
        readonly name: string;
        readonly hold: boolean;
        /** Rows are sent in binary form, whatever the client asks for. */
        readonly binary: boolean;
        readonly statement: Statement;
      }
    /** `count` undefined: ALL. `move`: count without returning rows. */
    | {
        readonly kind: 'fetch';
        readonly name: string;
        readonly direction: FetchDirection;
        readonly count: number | undefined;
        readonly move: boolean;
      }
    /** COPY (query) TO STDOUT; a table stands as the query over all of it. */
    | { readonly kind: 'copy'; readonly statement: Statement; readonly format: CopyFormat }
    /** `name` undefined: ALL. */
    | { readonly kind: 'closeCursor'; readonly name: string | undefined }
    | { readonly kind: 'discard'; readonly what: 'all' | 'plans' | 'sequences' | 'temp' }
    /** LISTEN, UNLISTEN, NOTIFY: accepted, without effect. */
    | { readonly kind: 'noop'; readonly tag: string }
    | { readonly kind: 'empty' }
  );

export type StatementKind = Statement['kind'];
