import type { SqlSession } from '@tributary/planner';
import { parseMilliseconds } from '@tributary/planner';
import { QueryError } from '@tributary/sql';

/** Ends a session that asks nothing for longer than its settings allow; clear the timer when it asks. */
export function idleLimit(
  session: SqlSession,
  end: (reason: QueryError) => void,
): NodeJS.Timeout | undefined {
  const inTransaction = session.transaction !== 'idle';
  const name = inTransaction ? 'idle_in_transaction_session_timeout' : 'idle_session_timeout';
  const limit = session.setting(name) ?? '0';
  const ms = limit === '0' ? 0 : parseMilliseconds(name, limit);
  if (ms === 0) return undefined;
  const reason = inTransaction
    ? new QueryError(
        'idleInTransactionTimeout',
        'terminating connection due to idle-in-transaction timeout',
      )
    : new QueryError('idleSessionTimeout', 'terminating connection due to idle-session timeout');
  return setTimeout(() => end(reason), ms);
}
