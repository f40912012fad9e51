import { setTimeout as pause } from 'node:timers/promises';

/** Milliseconds: the answer that the work follows leaves first, and often another statement comes at once. */
const PAUSE = 50;

/** Work after the answer, one piece at a time, at most a few waiting: what does not fit is left out. */
export class BackgroundWork {
  readonly #limit: number;
  readonly #failed: (error: unknown) => void;
  readonly #closing = new AbortController();
  #waiting = 0;
  #tail: Promise<void> = Promise.resolve();

  constructor(limit: number, failed: (error: unknown) => void) {
    this.#limit = limit;
    this.#failed = failed;
  }

  /** `work` runs later, or never: `done` is called in both cases, once. */
  add(work: (signal: AbortSignal) => Promise<void>, done: () => Promise<void>): void {
    const { signal } = this.#closing;
    const full = this.#waiting >= this.#limit;
    this.#waiting++;
    const run = async (): Promise<void> => {
      try {
        if (!full) await pause(PAUSE, undefined, { signal });
        if (!full && !signal.aborted) await work(signal);
      } catch (error) {
        if (!signal.aborted) this.#failed(error);
      } finally {
        this.#waiting--;
        await done().catch(this.#failed);
      }
    };
    this.#tail = full
      ? Promise.all([this.#tail, run()]).then(() => undefined)
      : this.#tail.then(run);
  }

  /** When what was added so far has ended. */
  settled(): Promise<void> {
    return this.#tail;
  }

  /** Interrupts what runs and waits for its end. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#tail;
  }
}
