import { QueryError } from '@tributary/sql';
import type { Plan, Statement } from '@tributary/sql';
import type { StatementScope } from '../service/statement-scope.ts';
import type { StatementResult } from '../session/sql-session.ts';
import { createTableAs } from './create-table-as.ts';
import { insertRows } from './insert-rows.ts';
import { unloadRows } from './unload-rows.ts';

/** Statements that put a query's rows into a source. */
export type WriteStatement = Extract<Statement, { kind: 'insert' | 'createTableAs' | 'unload' }>;

const NAMES = {
  insert: 'INSERT',
  createTableAs: 'CREATE TABLE AS',
  unload: 'UNLOAD',
} as const;

/** What a write meets in the session's transaction. */
export interface WriteContext {
  readonly inBlock: boolean;
  readonly readOnly: boolean;
}

/** Runs a statement that writes; `query` is what its query was bound to. Throws readOnlyTransaction, and as each does. */
export async function writeStatement(
  statement: WriteStatement,
  query: Plan,
  scope: StatementScope,
  { inBlock, readOnly }: WriteContext,
): Promise<StatementResult> {
  const name = NAMES[statement.kind];
  if (readOnly) {
    throw new QueryError(
      'readOnlyTransaction',
      `cannot execute ${name} in a read-only transaction`,
    );
  }
  const result = await run(statement, query, scope);
  const warning = {
    severity: 'WARNING',
    sqlstate: '01000',
    message: `${name} takes effect at once: ROLLBACK does not undo it`,
  } as const;
  return inBlock ? { ...result, notices: [warning, ...result.notices] } : result;
}

function run(
  statement: WriteStatement,
  query: Plan,
  scope: StatementScope,
): Promise<StatementResult> {
  switch (statement.kind) {
    case 'insert':
      return insertRows(statement, query, scope);
    case 'createTableAs':
      return createTableAs(statement, query, scope);
    case 'unload':
      return unloadRows(statement, query, scope);
  }
}
