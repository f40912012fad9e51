import type { A_ArrayExpr } from '@pgsql/types';
import type { Expression, SqlType } from '@tributary/sql';
import { arrayOf } from '@tributary/sql';
import { toCommonType, toType } from './bind-coercion.ts';
import { bindExpression } from './bind-expression.ts';
import type { QueryLevel } from './bind-state.ts';
import { at, failure } from './bind-state.ts';

/** ARRAY[...]; under a cast to an array type its elements are cast one by one. Nested ARRAY[] makes nested arrays. */
export function bindArray(
  level: QueryLevel,
  tree: A_ArrayExpr,
  target: SqlType | undefined,
): Expression {
  const element = target?.kind === 'array' ? target.element : undefined;
  const place = at(level, tree.location);
  const nodes = tree.elements ?? [];
  const bound = nodes.map((node) =>
    'A_ArrayExpr' in node
      ? bindArray(level, node.A_ArrayExpr, element?.kind === 'array' ? element : target)
      : bindExpression(level, node),
  );
  if (element !== undefined) {
    const nested = bound.some((each) => each.kind === 'array');
    const elements = nested
      ? bound
      : bound.map((each) => toType(level, each, element, 'explicit', -1));
    const type = nested ? arrayOf(bound[0]?.type ?? element) : arrayOf(element);
    return { kind: 'array', elements, type, ...place };
  }
  if (bound.length === 0) {
    throw failure(
      level,
      'indeterminateType',
      'cannot determine type of empty array',
      tree.location,
      { hint: 'Explicitly cast to the desired type, for example ARRAY[]::integer[].' },
    );
  }
  const common = toCommonType(level, bound, 'ARRAY', tree.location);
  return { kind: 'array', elements: common.expressions, type: arrayOf(common.type), ...place };
}
