import { mapExpressionChildren } from '@tributary/sql';
import type { Expression, Plan, SortKey } from '@tributary/sql';

/**
 * The order in which a plan outputs its rows: none (`undefined`), keys over its own columns, or one that its columns do not tell
 * any more (`lost`).
 */
export function outputOrder(plan: Plan): readonly SortKey[] | 'lost' | undefined {
  switch (plan.kind) {
    case 'sort':
      return overColumns(plan.keys, plan);
    case 'distinct':
      return plan.order === undefined ? outputOrder(plan.input) : overColumns(plan.order, plan);
    case 'limit':
    case 'filter':
    case 'window':
      return outputOrder(plan.input);
    case 'with':
      return outputOrder(plan.body);
    case 'project': {
      const order = outputOrder(plan.input);
      if (order === undefined || order === 'lost') return order;
      const renamed = new Map<number, number>();
      plan.expressions.forEach((expression, index) => {
        const id = plan.columns[index]?.id;
        if (expression.kind === 'column' && id !== undefined) renamed.set(expression.id, id);
      });
      return overColumns(
        order.map((key) => ({ ...key, expression: rename(key.expression, renamed) })),
        plan,
      );
    }
    default:
      return undefined;
  }
}

function overColumns(keys: readonly SortKey[], plan: Plan): readonly SortKey[] | 'lost' {
  const own = new Set(plan.columns.map(({ id }) => id));
  return keys.every(({ expression }) => dependsOnlyOn(expression, own)) ? keys : 'lost';
}

function dependsOnlyOn(expression: Expression, ids: ReadonlySet<number>): boolean {
  if (expression.kind === 'subquery') return false;
  if (expression.kind === 'column') return ids.has(expression.id);
  let only = true;
  mapExpressionChildren(expression, {
    plan: (each) => each,
    expression(each) {
      only &&= dependsOnlyOn(each, ids);
      return each;
    },
  });
  return only;
}

function rename(expression: Expression, names: ReadonlyMap<number, number>): Expression {
  if (expression.kind === 'column') {
    // -1 is no column's id: such a key is not over the projection's columns.
    return { ...expression, id: names.get(expression.id) ?? -1 };
  }
  return mapExpressionChildren(expression, {
    plan: (each) => each,
    expression: (each) => rename(each, names),
  });
}
