import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { cancellation } from '@tributary/engine';
import { isQueryError } from '@tributary/sql';
import type { ScanStatistics } from '../connector.ts';
import type { CatalogCache } from './catalog/catalog-cache.ts';
import { isCatalogChange, isTransient, sourceError } from './source-error.ts';

/** Tries of a query whose connection fails before its first row. */
const MOST_TRIES = 3;
const FIRST_BACKOFF_MS = 50;

/**
 * Reads from a source, again where the connection failed; no row may have left. Throws errors as people see them, and lets the
 * source's catalog be read anew where it was not as it was told.
 */
export async function retried<T>(
  catalog: CatalogCache,
  statistics: ScanStatistics,
  signal: AbortSignal,
  read: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      if (signal.aborted) throw cancellation(signal, error);
      if (isCatalogChange(error) || (isQueryError(error) && error.code === 'dataChanged')) {
        catalog.expire();
      }
      if (attempt >= MOST_TRIES || !isTransient(error)) throw sourceError(catalog.source, error);
    }
    statistics.retries += 1;
    const longest = FIRST_BACKOFF_MS * 4 ** attempt;
    await delay(randomInt(longest), undefined, { signal }).catch(() => {
      throw cancellation(signal);
    });
  }
}
