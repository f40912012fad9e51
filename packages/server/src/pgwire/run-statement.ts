import type { PreparedStatement, StatementResult } from '@tributary/planner';
import { parseMilliseconds } from '@tributary/planner';
import type { PlanColumn, Statement } from '@tributary/sql';
import { QueryError, sameType } from '@tributary/sql';
import { writeCopyOut, writeEmpty } from './backend-messages.ts';
import type { Format } from './codes.ts';
import { BACKEND } from './codes.ts';
import { copyRows } from './copy-rows.ts';
import { DataRows } from './data-rows.ts';
import { beginFetch, cursorOf, move } from './fetch-rows.ts';
import type { Execution } from './portals.ts';
import { forwarding } from './forwarding.ts';
import { RowCursor } from './row-cursor.ts';
import type { WireSession } from './wire-session.ts';
import { completeTag, textStyle, writeNotices } from './wire-session.ts';

/** What a statement answers: of a FETCH the columns of its cursor as it is now; undefined where it answers no rows. */
export function columnsOf(
  { portals }: WireSession,
  { statement, columns }: PreparedStatement,
): readonly PlanColumn[] | undefined {
  if (statement.kind !== 'fetch') return columns;
  return statement.move ? undefined : portals.get(statement.name)?.cursor?.columns;
}

/** What a statement asks of its protocol. */
export interface RunOptions {
  /** Undefined: the client cannot choose, and gets text, of a binary cursor binary. */
  readonly formats: readonly Format[] | undefined;
  readonly abort: AbortController;
  /** Whether a transaction block surrounds it, written or implied by further statements of its message. */
  readonly inBlock: boolean;
}

/** Runs a statement up to its first rows. Answers the complete tag where it has none to give as its own answer. */
export async function beginStatement(
  wire: WireSession,
  prepared: PreparedStatement,
  parameters: readonly (string | null)[],
  options: RunOptions,
): Promise<string | Execution> {
  const { session, portals } = wire;
  const { statement } = prepared;
  switch (statement.kind) {
    case 'fetch': {
      const cursor = cursorOf(portals, statement.name);
      const { signal } = options.abort;
      if (statement.move) return move(statement, cursor, signal);
      const formats = options.formats ?? cursor.columns.map(() => (cursor.binary ? 1 : 0));
      return beginFetch(statement, cursor, formats, textStyle(session), signal);
    }
    case 'closeCursor':
      if (statement.name === undefined) await portals.closeAll();
      else if (portals.get(statement.name) === undefined) break;
      else await portals.close(statement.name);
      return statement.name === undefined ? 'CLOSE CURSOR ALL' : 'CLOSE CURSOR';
    case 'declareCursor': {
      if (!statement.hold && !options.inBlock) {
        throw new QueryError(
          'noActiveTransaction',
          'DECLARE CURSOR can only be used in transaction blocks',
        );
      }
      const abort = new AbortController();
      const result = await forwarding(options.abort.signal, abort, () =>
        session.execute(prepared, parameters, abort.signal),
      );
      try {
        portals.declare(statement.name, prepared, result, abort, textStyle(session));
      } catch (error) {
        if (result.kind === 'rows') await result.close();
        throw error;
      }
      writeNotices(wire, result.notices);
      return 'DECLARE CURSOR';
    }
    case 'deallocate':
      if (statement.name !== undefined && wire.statements.delete(statement.name)) {
        return 'DEALLOCATE';
      }
      break;
    default:
      break;
  }
  const result = await session.execute(prepared, parameters, options.abort.signal);
  writeNotices(wire, result.notices);
  if (result.kind === 'command') {
    await follow(wire, statement, result.tag);
    return result.tag;
  }
  const { delivery } = result;
  if (delivery?.kind === 'copy') {
    const binary = delivery.format.kind === 'binary';
    return copyOut(wire, await readerOf(result, binary, options.abort), result, delivery.format);
  }
  const { columns } = result;
  if (prepared.columns !== undefined && !announced(prepared.columns, columns)) {
    if (result.kind === 'rows') await result.close();
    throw new QueryError('featureNotSupported', 'cached plan must not change result type');
  }
  const formats = options.formats ?? [];
  return {
    tag: result.tag,
    columns,
    formats,
    reader: await readerOf(result, formats.includes(1), options.abort),
    format: new DataRows(columns, formats, textStyle(session)),
  };
}

/** Whether rows are of the columns that the client was told; the digits of numerics may have become known since. */
function announced(told: readonly PlanColumn[], columns: readonly PlanColumn[]): boolean {
  return (
    told.length === columns.length &&
    told.every(({ type }, index) => {
      const column = columns[index];
      return column !== undefined && sameType(type, column.type);
    })
  );
}

/** What a statement of the session means for the protocol's own state. */
async function follow(
  { statements, portals }: WireSession,
  statement: Statement,
  tag: string,
): Promise<void> {
  switch (statement.kind) {
    case 'commit':
    case 'rollback':
      return portals.endTransaction(tag === 'COMMIT');
    case 'savepoint':
      portals.savepoint(statement.name);
      return;
    case 'releaseSavepoint':
      portals.releaseSavepoint(statement.name);
      return;
    case 'rollbackTo':
      return portals.rollbackTo(statement.name);
    case 'deallocate':
      statements.clear();
      return;
    case 'discard':
      if (statement.what !== 'all') return;
      statements.clear();
      return portals.closeAll();
    default:
      return;
  }
}

async function readerOf(
  result: StatementResult,
  binary: boolean,
  { signal }: AbortController,
): Promise<RowCursor> {
  if (!binary || result.kind !== 'textRows' || result.inBinary === undefined) {
    return new RowCursor(result);
  }
  return new RowCursor(result, await result.inBinary(signal));
}

/** Sends a result as COPY data; answers the complete tag. */
async function copyOut(
  wire: WireSession,
  cursor: RowCursor,
  result: Exclude<StatementResult, { kind: 'command' }>,
  format: Parameters<typeof copyRows>[0],
): Promise<string> {
  const { out, session } = wire;
  try {
    const rows = copyRows(format, result.columns, textStyle(session));
    writeCopyOut(out, format.kind === 'binary' ? 1 : 0, result.columns.length);
    rows.begin(out);
    const written = await cursor.write(wire, Infinity, rows);
    rows.end(out);
    writeEmpty(out, BACKEND.copyDone);
    return completeTag(result.tag, written.rows);
  } finally {
    await cursor.close();
  }
}

/** Runs one statement under the session's statement_timeout. */
export async function withStatementTimeout<T>(
  { session }: WireSession,
  abort: AbortController,
  run: () => Promise<T>,
): Promise<T> {
  const limit = session.setting('statement_timeout') ?? '0';
  const ms = limit === '0' ? 0 : parseMilliseconds('statement_timeout', limit);
  if (ms === 0) return run();
  const timer = setTimeout(() => {
    abort.abort(new QueryError('queryCanceled', 'canceling statement due to statement timeout'));
  }, ms);
  try {
    return await run();
  } finally {
    clearTimeout(timer);
  }
}
