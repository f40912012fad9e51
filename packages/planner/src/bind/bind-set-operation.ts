import type { SelectStmt } from '@pgsql/types';
import type { Plan, PlanColumn, SetOperationPlan, SqlType } from '@tributary/sql';
import { commonType, numericResult } from '@tributary/sql';
import { asColumns, reference } from './bind-columns.ts';
import { coerceOutputs } from './bind-outputs.ts';
import { bindLimits, bindSetOperand, limited } from './bind-select.ts';
import { checkSortable, sortByOf, sortDirection } from './bind-sort-key.ts';
import type { QueryLevel } from './bind-state.ts';
import { failure, newColumn, newLevel } from './bind-state.ts';
import type { Target } from './bind-target.ts';
import { findTarget } from './bind-target.ts';
import { locationOf } from './tree.ts';

const OPERATIONS: Readonly<Record<string, SetOperationPlan['operation']>> = {
  SETOP_UNION: 'union',
  SETOP_INTERSECT: 'intersect',
  SETOP_EXCEPT: 'except',
};

/** UNION, INTERSECT, EXCEPT with the ORDER BY and LIMIT that follow them. */
export function bindSetOperation(level: QueryLevel, tree: SelectStmt): Plan {
  let plan = combine(level, tree);
  const columns = asColumns(level, plan);
  const targets = columns.map((column): Target => ({
    name: column.name,
    expression: reference(column),
    junk: false,
    location: -1,
  }));
  const keys = (tree.sortClause ?? []).map((node) => {
    const item = sortByOf(level, node);
    const isName = 'ColumnRef' in item.node || 'A_Const' in item.node;
    const count = targets.length;
    if (!isName) throw onlyOutputs(level, locationOf(item.node));
    const target = findTarget(level, item.node, targets, 'ORDER BY');
    if (targets.length > count) throw onlyOutputs(level, locationOf(item.node));
    checkSortable(level, target.expression, locationOf(item.node));
    return { expression: target.expression, ...sortDirection(level, item.sort) };
  });
  if (keys.length > 0) plan = { kind: 'sort', input: plan, keys, columns: plan.columns };
  return limited(plan, bindLimits(level, tree));
}

function onlyOutputs(level: QueryLevel, location: number | undefined): Error {
  return failure(
    level,
    'featureNotSupported',
    'invalid UNION/INTERSECT/EXCEPT ORDER BY clause',
    location,
    {
      detail: 'Only result column names can be used, not expressions or functions.',
      hint: 'Add the expression/function to every SELECT, or move the UNION into a FROM clause.',
    },
  );
}

/** One operand: a nested operation without clauses of its own stays at this level of syntax. */
function bindOperand(level: QueryLevel, tree: SelectStmt): Plan {
  return bindSetOperand(newLevel(level.statement, level.environment, level), tree, true);
}

function combine(level: QueryLevel, tree: SelectStmt): Plan {
  // Chains lean to the left and may be long: they are walked, not recursed into.
  const chain: SelectStmt[] = [];
  let first = tree;
  for (;;) {
    chain.push(first);
    const { larg } = first;
    if (larg === undefined) throw failure(level, 'syntaxError', 'malformed set operation', -1);
    if (!isBareOperation(larg)) {
      let plan = bindOperand(level, larg);
      for (const operation of chain.reverse()) plan = apply(level, operation, plan);
      return plan;
    }
    first = larg;
  }
}

function isBareOperation(tree: SelectStmt): boolean {
  return (
    tree.op !== undefined &&
    tree.op !== 'SETOP_NONE' &&
    tree.sortClause === undefined &&
    tree.limitCount === undefined &&
    tree.limitOffset === undefined &&
    tree.lockingClause === undefined &&
    tree.withClause === undefined
  );
}

function apply(level: QueryLevel, tree: SelectStmt, left: Plan): Plan {
  const operation = OPERATIONS[tree.op ?? ''];
  const { rarg } = tree;
  if (operation === undefined || rarg === undefined) {
    throw failure(level, 'syntaxError', 'malformed set operation', -1);
  }
  const right = bindOperand(level, rarg);
  const what = operation.toUpperCase();
  if (left.columns.length !== right.columns.length) {
    throw failure(
      level,
      'syntaxError',
      `each ${what} query must have the same number of columns`,
      locationOf(rarg.targetList?.[0]) ?? -1,
    );
  }
  const types = left.columns.map((column, index) =>
    commonType([column.type, right.columns[index]?.type ?? column.type], what),
  );
  const columns: PlanColumn[] = left.columns.map((column, index) => ({
    id: newColumn(level),
    name: column.name,
    type: types[index] ?? column.type,
  }));
  if (!(tree.all === true)) {
    for (const column of columns) checkSortable(level, reference(column), -1);
  }
  const plan: Plan = {
    kind: 'setOperation',
    operation,
    all: tree.all === true,
    left: coerceOutputs(level, left, types, 'implicit'),
    right: coerceOutputs(level, right, types, 'implicit'),
    columns,
  };
  if (operation === 'union') return plan;
  // Rows of EXCEPT and INTERSECT are the left side's: numerics keep its scale.
  const kept = columns.map(({ type }, index) => scaleOf(type, left.columns[index]?.type ?? type));
  return coerceOutputs(level, plan, kept, 'implicit');
}

/** The type with the scale of another where that one is known and the type's is not. */
function scaleOf(type: SqlType, other: SqlType): SqlType {
  const isShown =
    type.kind === 'scalar' && type.name === 'numeric' && type.digits?.dynamic === true;
  if (!isShown || other.kind !== 'scalar' || other.name !== 'numeric') return type;
  return other.digits === undefined || other.digits.dynamic === true
    ? type
    : numericResult(other.digits);
}
