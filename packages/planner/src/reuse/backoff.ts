import { setTimeout as delay } from 'node:timers/promises';
import { isQueryError } from '@tributary/sql';

const ATTEMPTS = 4;
/** Of all units of a block. */
const RETRIES = 10;
/** Milliseconds: the first wait is at most this long, each further one twice as long, up to the longest. */
const FIRST_WAIT = 100;
const LONGEST_WAIT = 5_000;

/** Attempts beyond the first that the units of a statement's block have together: a source that is down is not asked by each of them. */
export class RetryBudget {
  #left: number;

  constructor(retries = RETRIES) {
    this.#left = retries;
  }

  /** Takes one, if there is one left. */
  take(): boolean {
    if (this.#left <= 0) return false;
    this.#left--;
    return true;
  }
}

export interface RetryContext {
  readonly signal: AbortSignal;
  readonly budget: RetryBudget;
  /** Told before each further attempt. */
  onRetry(): void;
}

/**
 * Runs work again when its source failed for the moment: exponential backoff with full jitter (AWS Architecture Blog,
 * "Exponential Backoff And Jitter"), a few attempts at most and within the budget, ended by the signal.
 */
export async function withRetries<T>(work: () => Promise<T>, context: RetryContext): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const transient = isQueryError(error) && error.code === 'sourceUnavailable';
      if (!transient || attempt >= ATTEMPTS || !context.budget.take()) throw error;
    }
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1));
    await delay(Math.random() * longest, undefined, { signal: context.signal });
    context.onRetry();
  }
}
