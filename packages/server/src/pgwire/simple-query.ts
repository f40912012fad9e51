import type { Statement } from '@tributary/sql';
import { QueryError } from '@tributary/sql';
import { writeCommandComplete, writeEmpty } from './backend-messages.ts';
import { BACKEND } from './codes.ts';
import { writeRowDescription } from './row-description.ts';
import { beginStatement, withStatementTimeout } from './run-statement.ts';
import type { WireSession } from './wire-session.ts';
import { completeTag } from './wire-session.ts';

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
  const abort = new AbortController();
  await wire.cancellable(abort, async (signal) => {
    for (const statement of statements) {
      signal.throwIfAborted();
      // Several statements of one message are a transaction block of their own.
      const inBlock = statements.length > 1 || wire.session.transaction !== 'idle';
      await withStatementTimeout(wire, abort, () =>
        runStatement(wire, statement, { abort, inBlock, formats: undefined }),
      );
    }
  });
}

async function runStatement(
  wire: WireSession,
  statement: Statement,
  options: Parameters<typeof beginStatement>[3],
): Promise<void> {
  const { out } = wire;
  const prepared = await wire.session.prepare(statement, [], options.abort.signal);
  if (prepared.parameters.length > 0) {
    throw new QueryError('undefinedParameter', 'there is no parameter $1');
  }
  const begun = await beginStatement(wire, prepared, [], options);
  if (typeof begun === 'string') {
    writeCommandComplete(out, begun);
    return;
  }
  const { reader, format, columns, tag } = begun;
  try {
    writeRowDescription(out, columns, begun.formats);
    const { rows } = await reader.write(wire, Infinity, format);
    writeCommandComplete(out, completeTag(tag, rows));
  } finally {
    await reader.close();
  }
}
