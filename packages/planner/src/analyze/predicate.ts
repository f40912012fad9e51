import {
  mapExpressionChildren,
  visitPlan,
  type ColumnId,
  type Domain,
  type Expression,
  type Plan,
} from '@tributary/sql';

/**
 * What is known to hold of rows. `holds`: a boolean expression is true. `same`: two values are not distinct. `within`: a
 * value is in a domain. `any`: all of one of the alternatives hold.
 */
export type Predicate =
  | { readonly kind: 'holds'; readonly expression: Expression }
  | { readonly kind: 'same'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'within'; readonly expression: Expression; readonly domain: Domain }
  | { readonly kind: 'any'; readonly alternatives: readonly (readonly Predicate[])[] };

/** The conjuncts of a condition that must be true. */
export function conjuncts(condition: Expression | undefined): readonly Predicate[] {
  if (condition === undefined) return [];
  if (condition.kind === 'and') return condition.args.flatMap(conjuncts);
  return [{ kind: 'holds', expression: condition }];
}

/** Columns that an expression reads, those of its subqueries included. */
export function expressionColumns(expression: Expression): ReadonlySet<ColumnId> {
  const columns = new Set<ColumnId>();
  visitPlan(
    { kind: 'values', columns: [], rows: [[expression]] },
    {
      expression(each) {
        if (each.kind === 'column') columns.add(each.id);
      },
    },
  );
  return columns;
}

const known = new WeakMap<Predicate, ReadonlySet<ColumnId>>();

/** Columns that a predicate speaks of. */
export function predicateColumns(predicate: Predicate): ReadonlySet<ColumnId> {
  const found = known.get(predicate);
  if (found !== undefined) return found;
  const columns = new Set<ColumnId>();
  const add = (expression: Expression): void => {
    for (const id of expressionColumns(expression)) columns.add(id);
  };
  switch (predicate.kind) {
    case 'holds':
    case 'within':
      add(predicate.expression);
      break;
    case 'same':
      add(predicate.left);
      add(predicate.right);
      break;
    case 'any':
      for (const each of predicate.alternatives.flat()) {
        for (const id of predicateColumns(each)) columns.add(id);
      }
  }
  known.set(predicate, columns);
  return columns;
}

/** The predicate with columns replaced by expressions. */
export function substitutePredicate(
  predicate: Predicate,
  replacements: ReadonlyMap<ColumnId, Expression>,
): Predicate {
  let touched = false;
  for (const id of predicateColumns(predicate)) touched ||= replacements.has(id);
  if (!touched) return predicate;
  const replace = (expression: Expression): Expression =>
    substituteColumns(expression, replacements);
  switch (predicate.kind) {
    case 'holds':
      return { kind: 'holds', expression: replace(predicate.expression) };
    case 'within':
      return { ...predicate, expression: replace(predicate.expression) };
    case 'same':
      return { kind: 'same', left: replace(predicate.left), right: replace(predicate.right) };
    case 'any':
      return {
        kind: 'any',
        alternatives: predicate.alternatives.map((list) =>
          list.map((each) => substitutePredicate(each, replacements)),
        ),
      };
  }
}

/** An expression with columns replaced by expressions. Subqueries stay as they are. */
export function substituteColumns(
  expression: Expression,
  replacements: ReadonlyMap<ColumnId, Expression>,
): Expression {
  if (expression.kind === 'column') return replacements.get(expression.id) ?? expression;
  // A subquery's plan stays as it is: what it says of the replaced columns is not known below.
  return mapExpressionChildren(expression, {
    plan: (plan) => plan,
    expression: (each) => substituteColumns(each, replacements),
  });
}

/** Whether an expression gives the same value each time for the same row and reads nothing but the row. */
export function isRepeatable(expression: Expression): boolean {
  let repeatable = true;
  visitPlan(
    { kind: 'values', columns: [], rows: [[expression]] },
    {
      expression(each) {
        if (each.kind === 'subquery' || each.kind === 'parameter') repeatable = false;
        if (each.kind === 'call' && each.entry.volatility === 'volatile') repeatable = false;
      },
    },
  );
  return repeatable;
}

/** Whether a plan or anything in it calls a volatile function: asked once where it was asked for each row, it answers otherwise. */
export function isVolatile(plan: Plan): boolean {
  let found = false;
  visitPlan(plan, {
    expression(each) {
      found ||= each.kind === 'call' && each.entry.volatility === 'volatile';
    },
  });
  return found;
}
