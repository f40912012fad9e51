import type { FuncCall, Node, RangeFunction } from '@pgsql/types';
import type { Expression, Plan, PlanColumn, TableFunctionPlan } from '@tributary/sql';
import { functionsNamed, INT8, TEXT } from '@tributary/sql';
import { toType } from './bind-coercion.ts';
import { projection } from './bind-columns.ts';
import { bindExpression, bindExpressions } from './bind-expression.ts';
import type { FromItem } from './bind-from.ts';
import { bindRangeSubselect, scanOf, SINGLE_ROW, singleItem } from './bind-from.ts';
import { functionName, resolveCall } from './bind-function-call.ts';
import { resolveSetFunction } from './bind-set-function.ts';
import type { ResolvedSetFunction } from './bind-set-function.ts';
import type { QueryLevel } from './bind-state.ts';
import { failure, newColumn } from './bind-state.ts';
import { figuredName } from './output-names.ts';
import { recordSource } from './record-definition.ts';
import { findRelation } from './relation-resolution.ts';
import { isUnknown } from './scope.ts';
import { itemsOf, locationOf, stringsOf } from './tree.ts';

/** A function in FROM. Its arguments see the items to its left, LATERAL or not. */
export function bindRangeFunction(level: QueryLevel, range: RangeFunction): FromItem {
  const outer = level.lateral;
  level.lateral = true;
  try {
    return bindFunctions(level, range);
  } finally {
    level.lateral = outer;
  }
}

function bindFunctions(level: QueryLevel, range: RangeFunction): FromItem {
  const defined = range.coldeflist === undefined ? undefined : bindDefined(level, range);
  if (defined !== undefined) return defined;
  const nodes = (range.functions ?? []).flatMap((item) => functionNodes(level, item));
  const aliases = stringsOf(range.alias?.colnames);
  const [only] = nodes;
  if (nodes.length === 1 && only !== undefined) {
    const single = bindSingle(level, range, only, aliases);
    if (single !== undefined) return single;
  }
  const functions = nodes.map((node) => resolved(level, node));
  const [first] = functions;
  const scalar = functions.length === 1 && first?.scalar === true;
  const alias = range.alias?.aliasname;
  const parts = functions.map((each) => ({
    each,
    columns: each.outputs.map((output): PlanColumn => ({
      id: newColumn(level),
      name: scalar ? (each.entry.resultName ?? alias ?? output.name) : output.name,
      type: output.type,
    })),
  }));
  const ordinality = range.ordinality === true;
  const columns = parts.flatMap((part) => part.columns);
  if (ordinality) columns.push({ id: newColumn(level), name: 'ordinality', type: INT8 });
  const plan: TableFunctionPlan = {
    kind: 'tableFunction',
    functions: parts.map((part) => ({
      entry: part.each.entry,
      args: part.each.args,
      columns: part.columns.map((column) => column.id),
    })),
    ordinality,
    columns,
  };
  const name = alias ?? first?.outputs[0]?.name ?? 'function';
  const label = alias ?? (only !== undefined ? figuredName(only) : name);
  return singleItem(level, label, plan, aliases, undefined, scalar && !ordinality);
}

/** A function whose columns the statement defines. */
function bindDefined(
  level: QueryLevel,
  { functions, coldeflist = [], alias }: RangeFunction,
): FromItem {
  const [call] = itemsOf(functions?.[0]);
  const source = call && recordSource(call, coldeflist, alias?.aliasname);
  if (source === undefined) throw definitionList(level, locationOf(coldeflist[0]));
  return bindRangeSubselect(level, source);
}

function definitionList(level: QueryLevel, location: number | undefined): Error {
  return failure(
    level,
    'featureNotSupported',
    'a column definition list is supported only for json_to_record, json_to_recordset and their jsonb forms, without arrays',
    location,
  );
}

/** The function of a ROWS FROM item; `unnest(a, b)` stands for one unnest an array. */
function functionNodes(level: QueryLevel, item: Node): readonly Node[] {
  const [node, definitions] = itemsOf(item);
  if (node === undefined) return [];
  if (definitions !== undefined && Object.keys(definitions).length > 0) {
    throw definitionList(level, locationOf(node));
  }
  if (!('FuncCall' in node)) return [node];
  const { args, funcname } = node.FuncCall;
  const isUnnest = stringsOf(funcname).at(-1) === 'unnest';
  if (!isUnnest || args === undefined || args.length < 2) return [node];
  return args.map((arg): Node => ({ FuncCall: { ...node.FuncCall, args: [arg] } }));
}

/** System table functions, and plain functions, which give one row with their value. */
function bindSingle(
  level: QueryLevel,
  range: RangeFunction,
  node: Node,
  aliases: readonly string[],
): FromItem | undefined {
  const alias = range.alias?.aliasname;
  if ('FuncCall' in node) {
    const system = systemFunction(level, node.FuncCall);
    if (system !== undefined) return singleItem(level, alias ?? figuredName(node), system, aliases);
    const names = stringsOf(node.FuncCall.funcname);
    const known = functionsNamed(names.at(-1) ?? '');
    if (known.length === 0 || known.some((entry) => entry.kind === 'table')) return undefined;
  }
  const expression = bindExpression(level, node);
  const label = alias ?? figuredName(node);
  const outputs: { name: string; expression: Expression }[] = [{ name: label, expression }];
  if (range.ordinality === true) {
    outputs.push({
      name: 'ordinality',
      expression: { kind: 'constant', value: '1', type: INT8 },
    });
  }
  const plan = projection(level, SINGLE_ROW, outputs);
  return singleItem(level, label, plan, aliases, undefined, true);
}

function systemFunction(level: QueryLevel, call: FuncCall): Plan | undefined {
  const names = stringsOf(call.funcname);
  if (names.length < 2 || names.length > 3 || names[0] === 'pg_catalog') return undefined;
  const found = findRelation(level, names);
  if (found?.kind !== 'system' || !found.table.function) return undefined;
  const args = bindExpressions(level, call.args).map((arg) =>
    isUnknown(arg.type) ? toType(level, arg, TEXT, 'implicit', -1) : arg,
  );
  return { ...scanOf(level, found.table.reference, found.table.columns), args };
}

function resolved(level: QueryLevel, node: Node): ResolvedSetFunction {
  if (!('FuncCall' in node)) {
    throw failure(
      level,
      'featureNotSupported',
      'only functions that return sets may stand in ROWS FROM',
      locationOf(node),
    );
  }
  const call = node.FuncCall;
  const name = functionName(level, call);
  const args = bindExpressions(level, call.args);
  const found = resolveCall(level, name, args, call.location);
  if (found.entry.kind !== 'table') {
    throw failure(
      level,
      'featureNotSupported',
      'only functions that return sets may stand in ROWS FROM',
      call.location,
    );
  }
  return resolveSetFunction(level, name, found, args);
}
