import type { WindowDef } from '@pgsql/types';
import type { RelationDefinition } from '@tributary/catalog';
import type {
  AggregateExpression,
  ColumnId,
  Expression,
  FunctionEntry,
  PlanColumn,
  SortKey,
  SqlType,
  WindowExpression,
  WindowFrame,
} from '@tributary/sql';
import { QueryError } from '@tributary/sql';
import type { BindContext } from './bind-context.ts';
import type { CommonTableBinding } from './bind-with.ts';
import type { NamespaceItem } from './scope.ts';

/** Deepest nesting of expressions and queries; the printers and rules recurse as deep. */
const MAX_DEPTH = 600;
/** Tree nodes one statement may take, counting each use of a view and each repeated operand (BETWEEN, rows). */
const MAX_NODES = 500_000;

/** What is shared by all query levels of one statement. */
export interface StatementState {
  readonly context: BindContext;
  readonly parameterTypes: (SqlType | undefined)[];
  readonly relations: Map<string, RelationDefinition>;
  /** The query level whose FROM or aggregation a column belongs to. */
  readonly owners: Map<ColumnId, QueryLevel>;
  nextColumn: number;
  nextTable: number;
  nextOccurrence: number;
  nodes: number;
  depth: number;
  /** Subqueries in expressions around the one being bound. */
  subqueryDepth: number;
  /** Items of all WITH clauses bound so far. */
  commonTables: number;
}

/** Where names are looked up: a view has its own. */
export interface Environment {
  readonly database: string;
  readonly searchPath: readonly string[];
  /** A tree location (0-based character) as an error position (1-based); undefined inside views and for no place. */
  position(location: number | undefined): number | undefined;
  /** `$n` is allowed here: not in views. */
  readonly parameters: boolean;
  /** Ids of the views being expanded. */
  readonly views: readonly string[];
}

/** The clause whose expression is being bound, as PostgreSQL's error messages name it. */
export type Clause =
  | 'SELECT'
  | 'WHERE'
  | 'HAVING'
  | 'QUALIFY'
  | 'FILTER'
  | 'GROUP BY'
  | 'ORDER BY'
  | 'DISTINCT ON'
  | 'LIMIT'
  | 'OFFSET'
  | 'VALUES'
  | 'JOIN/ON'
  | 'FROM'
  | 'PARTITION BY'
  | 'window ORDER BY'
  | 'window frame';

/** An aggregate or GROUPING call found while binding; expressions refer to it by the id. */
export interface PendingAggregate {
  readonly id: ColumnId;
  readonly call:
    | AggregateExpression
    | {
        readonly kind: 'pendingGrouping';
        readonly args: readonly Expression[];
        readonly type: SqlType;
      };
  readonly position: number | undefined;
}

export interface PendingWindow {
  readonly id: ColumnId;
  readonly call: WindowExpression;
  readonly position: number | undefined;
}

/** A set-returning function of a select list. */
export interface PendingSetFunction {
  readonly columns: readonly PlanColumn[];
  readonly entry: FunctionEntry;
  readonly args: readonly Expression[];
}

export interface WindowDefinition {
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly SortKey[];
  /** undefined: the default frame. */
  readonly frame: WindowFrame | undefined;
}

/** One SELECT (or VALUES, or set operation) being bound. */
export interface QueryLevel {
  readonly statement: StatementState;
  readonly environment: Environment;
  readonly parent: QueryLevel | undefined;
  namespace: readonly NamespaceItem[];
  /** Relations of FROM bound so far. */
  fromItems: number;
  /** LATERAL is in force: siblings to the left in FROM are visible. */
  lateral: boolean;
  /** Columns that were reached through LATERAL. */
  readonly lateralColumns: Set<ColumnId>;
  clause: Clause;
  /** While QUALIFY is bound: the select list, whose names it may use. */
  outputs: readonly { readonly name: string; readonly expression: Expression }[];
  readonly commonTables: Map<string, CommonTableBinding>;
  /** WITH items in the order they were completed: each uses only earlier ones. */
  readonly boundTables: CommonTableBinding[];
  readonly aggregates: PendingAggregate[];
  readonly windows: PendingWindow[];
  readonly setFunctions: PendingSetFunction[];
  readonly windowDefinitions: Map<string, WindowDefinition>;
  /** Entries of WINDOW that are not bound yet. */
  readonly windowTrees: Map<string, WindowDef>;
}

export function newStatement(context: BindContext): StatementState {
  return {
    context,
    parameterTypes: [...context.parameterTypes],
    relations: new Map(),
    owners: new Map(),
    nextColumn: 1,
    nextTable: 1,
    nextOccurrence: 1,
    nodes: 0,
    depth: 0,
    subqueryDepth: 0,
    commonTables: 0,
  };
}

export function newLevel(
  statement: StatementState,
  environment: Environment,
  parent: QueryLevel | undefined,
): QueryLevel {
  return {
    statement,
    environment,
    parent,
    namespace: [],
    fromItems: 0,
    lateral: false,
    lateralColumns: new Set(),
    clause: 'FROM',
    outputs: [],
    commonTables: new Map(),
    boundTables: [],
    aggregates: [],
    windows: [],
    setFunctions: [],
    windowDefinitions: new Map(),
    windowTrees: new Map(),
  };
}

/** A column id that no other column of the statement has. */
export function newColumn(level: QueryLevel): ColumnId {
  const id = level.statement.nextColumn++;
  level.statement.owners.set(id, level);
  return id;
}

/** Runs `bind` one level deeper; refuses hostile depth with statementTooComplex before the stack overflows. */
export function deeper<T>(level: QueryLevel, location: number | undefined, bind: () => T): T {
  const { statement } = level;
  statement.nodes += 1;
  if (statement.depth >= MAX_DEPTH || statement.nodes > MAX_NODES) {
    throw failure(
      level,
      'statementTooComplex',
      statement.depth >= MAX_DEPTH
        ? `the statement nests more than ${MAX_DEPTH} levels deep`
        : `the statement has more than ${MAX_NODES} expressions`,
      location,
      {
        hint: 'Split it into several statements, or use IN lists and VALUES instead of long chains.',
      },
    );
  }
  statement.depth += 1;
  try {
    return bind();
  } finally {
    statement.depth -= 1;
  }
}

/** Binds one clause: `level.clause` names it while `bind` runs. */
export function inClause<T>(level: QueryLevel, clause: Clause, bind: () => T): T {
  const outer = level.clause;
  level.clause = clause;
  try {
    return bind();
  } finally {
    level.clause = outer;
  }
}

/** A QueryError at a tree location. */
export function failure(
  level: { readonly environment: Environment },
  code: ConstructorParameters<typeof QueryError>[0],
  message: string,
  location: number | undefined,
  options: { readonly hint?: string; readonly detail?: string } = {},
): QueryError {
  const position = level.environment.position(location);
  return new QueryError(code, message, {
    ...options,
    ...(position === undefined ? {} : { position }),
  });
}

/** `{ position }` for a tree location, or nothing inside views. */
export function at(
  level: QueryLevel,
  location: number | undefined,
): { readonly position?: number } {
  const position = level.environment.position(location);
  return position === undefined ? {} : { position };
}

/** Whether `outer` is `level` itself or one of its enclosing queries. */
export function encloses(outer: QueryLevel, level: QueryLevel): boolean {
  for (let each: QueryLevel | undefined = level; each !== undefined; each = each.parent) {
    if (each === outer) return true;
  }
  return false;
}
