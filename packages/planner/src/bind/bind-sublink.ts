import type { Node, RowExpr, SelectStmt, SubLink } from '@pgsql/types';
import type { Expression, FunctionEntry, Plan } from '@tributary/sql';
import { arrayOf, BOOL, resolveOperator, sameType } from '@tributary/sql';
import { argumentInfo, toType } from './bind-coercion.ts';
import { reference } from './bind-columns.ts';
import { bindExpression, bindExpressions } from './bind-expression.ts';
import { coerceOutputs } from './bind-outputs.ts';
import { comparePairs } from './bind-row-comparison.ts';
import { bindQuery } from './bind-select.ts';
import type { QueryLevel } from './bind-state.ts';
import { at, failure, newColumn, newLevel } from './bind-state.ts';
import { stringsOf } from './tree.ts';

/** The engine's planning time doubles with each level of a scalar subquery or EXISTS: 12 take 0.05 s, 18 take seconds. */
const MAX_SUBQUERY_DEPTH = 12;

/** A subquery as a value: scalar, EXISTS, ARRAY(), IN, ANY and ALL. */
export function bindSublink(level: QueryLevel, tree: SubLink): Expression {
  const place = at(level, tree.location);
  const query = subselect(level, tree);
  switch (tree.subLinkType) {
    case 'EXISTS_SUBLINK':
      return {
        kind: 'subquery',
        form: 'exists',
        plan: bindSubquery(level, query),
        type: BOOL,
        ...place,
      };
    case 'EXPR_SUBLINK':
    case 'ARRAY_SUBLINK': {
      const plan = bindSubquery(level, query);
      const [column] = plan.columns;
      if (column === undefined || plan.columns.length !== 1) {
        throw failure(level, 'syntaxError', 'subquery must return only one column', tree.location);
      }
      return tree.subLinkType === 'ARRAY_SUBLINK'
        ? { kind: 'subquery', form: 'array', plan, type: arrayOf(column.type), ...place }
        : { kind: 'subquery', form: 'scalar', plan, type: column.type, ...place };
    }
    case 'ANY_SUBLINK':
    case 'ALL_SUBLINK':
      return bindQuantifiedSublink(level, tree, query);
    default:
      throw failure(
        level,
        'featureNotSupported',
        'this form of subquery is not supported',
        tree.location,
      );
  }
}

function subselect(level: QueryLevel, tree: SubLink): SelectStmt {
  const node: Node | undefined = tree.subselect;
  if (node !== undefined && 'SelectStmt' in node) return node.SelectStmt;
  throw failure(level, 'syntaxError', 'a subquery must be a SELECT', tree.location);
}

function bindSubquery(level: QueryLevel, query: SelectStmt): Plan {
  const { statement } = level;
  if (statement.subqueryDepth >= MAX_SUBQUERY_DEPTH) {
    throw failure(
      level,
      'statementTooComplex',
      `subqueries in expressions nest more than ${MAX_SUBQUERY_DEPTH} deep`,
      undefined,
      { hint: 'Put the inner ones into FROM or WITH.' },
    );
  }
  statement.subqueryDepth += 1;
  try {
    return bindQuery(newLevel(statement, level.environment, level), query);
  } finally {
    statement.subqueryDepth -= 1;
  }
}

function bindQuantifiedSublink(level: QueryLevel, tree: SubLink, query: SelectStmt): Expression {
  const { testexpr, location } = tree;
  const symbol = stringsOf(tree.operName).at(-1) ?? '=';
  if (testexpr === undefined) throw failure(level, 'syntaxError', 'malformed subquery', location);
  const plan = bindSubquery(level, query);
  const left =
    'RowExpr' in testexpr
      ? bindExpressions(level, testexpr.RowExpr.args)
      : [bindExpression(level, testexpr)];
  if (left.length !== plan.columns.length) {
    throw failure(
      level,
      'syntaxError',
      left.length < plan.columns.length
        ? 'subquery has too many columns'
        : 'subquery has too few columns',
      location,
    );
  }
  const operators: FunctionEntry[] = [];
  const lefts: Expression[] = [];
  const types = plan.columns.map((column, index) => {
    const side = left[index] ?? reference(column);
    const resolved = resolveOperator(
      symbol,
      argumentInfo(side),
      { type: column.type },
      at(level, location).position,
    );
    if (!sameType(resolved.result, BOOL)) {
      throw failure(
        level,
        'datatypeMismatch',
        'row comparison operator must yield type boolean',
        location,
      );
    }
    operators.push(resolved.entry);
    lefts.push(toType(level, side, resolved.argTypes[0] ?? side.type, 'implicit', -1));
    const wanted = resolved.argTypes[1] ?? column.type;
    return sameType(wanted, column.type) ? column.type : wanted;
  });
  return {
    kind: 'subquery',
    form: tree.subLinkType === 'ALL_SUBLINK' ? 'all' : 'any',
    plan: coerceOutputs(level, plan, types, 'implicit'),
    left: lefts,
    operators,
    type: BOOL,
    ...at(level, location),
  };
}

/**
 * `(a, b) operator (SELECT c, d ..)`: the comparison moves into the subquery, whose single row it compares; no row gives
 * NULL, several are an error.
 */
export function bindRowSublink(
  level: QueryLevel,
  row: RowExpr,
  symbol: string,
  sublink: SubLink,
  location: number | undefined,
): Expression {
  const left = bindExpressions(level, row.args);
  const plan = bindSubquery(level, subselect(level, sublink));
  if (left.length !== plan.columns.length) {
    throw failure(
      level,
      'syntaxError',
      left.length < plan.columns.length
        ? 'subquery has too many columns'
        : 'subquery has too few columns',
      location,
    );
  }
  const comparison = comparePairs(level, symbol, left, plan.columns.map(reference), location);
  const id = newColumn(level);
  return {
    kind: 'subquery',
    form: 'scalar',
    plan: {
      kind: 'project',
      input: plan,
      expressions: [comparison],
      columns: [{ id, name: '?column?', type: BOOL }],
    },
    type: BOOL,
    ...at(level, location),
  };
}
