import type { CastContext, Expression, Plan, SqlType } from '@tributary/sql';
import { isDeepStrictEqual } from 'node:util';
import { projection, reference } from './bind-columns.ts';
import { toType } from './bind-coercion.ts';
import type { QueryLevel } from './bind-state.ts';
import { isUnknown } from './scope.ts';

/** Gives a plan's columns these types. Open literals are resolved where they stand, other columns are cast above. */
export function coerceOutputs(
  level: QueryLevel,
  plan: Plan,
  types: readonly SqlType[],
  context: CastContext,
): Plan {
  const resolved = resolveOpen(level, plan, types);
  if (resolved.columns.every((column, index) => isDeepStrictEqual(column.type, types[index]))) {
    return resolved;
  }
  return projection(
    level,
    resolved,
    resolved.columns.map((column, index) => ({
      name: column.name,
      expression: toType(level, reference(column), types[index] ?? column.type, context, -1),
    })),
  );
}

/** Replaces open literals and parameters in the plan's topmost projection. */
function resolveOpen(level: QueryLevel, plan: Plan, types: readonly SqlType[]): Plan {
  if (!plan.columns.some((column) => isUnknown(column.type))) return plan;
  switch (plan.kind) {
    case 'project': {
      const expressions = plan.expressions.map((expression, index): Expression => {
        const type = types[index];
        return type !== undefined && isUnknown(expression.type)
          ? toType(level, expression, type, 'implicit', -1)
          : expression;
      });
      const columns = plan.columns.map((column, index) => ({
        ...column,
        type: expressions[index]?.type ?? column.type,
      }));
      return { ...plan, expressions, columns };
    }
    case 'filter':
    case 'limit':
    case 'sort':
    case 'distinct': {
      const input = resolveOpen(level, plan.input, types);
      return { ...plan, input, columns: input.columns };
    }
    case 'with': {
      const body = resolveOpen(level, plan.body, types);
      return { ...plan, body, columns: body.columns };
    }
    default:
      return plan;
  }
}
