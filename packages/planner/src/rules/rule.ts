import type { SourceTimeColumn } from '@tributary/catalog';
import type { QueryConnector } from '@tributary/connectors';
import type { Plan, TableReference } from '@tributary/sql';

/** What rules may ask about the statement's surroundings. Asking touches no data. */
export interface RuleContext {
  /** Names of a table's partition columns; empty for other relations. */
  partitionColumns(table: TableReference): readonly string[];
  /** A source that computes queries over its tables, by name; absent: there is none. */
  readonly querySource?: (source: string) => QueryConnector | undefined;
  /** What a source says of one of its tables; absent or undefined: nothing. */
  readonly sourceTable?: (table: TableReference) => SourceTableFacts | undefined;
}

/** What a source says of a table without reading it. */
export interface SourceTableFacts {
  /** Lists of columns whose values name at most one row. */
  readonly keys: readonly (readonly string[])[];
  /** Its estimate; undefined where it has none. */
  readonly rows: number | undefined;
  /** How many different values columns have, by name, as it guesses. */
  readonly distinct?: Readonly<Record<string, number>>;
  /** Its column of time, where one is configured. */
  readonly time?: SourceTimeColumn;
}

/**
 * An optimisation: answers a plan with the same rows, or undefined where it has nothing to do. Rules can be switched off by
 * name (`SET tributary.rules_off`), and the rows are the same with every rule off.
 */
export interface Rule {
  readonly name: string;
  readonly description: string;
  apply(plan: Plan, context: RuleContext): Plan | undefined;
}
