import type { Node } from '@pgsql/types';
import { QueryError, coerce, parseLiteral } from '@tributary/sql';
import type { Expression, SqlType } from '@tributary/sql';
import { evaluateConstants } from '../execute/constant-evaluation.ts';
import { timestampText } from '../execute/run-plan.ts';
import { bindQuery } from '../service/plan-select.ts';
import type { SessionScope } from '../service/statement-scope.ts';

/** Values of EXECUTE's arguments, in PostgreSQL's text form of the parameters' types. */
export async function executeArguments(
  args: readonly Node[],
  types: readonly SqlType[],
  scope: SessionScope,
  signal: AbortSignal,
): Promise<readonly (string | null)[]> {
  if (args.length !== types.length) {
    throw new QueryError(
      'syntaxError',
      `wrong number of parameters: expected ${types.length}, got ${args.length}`,
    );
  }
  if (args.length === 0) {
    return [];
  }
  const { plan } = bindQuery(
    { targetList: args.map((val) => ({ ResTarget: { val } })), op: 'SETOP_NONE' },
    scope,
    { parameterTypes: [], qualify: false, text: '' },
  );
  if (plan.kind !== 'project' || plan.input.kind !== 'values') {
    throw new QueryError('featureNotSupported', 'EXECUTE takes constant arguments');
  }
  const expressions = plan.expressions.map((each, index) =>
    typedArgument(args[index], each, types[index] ?? each.type, scope),
  );
  const values = await evaluateConstants(expressions, {
    engine: scope.services.engine,
    timeZone: scope.timeZone,
    now: timestampText(scope.now),
    signal,
  });
  return values.map((value) => {
    if (value === undefined) {
      throw new QueryError('dataException', 'an argument of EXECUTE could not be evaluated');
    }
    return value;
  });
}

/** A quoted literal, and NULL, has the parameter's type, as an unknown one has in PostgreSQL; what has a type must fit. */
function typedArgument(
  node: Node | undefined,
  expression: Expression,
  type: SqlType,
  { timeZone, now }: SessionScope,
): Expression {
  const constant = node !== undefined && 'A_Const' in node ? node.A_Const : undefined;
  if (constant?.isnull === true) return { kind: 'constant', type, value: null };
  const literal = constant?.sval?.sval;
  return literal === undefined
    ? coerce(expression, type, 'assignment')
    : { kind: 'constant', type, value: parseLiteral(literal, type, { timeZone, now }) };
}
