import type { SourceCatalogReader } from '@tributary/catalog';
import type { EngineChunk } from '@tributary/engine';
import type { Plan } from '@tributary/sql';
import type { ScanContext, ScanRelation, ScanStatistics } from './connector.ts';

/** A database server's database as CREATE EXTERNAL SCHEMA names it. */
export interface NamedDatabase {
  readonly kind: 'postgres';
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

/** Facts of a session that a query's meaning depends on. */
export interface QueryFacts {
  /** IANA name. */
  readonly timeZone: string;
  /** The statement's frozen now(): timestamptz text in UTC. */
  readonly now: string;
}

/** Queries that see one moment of their source, whatever is written to it meanwhile. */
export interface SourceMoment {
  /** As `QueryConnector.run`. Fails with `dataChanged` where the moment is lost. */
  run(plan: Plan, facts: QueryFacts, context: ScanContext): Promise<ScanRelation>;
  /** When all queries have ended. Does not throw. */
  close(): Promise<void>;
}

/** All rows of a query: here, where they are few, else as a relation. Columns are those of its plan, in order. */
export type SourceRows =
  | {
      readonly kind: 'chunks';
      readonly chunks: readonly EngineChunk[];
      readonly statistics: ScanStatistics;
    }
  | { readonly kind: 'relation'; readonly relation: ScanRelation };

/** A query that is asked again and again. */
export interface SourceStatement {
  /**
   * Runs it with values of its parameters, in PostgreSQL's text form. Rows, retries and errors as those of `QueryConnector.run`, and
   * nothing is held at the source once they are here.
   */
  run(
    values: readonly (string | null)[],
    context: Pick<ScanContext, 'signal'>,
  ): Promise<SourceRows>;
}

/**
 * A source that declares its tables itself and computes whole plans over them. A plan reaches it as a plan, its scans perhaps
 * with constraints, and is printed in its own dialect: there is no list of operations to push one by one. A plan of nothing but
 * a scan is always accepted.
 */
export interface QueryConnector {
  readonly kind: string;
  /** The source's configured name, which is also the name of its database. */
  readonly source: string;
  readonly catalog: SourceCatalogReader;
  /** How many queries of one moment it runs side by side; absent: one. */
  readonly sideBySide?: number;
  /** Whether it is the database that a statement names; absent: statements cannot name it so. */
  isDatabase?(named: NamedDatabase): boolean;
  /**
   * Why the source must not compute a node with its expressions, because the rows could differ from ours or it has no words for
   * it; undefined: it may. Looks at this node alone, its inputs and subqueries are asked for themselves. Touches nothing.
   */
  refusal(node: Plan): string | undefined;
  /** What the source would be sent. Throws where it has no words for it. Touches nothing. */
  text(plan: Plan, facts: QueryFacts): string;
  /** How the rows would come, where there are several ways; for EXPLAIN. Touches nothing. */
  reading?(plan: Plan, facts: QueryFacts): string | undefined;
  /**
   * Runs a plan and answers its rows, complete, as a relation of columns `c<id>`. Retries before the first row; fails with
   * `sourceUnavailable` naming the source where it cannot be reached.
   */
  run(plan: Plan, facts: QueryFacts, context: ScanContext): Promise<ScanRelation>;
  /**
   * Prepares a plan, with parameters, whose rows leave as they come; at least one column. Undefined: so many rows are expected that
   * they are better read for the engine. Absent: it runs queries for the engine alone. Throws as `text` does.
   */
  prepare?(
    plan: Plan,
    facts: QueryFacts,
    context: Pick<ScanContext, 'signal'>,
  ): Promise<(SourceStatement & { readonly text: string }) | undefined>;
  /** Begins a moment; nothing is asked of the source before its first query. Absent: each query sees a moment of its own. */
  moment?(): SourceMoment;
  close(): Promise<void>;
}
