import type { SelectStmt } from '@pgsql/types';
import { QueryError, parseLiteral, parseQuery, rewritePlan } from '@tributary/sql';
import type { Plan, SqlType, TableReference } from '@tributary/sql';
import { foldConstants } from '../analyze/fold-constants.ts';
import { bindSelect } from '../bind/bind-select.ts';
import type { BoundSelect } from '../bind/bind-context.ts';
import { evaluateConstants } from '../execute/constant-evaluation.ts';
import { BOUND_QUERIES, applyRules } from '../rules/rules.ts';
import { timeAxis } from '../reuse/time-axis.ts';
import type { SourceTableFacts } from '../rules/rule.ts';
import { findSystemTable } from '../system/system-tables.ts';
import { evaluationContext } from './statement-scope.ts';
import type { SessionScope, StatementScope } from './statement-scope.ts';

interface BindOptions {
  readonly parameterTypes: readonly (SqlType | undefined)[];
  readonly qualify: boolean;
  readonly text: string;
}

/** Binds a query in a statement's scope, or finds it as this very tree was bound before. Touches no data. */
export function bindQuery(
  tree: SelectStmt,
  scope: SessionScope,
  options: BindOptions,
): BoundSelect {
  const { rulesOff, services, snapshot, database, user, bindingFacts } = scope;
  if (rulesOff.has('all') || rulesOff.has(BOUND_QUERIES)) return bindAnew(tree, scope, options);
  const key = JSON.stringify([options.parameterTypes, database, user, bindingFacts]);
  return services.statements.bound(tree, snapshot, key, () => {
    let readsClock = false;
    const clocked: SessionScope = {
      ...scope,
      get now() {
        readsClock = true;
        return scope.now;
      },
    };
    const select = bindAnew(tree, clocked, options);
    return { select, readsClock };
  });
}

function bindAnew(tree: SelectStmt, scope: SessionScope, options: BindOptions): BoundSelect {
  return bindSelect(tree, {
    catalog: scope.snapshot,
    database: scope.database,
    searchPath: scope.searchPath,
    timeZone: scope.timeZone,
    get now() {
      return scope.now;
    },
    user: scope.user,
    reader: scope.reader,
    parseView: parseQuery,
    systemTable(name) {
      const found = findSystemTable(name);
      return found === undefined
        ? undefined
        : {
            reference: found.reference,
            columns: found.table.columns,
            function: found.table.parameters !== undefined,
          };
    },
    ...options,
  });
}

/** Parameter values, given in PostgreSQL's text form, as constants of a plan hold them. */
export function parameterValues(
  { parameters }: BoundSelect,
  values: readonly (string | null)[],
  facts: Pick<StatementScope, 'timeZone' | 'now'>,
): readonly (string | null)[] {
  if (values.length !== parameters.length) {
    throw new QueryError(
      'protocolViolation',
      `the statement needs ${parameters.length} parameters, ${values.length} were given`,
    );
  }
  return parameters.map((type, index) => {
    const value = values[index] ?? null;
    return value === null ? null : parseLiteral(value, type, facts);
  });
}

/** Puts values of parameters, as `parameterValues` gives them, into a plan as constants of the parameters' types. */
export function withParameters(plan: Plan, values: readonly (string | null)[]): Plan {
  if (values.length === 0) return plan;
  return rewritePlan(plan, {
    expression(each) {
      if (each.kind !== 'parameter') {
        return each;
      }
      const value = values[each.index - 1];
      if (value === undefined) {
        throw new QueryError('undefinedParameter', `there is no parameter $${each.index}`);
      }
      return { kind: 'constant', type: each.type, value };
    },
  });
}

/** Puts parameter values (PostgreSQL's text form) into the bound plan. */
export function substituteParameters(
  bound: BoundSelect,
  values: readonly (string | null)[],
  facts: Pick<StatementScope, 'timeZone' | 'now'>,
): Plan {
  return withParameters(bound.plan, parameterValues(bound, values, facts));
}

function sourceTableFacts(
  table: TableReference,
  scope: StatementScope,
): SourceTableFacts | undefined {
  const relation = scope.snapshot.relation(table.database, table.schema, table.name);
  return relation?.kind === 'sourceTable'
    ? {
        keys: relation.keys.flatMap(({ kind, columns }) => (kind === 'foreign' ? [] : [columns])),
        rows: relation.estimate?.rows,
        ...(relation.estimate?.distinct === undefined
          ? {}
          : { distinct: relation.estimate.distinct }),
        ...(relation.time === undefined ? {} : { time: relation.time }),
      }
    : undefined;
}

/** Partition columns by the scope's catalog; none for system tables. */
export function partitionColumns(table: TableReference, scope: StatementScope): readonly string[] {
  const relation = scope.snapshot.relation(table.database, table.schema, table.name);
  return relation?.kind === 'table' ? relation.partitionColumns.map(({ name }) => name) : [];
}

/** Columns whose values say what is read of a table: its partition columns, and the time column that goes with them. */
export function pruningColumns(table: TableReference, scope: StatementScope): readonly string[] {
  const relation = scope.snapshot.relation(table.database, table.schema, table.name);
  if (relation?.kind !== 'table') return [];
  const tied = timeAxis(relation)?.tied?.column;
  return [
    ...relation.partitionColumns.map(({ name }) => name),
    ...(tied === undefined ? [] : [tied]),
  ];
}

export interface OptimizedPlan {
  readonly plan: Plan;
  readonly applied: readonly string[];
}

/** Evaluates what is constant. */
export async function foldPlan(plan: Plan, scope: StatementScope): Promise<Plan> {
  const started = performance.now();
  const folded = await foldConstants(plan, (expressions) =>
    evaluateConstants(expressions, evaluationContext(scope)),
  );
  scope.record.statistics.planningMs += performance.now() - started;
  return folded;
}

/** Runs the rules over a plan whose constants are folded. */
export function rewriteFolded(folded: Plan, scope: StatementScope): OptimizedPlan {
  const started = performance.now();
  const outcome = applyRules(
    folded,
    {
      partitionColumns: (table) => partitionColumns(table, scope),
      querySource: (source) => scope.services.querySources?.get(source),
      sourceTable: (table) => sourceTableFacts(table, scope),
    },
    scope.rulesOff,
  );
  scope.record.statistics.planningMs += performance.now() - started;
  return outcome;
}

/** Folds constants and runs the rules. */
export async function optimize(plan: Plan, scope: StatementScope): Promise<OptimizedPlan> {
  return rewriteFolded(await foldPlan(plan, scope), scope);
}
