import type { FuncCall } from '@pgsql/types';
import type { Expression, ResolvedCall } from '@tributary/sql';
import {
  functionNames,
  functionsNamed,
  resolveFunction,
  resolveOperator,
  typeLabel,
} from '@tributary/sql';
import { bindAggregateCall } from './bind-aggregate.ts';
import { argumentInfo, callOf } from './bind-coercion.ts';
import { bindExpression, bindExpressions } from './bind-expression.ts';
import { sessionFact } from './bind-value-function.ts';
import { bindSetFunction } from './bind-set-function.ts';
import type { QueryLevel } from './bind-state.ts';
import { at, failure } from './bind-state.ts';
import { bindWindowCall } from './bind-window.ts';
import { positionalCall } from './call-notation.ts';
import { nearestName } from './nearest-name.ts';
import { stringsOf } from './tree.ts';

/** Functions of the session that stand in the plan as constants. */
const SESSION_FUNCTIONS: ReadonlySet<string> = new Set([
  'current_database',
  'current_schema',
  'current_user',
  'session_user',
]);

/** A function's name in the catalog. Only pg_catalog has functions; any other schema's are refused by name. */
export function functionName(level: QueryLevel, tree: FuncCall): string {
  const names = stringsOf(tree.funcname);
  const name = names.at(-1) ?? '';
  if (names.length > 1 && (names.length > 2 || names[0] !== 'pg_catalog')) {
    throw failure(
      level,
      'undefinedFunction',
      `function ${names.join('.')}() does not exist`,
      tree.location,
      { hint: 'Functions are those of pg_catalog; write the name alone.' },
    );
  }
  return name;
}

/** Resolves a call, adding the nearest known name to the error for a name that no function bears. */
export function resolveCall(
  level: QueryLevel,
  name: string,
  args: readonly Expression[],
  location: number | undefined,
): ResolvedCall {
  const { position } = at(level, location);
  if (functionsNamed(name).length === 0) {
    const near = nearestName(name, functionNames());
    try {
      return resolveFunction(name, args.map(argumentInfo), position);
    } catch (error) {
      if (near === undefined) throw error;
      const types = args.map((arg) => typeLabel(arg.type)).join(', ');
      throw failure(
        level,
        'undefinedFunction',
        `function ${name}(${types}) does not exist`,
        location,
        { hint: `Did you mean "${near}"?` },
      );
    }
  }
  return resolveFunction(name, args.map(argumentInfo), position);
}

export function bindFunctionCall(level: QueryLevel, tree: FuncCall): Expression {
  const name = functionName(level, tree);
  const { location } = tree;
  if (SESSION_FUNCTIONS.has(name) && tree.args === undefined && tree.over === undefined) {
    return sessionFact(level, name, location);
  }
  const called = positionalCall(level, tree, name);
  const direct = bindExpressions(level, called.args);
  const grouped =
    tree.agg_within_group === true
      ? (tree.agg_order ?? []).map((node) => {
          if ('SortBy' in node && node.SortBy.node !== undefined) {
            return bindExpression(level, node.SortBy.node);
          }
          throw failure(level, 'syntaxError', 'malformed WITHIN GROUP', location);
        })
      : [];
  const args = [...direct, ...grouped];
  if (called.operator !== undefined) {
    const [left, right] = direct.map(argumentInfo);
    if (right !== undefined) {
      const { position } = at(level, location);
      return callOf(level, resolveOperator(called.operator, left, right, position), args, location);
    }
  }
  const resolved = resolveCall(level, called.name, args, location);
  const { kind } = resolved.entry;
  if (kind === 'aggregate' || kind === 'orderedSet' || kind === 'window') {
    checkAggregateForm(level, tree, resolved, name);
    return tree.over === undefined
      ? bindAggregateCall(level, tree, resolved, args, direct.length)
      : bindWindowCall(level, tree, tree.over, resolved, args);
  }
  checkPlainForm(level, tree, name);
  return kind === 'table'
    ? bindSetFunction(level, name, resolved, args, location)
    : callOf(level, resolved, args, location);
}

function checkAggregateForm(
  level: QueryLevel,
  tree: FuncCall,
  resolved: ResolvedCall,
  name: string,
): void {
  const { kind } = resolved.entry;
  const wrong = (message: string): Error =>
    failure(level, 'wrongObjectType', message, tree.location);
  if (kind === 'window' && tree.over === undefined) {
    throw wrong(`window function ${name} requires an OVER clause`);
  }
  if (kind === 'orderedSet' && tree.agg_within_group !== true) {
    throw wrong(`WITHIN GROUP is required for ordered-set aggregate ${name}`);
  }
  if (kind !== 'orderedSet' && tree.agg_within_group === true) {
    throw wrong(`${name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP`);
  }
  if (kind === 'window' && tree.agg_star === true)
    throw wrong(`${name}(*) is not a window function`);
  if (kind === 'aggregate' && tree.agg_star !== true && tree.args === undefined) {
    throw wrong(`${name}(*) must be used to call a parameterless aggregate function`);
  }
}

function checkPlainForm(level: QueryLevel, tree: FuncCall, name: string): void {
  const wrong = (message: string): Error =>
    failure(level, 'wrongObjectType', message, tree.location);
  if (tree.agg_star === true) {
    throw wrong(`${name}(*) specified, but ${name} is not an aggregate function`);
  }
  if (tree.agg_distinct === true) {
    throw wrong(`DISTINCT specified, but ${name} is not an aggregate function`);
  }
  if (tree.agg_within_group === true) {
    throw wrong(`WITHIN GROUP specified, but ${name} is not an aggregate function`);
  }
  if (tree.agg_order !== undefined) {
    throw wrong(`ORDER BY specified, but ${name} is not an aggregate function`);
  }
  if (tree.agg_filter !== undefined) {
    throw wrong(`FILTER specified, but ${name} is not an aggregate function`);
  }
  if (tree.over !== undefined) {
    throw wrong(`OVER specified, but ${name} is not a window function nor an aggregate function`);
  }
}
