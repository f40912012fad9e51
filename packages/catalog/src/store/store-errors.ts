import { setTimeout as delay } from 'node:timers/promises';
import { QueryError, isQueryError } from '@tributary/sql';

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** Another writer's lock, or PostgreSQL's serialization failure and deadlock: the same transaction may succeed again. */
function isTransient(error: unknown): boolean {
  return /^(?:SQLITE_(?:BUSY|LOCKED).*|40001|40P01)$/.test(codeOf(error));
}

/** Whether the store has no such table yet. */
export function isUndefinedTable(error: unknown): boolean {
  if (codeOf(error) === '42P01') return true;
  return (
    codeOf(error) === 'SQLITE_ERROR' && /no such table/.test((error as { message: string }).message)
  );
}

/** The connection broke or was never made. `pg` reports some of these by message only. */
function isConnectionFailure(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== '') return /^(?:08|57P)|^E(?!RR_)[A-Z_]+$/.test(code);
  const message =
    typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
  return /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered)/.test(
    message,
  );
}

/** The store's own failure as a QueryError; the driver's message stays in `cause`, it may name hosts and users. */
function storeError(error: unknown): QueryError {
  if (isQueryError(error)) return error;
  const code = codeOf(error);
  if (code === 'SQLITE_FULL' || code === '53100')
    return new QueryError('diskFull', 'the catalog store is out of disk space', { cause: error });
  if (isTransient(error))
    return new QueryError(
      'sourceUnavailable',
      'the catalog store stayed locked by another writer',
      { cause: error },
    );
  if (isConnectionFailure(error) || /^(?:28|3D|53)|^SQLITE_(?:CANTOPEN|IOERR|READONLY)/.test(code))
    return new QueryError('sourceUnavailable', 'the catalog store cannot be reached', {
      cause: error,
    });
  return new QueryError('internalError', 'the catalog store failed', { cause: error });
}

const PATIENCE_MS = 15_000;

/**
 * Runs work against the store, again while another writer is in the way.
 *
 * @throws QueryError sourceUnavailable, diskFull, internalError; those of `work` as they are.
 */
export async function againstStore<T>(work: () => T | Promise<T>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let limit = 4; ; limit = Math.min(limit * 2, 100)) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error) || Date.now() > deadline) throw storeError(error);
    }
    await delay(Math.random() * limit);
  }
}

/** `againstStore` for work that only reads: once more when an idle connection turns out to be lost. */
export function readStore<T>(work: () => Promise<T>): Promise<T> {
  return againstStore(async () => {
    try {
      return await work();
    } catch (error) {
      if (!isConnectionFailure(error)) throw error;
      return work();
    }
  });
}
