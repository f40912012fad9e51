import { setTimeout as delay } from 'node:timers/promises';
import { isQueryError } from '@tributary/sql';

const ATTEMPTS = 4;
/** Milliseconds: the first wait is at most this long, each further one twice as long, up to the longest. */
const FIRST_WAIT = 100;
const LONGEST_WAIT = 5_000;

export interface RetryContext {
  readonly signal: AbortSignal;
  /** Told before each further attempt. */
  onRetry(): void;
}

/**
 * Runs work again when its source failed for the moment: exponential backoff with full jitter (AWS Architecture Blog,
 * "Exponential Backoff And Jitter"), a few attempts at most, ended by the signal.
 */
export async function withRetries<T>(work: () => Promise<T>, context: RetryContext): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const transient = isQueryError(error) && error.code === 'sourceUnavailable';
      if (!transient || attempt >= ATTEMPTS) throw error;
    }
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1));
    await delay(Math.random() * longest, undefined, { signal: context.signal });
    context.onRetry();
  }
}
