import type { FuncCall, Node } from '@pgsql/types';
import { functionsNamed, parametersNamed } from '@tributary/sql';
import type { QueryLevel } from './bind-state.ts';
import { failure } from './bind-state.ts';
import { locationOf } from './tree.ts';

/** A call with its arguments one by one in their positions. */
export interface PositionalCall {
  readonly name: string;
  readonly args: readonly Node[];
  /** The call means this operator. */
  readonly operator?: string;
}

/** `f(VARIADIC array)` of an array that is known only when the statement runs: what gives the same. */
const BY_ARRAY: Readonly<
  Record<string, (args: readonly Node[]) => Omit<PositionalCall, 'name'> & { name: string }>
> = {
  concat: ([array]) => ({ name: 'array_to_string', args: [...present(array), text('')] }),
  concat_ws: ([separator, array]) => ({
    name: 'array_to_string',
    args: [...present(array), ...present(separator)],
  }),
  json_extract_path: (args) => ({ name: 'json_extract_path', args, operator: '#>' }),
  jsonb_extract_path: (args) => ({ name: 'jsonb_extract_path', args, operator: '#>' }),
  json_extract_path_text: (args) => ({ name: 'json_extract_path_text', args, operator: '#>>' }),
  jsonb_extract_path_text: (args) => ({ name: 'jsonb_extract_path_text', args, operator: '#>>' }),
};
/** Arguments before the array. */
const LEADING: Readonly<Record<string, number>> = { concat: 0 };

const present = (node: Node | undefined): readonly Node[] => (node === undefined ? [] : [node]);
const text = (sval: string): Node => ({ A_Const: { sval: { sval } } });

function constant(value: number | boolean): Node {
  return typeof value === 'number'
    ? { A_Const: { ival: { ival: value } } }
    : { A_Const: { boolval: { boolval: value } } };
}

/** Resolves VARIADIC and `name => value` to positions. Throws 42883 for names that the function does not have. */
export function positionalCall(level: QueryLevel, tree: FuncCall, name: string): PositionalCall {
  const args = tree.args ?? [];
  if (tree.func_variadic === true) return spread(level, name, args, tree.location);
  return args.some((arg) => 'NamedArgExpr' in arg)
    ? { name, args: inPosition(level, name, args, tree.location) }
    : { name, args };
}

function spread(
  level: QueryLevel,
  name: string,
  args: readonly Node[],
  location: number | undefined,
): PositionalCall {
  if (!functionsNamed(name).some((entry) => entry.variadic)) {
    throw failure(
      level,
      'undefinedFunction',
      `function ${name}(VARIADIC) does not exist`,
      location,
    );
  }
  const array = args.at(-1);
  if (array !== undefined && 'A_ArrayExpr' in array) {
    return { name, args: [...args.slice(0, -1), ...(array.A_ArrayExpr.elements ?? [])] };
  }
  const byArray = BY_ARRAY[name];
  if (byArray === undefined || args.length !== (LEADING[name] ?? 1) + 1) {
    throw failure(
      level,
      'featureNotSupported',
      `VARIADIC in a call of ${name}() takes an ARRAY[...] only`,
      location,
      { hint: 'Pass the arguments one by one.' },
    );
  }
  return byArray(args);
}

function inPosition(
  level: QueryLevel,
  name: string,
  args: readonly Node[],
  location: number | undefined,
): readonly Node[] {
  const parameters = parametersNamed(name);
  const missing = (what: string): Error =>
    failure(
      level,
      'undefinedFunction',
      `function ${name}(${what} => ...) does not exist`,
      location,
      {
        hint:
          parameters === undefined
            ? 'Its arguments have no names: pass them by position.'
            : `Its arguments are: ${parameters.map((each) => each.name).join(', ')}.`,
      },
    );
  const given = new Map<string, Node>();
  let last = -1;
  args.forEach((arg, index) => {
    const called = 'NamedArgExpr' in arg ? arg.NamedArgExpr.name : parameters?.[index]?.name;
    const place = parameters?.findIndex((each) => each.name === called) ?? -1;
    const value = 'NamedArgExpr' in arg ? arg.NamedArgExpr.arg : arg;
    if (called === undefined || place < 0 || value === undefined) throw missing(called ?? '');
    if (given.has(called)) {
      throw failure(
        level,
        'syntaxError',
        `argument name "${called}" used more than once`,
        locationOf(arg),
      );
    }
    given.set(called, value);
    last = Math.max(last, place);
  });
  return (parameters ?? []).flatMap((parameter, index) => {
    const value = given.get(parameter.name);
    if (value !== undefined) return [value];
    if (parameter.fallback !== undefined) return index < last ? [constant(parameter.fallback)] : [];
    if (parameter.optional === true && index > last) return [];
    throw missing([...given.keys()].join(' => ..., '));
  });
}
