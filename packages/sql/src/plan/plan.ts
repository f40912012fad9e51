import type { Constraint, Domain } from '../domain/domain.ts';
import type { FunctionEntry } from '../functions/function-entry.ts';
import type { SqlType } from '../types/sql-type.ts';
import type {
  AggregateExpression,
  ColumnId,
  Expression,
  GroupingExpression,
  SortKey,
  WindowExpression,
} from './expression.ts';

/** An output column of a node. `name` is what the user calls it (labels, errors); identity is the id. */
export interface PlanColumn {
  readonly id: ColumnId;
  readonly name: string;
  readonly type: SqlType;
  /** A type that only PostgreSQL's catalogs have: clients see it, its values come as text. */
  readonly catalogType?: { readonly oid: number; readonly length: number };
}

interface PlanBase {
  /** What the node outputs, in order. */
  readonly columns: readonly PlanColumn[];
}

/** Names a table for connectors without the plan depending on the catalog. */
export interface TableReference {
  readonly database: string;
  readonly schema: string;
  readonly name: string;
  /** The catalog's id of the table. */
  readonly id: string;
  /** The configured source it lives in ('lake', ..., or 'tributary' for system tables). */
  readonly source: string;
}

/** Reads columns of a table. `scanColumns[i].source` is the table's column name for `columns[i]`. */
export interface ScanPlan extends PlanBase {
  readonly kind: 'scan';
  /** Unique within the statement: which occurrence of the table this is. */
  readonly occurrence: number;
  readonly table: TableReference;
  readonly scanColumns: readonly { readonly id: ColumnId; readonly source: string }[];
  /** What holds for every row the statement needs, by source column name: connectors prune by it. Set by rules. */
  readonly constraint?: Constraint;
  /** Predicates over partition columns that no domain expresses; connectors may drop partitions that fail them. Set by rules. */
  readonly partitionPredicates?: readonly Expression[];
  /** Arguments of a system table function (`tributary.partitions('db.schema.table')`), constant after folding. */
  readonly args?: readonly Expression[];
}

/** Outputs exactly its input's columns. */
export interface FilterPlan extends PlanBase {
  readonly kind: 'filter';
  readonly input: Plan;
  readonly condition: Expression;
}

/** `expressions[i]` computes `columns[i]`; a passed-through column may keep its id (expression is that column). */
export interface ProjectPlan extends PlanBase {
  readonly kind: 'project';
  readonly input: Plan;
  readonly expressions: readonly Expression[];
}

/** Columns are the left's, then the right's (semi and anti: the left's only). `lateral`: right may refer to left's columns. */
export interface JoinPlan extends PlanBase {
  readonly kind: 'join';
  readonly join: 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';
  readonly left: Plan;
  readonly right: Plan;
  /** Absent: cross join. */
  readonly condition?: Expression;
  readonly lateral: boolean;
}

/**
 * Columns are the keys, then the aggregates. Without `sets` one grouping by all keys (no keys: one row).
 * `sets`: each a list of key ids (GROUPING SETS after expansion of ROLLUP and CUBE).
 */
export interface AggregatePlan extends PlanBase {
  readonly kind: 'aggregate';
  readonly input: Plan;
  readonly keys: readonly { readonly id: ColumnId; readonly expression: Expression }[];
  readonly sets?: readonly (readonly ColumnId[])[];
  readonly aggregates: readonly {
    readonly id: ColumnId;
    readonly call: AggregateExpression | GroupingExpression;
  }[];
}

/** Columns are the input's, then one a call. */
export interface WindowPlan extends PlanBase {
  readonly kind: 'window';
  readonly input: Plan;
  readonly calls: readonly { readonly id: ColumnId; readonly call: WindowExpression }[];
}

/** SELECT DISTINCT [ON (on)]. With `on`, the first row of each group in `order` survives, and the output is in that order. */
export interface DistinctPlan extends PlanBase {
  readonly kind: 'distinct';
  readonly input: Plan;
  readonly on?: readonly Expression[];
  readonly order?: readonly SortKey[];
}

export interface SortPlan extends PlanBase {
  readonly kind: 'sort';
  readonly input: Plan;
  readonly keys: readonly SortKey[];
}

/** Over a sort, the sort's order holds. `withTies` needs a sort as input. limit/offset: int8 expressions without columns. */
export interface LimitPlan extends PlanBase {
  readonly kind: 'limit';
  readonly input: Plan;
  readonly limit?: Expression;
  readonly offset?: Expression;
  readonly withTies: boolean;
}

/** Inputs' columns match `columns` by place and already have their types. */
export interface SetOperationPlan extends PlanBase {
  readonly kind: 'setOperation';
  readonly operation: 'union' | 'intersect' | 'except';
  readonly all: boolean;
  readonly left: Plan;
  readonly right: Plan;
}

/** Constant rows; one row and no columns is the FROM of `SELECT 1`. */
export interface ValuesPlan extends PlanBase {
  readonly kind: 'values';
  readonly rows: readonly (readonly Expression[])[];
}

/**
 * Set-returning functions in FROM or in a select list: `functions` run side by side (ROWS FROM), shorter ones padded with NULL.
 * `ordinality`: the last column is WITH ORDINALITY (int8). Arguments may refer to columns of the left side of a lateral join.
 */
export interface TableFunctionPlan extends PlanBase {
  readonly kind: 'tableFunction';
  readonly functions: readonly {
    readonly entry: FunctionEntry;
    readonly args: readonly Expression[];
    readonly columns: readonly ColumnId[];
  }[];
  readonly ordinality: boolean;
}

export interface CommonTable {
  readonly id: number;
  readonly name: string;
  readonly plan: Plan;
  /** MATERIALIZED / NOT MATERIALIZED as written. */
  readonly materialized?: boolean;
}

/** WITH. Later common tables may scan earlier ones. */
export interface WithPlan extends PlanBase {
  readonly kind: 'with';
  readonly tables: readonly CommonTable[];
  readonly body: Plan;
}

/** Reads a common table (or, inside a recursive step, the working table); `sources[i]` is its column for `columns[i]`. */
export interface CommonTableScanPlan extends PlanBase {
  readonly kind: 'commonTableScan';
  readonly table: number;
  readonly name: string;
  readonly sources: readonly ColumnId[];
}

/** WITH RECURSIVE's plan: stands only as the plan of a CommonTable, whose id its step scans. */
export interface RecursivePlan extends PlanBase {
  readonly kind: 'recursive';
  readonly initial: Plan;
  readonly step: Plan;
  readonly all: boolean;
}

/**
 * A sub-plan over tables of one source that the source itself computes. It refers to nothing outside itself, and for rules it is
 * a leaf: they neither see nor change what is inside.
 */
export interface RemoteQueryPlan extends PlanBase {
  readonly kind: 'remoteQuery';
  /** Unique within the statement, among scans too. */
  readonly occurrence: number;
  readonly source: string;
  /** Has the same columns. */
  readonly plan: Plan;
  /** What the values of its columns are known to be, once its rows are here. */
  readonly domains?: ReadonlyMap<ColumnId, Domain>;
  /** The same rows as those of several plans together, which the source is asked side by side. */
  readonly windows?: SourceWindows;
}

/** Disjoint ranges of a table's column of time, or why its configured column cuts nothing. */
export interface SourceWindows {
  /** The table's name and the column's, for people. */
  readonly column: string;
  /** Where each but the first window begins, as text. */
  readonly cuts: readonly string[];
  /** One a window, with the query's columns; none: the query is asked whole. */
  readonly plans: readonly Plan[];
  /** Why there is but one. */
  readonly whole?: string;
}

export type Plan =
  | ScanPlan
  | RemoteQueryPlan
  | FilterPlan
  | ProjectPlan
  | JoinPlan
  | AggregatePlan
  | WindowPlan
  | DistinctPlan
  | SortPlan
  | LimitPlan
  | SetOperationPlan
  | ValuesPlan
  | TableFunctionPlan
  | WithPlan
  | CommonTableScanPlan
  | RecursivePlan;
