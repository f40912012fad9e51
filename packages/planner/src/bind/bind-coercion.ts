import type {
  ArgumentInfo,
  CastContext,
  Expression,
  LiteralContext,
  ResolvedCall,
  SqlType,
} from '@tributary/sql';
import { BOOL, call, canCoerce, coerce, commonType, typeLabel } from '@tributary/sql';
import type { QueryLevel } from './bind-state.ts';
import { at, failure } from './bind-state.ts';
import { determineParameter } from './parameters.ts';
import { isUnknown } from './scope.ts';

/** What literals of this statement depend on. */
export function literalContext(level: QueryLevel): LiteralContext {
  return level.statement.context;
}

/** An expression as overload resolution sees it. */
export function argumentInfo(expression: Expression): ArgumentInfo {
  return expression.kind === 'constant'
    ? { type: expression.type, constant: expression.value }
    : { type: expression.type };
}

/** The expression as a value of a type; an open parameter takes the type. The only way the binder makes casts. */
export function toType(
  level: QueryLevel,
  expression: Expression,
  type: SqlType,
  context: CastContext,
  location: number | undefined,
): Expression {
  if (expression.kind === 'parameter' && isUnknown(expression.type) && !isUnknown(type)) {
    const determined = determineParameter(level, expression, type);
    return coerce(determined, type, context, literalContext(level));
  }
  const placed =
    location === undefined || location >= 0
      ? { ...expression, ...at(level, location) }
      : expression;
  return coerce(placed, type, context, literalContext(level));
}

/** A call of what was resolved, with its open parameters determined. */
export function callOf(
  level: QueryLevel,
  resolved: ResolvedCall,
  args: readonly Expression[],
  location: number | undefined,
): Expression {
  const determined = determineArguments(level, resolved, args);
  return call(resolved, determined, at(level, location).position, literalContext(level));
}

/** Gives open parameters among the arguments the types that resolution chose. */
export function determineArguments(
  level: QueryLevel,
  resolved: ResolvedCall,
  args: readonly Expression[],
): readonly Expression[] {
  return args.map((arg, index) => {
    const type = resolved.cast ?? resolved.argTypes[index];
    return arg.kind === 'parameter' && isUnknown(arg.type) && type !== undefined && !isUnknown(type)
      ? determineParameter(level, arg, type)
      : arg;
  });
}

/** The argument of WHERE, AND, CASE WHEN, ..: PostgreSQL's coerce_to_boolean (42804). */
export function toBoolean(
  level: QueryLevel,
  expression: Expression,
  what: string,
  location: number | undefined,
): Expression {
  if (!isUnknown(expression.type) && !canCoerce(expression.type, BOOL, 'implicit')) {
    throw failure(
      level,
      'datatypeMismatch',
      `argument of ${what} must be type boolean, not type ${typeLabel(expression.type)}`,
      location,
    );
  }
  return toType(level, expression, BOOL, 'implicit', -1);
}

/** All expressions as values of their common type; `what` names the construct in errors. */
export function toCommonType(
  level: QueryLevel,
  expressions: readonly Expression[],
  what: string,
  location: number | undefined,
): { readonly type: SqlType; readonly expressions: readonly Expression[] } {
  const type = commonType(
    expressions.map((each) => each.type),
    what,
    at(level, location).position,
  );
  return {
    type,
    expressions: expressions.map((each) => toType(level, each, type, 'implicit', -1)),
  };
}
