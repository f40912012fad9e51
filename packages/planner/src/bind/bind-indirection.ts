import type { A_Indices, A_Indirection, Node } from '@pgsql/types';
import type { Expression, SqlType } from '@tributary/sql';
import { INT4, JSONB, sameType, TEXT } from '@tributary/sql';
import { toType } from './bind-coercion.ts';
import { bindExpression } from './bind-expression.ts';
import type { QueryLevel } from './bind-state.ts';
import { at, failure } from './bind-state.ts';
import { fieldOf } from './scope.ts';
import { locationOf, stringOf } from './tree.ts';

/** Fields, subscripts and slices of a value. */
export function bindIndirection(level: QueryLevel, indirection: A_Indirection): Expression {
  const { arg: node } = indirection;
  const location = locationOf(node);
  if (node === undefined) throw failure(level, 'syntaxError', 'malformed indirection', location);
  let arg = bindExpression(level, node);
  for (const step of indirection.indirection ?? []) {
    const field = stringOf(step);
    if (field !== undefined) arg = fieldOf(level, arg, field, location);
    else if ('A_Indices' in step) arg = bindSubscript(level, arg, step.A_Indices, location);
    else {
      throw failure(
        level,
        'featureNotSupported',
        'row expansion via "*" is not supported here',
        location,
      );
    }
  }
  return arg;
}

function bindSubscript(
  level: QueryLevel,
  arg: Expression,
  indices: A_Indices,
  location: number | undefined,
): Expression {
  const place = at(level, location);
  const index = (node: Node | undefined, type: SqlType): Expression | undefined =>
    node === undefined
      ? undefined
      : toType(level, bindExpression(level, node), type, 'assignment', -1);
  const { type } = arg;
  if (indices.is_slice === true) {
    if (type.kind !== 'array') throw notSubscriptable(level, type, location);
    const lower = index(indices.lidx, INT4);
    const upper = index(indices.uidx, INT4);
    return {
      kind: 'slice',
      arg,
      ...(lower === undefined ? {} : { lower }),
      ...(upper === undefined ? {} : { upper }),
      type,
      ...place,
    };
  }
  const keyType = type.kind === 'map' ? type.key : INT4;
  if (type.kind === 'array' || type.kind === 'map') {
    const key = index(indices.uidx, keyType);
    if (key === undefined) throw notSubscriptable(level, type, location);
    const result = type.kind === 'map' ? type.value : type.element;
    return { kind: 'subscript', arg, index: key, type: result, ...place };
  }
  if (sameType(type, JSONB) && indices.uidx !== undefined) {
    const key = bindExpression(level, indices.uidx);
    const typed = sameType(key.type, INT4) ? key : toType(level, key, TEXT, 'assignment', -1);
    return { kind: 'subscript', arg, index: typed, type: JSONB, ...place };
  }
  throw notSubscriptable(level, type, location);
}

function notSubscriptable(level: QueryLevel, type: SqlType, location: number | undefined): Error {
  return failure(
    level,
    'datatypeMismatch',
    `cannot subscript type ${type.kind === 'scalar' ? type.name : type.kind} because it does not support subscripting`,
    location,
  );
}
