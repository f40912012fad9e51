import type { DuckDBConnection } from '@duckdb/node-api';
import { cancellation } from './admission-queue.ts';
import type { RunOptions } from './engine.ts';
import { wrapNativeError } from './native-error.ts';

const INTERRUPT_EVERY_MS = 5;
const PROGRESS_EVERY_MS = 200;

/**
 * Awaits one native operation of `connection`. While it runs an abort interrupts it, again and again: an interrupt that
 * comes before the operation has started in its thread is forgotten by the engine.
 *
 * @throws QueryError whatever the operation failed with, wrapped.
 */
export async function interruptible<T>(
  connection: DuckDBConnection,
  options: RunOptions,
  operation: () => Promise<T>,
): Promise<T> {
  const { signal, onProgress } = options;
  if (signal?.aborted) throw cancellation(signal);
  let interrupts: NodeJS.Timeout | undefined;
  const onAbort = () => {
    connection.interrupt();
    interrupts = setInterval(() => connection.interrupt(), INTERRUPT_EVERY_MS);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  const progress =
    onProgress &&
    setInterval(() => {
      const { percentage } = connection.progress;
      if (percentage >= 0) onProgress(percentage / 100);
    }, PROGRESS_EVERY_MS);
  try {
    return await operation();
  } catch (error) {
    throw wrapNativeError(error, signal);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    clearInterval(interrupts);
    clearInterval(progress);
  }
}
