import type { QueryConnector } from '@tributary/connectors';
import type { Plan, TableReference } from '@tributary/sql';

/** What rules may ask about the statement's surroundings. Asking touches no data. */
export interface RuleContext {
  /** Names of a table's partition columns; empty for other relations. */
  partitionColumns(table: TableReference): readonly string[];
  /** A source that computes queries over its tables, by name; absent: there is none. */
  readonly querySource?: (source: string) => QueryConnector | undefined;
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
