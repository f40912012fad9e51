import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadParser, parseStatementsSync } from '@tributary/sql';
import { backendQuery, runBackendQuery } from '../../src/session/backend-calls.ts';
import type { BackendQuery } from '../../src/session/backend-calls.ts';

function queryOf(text: string): BackendQuery | undefined {
  const [statement] = parseStatementsSync(text);
  if (statement?.kind !== 'select') throw new Error('a SELECT is expected');
  return backendQuery(statement.tree);
}

describe('calls about the connections of a server', () => {
  beforeAll(() => loadParser());

  test('tell this connection and stop others, by constant and by parameter', () => {
    const stopped: [number, string][] = [];
    const backends = {
      processId: 7,
      stop(processId: number, what: 'statement' | 'connection'): boolean {
        stopped.push([processId, what]);
        return processId !== 9;
      },
    };
    const query = queryOf(
      'SELECT pg_backend_pid() AS me, pg_cancel_backend(8), pg_catalog.pg_terminate_backend($1::int), pg_cancel_backend($2)',
    );
    if (query === undefined) throw new Error('a query about connections is expected');
    expect(query.columns.map(({ name }) => name)).toEqual([
      'me',
      'pg_cancel_backend',
      'pg_terminate_backend',
      'pg_cancel_backend',
    ]);
    expect(query.parameters).toHaveLength(2);
    expect(runBackendQuery(query, ['9', null], backends)).toEqual(['7', 't', 'f', null]);
    expect(stopped).toEqual([
      [8, 'statement'],
      [9, 'connection'],
    ]);
  });

  test('leave other queries alone', () => {
    expect(queryOf('SELECT pg_backend_pid(), 1')).toBeUndefined();
    expect(queryOf('SELECT pg_cancel_backend(pid) FROM pg_stat_activity')).toBeUndefined();
    expect(queryOf('SELECT other.pg_backend_pid()')).toBeUndefined();
  });
});
