import type { JoinExpr } from '@pgsql/types';
import type { Expression, JoinPlan, Plan } from '@tributary/sql';
import { BOOL, commonType, resolveOperator, sameType } from '@tributary/sql';
import { argumentInfo, callOf, toBoolean, toType } from './bind-coercion.ts';
import { reference } from './bind-columns.ts';
import { bindExpression } from './bind-expression.ts';
import type { FromItem } from './bind-from.ts';
import { bindFromItem, usesLateral } from './bind-from.ts';
import type { QueryLevel } from './bind-state.ts';
import { failure, inClause, newColumn } from './bind-state.ts';
import type { NamespaceItem, ScopeColumn } from './scope.ts';
import { checkNameConflicts, namespaceItem } from './scope.ts';
import { joinOn } from './outer-join-condition.ts';
import { locationOf, stringsOf } from './tree.ts';

const JOIN_KINDS: Readonly<Record<string, JoinPlan['join']>> = {
  JOIN_INNER: 'inner',
  JOIN_LEFT: 'left',
  JOIN_RIGHT: 'right',
  JOIN_FULL: 'full',
};

export function bindJoin(level: QueryLevel, join: JoinExpr): FromItem {
  const kind = JOIN_KINDS[join.jointype ?? 'JOIN_INNER'];
  const { larg, rarg } = join;
  if (kind === undefined || larg === undefined || rarg === undefined) {
    throw failure(level, 'featureNotSupported', `join type ${join.jointype} is not supported`, -1);
  }
  const outer = level.namespace;
  const left = bindFromItem(level, larg);
  const lateralAllowed = kind === 'inner' || kind === 'left';
  level.namespace = [
    ...outer,
    ...left.items.map((item) => ({ ...item, lateralOnly: true, lateralAllowed })),
  ];
  const right = bindFromItem(level, rarg);
  level.namespace = outer;
  checkNameConflicts(level, left.items, right.items);
  const using = join.isNatural === true ? commonNames(left, right) : stringsOf(join.usingClause);
  const base = {
    kind: 'join' as const,
    join: kind,
    left: left.plan,
    right: right.plan,
    lateral: usesLateral(level, left.plan),
    columns: [...left.plan.columns, ...right.plan.columns],
  };
  const children = [...left.items, ...right.items];
  let plan: Plan = base;
  let columns: readonly ScopeColumn[] = [...left.columns, ...right.columns];
  let mergedCount = 0;
  if (using.length > 0) {
    const merged = bindUsing(level, base, left, right, using);
    ({ plan, columns } = merged);
    mergedCount = using.length;
  } else if (join.quals !== undefined) {
    const { quals } = join;
    level.namespace = children;
    const condition = inClause(level, 'JOIN/ON', () =>
      toBoolean(level, bindExpression(level, quals), 'JOIN/ON', locationOf(quals)),
    );
    level.namespace = outer;
    plan = joinOn(level, base, condition);
  }
  const items = joinItems(level, join, children, columns, mergedCount);
  return { plan, ...items };
}

/** What names stay visible: an alias hides both sides; without one the join's columns replace the sides' unqualified ones. */
function joinItems(
  level: QueryLevel,
  join: JoinExpr,
  children: readonly NamespaceItem[],
  columns: readonly ScopeColumn[],
  mergedCount: number,
): { readonly items: readonly NamespaceItem[]; readonly columns: readonly ScopeColumn[] } {
  const usingAlias = join.join_using_alias?.aliasname;
  const ofUsing =
    usingAlias === undefined
      ? []
      : [namespaceItem(usingAlias, columns.slice(0, mergedCount), { columnsVisible: false })];
  if (usingAlias !== undefined) checkNameConflicts(level, children, ofUsing);
  if (join.alias === undefined) {
    const hidden = children.map((item) => ({ ...item, columnsVisible: false }));
    return { columns, items: [...hidden, ...ofUsing, namespaceItem(undefined, columns)] };
  }
  const name = join.alias.aliasname ?? '';
  const aliases = stringsOf(join.alias.colnames);
  if (aliases.length > columns.length) {
    throw failure(level, 'syntaxError', `column alias list for "${name}" has too many entries`, -1);
  }
  const renamed = columns.map((column, index) => ({
    ...column,
    name: aliases[index] ?? column.name,
  }));
  return { columns: renamed, items: [namespaceItem(name, renamed), ...ofUsing] };
}

function commonNames(left: FromItem, right: FromItem): string[] {
  const names = new Set(right.columns.map((column) => column.name));
  return left.columns.map((column) => column.name).filter((name) => names.has(name));
}

function sideColumn(
  level: QueryLevel,
  columns: readonly ScopeColumn[],
  name: string,
  side: 'left' | 'right',
): ScopeColumn {
  const matches = columns.filter((column) => column.name === name);
  const [match] = matches;
  if (match === undefined) {
    throw failure(
      level,
      'undefinedColumn',
      `column "${name}" specified in USING clause does not exist in ${side} table`,
      -1,
    );
  }
  if (matches.length > 1) {
    throw failure(
      level,
      'ambiguousColumn',
      `common column name "${name}" appears more than once in ${side} table`,
      -1,
    );
  }
  return match;
}

interface UsingPair {
  readonly left: ScopeColumn;
  readonly right: ScopeColumn;
  readonly merged: Expression;
}

function bindUsing(
  level: QueryLevel,
  base: JoinPlan,
  left: FromItem,
  right: FromItem,
  names: readonly string[],
): { readonly plan: Plan; readonly columns: readonly ScopeColumn[] } {
  const conditions: Expression[] = [];
  const pairs: UsingPair[] = names.map((name, index) => {
    if (names.indexOf(name) !== index) {
      throw failure(
        level,
        'duplicateColumn',
        `column name "${name}" appears more than once in USING clause`,
        -1,
      );
    }
    const l = sideColumn(level, left.columns, name, 'left');
    const r = sideColumn(level, right.columns, name, 'right');
    const [lRef, rRef] = [reference(l), reference(r)];
    const operator = resolveOperator('=', argumentInfo(lRef), argumentInfo(rRef));
    conditions.push(callOf(level, operator, [lRef, rRef], -1));
    return { left: l, right: r, merged: mergedColumn(level, base.join, lRef, rRef) };
  });
  const [first] = conditions;
  const condition: Expression | undefined =
    conditions.length > 1 ? { kind: 'and', args: conditions, type: BOOL } : first;
  const joined: Plan = condition === undefined ? base : { ...base, condition };
  const computed = pairs
    .filter((pair) => pair.merged.kind !== 'column')
    .map((pair) => ({ pair, id: newColumn(level) }));
  const merged = pairs.map((pair): ScopeColumn => {
    const own = computed.find((each) => each.pair === pair);
    const id = own?.id ?? (pair.merged.kind === 'column' ? pair.merged.id : 0);
    return { id, name: pair.left.name, type: pair.merged.type };
  });
  const plan: Plan =
    computed.length === 0
      ? joined
      : {
          kind: 'project',
          input: joined,
          columns: [
            ...joined.columns,
            ...computed.map(({ pair, id }) => ({
              id,
              name: pair.left.name,
              type: pair.merged.type,
            })),
          ],
          expressions: [
            ...joined.columns.map(reference),
            ...computed.map(({ pair }) => pair.merged),
          ],
        };
  const usedLeft = new Set(pairs.map((pair) => pair.left));
  const usedRight = new Set(pairs.map((pair) => pair.right));
  return {
    plan,
    columns: [
      ...merged,
      ...left.columns.filter((column) => !usedLeft.has(column)),
      ...right.columns.filter((column) => !usedRight.has(column)),
    ],
  };
}

/** PostgreSQL's buildMergedJoinVar: the side that is never null-extended, or COALESCE for FULL. */
function mergedColumn(
  level: QueryLevel,
  join: JoinPlan['join'],
  left: Expression,
  right: Expression,
): Expression {
  const type = commonType([left.type, right.type], 'JOIN/USING');
  const own = (side: Expression): Expression =>
    sameType(side.type, type) ? side : toType(level, side, type, 'implicit', -1);
  switch (join) {
    case 'full':
      return {
        kind: 'coalesce',
        args: [
          toType(level, left, type, 'implicit', -1),
          toType(level, right, type, 'implicit', -1),
        ],
        type,
      };
    case 'right':
      return own(right);
    case 'inner':
      return sameType(left.type, type) ? left : own(right);
    default:
      return own(left);
  }
}
