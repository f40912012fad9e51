import type { Node, SelectStmt } from '@pgsql/types';
import { BOOL, INT4, QueryError } from '@tributary/sql';
import type { PlanColumn, SqlType } from '@tributary/sql';
import { outputColumns } from '../ddl/show-catalog.ts';
import type { Backends } from './sql-session.ts';

type Name = 'pg_backend_pid' | 'pg_cancel_backend' | 'pg_terminate_backend';

const NAMES: ReadonlySet<string> = new Set<Name>([
  'pg_backend_pid',
  'pg_cancel_backend',
  'pg_terminate_backend',
]);
/** Clauses of a SELECT that has only an output list. */
const PLAIN = new Set(['targetList', 'limitOption', 'op']);

/** A connection's number, as a constant or a parameter. */
type ProcessId = { readonly constant: number } | { readonly parameter: number };

interface BackendCall {
  readonly column: string;
  readonly name: Name;
  readonly processId?: ProcessId;
}

/** A query that does nothing but tell this connection's number or stop others: `select pg_cancel_backend(7)`. */
export interface BackendQuery {
  readonly parameters: readonly SqlType[];
  readonly columns: readonly PlanColumn[];
  readonly calls: readonly BackendCall[];
}

function isName(name: string): name is Name {
  return NAMES.has(name);
}

function processIdOf(node: Node): ProcessId | undefined {
  if ('TypeCast' in node && node.TypeCast.arg !== undefined) return processIdOf(node.TypeCast.arg);
  if ('ParamRef' in node) return { parameter: node.ParamRef.number ?? 0 };
  if ('A_Const' in node && node.A_Const.ival !== undefined) {
    return { constant: node.A_Const.ival.ival ?? 0 };
  }
  return undefined;
}

function backendCall(target: Node): BackendCall | undefined {
  if (!('ResTarget' in target) || target.ResTarget.val === undefined) return undefined;
  const { val, name: alias } = target.ResTarget;
  if (!('FuncCall' in val)) return undefined;
  const names = (val.FuncCall.funcname ?? []).map((each) =>
    'String' in each ? (each.String.sval ?? '') : '',
  );
  const name = names.at(-1) ?? '';
  if (!isName(name) || names.length > 2 || (names.length === 2 && names[0] !== 'pg_catalog')) {
    return undefined;
  }
  const args = val.FuncCall.args ?? [];
  const column = alias ?? name;
  if (name === 'pg_backend_pid') return args.length === 0 ? { column, name } : undefined;
  const [arg] = args;
  const processId = arg === undefined || args.length > 1 ? undefined : processIdOf(arg);
  return processId === undefined ? undefined : { column, name, processId };
}

/** Undefined: any other query. */
export function backendQuery(tree: SelectStmt): BackendQuery | undefined {
  if (Object.keys(tree).some((key) => !PLAIN.has(key))) return undefined;
  const found = (tree.targetList ?? []).map(backendCall);
  const calls = found.filter((each) => each !== undefined);
  if (calls.length === 0 || calls.length < found.length) return undefined;
  const count = Math.max(
    0,
    ...calls.map(({ processId }) =>
      processId !== undefined && 'parameter' in processId ? processId.parameter : 0,
    ),
  );
  return {
    parameters: Array.from({ length: count }, () => INT4),
    columns: outputColumns(
      calls.map(({ column, name }) => [column, name === 'pg_backend_pid' ? INT4 : BOOL]),
    ),
    calls,
  };
}

/** Does the calls in order and answers their row. Throws `insufficientPrivilege` for another user's connection. */
export function runBackendQuery(
  { calls }: BackendQuery,
  parameters: readonly (string | null)[],
  backends: Backends | undefined,
): readonly (string | null)[] {
  if (backends === undefined) {
    throw new QueryError('featureNotSupported', 'this session is no connection of a server');
  }
  return calls.map(({ name, processId }) => {
    if (processId === undefined) return String(backends.processId);
    const value =
      'constant' in processId ? processId.constant : parameters[processId.parameter - 1];
    if (value === null || value === undefined) return null;
    return backends.stop(Number(value), name === 'pg_cancel_backend' ? 'statement' : 'connection')
      ? 't'
      : 'f';
  });
}
