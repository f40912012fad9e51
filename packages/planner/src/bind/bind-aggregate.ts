import type { FuncCall, GroupingFunc, Node } from '@pgsql/types';
import type { AggregateExpression, Expression, ResolvedCall, SortKey } from '@tributary/sql';
import { coerceArguments, INT4, resultType } from '@tributary/sql';
import { determineArguments, literalContext, toBoolean } from './bind-coercion.ts';
import { bindExpression, bindExpressions } from './bind-expression.ts';
import { refuseSetFunctions } from './bind-set-function.ts';
import { bindSortKey } from './bind-sort-key.ts';
import type { Clause, PendingAggregate, QueryLevel } from './bind-state.ts';
import { at, encloses, failure, inClause, newColumn } from './bind-state.ts';
import { mentionedColumns, sameExpression } from './expression-equality.ts';
import { locationOf } from './tree.ts';

/** Where aggregates of a level's own may stand, and what PostgreSQL calls the other places. */
const REFUSED_IN: Partial<Readonly<Record<Clause, string>>> = {
  WHERE: 'WHERE',
  FILTER: 'FILTER',
  'GROUP BY': 'GROUP BY',
  LIMIT: 'LIMIT',
  OFFSET: 'OFFSET',
  VALUES: 'VALUES',
  'JOIN/ON': 'JOIN conditions',
  FROM: 'FROM clause of their own query level',
  'window frame': 'window RANGE',
};

/**
 * An aggregate call. It belongs to the innermost query whose columns its arguments mention (PostgreSQL's level rule), which may
 * be an enclosing one; the expression is a column that that query's aggregation will give.
 */
export function bindAggregateCall(
  level: QueryLevel,
  tree: FuncCall,
  resolved: ResolvedCall,
  args: readonly Expression[],
  directCount: number,
): Expression {
  const { location } = tree;
  const coerced = coerceArguments(
    resolved,
    determineArguments(level, resolved, args),
    literalContext(level),
  );
  const ordered = resolved.entry.kind === 'orderedSet';
  const keys = (tree.agg_order ?? []).map((node, index) =>
    bindSortKey(level, node, ordered ? coerced[directCount + index] : undefined),
  );
  const filter = bindFilter(level, tree.agg_filter);
  const distinct = tree.agg_distinct === true;
  const values = ordered ? coerced.slice(0, directCount) : coerced;
  if (distinct) checkDistinctOrder(level, values, ordered ? [] : keys, location);
  const call: AggregateExpression = {
    kind: 'aggregate',
    entry: resolved.entry,
    args: values,
    distinct,
    ...(filter === undefined ? {} : { filter }),
    orderBy: ordered ? [] : keys,
    withinGroup: ordered ? keys : [],
    type: resultType(resolved, coerced),
    ...at(level, location),
  };
  const inside = [
    ...coerced,
    ...keys.map((key) => key.expression),
    ...(filter === undefined ? [] : [filter]),
  ];
  refuseSetFunctions(
    level,
    inside,
    'aggregate function calls cannot contain set-returning function calls',
    location,
  );
  return pending(level, call, inside, location);
}

export function bindFilter(level: QueryLevel, node: Node | undefined): Expression | undefined {
  if (node === undefined) return undefined;
  return inClause(level, 'FILTER', () =>
    toBoolean(level, bindExpression(level, node), 'FILTER', locationOf(node)),
  );
}

function checkDistinctOrder(
  level: QueryLevel,
  args: readonly Expression[],
  keys: readonly SortKey[],
  location: number | undefined,
): void {
  const missing = keys.some(
    (key) => !args.some((arg) => sameExpression(level, arg, key.expression)),
  );
  if (missing) {
    throw failure(
      level,
      'invalidColumnReference',
      'in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list',
      location,
    );
  }
}

/** GROUPING(a, b): its arguments find their keys once GROUP BY is bound. */
export function bindGroupingCall(level: QueryLevel, tree: GroupingFunc): Expression {
  const args = bindExpressions(level, tree.args);
  if (args.length > 31) {
    throw failure(
      level,
      'programLimitExceeded',
      'GROUPING must have fewer than 32 arguments',
      tree.location,
    );
  }
  return pending(level, { kind: 'pendingGrouping', args, type: INT4 }, args, tree.location);
}

function pending(
  level: QueryLevel,
  call: PendingAggregate['call'],
  inside: readonly Expression[],
  location: number | undefined,
): Expression {
  const owner = owningLevel(level, inside);
  checkInside(owner, level, inside, location);
  const refused = REFUSED_IN[owner.clause];
  if (refused !== undefined) {
    const what = call.kind === 'aggregate' ? 'aggregate functions' : 'grouping operations';
    throw failure(level, 'groupingError', `${what} are not allowed in ${refused}`, location);
  }
  const same = owner.aggregates.find(
    (each) => !isVolatile(each) && sameExpression(owner, each.call, call),
  );
  const id = same?.id ?? newColumn(owner);
  if (same === undefined) {
    owner.aggregates.push({ id, call, position: at(level, location).position });
  }
  return { kind: 'column', id, type: call.type, ...at(level, location) };
}

function isVolatile(each: PendingAggregate): boolean {
  return each.call.kind === 'aggregate' && each.call.entry.volatility === 'volatile';
}

function owningLevel(level: QueryLevel, inside: readonly Expression[]): QueryLevel {
  const owners = new Set<QueryLevel>();
  for (const id of mentionedColumns(inside)) {
    const owner = level.statement.owners.get(id);
    if (owner !== undefined && encloses(owner, level)) owners.add(owner);
  }
  for (let each: QueryLevel | undefined = level; each !== undefined; each = each.parent) {
    if (owners.has(each)) return each;
  }
  return level;
}

function checkInside(
  owner: QueryLevel,
  level: QueryLevel,
  inside: readonly Expression[],
  location: number | undefined,
): void {
  const mentioned = mentionedColumns(inside);
  if (owner.aggregates.some((each) => mentioned.has(each.id))) {
    throw failure(level, 'groupingError', 'aggregate function calls cannot be nested', location);
  }
  if (owner.windows.some((each) => mentioned.has(each.id))) {
    throw failure(
      level,
      'groupingError',
      'aggregate function calls cannot contain window function calls',
      location,
    );
  }
}
