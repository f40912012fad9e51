import type { TypeCast, TypeName } from '@pgsql/types';
import type { Expression, SqlType } from '@tributary/sql';
import { isQueryError, typeFromName, typeLabel, canCoerce } from '@tributary/sql';
import { bindArray } from './bind-array.ts';
import { toType } from './bind-coercion.ts';
import { bindExpression } from './bind-expression.ts';
import type { QueryLevel } from './bind-state.ts';
import { failure } from './bind-state.ts';
import { integerOf, locationOf, stringsOf } from './tree.ts';
import { isUnknown } from './scope.ts';

/** A type name of the tree. 42704 for one that does not exist. */
export function bindTypeName(level: QueryLevel, name: TypeName): SqlType {
  const modifiers = (name.typmods ?? []).map((node) => {
    const value = integerOf(node);
    if (value === undefined) {
      throw failure(
        level,
        'syntaxError',
        'type modifiers must be simple constants or identifiers',
        name.location,
      );
    }
    return value;
  });
  if (name.setof === true || name.pct_type === true) {
    throw failure(
      level,
      'featureNotSupported',
      'this form of type name is not supported',
      name.location,
    );
  }
  try {
    return typeFromName(stringsOf(name.names), modifiers, name.arrayBounds?.length ?? 0);
  } catch (error) {
    if (!isQueryError(error)) throw error;
    throw failure(
      level,
      error.code,
      error.message,
      name.location,
      error.hint === undefined ? {} : { hint: error.hint },
    );
  }
}

/** `x::type`, CAST(x AS type) and typed literals (`date '2024-01-01'`). */
export function bindTypeCast(level: QueryLevel, cast: TypeCast): Expression {
  const { arg: node, typeName } = cast;
  if (node === undefined || typeName === undefined) {
    throw failure(level, 'syntaxError', 'malformed cast', cast.location);
  }
  const type = bindTypeName(level, typeName);
  if ('A_ArrayExpr' in node && type.kind === 'array') {
    return bindArray(level, node.A_ArrayExpr, type);
  }
  const arg = bindExpression(level, node);
  if (!isUnknown(arg.type) && !canCoerce(arg.type, type, 'explicit')) {
    throw failure(
      level,
      'cannotCoerce',
      `cannot cast type ${typeLabel(arg.type)} to ${typeLabel(type)}`,
      (cast.location ?? 0) < 0 ? locationOf(node) : cast.location,
    );
  }
  return toType(level, arg, type, 'explicit', -1);
}
