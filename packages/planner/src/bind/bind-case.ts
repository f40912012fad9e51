import type { CaseExpr } from '@pgsql/types';
import type { Expression, SqlType } from '@tributary/sql';
import { commonType, isQueryError, resolveOperator } from '@tributary/sql';
import { argumentInfo, toBoolean, toCommonType, toType } from './bind-coercion.ts';
import { bindExpression, decided } from './bind-expression.ts';
import { refuseSetFunctions } from './bind-set-function.ts';
import type { QueryLevel } from './bind-state.ts';
import { at, failure } from './bind-state.ts';
import { locationOf } from './tree.ts';

/** CASE in both forms. Results have one common type, ELSE first in its choice as in PostgreSQL. */
export function bindCase(level: QueryLevel, tree: CaseExpr): Expression {
  const branches = (tree.args ?? []).map((node) => {
    if (
      !('CaseWhen' in node) ||
      node.CaseWhen.expr === undefined ||
      node.CaseWhen.result === undefined
    ) {
      throw failure(level, 'syntaxError', 'malformed CASE', tree.location);
    }
    return { expr: node.CaseWhen.expr, result: node.CaseWhen.result };
  });
  const operand =
    tree.arg === undefined ? undefined : decided(level, bindExpression(level, tree.arg));
  const whens: Expression[] = [];
  const results: Expression[] = [];
  for (const { expr, result } of branches) {
    const when = bindExpression(level, expr);
    whens.push(
      operand === undefined ? toBoolean(level, when, 'CASE/WHEN', locationOf(expr)) : when,
    );
    results.push(bindExpression(level, result));
  }
  const otherwise =
    tree.defresult === undefined ? undefined : bindExpression(level, tree.defresult);
  refuseSetFunctions(
    level,
    [...whens, ...results, ...(otherwise === undefined ? [] : [otherwise])],
    'set-returning functions are not allowed in CASE',
    tree.location,
  );
  const common = toCommonType(
    level,
    otherwise === undefined ? results : [otherwise, ...results],
    'CASE',
    tree.location,
  );
  const offset = otherwise === undefined ? 0 : 1;
  const compared = operand === undefined ? undefined : comparable(level, operand, whens);
  return {
    kind: 'case',
    ...(compared === undefined ? {} : { operand: compared.operand }),
    branches: whens.map((when, index) => ({
      when: compared?.whens[index] ?? when,
      then: common.expressions[index + offset] ?? when,
    })),
    ...(otherwise === undefined ? {} : { otherwise: common.expressions[0] ?? otherwise }),
    type: common.type,
    ...at(level, tree.location),
  };
}

/** The operand and what it is compared with in one type. PostgreSQL resolves `=` for each branch: so do we, for its errors. */
function comparable(
  level: QueryLevel,
  operand: Expression,
  whens: readonly Expression[],
): { readonly operand: Expression; readonly whens: readonly Expression[] } {
  const chosen = whens.map((when) => {
    const resolved = resolveOperator('=', argumentInfo(operand), argumentInfo(when), when.position);
    return [resolved.argTypes[0] ?? operand.type, resolved.argTypes[1] ?? when.type];
  });
  const type = sharedType(level, [
    operand.type,
    ...whens.map((when) => when.type),
    ...chosen.flat(),
  ]);
  return {
    operand: toType(level, operand, type, 'implicit', -1),
    whens: whens.map((when) => toType(level, when, type, 'implicit', -1)),
  };
}

function sharedType(level: QueryLevel, types: readonly SqlType[]): SqlType {
  try {
    return commonType(types, 'CASE');
  } catch (error) {
    if (!isQueryError(error)) throw error;
    throw failure(
      level,
      'datatypeMismatch',
      'the values that CASE compares have no common type',
      -1,
      { hint: 'Cast them to one type, or write CASE WHEN x = y THEN ...' },
    );
  }
}
