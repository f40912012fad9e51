import type { HiddenObjects, MirrorChanges, MirroredRole } from './mirrored.ts';

/** What a session contributes to a statement; everything else is the mirror's. */
export interface StatementEnvironment {
  readonly user: string;
  readonly searchPath: readonly string[];
  readonly timeZone: string;
  /** What the user may not see; absent: nothing is hidden. */
  readonly hidden?: HiddenObjects;
}

/** What a worker is started with. */
export interface WorkerStart {
  readonly database: string;
  /** Who can log in, as far as it is known. */
  readonly roles: readonly MirroredRole[];
  /** How long what is hidden from a reader may stay hidden for its next statements. */
  readonly keepHiddenMs: number;
  /** A folder of the server's own, where PostgreSQL is kept as it is before it mirrors anything. */
  readonly snapshots?: string;
}

/** Types are pg_type OIDs, 0 for "infer". */
export type WorkerTask =
  | {
      /** Brings the mirror up to date. What fails is left out and reported. */
      readonly kind: 'apply';
      readonly changes: MirrorChanges;
    }
  | {
      readonly kind: 'describe';
      readonly text: string;
      readonly parameterTypes: readonly number[];
      readonly environment: StatementEnvironment;
    }
  | {
      readonly kind: 'execute' | 'executeBinary';
      readonly text: string;
      readonly parameterTypes: readonly number[];
      readonly parameters: readonly (string | null)[];
      readonly environment: StatementEnvironment;
    };

export interface FieldDescription {
  readonly name: string;
  readonly oid: number;
  readonly typmod: number;
  /** pg_type.typlen. */
  readonly length: number;
}

export interface StatementDescription {
  readonly parameters: readonly number[];
  readonly fields: readonly FieldDescription[];
}

export type TextRows = readonly (readonly (string | null)[])[];

/** Values in PostgreSQL's binary form. */
export type BinaryRows = readonly (readonly (Uint8Array | null)[])[];

/** What each kind of task answers. */
export interface TaskResults {
  /** Messages of what could not be mirrored. */
  readonly apply: readonly string[];
  readonly describe: StatementDescription;
  readonly execute: TextRows;
  readonly executeBinary: BinaryRows;
}

/** PostgreSQL's error fields. */
export interface DatabaseFailure {
  readonly sqlstate: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly position?: number;
}

export type WorkerAnswer =
  | { readonly kind: 'ready'; readonly volatileFunctions: readonly string[] }
  | { readonly kind: 'result'; readonly value: TaskResults[keyof TaskResults] }
  /** The statement's fault; the worker goes on. */
  | { readonly kind: 'failure'; readonly failure: DatabaseFailure }
  /** The worker's fault; it must be replaced. */
  | { readonly kind: 'broken'; readonly message: string };
