import type { A_Expr, Node, RowExpr, SubLink } from '@pgsql/types';
import type { Expression } from '@tributary/sql';
import { BOOL, commonType, isQueryError, resolveOperator, sameType } from '@tributary/sql';
import { argumentInfo, callOf, determineArguments, toType } from './bind-coercion.ts';
import { bindExpression, bindExpressions, decided } from './bind-expression.ts';
import { comparePairs } from './bind-row-comparison.ts';
import type { QueryLevel } from './bind-state.ts';
import { at, failure } from './bind-state.ts';
import { bindRowSublink } from './bind-sublink.ts';
import { foldSimilarPattern } from './fold-similar-pattern.ts';
import { isUnknown } from './scope.ts';
import { itemsOf, stringsOf } from './tree.ts';

/** A_Expr: operators, IN lists, BETWEEN, LIKE, IS DISTINCT FROM, NULLIF, ANY/ALL over arrays. */
export function bindOperator(level: QueryLevel, tree: A_Expr): Expression {
  switch (tree.kind) {
    case 'AEXPR_OP':
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE':
      return bindPlain(level, tree);
    case 'AEXPR_SIMILAR':
      return bindPlain(level, foldSimilarPattern(level, tree));
    case 'AEXPR_OP_ANY':
    case 'AEXPR_OP_ALL':
      return bindQuantified(level, tree);
    case 'AEXPR_DISTINCT':
    case 'AEXPR_NOT_DISTINCT':
      return bindDistinct(level, tree);
    case 'AEXPR_NULLIF':
      return bindNullIf(level, tree);
    case 'AEXPR_IN':
      return bindIn(level, tree);
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
    case 'AEXPR_NOT_BETWEEN_SYM':
      return bindBetween(level, tree, tree.kind);
    default:
      throw failure(level, 'featureNotSupported', 'this operator is not supported', tree.location);
  }
}

/** The operator's symbol; a schema other than pg_catalog is refused. */
function symbolOf(level: QueryLevel, tree: A_Expr): string {
  const names = stringsOf(tree.name);
  if (names.length > 1 && names[0] !== 'pg_catalog') {
    throw failure(
      level,
      'undefinedFunction',
      `operator does not exist: ${names.join('.')}`,
      tree.location,
    );
  }
  return names.at(-1) ?? '';
}

function operand(level: QueryLevel, node: Node | undefined, tree: A_Expr): Node {
  if (node !== undefined) return node;
  throw failure(level, 'syntaxError', 'an operator lacks an operand', tree.location);
}

function asRow(node: Node | undefined): RowExpr | undefined {
  return node !== undefined && 'RowExpr' in node ? node.RowExpr : undefined;
}

function asScalarSublink(node: Node | undefined): SubLink | undefined {
  return node !== undefined && 'SubLink' in node && node.SubLink.subLinkType === 'EXPR_SUBLINK'
    ? node.SubLink
    : undefined;
}

function bindPlain(level: QueryLevel, tree: A_Expr): Expression {
  const symbol = symbolOf(level, tree);
  const right = operand(level, tree.rexpr, tree);
  const leftRow = asRow(tree.lexpr);
  const rightRow = asRow(right);
  const sublink = asScalarSublink(right);
  if (leftRow !== undefined && sublink !== undefined) {
    return bindRowSublink(level, leftRow, symbol, sublink, tree.location);
  }
  if (leftRow !== undefined && rightRow !== undefined) {
    return bindRows(level, symbol, leftRow, rightRow, tree.location);
  }
  const args = [...(tree.lexpr === undefined ? [] : [tree.lexpr]), right].map((node) =>
    bindExpression(level, node),
  );
  return operatorCall(level, symbol, args, tree.location);
}

/** A prefix (one argument) or infix operator on bound arguments. */
export function operatorCall(
  level: QueryLevel,
  symbol: string,
  args: readonly Expression[],
  location: number | undefined,
): Expression {
  const [first, second] = args;
  const { position } = at(level, location);
  if (first === undefined) throw new TypeError('an operator without arguments');
  if (first.kind === 'row' && second?.kind === 'row') {
    return comparePairs(level, symbol, first.fields, second.fields, location);
  }
  const resolved =
    second === undefined
      ? resolveOperator(symbol, undefined, argumentInfo(first), position)
      : resolveOperator(symbol, argumentInfo(first), argumentInfo(second), position);
  return callOf(level, resolved, args, location);
}

function bindRows(
  level: QueryLevel,
  symbol: string,
  left: RowExpr,
  right: RowExpr,
  location: number | undefined,
): Expression {
  const lefts = bindExpressions(level, left.args);
  const rights = bindExpressions(level, right.args);
  return comparePairs(level, symbol, lefts, rights, location);
}

function bindQuantified(level: QueryLevel, tree: A_Expr): Expression {
  const symbol = symbolOf(level, tree);
  const left = bindExpression(level, operand(level, tree.lexpr, tree));
  let array = bindExpression(level, operand(level, tree.rexpr, tree));
  const place = at(level, tree.location);
  if (isUnknown(array.type)) {
    // An open literal or parameter is an array of the left side's type.
    const element = decided(level, left);
    array = toType(level, array, { kind: 'array', element: element.type }, 'implicit', -1);
  }
  if (array.type.kind !== 'array') {
    throw failure(
      level,
      'wrongObjectType',
      'op ANY/ALL (array) requires array on right side',
      tree.location,
    );
  }
  const element: Expression = { kind: 'constant', value: null, type: array.type.element };
  const resolved = resolveOperator(
    symbol,
    argumentInfo(left),
    { type: array.type.element },
    place.position,
  );
  if (!sameType(resolved.result, BOOL)) {
    throw failure(
      level,
      'wrongObjectType',
      'op ANY/ALL (array) requires operator to yield boolean',
      tree.location,
    );
  }
  const [determined = left] = determineArguments(level, resolved, [left, element]);
  const leftType = resolved.argTypes[0] ?? left.type;
  const elementType = resolved.argTypes[1] ?? array.type.element;
  return {
    kind: 'quantified',
    left: toType(level, determined, leftType, 'implicit', -1),
    operator: resolved.entry,
    quantifier: tree.kind === 'AEXPR_OP_ALL' ? 'all' : 'any',
    array: toType(level, array, { kind: 'array', element: elementType }, 'implicit', -1),
    type: BOOL,
    ...place,
  };
}

function bindDistinct(level: QueryLevel, tree: A_Expr): Expression {
  const leftRow = asRow(tree.lexpr);
  const rightRow = asRow(tree.rexpr);
  const negated = tree.kind === 'AEXPR_NOT_DISTINCT';
  if (leftRow !== undefined && rightRow !== undefined) {
    const lefts = bindExpressions(level, leftRow.args);
    const rights = bindExpressions(level, rightRow.args);
    if (lefts.length !== rights.length) throw unequalRows(level, tree.location);
    const parts = lefts.map((left, index) =>
      distinctOf(level, left, rights[index] ?? left, negated, tree.location),
    );
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return only;
    return { kind: negated ? 'and' : 'or', args: parts, type: BOOL, ...at(level, tree.location) };
  }
  const left = bindExpression(level, operand(level, tree.lexpr, tree));
  const right = bindExpression(level, operand(level, tree.rexpr, tree));
  return distinctOf(level, left, right, negated, tree.location);
}

function unequalRows(level: QueryLevel, location: number | undefined): Error {
  return failure(level, 'syntaxError', 'unequal number of entries in row expressions', location);
}

function distinctOf(
  level: QueryLevel,
  left: Expression,
  right: Expression,
  negated: boolean,
  location: number | undefined,
): Expression {
  const place = at(level, location);
  if (right.kind === 'constant' && right.value === null && isUnknown(right.type)) {
    return { kind: 'nullTest', arg: decided(level, left), negated: !negated, type: BOOL, ...place };
  }
  if (left.kind === 'constant' && left.value === null && isUnknown(left.type)) {
    return {
      kind: 'nullTest',
      arg: decided(level, right),
      negated: !negated,
      type: BOOL,
      ...place,
    };
  }
  const { args, entry } = equality(level, left, right, location);
  return {
    kind: 'distinct',
    left: args[0],
    right: args[1],
    equals: entry,
    negated,
    type: BOOL,
    ...place,
  };
}

/** The `=` of two sides, and the sides as its arguments. */
function equality(
  level: QueryLevel,
  left: Expression,
  right: Expression,
  location: number | undefined,
): {
  readonly entry: ReturnType<typeof resolveOperator>['entry'];
  readonly args: readonly [Expression, Expression];
} {
  const { position } = at(level, location);
  const resolved = resolveOperator('=', argumentInfo(left), argumentInfo(right), position);
  const coerced = [left, right].map((side, index) =>
    toType(level, side, resolved.argTypes[index] ?? side.type, 'implicit', -1),
  );
  return { entry: resolved.entry, args: [coerced[0] ?? left, coerced[1] ?? right] };
}

function bindNullIf(level: QueryLevel, tree: A_Expr): Expression {
  const left = bindExpression(level, operand(level, tree.lexpr, tree));
  const right = bindExpression(level, operand(level, tree.rexpr, tree));
  const { args, entry } = equality(level, left, right, tree.location);
  // The result is the left argument as `=` takes it; among integers PostgreSQL compares without widening it.
  const own =
    isUnknown(left.type) || !isInteger(left.type) || !isInteger(right.type) ? args[0] : left;
  const keeps = own === args[0] || sameType(own.type, args[0].type);
  const place = at(level, tree.location);
  if (keeps) {
    return {
      kind: 'nullif',
      left: args[0],
      right: args[1],
      equals: entry,
      type: args[0].type,
      ...place,
    };
  }
  const compared: Expression = {
    kind: 'call',
    entry,
    args,
    type: BOOL,
    ...place,
  };
  const none: Expression = { kind: 'constant', value: null, type: own.type };
  return {
    kind: 'case',
    branches: [{ when: compared, then: none }],
    otherwise: own,
    type: own.type,
    ...place,
  };
}

function isInteger(type: Expression['type']): boolean {
  return type.kind === 'scalar' && ['int2', 'int4', 'int8'].includes(type.name);
}

function bindIn(level: QueryLevel, tree: A_Expr): Expression {
  const negated = stringsOf(tree.name)[0] === '<>';
  const leftNode = operand(level, tree.lexpr, tree);
  const items = itemsOf(tree.rexpr);
  const left = bindExpression(level, leftNode);
  const list = items.map((item) => bindExpression(level, item));
  const place = at(level, tree.location);
  if (left.kind !== 'row' && list.every((each) => each.kind !== 'row')) {
    const shared = sharedListType(level, left, list, place.position);
    if (shared !== undefined) {
      const typed = (each: Expression): Expression => toType(level, each, shared, 'implicit', -1);
      return {
        kind: 'inList',
        arg: typed(left),
        list: list.map(typed),
        negated,
        type: BOOL,
        ...place,
      };
    }
  }
  // Rows, and sides that only an operator brings together: one comparison an item.
  const symbol = negated ? '<>' : '=';
  const parts = list.map((item, index) =>
    operatorCall(
      level,
      symbol,
      [index === 0 ? left : bindExpression(level, leftNode), item],
      tree.location,
    ),
  );
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  return { kind: negated ? 'and' : 'or', args: parts, type: BOOL, ...place };
}

/** The type in which `=` compares the left side with every item; undefined when there is no single one. */
function sharedListType(
  level: QueryLevel,
  left: Expression,
  list: readonly Expression[],
  position: number | undefined,
): Expression['type'] | undefined {
  try {
    const all = [left, ...list].map((each) => each.type);
    const common = commonType(all, 'IN');
    const resolved = resolveOperator('=', { type: common }, { type: common }, position);
    const [l, r] = resolved.argTypes;
    if (l === undefined || r === undefined || !sameType(l, r)) return undefined;
    return sameType(l, common) ? common : l;
  } catch (error) {
    if (isQueryError(error)) return undefined;
    throw error;
  }
}

function bindBetween(
  level: QueryLevel,
  tree: A_Expr,
  kind: 'AEXPR_BETWEEN' | 'AEXPR_NOT_BETWEEN' | 'AEXPR_BETWEEN_SYM' | 'AEXPR_NOT_BETWEEN_SYM',
): Expression {
  const value = operand(level, tree.lexpr, tree);
  const [low, high] = itemsOf(tree.rexpr);
  if (low === undefined || high === undefined) {
    throw failure(level, 'syntaxError', 'BETWEEN needs two bounds', tree.location);
  }
  // Each use is bound anew: a subquery or aggregate inside gets its own columns.
  const compare = (symbol: string, bound: Node): Expression =>
    operatorCall(
      level,
      symbol,
      [bindExpression(level, value), bindExpression(level, bound)],
      tree.location,
    );
  const join = (both: 'and' | 'or', args: readonly Expression[]): Expression => ({
    kind: both,
    args,
    type: BOOL,
    ...at(level, tree.location),
  });
  const inside = (from: Node, to: Node): Expression =>
    join('and', [compare('>=', from), compare('<=', to)]);
  const outside = (from: Node, to: Node): Expression =>
    join('or', [compare('<', from), compare('>', to)]);
  switch (kind) {
    case 'AEXPR_BETWEEN':
      return inside(low, high);
    case 'AEXPR_NOT_BETWEEN':
      return outside(low, high);
    case 'AEXPR_BETWEEN_SYM':
      return join('or', [inside(low, high), inside(high, low)]);
    case 'AEXPR_NOT_BETWEEN_SYM':
      return join('and', [outside(low, high), outside(high, low)]);
  }
}
