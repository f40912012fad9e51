import type {
  BooleanTest,
  BoolExpr,
  CollateClause,
  ColumnRef,
  JsonIsPredicate,
  Node,
  NullTest,
  RowExpr,
} from '@pgsql/types';
import type { Expression } from '@tributary/sql';
import {
  BOOL,
  canCoerce,
  JSON_TYPE,
  JSONB,
  resolveFunction,
  rowType,
  sameType,
  TEXT,
  typeLabel,
} from '@tributary/sql';
import { bindArray } from './bind-array.ts';
import { bindCase } from './bind-case.ts';
import { callOf, toBoolean, toCommonType, toType } from './bind-coercion.ts';
import { bindFunctionCall } from './bind-function-call.ts';
import { bindGroupingCall } from './bind-aggregate.ts';
import { bindIndirection } from './bind-indirection.ts';
import { bindLiteral } from './bind-literal.ts';
import { bindOperator } from './bind-operator.ts';
import type { QueryLevel } from './bind-state.ts';
import { at, deeper, failure } from './bind-state.ts';
import { refuseSetFunctions } from './bind-set-function.ts';
import { bindSublink } from './bind-sublink.ts';
import { bindTypeCast } from './bind-type-cast.ts';
import { bindValueFunction } from './bind-value-function.ts';
import { bindParameter } from './parameters.ts';
import { missingItem } from './missing-names.ts';
import { findItem, resolveColumnReference, wholeRow } from './scope.ts';
import { locationOf, stringsOf, tagOf } from './tree.ts';

/** Binds an expression in the clause that `level.clause` names. Literals without a type stay unknown until coerced. */
export function bindExpression(level: QueryLevel, node: Node): Expression {
  return deeper(level, locationOf(node), () => bindNode(level, node));
}

/** Binds several expressions in order. */
export function bindExpressions(
  level: QueryLevel,
  nodes: readonly Node[] | undefined,
): readonly Expression[] {
  return (nodes ?? []).map((node) => bindExpression(level, node));
}

function bindNode(level: QueryLevel, node: Node): Expression {
  if ('ColumnRef' in node) return bindColumnReference(level, node.ColumnRef);
  if ('A_Const' in node) return bindLiteral(level, node.A_Const);
  if ('ParamRef' in node) return bindParameter(level, node.ParamRef);
  if ('A_Expr' in node) return bindOperator(level, node.A_Expr);
  if ('BoolExpr' in node) return bindLogic(level, node.BoolExpr);
  if ('FuncCall' in node) return bindFunctionCall(level, node.FuncCall);
  if ('TypeCast' in node) return bindTypeCast(level, node.TypeCast);
  if ('CaseExpr' in node) return bindCase(level, node.CaseExpr);
  if ('SubLink' in node) return bindSublink(level, node.SubLink);
  if ('NullTest' in node) return bindNullTest(level, node.NullTest);
  if ('BooleanTest' in node) return bindBooleanTest(level, node.BooleanTest);
  if ('CoalesceExpr' in node) {
    const { args, location } = node.CoalesceExpr;
    const bound = bindExpressions(level, args);
    refuseSetFunctions(
      level,
      bound,
      'set-returning functions are not allowed in COALESCE',
      location,
    );
    const common = toCommonType(level, bound, 'COALESCE', location);
    return {
      kind: 'coalesce',
      args: common.expressions,
      type: common.type,
      ...at(level, location),
    };
  }
  if ('MinMaxExpr' in node) {
    const { args, location, op } = node.MinMaxExpr;
    const least = op === 'IS_LEAST';
    const bound = bindExpressions(level, args);
    const common = toCommonType(level, bound, least ? 'LEAST' : 'GREATEST', location);
    return {
      kind: least ? 'least' : 'greatest',
      args: common.expressions,
      type: common.type,
      ...at(level, location),
    };
  }
  if ('A_ArrayExpr' in node) return bindArray(level, node.A_ArrayExpr, undefined);
  if ('RowExpr' in node) return bindRow(level, node.RowExpr);
  if ('A_Indirection' in node) return bindIndirection(level, node.A_Indirection);
  if ('SQLValueFunction' in node) return bindValueFunction(level, node.SQLValueFunction);
  if ('CollateClause' in node) return bindCollate(level, node.CollateClause);
  if ('GroupingFunc' in node) return bindGroupingCall(level, node.GroupingFunc);
  if ('JsonIsPredicate' in node) return bindIsJson(level, node.JsonIsPredicate);
  if ('SetToDefault' in node) {
    throw failure(
      level,
      'syntaxError',
      'DEFAULT is not allowed in this context',
      node.SetToDefault.location,
    );
  }
  throw failure(
    level,
    'featureNotSupported',
    `${constructName(tagOf(node))} is not supported`,
    locationOf(node),
  );
}

const CONSTRUCTS: Readonly<Record<string, string>> = {
  XmlExpr: 'XML',
  XmlSerialize: 'XMLSERIALIZE',
  JsonObjectConstructor: 'JSON_OBJECT(...) in SQL/JSON form',
  JsonArrayConstructor: 'JSON_ARRAY(...) in SQL/JSON form',
  JsonFuncExpr: 'SQL/JSON query function',
  CurrentOfExpr: 'CURRENT OF',
  NamedArgExpr: 'named argument notation',
};

function constructName(tag: string): string {
  return CONSTRUCTS[tag] ?? tag;
}

function bindColumnReference(level: QueryLevel, ref: ColumnRef): Expression {
  const fields = ref.fields ?? [];
  const last = fields.at(-1);
  if (last !== undefined && 'A_Star' in last) {
    const qualifier = stringsOf(fields.slice(0, -1));
    if (qualifier.length === 0) {
      throw failure(
        level,
        'syntaxError',
        'row expansion via "*" is not supported here',
        ref.location,
      );
    }
    const item = findItem(level, qualifier, ref.location);
    return item === undefined
      ? missingItem(level, qualifier, ref.location)
      : wholeRow(level, item, ref.location);
  }
  return resolveColumnReference(level, stringsOf(fields), ref.location);
}

function bindLogic(level: QueryLevel, logic: BoolExpr): Expression {
  const args = logic.args ?? [];
  const name = logic.boolop === 'OR_EXPR' ? 'OR' : logic.boolop === 'NOT_EXPR' ? 'NOT' : 'AND';
  const bound = args.map((arg) =>
    toBoolean(level, bindExpression(level, arg), name, locationOf(arg)),
  );
  const [first] = bound;
  const place = at(level, logic.location);
  if (name === 'NOT' && first !== undefined) {
    return { kind: 'not', arg: first, type: BOOL, ...place };
  }
  return { kind: name === 'OR' ? 'or' : 'and', args: bound, type: BOOL, ...place };
}

function bindNullTest(level: QueryLevel, test: NullTest): Expression {
  const { arg: node, location } = test;
  if (node === undefined)
    throw failure(level, 'syntaxError', 'IS NULL needs an argument', location);
  const negated = test.nulltesttype === 'IS_NOT_NULL';
  const arg = bindExpression(level, node);
  const place = at(level, location);
  if (arg.kind === 'row') {
    // A row is null when all its fields are, not null when none is.
    const fields = arg.fields.map((field): Expression => ({
      kind: 'nullTest',
      arg: decided(level, field),
      negated,
      type: BOOL,
      ...place,
    }));
    return fields.length === 1 && fields[0] !== undefined
      ? fields[0]
      : { kind: 'and', args: fields, type: BOOL, ...place };
  }
  return { kind: 'nullTest', arg: decided(level, arg), negated, type: BOOL, ...place };
}

const JSON_KINDS = {
  JS_TYPE_ANY: 'is_json',
  JS_TYPE_OBJECT: 'is_json_object',
  JS_TYPE_ARRAY: 'is_json_array',
  JS_TYPE_SCALAR: 'is_json_scalar',
} as const;

/** IS JSON [VALUE | OBJECT | ARRAY | SCALAR]; IS NOT JSON comes as its negation. */
function bindIsJson(level: QueryLevel, test: JsonIsPredicate): Expression {
  const { expr, location, item_type: kind = 'JS_TYPE_ANY' } = test;
  if (expr === undefined) throw failure(level, 'syntaxError', 'IS JSON needs a value', location);
  if (test.unique_keys === true) {
    throw failure(level, 'featureNotSupported', 'WITH UNIQUE KEYS is not supported', location);
  }
  const arg = decided(level, bindExpression(level, expr));
  const { position } = at(level, location);
  if (
    !canCoerce(arg.type, TEXT, 'implicit') &&
    !sameType(arg.type, JSON_TYPE) &&
    !sameType(arg.type, JSONB)
  ) {
    throw failure(
      level,
      'datatypeMismatch',
      `cannot use type ${typeLabel(arg.type)} in IS JSON predicate`,
      location,
    );
  }
  return callOf(
    level,
    resolveFunction(JSON_KINDS[kind], [{ type: arg.type }], position),
    [arg],
    location,
  );
}

/** An open literal or parameter as text: where nothing else asks for a type. */
export function decided(level: QueryLevel, expression: Expression): Expression {
  return expression.type.kind === 'scalar' && expression.type.name === 'unknown'
    ? toType(level, expression, TEXT, 'implicit', -1)
    : expression;
}

const BOOLEAN_TESTS: Readonly<
  Record<string, { readonly test: 'true' | 'false' | 'unknown'; readonly negated: boolean }>
> = {
  IS_TRUE: { test: 'true', negated: false },
  IS_NOT_TRUE: { test: 'true', negated: true },
  IS_FALSE: { test: 'false', negated: false },
  IS_NOT_FALSE: { test: 'false', negated: true },
  IS_UNKNOWN: { test: 'unknown', negated: false },
  IS_NOT_UNKNOWN: { test: 'unknown', negated: true },
};

function bindBooleanTest(level: QueryLevel, test: BooleanTest): Expression {
  const kind = test.booltesttype ?? 'IS_TRUE';
  const form = BOOLEAN_TESTS[kind];
  if (test.arg === undefined || form === undefined) {
    throw failure(level, 'syntaxError', 'malformed boolean test', test.location);
  }
  const arg = toBoolean(
    level,
    bindExpression(level, test.arg),
    kind.replaceAll('_', ' '),
    locationOf(test.arg),
  );
  return { kind: 'booleanTest', arg, ...form, type: BOOL, ...at(level, test.location) };
}

function bindRow(level: QueryLevel, row: RowExpr): Expression {
  if (row.args === undefined || row.args.length === 0) {
    throw failure(
      level,
      'featureNotSupported',
      'ROW() without fields is not supported',
      row.location,
    );
  }
  const fields = bindExpressions(level, row.args).map((field) => decided(level, field));
  return {
    kind: 'row',
    fields,
    type: rowType(fields.map((field, index) => ({ name: `f${index + 1}`, type: field.type }))),
    ...at(level, row.location),
  };
}

const COLLATIONS: ReadonlySet<string> = new Set(['C', 'POSIX', 'default', 'ucs_basic']);

/** Values compare by their bytes (C); other collations are refused. */
function bindCollate(level: QueryLevel, collate: CollateClause): Expression {
  const name = stringsOf(collate.collname).at(-1) ?? '';
  if (collate.arg === undefined) throw failure(level, 'syntaxError', 'COLLATE needs a value', -1);
  const arg = decided(level, bindExpression(level, collate.arg));
  const collatable =
    arg.type.kind === 'scalar' && ['text', 'varchar', 'bpchar', 'name'].includes(arg.type.name);
  if (!collatable) {
    throw failure(
      level,
      'datatypeMismatch',
      'collations are not supported by this type',
      collate.location,
    );
  }
  if (!COLLATIONS.has(name)) {
    throw failure(
      level,
      'featureNotSupported',
      `collation "${name}" is not supported`,
      collate.location,
      { hint: 'Text is compared by its bytes: use COLLATE "C", or none.' },
    );
  }
  return arg;
}
