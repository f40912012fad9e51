import { QueryError, TEXT } from '@tributary/sql';
import type { PlanColumn, Statement } from '@tributary/sql';
import { outputColumns } from '../ddl/show-catalog.ts';
import { findSettingDefinition } from './setting-definitions.ts';
import type { CatalogStatement } from './catalog-statements.ts';
import type { Session } from './session.ts';
import type { WriteStatement } from '../write/write-statement.ts';
import type { Notice, StatementResult } from './sql-session.ts';

/** Statements about the session itself. */
export type SessionStatement = Exclude<
  Statement,
  | CatalogStatement
  | WriteStatement
  | { kind: 'select' | 'explain' | 'copy' | 'declareCursor' | 'call' }
>;

function command(tag: string, ...notices: readonly Notice[]): StatementResult {
  return { kind: 'command', tag, notices };
}

function warning(sqlstate: string, message: string): Notice {
  return { severity: 'WARNING', sqlstate, message };
}

const SHOW_ALL = outputColumns([
  ['name', TEXT],
  ['setting', TEXT],
  ['description', TEXT],
]);

/** Columns of what a session statement answers; undefined when it returns no rows. */
export function sessionColumns(statement: Statement): readonly PlanColumn[] | undefined {
  if (statement.kind !== 'show') {
    return undefined;
  }
  return shownColumns(statement.name);
}

/** A setting's column bears its own name, however the statement spells it. */
function shownColumns(name: string | undefined): readonly PlanColumn[] {
  return name === undefined
    ? SHOW_ALL
    : outputColumns([[findSettingDefinition(name)?.name ?? name, TEXT]]);
}

function show(name: string | undefined, session: Session): StatementResult {
  const rows =
    name === undefined
      ? session.settings.all().map((each) => [each.name, each.value, each.description])
      : [[session.settings.get(name)]];
  return {
    kind: 'textRows',
    tag: 'SHOW',
    columns: shownColumns(name),
    rows,
    notices: [],
  };
}

/** SET, SET TRANSACTION and SET SESSION CHARACTERISTICS, whose modes are settings. */
function set(statement: Extract<Statement, { kind: 'set' }>, session: Session): StatementResult {
  const { settings, transactionBlock } = session;
  const { local, also = [] } = statement;
  const changes = [{ name: statement.name, value: statement.value }, ...also];
  if (local && transactionBlock.state === 'idle') {
    settings.get(statement.name);
    const what = statement.name.startsWith('transaction_') ? 'SET TRANSACTION' : 'SET LOCAL';
    return command('SET', warning('25P01', `${what} can only be used in transaction blocks`));
  }
  for (const { name, value } of changes) {
    if (
      name === 'transaction_isolation' &&
      value !== undefined &&
      value !== settings.get(name) &&
      transactionBlock.hasLooked
    ) {
      throw new QueryError(
        'activeTransaction',
        'SET TRANSACTION ISOLATION LEVEL must be called before any query',
      );
    }
    settings.set(
      name,
      value,
      local || (name.startsWith('transaction_') && transactionBlock.state !== 'idle'),
    );
  }
  return command('SET');
}

function endTransaction(
  statement: Extract<Statement, { kind: 'commit' | 'rollback' }>,
  session: Session,
): StatementResult {
  const { state } = session.transactionBlock;
  const committed = statement.kind === 'commit' && state !== 'failed';
  const tag = committed ? 'COMMIT' : 'ROLLBACK';
  if (state === 'idle') {
    return command(tag, warning('25P01', 'there is no transaction in progress'));
  }
  session.settings.end(committed);
  session.transactionBlock.end();
  if (statement.chain) {
    session.settings.begin();
    session.transactionBlock.begin();
  }
  return command(tag);
}

function deallocate(name: string | undefined, session: Session): StatementResult {
  if (name === undefined) {
    session.namedStatements.clear();
    return command('DEALLOCATE ALL');
  }
  if (!session.namedStatements.delete(name)) {
    throw new QueryError('undefinedStatement', `prepared statement "${name}" does not exist`);
  }
  return command('DEALLOCATE');
}

async function prepare(
  statement: Extract<Statement, { kind: 'prepare' }>,
  session: Session,
): Promise<StatementResult> {
  if (session.namedStatements.has(statement.name)) {
    throw new QueryError(
      'duplicateStatement',
      `prepared statement "${statement.name}" already exists`,
    );
  }
  session.namedStatements.set(
    statement.name,
    await session.prepare(statement.statement, statement.parameterTypes),
  );
  return command('PREPARE');
}

async function execute(
  statement: Extract<Statement, { kind: 'execute' }>,
  session: Session,
  signal: AbortSignal,
): Promise<StatementResult> {
  const prepared = session.namedStatements.get(statement.name);
  if (prepared === undefined) {
    throw new QueryError(
      'undefinedStatement',
      `prepared statement "${statement.name}" does not exist`,
    );
  }
  const values = await session.constantValues(statement.args, prepared.parameters, signal);
  return session.execute(prepared, values, signal);
}

/** SET, SHOW, transactions, prepared statements of the SQL level, and what is accepted without effect. */
export async function runSessionStatement(
  statement: SessionStatement,
  session: Session,
  signal: AbortSignal,
): Promise<StatementResult> {
  const { settings, transactionBlock } = session;
  switch (statement.kind) {
    case 'set':
      return set(statement, session);
    case 'show':
      return show(statement.name, session);
    case 'reset':
      if (statement.name === undefined) {
        settings.resetAll();
      } else {
        settings.set(statement.name, undefined);
      }
      return command('RESET');
    case 'begin':
      if (transactionBlock.state !== 'idle') {
        return command('BEGIN', warning('25001', 'there is already a transaction in progress'));
      }
      settings.begin();
      transactionBlock.begin();
      // As they are now: a default that changes in the block is for the next one.
      for (const name of ['isolation', 'read_only', 'deferrable']) {
        settings.set(`transaction_${name}`, settings.get(`default_transaction_${name}`), true);
      }
      if (statement.isolation !== undefined) {
        settings.set('transaction_isolation', statement.isolation, true);
      }
      if (statement.readOnly !== undefined) {
        settings.set('transaction_read_only', statement.readOnly ? 'on' : 'off', true);
      }
      return command('BEGIN');
    case 'commit':
    case 'rollback':
      return endTransaction(statement, session);
    case 'savepoint':
      transactionBlock.savepoint(statement.name);
      settings.savepoint(statement.name);
      return command('SAVEPOINT');
    case 'releaseSavepoint':
      transactionBlock.release(statement.name);
      settings.release(statement.name);
      return command('RELEASE');
    case 'rollbackTo':
      transactionBlock.rollbackTo(statement.name);
      settings.rollbackTo(statement.name);
      return command('ROLLBACK');
    case 'prepare':
      return prepare(statement, session);
    case 'execute':
      return execute(statement, session, signal);
    case 'deallocate':
      return deallocate(statement.name, session);
    case 'discard':
      if (statement.what === 'all') {
        if (transactionBlock.state !== 'idle') {
          throw new QueryError(
            'activeTransaction',
            'DISCARD ALL cannot run inside a transaction block',
          );
        }
        settings.resetAll();
        session.namedStatements.clear();
      }
      return command(`DISCARD ${statement.what.toUpperCase()}`);
    case 'closeCursor':
      // Cursors are the connection's: what it has, it answers itself.
      if (statement.name === undefined) {
        return command('CLOSE CURSOR ALL');
      }
      throw new QueryError('undefinedCursor', `cursor "${statement.name}" does not exist`);
    case 'fetch':
      throw new QueryError('undefinedCursor', `cursor "${statement.name}" does not exist`);
    case 'noop':
      return command(statement.tag);
    case 'empty':
      return command('');
  }
}
