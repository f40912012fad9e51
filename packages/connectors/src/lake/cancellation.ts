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

const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when the signal aborts, until the answered function is called. One listener on the signal serves all: adding one
 * to an EventTarget walks those it has, which thousands of requests of one statement would feel.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let callbacks = listeners.get(signal);
  if (callbacks === undefined) {
    const all = new Set<() => void>();
    callbacks = all;
    listeners.set(signal, all);
    signal.addEventListener('abort', () => all.forEach((each) => each()), { once: true });
  }
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}
