import type { Node, SelectStmt } from '@pgsql/types';
import type { Expression, Plan, SortKey } from '@tributary/sql';
import { INT8, splitQualify } from '@tributary/sql';
import { toBoolean, toType } from './bind-coercion.ts';
import { asColumns, projection, reference } from './bind-columns.ts';
import type { BindContext, BoundSelect } from './bind-context.ts';
import { bindExpression } from './bind-expression.ts';
import { bindFromClause } from './bind-from.ts';
import { bindGroupBy } from './bind-group-by.ts';
import { joinSetFunctions } from './bind-set-function.ts';
import { bindSetOperation } from './bind-set-operation.ts';
import { checkSortable, sortByOf, sortDirection } from './bind-sort-key.ts';
import type { Clause, Environment, QueryLevel } from './bind-state.ts';
import { deeper, failure, inClause, newLevel, newStatement } from './bind-state.ts';
import type { Target } from './bind-target.ts';
import { bindTargets, findTarget, resolveUnknownTargets } from './bind-target.ts';
import { bindUnusedWindows, declareWindows } from './bind-window.ts';
import { bindValues } from './bind-values.ts';
import { bindWithClause, withTables } from './bind-with.ts';
import { mentionedColumns } from './expression-equality.ts';
import { parameterTypes } from './parameters.ts';
import { planAggregate } from './plan-aggregate.ts';
import { namespaceItem } from './scope.ts';
import { locationOf } from './tree.ts';

/**
 * Binds a SELECT (or VALUES, or set operation) to a typed plan: names resolved against the catalog, every implicit cast
 * explicit, types of parameters inferred. Synchronous and without any access to data.
 *
 * @throws QueryError with PostgreSQL's code, message and position for whatever the statement does wrong.
 */
export function bindSelect(tree: SelectStmt, context: BindContext): BoundSelect {
  const statement = newStatement(context);
  const environment: Environment = {
    database: context.database,
    searchPath: context.searchPath,
    position: (location) => {
      const offset = location ?? 0;
      return offset < 0 ? undefined : offset + 1;
    },
    parameters: true,
    views: [],
  };
  const plan = bindQuery(newLevel(statement, environment, undefined), tree);
  return {
    plan,
    parameters: parameterTypes(statement),
    relations: [...statement.relations.values()],
  };
}

/** A query at its own level, with its WITH clause; open literals of its result are text. */
export function bindQuery(level: QueryLevel, tree: SelectStmt): Plan {
  return bindSetOperand(level, tree, false);
}

/** As bindQuery; with `open`, literals of the result stay unknown, for the set operation above to decide. */
export function bindSetOperand(level: QueryLevel, tree: SelectStmt, open: boolean): Plan {
  return deeper(level, -1, () => {
    refuseClauses(level, tree);
    if (tree.withClause !== undefined) bindWithClause(level, tree.withClause);
    const body =
      tree.valuesLists !== undefined
        ? bindValuesQuery(level, tree)
        : tree.op !== undefined && tree.op !== 'SETOP_NONE'
          ? bindSetOperation(level, tree)
          : bindPlainSelect(level, tree, open);
    return withTables(level, body);
  });
}

function refuseClauses(level: QueryLevel, tree: SelectStmt): void {
  if (tree.intoClause !== undefined) {
    throw failure(
      level,
      'featureNotSupported',
      'SELECT INTO is not supported',
      tree.intoClause.rel?.location,
      { hint: 'Use CREATE VIEW to keep a query.' },
    );
  }
  if (tree.lockingClause !== undefined) {
    throw failure(
      level,
      'featureNotSupported',
      'row locks (FOR UPDATE, FOR SHARE) are not supported',
      -1,
    );
  }
}

function bindValuesQuery(level: QueryLevel, tree: SelectStmt): Plan {
  const plan = bindValues(level, tree);
  const columns = asColumns(level, plan);
  level.namespace = [namespaceItem('*VALUES*', columns)];
  const targets = columns.map((column): Target => ({
    name: column.name,
    expression: reference(column),
    junk: false,
    location: -1,
  }));
  const order = bindOrderBy(level, tree, targets);
  const limits = bindLimits(level, tree);
  return finish(level, plan, { targets, order, on: undefined, distinct: false, limits });
}

function bindPlainSelect(level: QueryLevel, tree: SelectStmt, open: boolean): Plan {
  const from = bindFromClause(level, tree.fromClause ?? []);
  declareWindows(level, tree.windowClause);
  const targets = bindTargets(level, tree.targetList);
  const where = bindCondition(level, tree.whereClause, 'WHERE');
  const clauses = splitQualify(tree);
  const having = bindCondition(level, clauses.having, 'HAVING');
  const qualify = bindQualify(level, clauses.qualify, targets);
  const order = bindOrderBy(level, tree, targets);
  const grouping = bindGroupBy(level, tree, targets);
  const distinct = tree.distinctClause !== undefined;
  const on = distinct ? bindDistinctOn(level, tree, targets, order) : undefined;
  if (distinct && on === undefined) checkDistinctOrder(level, targets, order);
  const limits = bindLimits(level, tree);
  bindUnusedWindows(level);
  if (!open || distinct) resolveUnknownTargets(level, targets);

  let plan = from;
  if (where !== undefined) plan = filter(plan, where);
  let after = (expression: Expression): Expression => expression;
  if (grouping !== undefined || level.aggregates.length > 0 || having !== undefined) {
    const stage = planAggregate(level, plan, grouping);
    plan = stage.plan;
    after = (expression) => stage.rewrite(expression);
    for (const target of targets) target.expression = after(target.expression);
    if (having !== undefined) plan = filter(plan, after(having));
  }
  if (level.windows.length > 0) plan = windowOf(level, plan);
  if (qualify !== undefined) plan = filter(plan, after(qualify));
  plan = joinSetFunctions(plan, level.setFunctions);
  return finish(level, plan, { targets, order, on, distinct, limits });
}

function filter(input: Plan, condition: Expression): Plan {
  return { kind: 'filter', input, condition, columns: input.columns };
}

function windowOf(level: QueryLevel, input: Plan): Plan {
  return {
    kind: 'window',
    input,
    calls: level.windows.map(({ id, call }) => ({ id, call })),
    columns: [
      ...input.columns,
      ...level.windows.map(({ id, call }) => ({ id, name: call.entry.name, type: call.type })),
    ],
  };
}

function bindCondition(
  level: QueryLevel,
  node: Node | undefined,
  clause: Clause,
): Expression | undefined {
  if (node === undefined) return undefined;
  return inClause(level, clause, () =>
    toBoolean(level, bindExpression(level, node), clause, locationOf(node)),
  );
}

/** QUALIFY sees the select list's names after the input's columns. */
function bindQualify(
  level: QueryLevel,
  node: Node | undefined,
  targets: readonly Target[],
): Expression | undefined {
  if (node === undefined) return undefined;
  const outer = level.outputs;
  level.outputs = targets;
  try {
    return bindCondition(level, node, 'QUALIFY');
  } finally {
    level.outputs = outer;
  }
}

interface Order {
  readonly target: Target;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
  readonly location: number | undefined;
}

export interface Limits {
  readonly limit: Expression | undefined;
  readonly offset: Expression | undefined;
  readonly withTies: boolean;
}

function bindOrderBy(level: QueryLevel, tree: SelectStmt, targets: Target[]): readonly Order[] {
  const order: Order[] = [];
  for (const node of tree.sortClause ?? []) {
    const item = sortByOf(level, node);
    const target = findTarget(level, item.node, targets, 'ORDER BY');
    const location = locationOf(item.node);
    checkSortable(level, target.expression, location);
    if (order.some((each) => each.target === target)) continue;
    order.push({ target, ...sortDirection(level, item.sort), location });
  }
  return order;
}

export function bindLimits(level: QueryLevel, tree: SelectStmt): Limits {
  return {
    limit: bindRowCount(level, tree.limitCount, 'LIMIT'),
    offset: bindRowCount(level, tree.limitOffset, 'OFFSET'),
    withTies: tree.limitOption === 'LIMIT_OPTION_WITH_TIES',
  };
}

function bindRowCount(
  level: QueryLevel,
  node: Node | undefined,
  clause: 'LIMIT' | 'OFFSET',
): Expression | undefined {
  if (node === undefined) return undefined;
  const expression = inClause(level, clause, () =>
    toType(level, bindExpression(level, node), INT8, 'assignment', -1),
  );
  for (const id of mentionedColumns([expression])) {
    if (level.statement.owners.get(id) === level) {
      throw failure(
        level,
        'invalidColumnReference',
        `argument of ${clause} must not contain variables`,
        locationOf(node),
      );
    }
  }
  if (expression.kind === 'constant') {
    // LIMIT NULL is LIMIT ALL.
    if (expression.value === null) return undefined;
    if (expression.value.startsWith('-')) {
      throw failure(
        level,
        clause === 'LIMIT' ? 'invalidRowCountInLimit' : 'invalidRowCountInOffset',
        `${clause} must not be negative`,
        -1,
      );
    }
  }
  return expression;
}

/** SELECT DISTINCT sorts by what it returns. */
function checkDistinctOrder(
  level: QueryLevel,
  targets: readonly Target[],
  order: readonly Order[],
): void {
  const junk = order.find((each) => each.target.junk);
  if (junk !== undefined) {
    throw failure(
      level,
      'invalidColumnReference',
      'for SELECT DISTINCT, ORDER BY expressions must appear in select list',
      junk.location,
    );
  }
  for (const target of targets) checkSortable(level, target.expression, target.location);
}

/** DISTINCT ON's entries; undefined for plain DISTINCT. They must be what ORDER BY begins with. */
function bindDistinctOn(
  level: QueryLevel,
  tree: SelectStmt,
  targets: Target[],
  order: readonly Order[],
): readonly Target[] | undefined {
  const nodes = (tree.distinctClause ?? []).filter((node) => Object.keys(node).length > 0);
  if (nodes.length === 0) return undefined;
  const on: Target[] = [];
  for (const node of nodes) {
    const target = findTarget(level, node, targets, 'DISTINCT ON');
    if (!on.includes(target)) on.push(target);
  }
  const leading = order.slice(0, on.length);
  const stray = leading.find((each) => !on.includes(each.target));
  if (stray !== undefined) throw mismatch(level, stray.location);
  return on;
}

function mismatch(level: QueryLevel, location: number | undefined): Error {
  return failure(
    level,
    'invalidColumnReference',
    'SELECT DISTINCT ON expressions must match initial ORDER BY expressions',
    location,
  );
}

interface Tail {
  readonly targets: readonly Target[];
  readonly order: readonly Order[];
  readonly on: readonly Target[] | undefined;
  readonly distinct: boolean;
  readonly limits: Limits;
}

/** Projection, DISTINCT, ORDER BY and LIMIT over a query's rows; what only they needed is dropped at the end. */
function finish(level: QueryLevel, input: Plan, tail: Tail): Plan {
  const { targets, order, on, limits } = tail;
  const projected = projection(level, input, targets);
  const columnOf = (target: Target): Expression => {
    const column = projected.columns[targets.indexOf(target)];
    if (column === undefined) throw new TypeError('a target without a column');
    return reference(column);
  };
  const keys: readonly SortKey[] = order.map((each) => ({
    expression: columnOf(each.target),
    descending: each.descending,
    nullsFirst: each.nullsFirst,
  }));
  let plan: Plan = projected;
  const { columns } = projected;
  if (tail.distinct) {
    plan = {
      kind: 'distinct',
      input: plan,
      ...(on === undefined ? {} : { on: on.map(columnOf), order: keys }),
      columns,
    };
  }
  if (keys.length > 0 && (on === undefined || limits.withTies)) {
    plan = { kind: 'sort', input: plan, keys, columns };
  }
  plan = limited(plan, limits);
  if (!targets.some((target) => target.junk)) return plan;
  const kept = columns.filter((_, index) => targets[index]?.junk === false);
  return { kind: 'project', input: plan, expressions: kept.map(reference), columns: kept };
}

export function limited(plan: Plan, limits: Limits): Plan {
  const { limit, offset, withTies } = limits;
  if (limit === undefined && offset === undefined) return plan;
  return {
    kind: 'limit',
    input: plan,
    ...(limit === undefined ? {} : { limit }),
    ...(offset === undefined ? {} : { offset }),
    withTies: withTies && limit !== undefined,
    columns: plan.columns,
  };
}
