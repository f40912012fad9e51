import { isQueryError, QueryError } from '@tributary/sql';

/** Throws the signal's reason if that is a QueryError, else queryCanceled. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortError(signal);
}

export function abortError(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return isQueryError(reason)
    ? reason
    : new QueryError('queryCanceled', 'canceling statement due to user request', { cause: reason });
}

/** Longest stretch of synchronous work before others get a turn, in milliseconds. */
const STRETCH = 8;

/**
 * Cuts long synchronous work so that the event loop goes on. Local metadata calls take microseconds: a turn through the
 * thread pool costs four times as much as the call.
 */
export class TimeSlice {
  readonly #signal: AbortSignal;
  #until = performance.now() + STRETCH;

  constructor(signal: AbortSignal) {
    throwIfAborted(signal);
    this.#signal = signal;
  }

  get due(): boolean {
    return performance.now() > this.#until;
  }

  /** Throws as `throwIfAborted` does. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    throwIfAborted(this.#signal);
    this.#until = performance.now() + STRETCH;
  }
}
