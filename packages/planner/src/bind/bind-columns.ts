import type { Expression, Plan, PlanColumn } from '@tributary/sql';
import type { QueryLevel } from './bind-state.ts';
import { newColumn } from './bind-state.ts';
import type { ScopeColumn } from './scope.ts';

/** A plan's columns as what a FROM item offers; from now on they belong to `level`. */
export function asColumns(level: QueryLevel, plan: Plan): readonly ScopeColumn[] {
  for (const { id } of plan.columns) level.statement.owners.set(id, level);
  return plan.columns.map(({ id, name, type }) => ({ id, name, type }));
}

/** The expression that reads a column. */
export function reference(column: {
  readonly id: number;
  readonly type: Expression['type'];
}): Expression {
  return { kind: 'column', id: column.id, type: column.type };
}

/** A projection; a plain column keeps its id the first time it is passed through. */
export function projection(
  level: QueryLevel,
  input: Plan,
  outputs: readonly { readonly name: string; readonly expression: Expression }[],
): Plan & { readonly kind: 'project' } {
  const passed = new Set<number>();
  const own = new Set(input.columns.map((column) => column.id));
  const columns: PlanColumn[] = outputs.map(({ name, expression }) => {
    const keeps =
      expression.kind === 'column' && own.has(expression.id) && !passed.has(expression.id);
    const id = keeps ? expression.id : newColumn(level);
    passed.add(id);
    return { id, name, type: expression.type };
  });
  return {
    kind: 'project',
    input,
    columns,
    expressions: outputs.map((output) => output.expression),
  };
}
