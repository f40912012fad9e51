import type { FetchStmt, Node, TransactionStmt, VariableSetStmt } from '@pgsql/types';
import { QueryError } from '../errors.ts';
import type { Statement } from '../statement.ts';

type WithoutSource<S> = S extends unknown ? Omit<S, 'text' | 'offset'> : never;
/** A statement without where it stood. */
export type StatementBody = WithoutSource<Statement>;

const FETCH_ALL = 2_147_483_647;

/** A constant of SET or of a transaction option, as text. */
function constantText(node: Node): string {
  if ('A_Const' in node) {
    const { sval, ival, fval, boolval } = node.A_Const;
    if (sval !== undefined) return sval.sval ?? '';
    if (fval !== undefined) return fval.fval ?? '0';
    if (boolval !== undefined) return boolval.boolval === true ? 'on' : 'off';
    if (ival !== undefined) return String(ival.ival ?? 0);
  }
  throw new QueryError('featureNotSupported', 'SET takes constants only', {
    hint: "For a time zone, write its name or an offset: SET TIME ZONE 'Europe/Vienna', SET TIME ZONE 2.",
  });
}

function transactionOptions(nodes: readonly Node[]): Map<string, string> {
  const options = new Map<string, string>();
  for (const node of nodes) {
    if (!('DefElem' in node) || node.DefElem.arg === undefined) continue;
    const name = node.DefElem.defname ?? '';
    const text = constantText(node.DefElem.arg);
    options.set(name, name === 'transaction_isolation' ? text : text === '0' ? 'off' : 'on');
  }
  return options;
}

function setStatement(stmt: VariableSetStmt): StatementBody {
  const name = (stmt.name ?? '').toLowerCase();
  const local = stmt.is_local ?? false;
  switch (stmt.kind) {
    case 'VAR_SET_VALUE': {
      const values = (stmt.args ?? []).map(constantText);
      // PostgreSQL keeps a list of names as quoted names.
      const isNameList = name === 'search_path';
      const value = values.map((text) => (isNameList ? quotedIfNeeded(text) : text)).join(', ');
      return { kind: 'set', name, value, local };
    }
    case 'VAR_SET_DEFAULT':
      return { kind: 'set', name, value: undefined, local };
    case 'VAR_SET_MULTI': {
      const isSession = stmt.name === 'SESSION CHARACTERISTICS';
      if (stmt.name !== 'TRANSACTION' && !isSession)
        throw new QueryError('featureNotSupported', `SET ${stmt.name ?? ''} is not supported`);
      const prefix = isSession ? 'default_' : '';
      const settings = [...transactionOptions(stmt.args ?? [])].map(([option, value]) => ({
        name: prefix + option,
        value,
      }));
      const [first, ...also] = settings;
      if (first === undefined)
        throw new QueryError('syntaxError', 'SET TRANSACTION without a mode');
      return { kind: 'set', ...first, local: !isSession, ...(also.length > 0 ? { also } : {}) };
    }
    case 'VAR_RESET':
      return { kind: 'reset', name };
    case 'VAR_RESET_ALL':
      return { kind: 'reset', name: undefined };
    default:
      throw new QueryError('featureNotSupported', 'SET ... FROM CURRENT is not supported');
  }
}

function quotedIfNeeded(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function transactionStatement(stmt: TransactionStmt): StatementBody | undefined {
  const name = stmt.savepoint_name ?? '';
  const chain = stmt.chain ?? false;
  switch (stmt.kind) {
    case 'TRANS_STMT_BEGIN':
    case 'TRANS_STMT_START': {
      const options = transactionOptions(stmt.options ?? []);
      const isolation = options.get('transaction_isolation');
      const readOnly = options.get('transaction_read_only');
      return {
        kind: 'begin',
        ...(isolation === undefined ? {} : { isolation }),
        ...(readOnly === undefined ? {} : { readOnly: readOnly === 'on' }),
      };
    }
    case 'TRANS_STMT_COMMIT':
      return { kind: 'commit', chain };
    case 'TRANS_STMT_ROLLBACK':
      return { kind: 'rollback', chain };
    case 'TRANS_STMT_SAVEPOINT':
      return { kind: 'savepoint', name };
    case 'TRANS_STMT_RELEASE':
      return { kind: 'releaseSavepoint', name };
    case 'TRANS_STMT_ROLLBACK_TO':
      return { kind: 'rollbackTo', name };
    default:
      return undefined;
  }
}

const FETCH_DIRECTIONS = {
  FETCH_FORWARD: 'forward',
  FETCH_RELATIVE: 'relative',
  FETCH_ABSOLUTE: 'absolute',
  FETCH_BACKWARD: undefined,
} as const;

function fetchStatement(stmt: FetchStmt): StatementBody {
  // The parser's JSON holds a number where the type says bigint, and leaves zero out.
  const count = Number(stmt.howMany ?? 0);
  const direction = FETCH_DIRECTIONS[stmt.direction ?? 'FETCH_FORWARD'];
  if (direction === undefined || count < 0)
    throw new QueryError('objectNotInPrerequisiteState', 'cursor can only scan forward', {
      hint: 'Use FETCH NEXT, FETCH n, FETCH FORWARD n or FETCH ALL.',
    });
  return {
    kind: 'fetch',
    name: stmt.portalname ?? '',
    direction,
    count: count === FETCH_ALL ? undefined : count,
    move: stmt.ismove ?? false,
  };
}

const DISCARDS = {
  DISCARD_ALL: 'all',
  DISCARD_PLANS: 'plans',
  DISCARD_SEQUENCES: 'sequences',
  DISCARD_TEMP: 'temp',
} as const;

/**
 * Statements about the session: settings, transactions, prepared statements, cursors. undefined for any other tag.
 *
 * @throws QueryError featureNotSupported for forms of them that are not supported.
 */
export function sessionStatement(node: Node): StatementBody | undefined {
  if ('VariableSetStmt' in node) return setStatement(node.VariableSetStmt);
  if ('VariableShowStmt' in node) {
    const name = (node.VariableShowStmt.name ?? '').toLowerCase();
    return { kind: 'show', name: name === 'all' ? undefined : name };
  }
  if ('TransactionStmt' in node) return transactionStatement(node.TransactionStmt);
  if ('ExecuteStmt' in node)
    return {
      kind: 'execute',
      name: node.ExecuteStmt.name ?? '',
      args: node.ExecuteStmt.params ?? [],
    };
  if ('DeallocateStmt' in node) return { kind: 'deallocate', name: node.DeallocateStmt.name };
  if ('FetchStmt' in node) return fetchStatement(node.FetchStmt);
  if ('ClosePortalStmt' in node)
    return { kind: 'closeCursor', name: node.ClosePortalStmt.portalname };
  if ('DiscardStmt' in node)
    return { kind: 'discard', what: DISCARDS[node.DiscardStmt.target ?? 'DISCARD_ALL'] };
  if ('ListenStmt' in node) return { kind: 'noop', tag: 'LISTEN' };
  if ('UnlistenStmt' in node) return { kind: 'noop', tag: 'UNLISTEN' };
  if ('NotifyStmt' in node) return { kind: 'noop', tag: 'NOTIFY' };
  return undefined;
}
