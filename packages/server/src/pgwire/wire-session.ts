import type { Notice, SqlSession } from '@tributary/planner';
import type { TextStyle } from './cell.ts';
import { writeNotice } from './error-response.ts';
import type { NamedStatements } from './named-statements.ts';
import type { Portals } from './portals.ts';
import type { Writer } from './writer.ts';

/** What the query protocols need of a connection. */
export interface WireSession {
  readonly session: SqlSession;
  readonly statements: NamedStatements;
  readonly portals: Portals;
  /** Messages to the client are written here; `flush` sends them. */
  readonly out: Writer;
  /** Sends what was written and waits while the client is slow to read. Throws when the client is gone. */
  flush(): Promise<void>;
  /** Sends when much has gathered. */
  drain(): Promise<void>;
  /** A CancelRequest, a vanished client or a shutdown aborts `abort` while `run` runs. */
  cancellable<T>(abort: AbortController, run: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

export function textStyle(session: SqlSession): TextStyle {
  return {
    dateStyle: session.setting('DateStyle') ?? 'ISO, MDY',
    timeZone: session.setting('TimeZone') ?? 'UTC',
    extraFloatDigits: Number(session.setting('extra_float_digits') ?? 1),
    intervalStyle: session.setting('IntervalStyle') ?? 'postgres',
    byteaOutput: session.setting('bytea_output') ?? 'hex',
  };
}

/** The levels of `client_min_messages` at which a notice is not sent any more; INFO always is. */
const SILENT: Readonly<Record<Notice['severity'], ReadonlySet<string>>> = {
  INFO: new Set(),
  NOTICE: new Set(['warning', 'error']),
  WARNING: new Set(['error']),
};

/** Sends the notices that the client wants to hear of. */
export function writeNotices(
  { out, session }: Pick<WireSession, 'out' | 'session'>,
  notices: readonly Notice[],
): void {
  if (notices.length === 0) return;
  const level = session.setting('client_min_messages') ?? 'notice';
  for (const notice of notices) {
    if (!SILENT[notice.severity].has(level)) writeNotice(out, notice);
  }
}

/** Tags whose CommandComplete carries the number of rows. */
const COUNTED: ReadonlySet<string> = new Set(['SELECT', 'FETCH', 'MOVE', 'COPY']);

export function completeTag(tag: string, rows: number): string {
  return COUNTED.has(tag) ? `${tag} ${rows}` : tag;
}
