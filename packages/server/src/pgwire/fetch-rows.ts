import type { Statement } from '@tributary/sql';
import { QueryError } from '@tributary/sql';
import type { TextStyle } from './cell.ts';
import type { Format } from './codes.ts';
import { forwarding } from './forwarding.ts';
import type { Cursor, Execution, Portal, Portals } from './portals.ts';
import type { Portion, RowReader } from './row-cursor.ts';
import type { RowFormat } from './row-format.ts';
import type { WireSession } from './wire-session.ts';
import { completeTag } from './wire-session.ts';

export type FetchStatement = Extract<Statement, { kind: 'fetch' }>;

/** A cursor and what stops the statement behind it. */
type OpenCursor = Cursor & Pick<Portal, 'abort'>;

/** @throws QueryError undefinedCursor, featureNotSupported for a portal that Bind made. */
export function cursorOf(portals: Portals, name: string): OpenCursor {
  const portal = portals.get(name);
  if (portal?.cursor !== undefined) return { ...portal.cursor, abort: portal.abort };
  throw portal === undefined
    ? new QueryError('undefinedCursor', `cursor "${name}" does not exist`)
    : new QueryError('featureNotSupported', `portal "${name}" cannot be read by FETCH`, {
        hint: 'Read it by Execute, or make a cursor by DECLARE.',
      });
}

/** How many rows FETCH passes over first, and how many it takes then. */
interface Span {
  readonly skip: number;
  readonly take: number;
}

function spanOf({ direction, count }: FetchStatement, passed: number): Span {
  if (direction === 'forward' && count !== 0) return { skip: 0, take: count ?? Infinity };
  const ahead = direction === 'absolute' ? (count ?? Infinity) - passed : (count ?? Infinity);
  if (ahead > 0) return { skip: ahead - 1, take: 1 };
  if (direction === 'absolute' && count === 0 && passed === 0) return { skip: 0, take: 0 };
  throw new QueryError('objectNotInPrerequisiteState', 'cursor can only scan forward', {
    hint: 'Rows that were read are gone: declare the cursor again.',
  });
}

/** The next rows of a cursor, which stays where they end. */
class FetchedRows implements RowReader {
  readonly #cursor: OpenCursor;
  readonly #signal: AbortSignal;
  #skip: number;
  #take: number;

  constructor(cursor: OpenCursor, { skip, take }: Span, signal: AbortSignal) {
    this.#cursor = cursor;
    this.#signal = signal;
    this.#skip = skip;
    this.#take = take;
  }

  async write(wire: WireSession, limit: number, format: RowFormat): Promise<Portion> {
    const { rows: cursor, abort } = this.#cursor;
    return forwarding(this.#signal, abort, async () => {
      const skip = this.#skip;
      this.#skip = 0;
      if (skip > 0) await cursor.skip(skip);
      const { rows } = await cursor.write(wire, Math.min(limit, this.#take), format);
      this.#take -= rows;
      return { rows, more: rows === limit };
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A FETCH ready to write its rows in `formats`. */
export function beginFetch(
  statement: FetchStatement,
  cursor: OpenCursor,
  formats: readonly Format[],
  style: TextStyle,
  signal: AbortSignal,
): Execution {
  return {
    tag: 'FETCH',
    columns: cursor.columns,
    formats,
    reader: new FetchedRows(cursor, spanOf(statement, cursor.rows.passed), signal),
    format: cursor.formatFor(formats, style),
  };
}

/** Runs a MOVE; answers its complete tag. */
export function move(
  statement: FetchStatement,
  { rows, abort }: OpenCursor,
  signal: AbortSignal,
): Promise<string> {
  const { skip, take } = spanOf(statement, rows.passed);
  return forwarding(signal, abort, async () => {
    if (skip > 0) await rows.skip(skip);
    return completeTag('MOVE', (await rows.skip(take)).rows);
  });
}
