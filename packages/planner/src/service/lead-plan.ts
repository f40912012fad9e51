import { INT8, TEXT, coerce, isQueryError, visitPlan } from '@tributary/sql';
import type { Expression, Plan, QueryError } from '@tributary/sql';
import { constantOfText } from '../analyze/fold-constants.ts';
import { leadingSubqueries, valueOf, withValues } from '../analyze/leading-subqueries.ts';
import type { LeadingSubquery } from '../analyze/leading-subqueries.ts';
import { runPlan } from '../execute/run-plan.ts';
import { columnOf } from '../reuse/chain.ts';
import { idsBeyond } from '../reuse/resolve-fragments.ts';
import { LEADING_SUBQUERIES } from '../rules/rules.ts';
import { foldPlan, optimize, pruningColumns } from './plan-select.ts';
import { runContext } from './run-context.ts';
import type { StatementScope } from './statement-scope.ts';

/** Values by which membership is tested at most: with more, the subquery runs with its statement. */
const MOST_VALUES = 1000;

/**
 * The plan with its constants folded. The subqueries that say which windows and partitions of other tables are needed are run, and
 * their values stand in their places. A subquery that fails stays: whether its error is the statement's is told when that runs.
 */
export async function leadPlan(plan: Plan, scope: StatementScope): Promise<Plan> {
  const folded = await foldPlan(plan, scope);
  const { rulesOff } = scope;
  if (!hasSubqueries(folded) || rulesOff.has('all') || rulesOff.has(LEADING_SUBQUERIES)) {
    return folded;
  }
  const leading = await leadingSubqueries(
    folded,
    ({ table }) => pruningColumns(table, scope),
    (each) => foldPlan(each, scope),
  );
  const values = new Map<Expression, Expression>();
  for (const each of leading) {
    const value = await valueUnlessFailed(each, scope);
    if (value !== undefined) values.set(each.expression, value);
  }
  return values.size === 0 ? folded : foldPlan(withValues(folded, values), scope);
}

function hasSubqueries(plan: Plan): boolean {
  let found = false;
  visitPlan(plan, {
    expression(each) {
      found ||= each.kind === 'subquery';
    },
  });
  return found;
}

/** Errors that are not the subquery's. */
const ENDS_A_STATEMENT: ReadonlySet<QueryError['code']> = new Set([
  'queryCanceled',
  'adminShutdown',
  'dataChanged',
]);

async function valueUnlessFailed(
  subquery: LeadingSubquery,
  scope: StatementScope,
): Promise<Expression | undefined> {
  try {
    return await valueOfSubquery(subquery, scope);
  } catch (error) {
    if (!isQueryError(error) || ENDS_A_STATEMENT.has(error.code)) throw error;
    return undefined;
  }
}

async function valueOfSubquery(
  { expression, plan }: LeadingSubquery,
  scope: StatementScope,
): Promise<Expression | undefined> {
  const type = plan.columns[0]?.type;
  if (type === undefined) return undefined;
  const led = await leadPlan(plan, scope);
  const { plan: optimized } = await optimize(textsOf({ ...expression, plan: led }), scope);
  const values: Expression[] = [];
  for await (const chunk of runPlan(optimized, runContext(scope))) {
    for (const [text] of chunk.getRows()) {
      const value = constantOfText(
        typeof text === 'string' ? text : null,
        type,
        expression.position,
      );
      if (value === undefined) return undefined;
      values.push(value);
    }
  }
  return values.length > MOST_VALUES ? undefined : valueOf(expression, values);
}

/** A plan that answers a subquery's values as text: one row of a scalar one, all distinct values of a membership. */
function textsOf(expression: LeadingSubquery['expression']): Plan {
  const { plan, form } = expression;
  const column = { id: idsBeyond(plan).next(), name: 'value', type: TEXT };
  const [value] = plan.columns;
  if (form === 'scalar' || value === undefined) {
    return {
      kind: 'values',
      columns: [column],
      rows: [[coerce(expression, TEXT, 'explicit')]],
    };
  }
  return {
    kind: 'limit',
    columns: [column],
    withTies: false,
    limit: { kind: 'constant', type: INT8, value: String(MOST_VALUES + 1) },
    input: {
      kind: 'distinct',
      columns: [column],
      input: {
        kind: 'project',
        input: plan,
        columns: [column],
        expressions: [coerce(columnOf(value), TEXT, 'explicit')],
      },
    },
  };
}
