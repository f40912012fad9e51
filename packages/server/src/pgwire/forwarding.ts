/** Runs something that stands under its own cancellation, and hands on to it what aborts `signal` meanwhile. */
export async function forwarding<T>(
  signal: AbortSignal,
  to: AbortController,
  run: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const forward = () => to.abort(signal.reason);
  signal.addEventListener('abort', forward, { once: true });
  try {
    return await run();
  } finally {
    signal.removeEventListener('abort', forward);
  }
}
