import type { Statement } from '@tributary/sql';
import { QueryError } from '@tributary/sql';
import { writeCommandComplete, writeEmpty } from './backend-messages.ts';
import { BACKEND } from './codes.ts';
import { writeRowDescription } from './row-description.ts';
import type { WireSession } from './wire-session.ts';
import { completeTag, RowCursor, textStyle, writeNotices } from './wire-session.ts';

/**
 * Runs the statements of one Query message in order; the first failure ends it, by throwing. ReadyForQuery is the
 * caller's.
 */
export async function runSimpleQuery(wire: WireSession, text: string): Promise<void> {
  const statements = (await wire.session.parse(text)).filter(({ kind }) => kind !== 'empty');
  if (statements.length === 0) {
    writeEmpty(wire.out, BACKEND.emptyQueryResponse);
    return;
  }
  // One cancellation ends the message, not only the statement that happens to run.
  await wire.cancellable(new AbortController(), async (signal) => {
    for (const statement of statements) await runStatement(wire, statement, signal);
  });
}

async function runStatement(
  wire: WireSession,
  statement: Statement,
  signal: AbortSignal,
): Promise<void> {
  const { session, out } = wire;
  signal.throwIfAborted();
  const handled = wire.intercept(statement);
  if (handled !== undefined) {
    writeCommandComplete(out, handled);
    return;
  }
  const prepared = await session.prepare(statement, []);
  if (prepared.parameters.length > 0) {
    throw new QueryError('undefinedParameter', 'there is no parameter $1');
  }
  const result = await session.execute(prepared, [], signal);
  writeNotices(out, result.notices);
  if (result.kind === 'command') {
    writeCommandComplete(out, result.tag);
    return;
  }
  const cursor = new RowCursor(result, result.columns, [], textStyle(session));
  try {
    writeRowDescription(out, result.columns, []);
    const { rows } = await cursor.write(wire, Infinity);
    writeCommandComplete(out, completeTag(result.tag, rows));
  } finally {
    await cursor.close();
  }
}
