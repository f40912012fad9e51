import type { Node, SelectStmt } from '@pgsql/types';
import { BOOL, QueryError, TEXT } from '@tributary/sql';
import type { PlanColumn, SqlType } from '@tributary/sql';
import { outputColumns } from '../ddl/show-catalog.ts';
import type { Settings } from './settings.ts';

type Argument = { readonly constant: string | null } | { readonly parameter: number };

/** One call of `current_setting` or `set_config` as the whole value of an output column. */
interface SettingCall {
  readonly column: string;
  readonly assigns: boolean;
  readonly args: readonly Argument[];
}

/**
 * A query that does nothing but read or change settings: `select set_config('search_path', '', false)`. Clients send it instead
 * of SET and SHOW; its functions belong to the session, not to a plan.
 */
export interface SettingQuery {
  readonly parameters: readonly SqlType[];
  readonly columns: readonly PlanColumn[];
  readonly calls: readonly SettingCall[];
}

const ARGUMENT_TYPES: readonly SqlType[] = [TEXT, TEXT, BOOL];
/** Clauses of a SELECT that has only an output list. */
const PLAIN = new Set(['targetList', 'limitOption', 'op']);

function argument(node: Node): Argument | undefined {
  if ('ParamRef' in node) {
    return { parameter: node.ParamRef.number ?? 0 };
  }
  if (!('A_Const' in node)) {
    return undefined;
  }
  const constant = node.A_Const;
  if (constant.isnull === true) {
    return { constant: null };
  }
  if (constant.sval !== undefined) {
    return { constant: constant.sval.sval ?? '' };
  }
  return constant.boolval === undefined
    ? undefined
    : { constant: constant.boolval.boolval === true ? 't' : 'f' };
}

function settingCall(target: Node): SettingCall | undefined {
  if (!('ResTarget' in target)) {
    return undefined;
  }
  const { val, name } = target.ResTarget;
  if (val === undefined || !('FuncCall' in val)) {
    return undefined;
  }
  const names = (val.FuncCall.funcname ?? []).map((each) =>
    'String' in each ? (each.String.sval ?? '') : '',
  );
  const called = names.at(-1) ?? '';
  if (names.length > 2 || (names.length === 2 && names[0] !== 'pg_catalog')) {
    return undefined;
  }
  const args = (val.FuncCall.args ?? []).map(argument);
  const known = args.filter((each) => each !== undefined);
  const assigns = called === 'set_config' && args.length === 3;
  const reads = called === 'current_setting' && (args.length === 1 || args.length === 2);
  return known.length === args.length && (assigns || reads)
    ? { column: name ?? called, assigns, args: known }
    : undefined;
}

function constantName({ args: [name] }: SettingCall): string {
  return name !== undefined && 'constant' in name ? (name.constant ?? '') : '';
}

/** Undefined: another query, or one over settings that only PostgreSQL knows. */
export function settingQuery(
  tree: SelectStmt,
  isSetting: (name: string) => boolean,
): SettingQuery | undefined {
  if (Object.keys(tree).some((key) => !PLAIN.has(key))) {
    return undefined;
  }
  const found = (tree.targetList ?? []).map(settingCall);
  const calls = found.filter((each) => each !== undefined);
  if (
    calls.length === 0 ||
    calls.length < found.length ||
    !(calls.some(({ assigns }) => assigns) || calls.every((call) => isSetting(constantName(call))))
  ) {
    return undefined;
  }
  const parameters: SqlType[] = [];
  for (const { args, assigns } of calls) {
    args.forEach((each, index) => {
      if ('parameter' in each && each.parameter > 0) {
        parameters[each.parameter - 1] =
          (assigns || index === 0 ? ARGUMENT_TYPES[index] : BOOL) ?? TEXT;
      }
    });
  }
  return {
    parameters: Array.from(parameters, (type) => type ?? TEXT),
    columns: outputColumns(calls.map(({ column }) => [column, TEXT])),
    calls,
  };
}

/** Does the calls in order and answers their row. `local` changes hold until the transaction ends: outside one, not at all. */
export function runSettingQuery(
  { calls }: SettingQuery,
  parameters: readonly (string | null)[],
  settings: Settings,
  inTransaction: boolean,
): readonly (string | null)[] {
  const valueOf = (each: Argument | undefined): string | null =>
    each === undefined
      ? null
      : 'constant' in each
        ? each.constant
        : (parameters[each.parameter - 1] ?? null);
  return calls.map(({ assigns, args }) => {
    const name = valueOf(args[0]);
    if (!assigns) {
      return name === null ? null : readSetting(settings, name, valueOf(args[1]) === 't');
    }
    if (name === null) {
      throw new QueryError('nullValueNotAllowed', 'SET requires parameter name');
    }
    const value = valueOf(args[1]) ?? undefined;
    if (valueOf(args[2]) !== 't') {
      settings.set(name, value);
    } else if (inTransaction) {
      settings.set(name, value, true);
    } else {
      settings.get(name);
      return value ?? null;
    }
    return settings.get(name);
  });
}

function readSetting(settings: Settings, name: string, missingOk: boolean): string | null {
  try {
    return settings.get(name);
  } catch (error) {
    if (missingOk) {
      return null;
    }
    throw error;
  }
}
