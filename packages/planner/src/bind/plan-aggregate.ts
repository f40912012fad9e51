import type { AggregatePlan, ChildMapping, ColumnId, Expression, Plan } from '@tributary/sql';
import { mapCallChildren, mapExpressionChildren, mapPlanChildren } from '@tributary/sql';
import type { Grouping } from './bind-group-by.ts';
import type { QueryLevel } from './bind-state.ts';
import { newColumn } from './bind-state.ts';
import { QueryError } from '@tributary/sql';
import { sameExpression } from './expression-equality.ts';

/** An Aggregate node and how expressions above it are written over its columns. */
export interface AggregateStage {
  readonly plan: Plan;
  /** Replaces group keys by their columns; 42803 for a column that is neither grouped nor aggregated. */
  rewrite(expression: Expression): Expression;
}

/** Puts the level's aggregates and keys over `input`. */
export function planAggregate(
  level: QueryLevel,
  input: Plan,
  grouping: Grouping | undefined,
): AggregateStage {
  const keys = (grouping?.keys ?? []).map((expression) => ({
    id: newColumn(level),
    expression,
  }));
  const names = new Map<ColumnId, string>();
  for (const item of level.namespace) {
    for (const column of item.columns) {
      const known = names.get(column.id);
      if (known === undefined || !known.includes('.')) {
        names.set(column.id, item.name === undefined ? column.name : `${item.name}.${column.name}`);
      }
    }
  }
  const keyFor = (expression: Expression): ColumnId | undefined =>
    keys.find((key) => sameExpression(level, key.expression, expression))?.id;
  const own = new Set<ColumnId>([
    ...keys.map((key) => key.id),
    ...level.aggregates.map((each) => each.id),
    ...level.windows.map((each) => each.id),
    ...level.setFunctions.flatMap((each) => each.columns.map((column) => column.id)),
  ]);
  let depth = 0;
  const mapping: ChildMapping = {
    plan(plan) {
      depth += 1;
      const mapped = mapPlanChildren(plan, mapping);
      depth -= 1;
      return mapped;
    },
    expression(expression) {
      const key = expression.kind === 'constant' ? undefined : keyFor(expression);
      if (key !== undefined) {
        return {
          kind: 'column',
          id: key,
          type: expression.type,
          ...(expression.position === undefined ? {} : { position: expression.position }),
        };
      }
      if (
        expression.kind === 'column' &&
        !own.has(expression.id) &&
        level.statement.owners.get(expression.id) === level
      ) {
        throw ungrouped(names.get(expression.id) ?? '?column?', depth > 0, expression.position);
      }
      return mapExpressionChildren(expression, mapping);
    },
  };
  const aggregates = level.aggregates.map((each): AggregatePlan['aggregates'][number] => {
    const { id, call } = each;
    if (call.kind === 'aggregate') return { id, call };
    const ids = call.args.map((arg) => {
      const key = keyFor(arg);
      if (key !== undefined) return key;
      throw new QueryError(
        'groupingError',
        'arguments to GROUPING must be grouping expressions of the associated query level',
        each.position === undefined ? {} : { position: arg.position ?? each.position },
      );
    });
    return { id, call: { kind: 'grouping', keys: ids, type: call.type } };
  });
  const plan: Plan = {
    kind: 'aggregate',
    input,
    keys,
    ...(grouping?.sets === undefined
      ? {}
      : {
          sets: grouping.sets.map((set) => set.flatMap((index) => keys[index]?.id ?? [])),
        }),
    aggregates,
    columns: [
      ...keys.map(({ id, expression }) => ({
        id,
        name:
          (expression.kind === 'column'
            ? names.get(expression.id)?.split('.').at(-1)
            : undefined) ?? 'key',
        type: expression.type,
      })),
      ...aggregates.map(({ id, call }) => ({
        id,
        name: call.kind === 'aggregate' ? call.entry.name : 'grouping',
        type: call.type,
      })),
    ],
  };
  const stage: AggregateStage = { plan, rewrite: (expression) => mapping.expression(expression) };
  rewriteWindows(level, mapping);
  return stage;
}

/** Window calls and set-returning functions stand above the aggregation. */
function rewriteWindows(level: QueryLevel, mapping: ChildMapping): void {
  level.windows.forEach((each, index) => {
    level.windows[index] = { ...each, call: mapCallChildren(each.call, mapping) };
  });
  level.setFunctions.forEach((each, index) => {
    level.setFunctions[index] = {
      ...each,
      args: each.args.map((arg) => mapping.expression(arg)),
    };
  });
}

function ungrouped(name: string, inSubquery: boolean, position: number | undefined): QueryError {
  return new QueryError(
    'groupingError',
    inSubquery
      ? `subquery uses ungrouped column "${name}" from outer query`
      : `column "${name}" must appear in the GROUP BY clause or be used in an aggregate function`,
    position === undefined ? {} : { position },
  );
}
