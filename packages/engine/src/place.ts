import type { AdmissionQueue, Release } from './admission-queue.ts';

/** How long a statement may keep its place while nobody asks for its rows. */
const PARK_AFTER_MS = 100;

/**
 * A statement's place among those that run. It is given up while nobody reads the result, so that slow readers and open
 * cursors hold up nobody, and taken again, in turn, when somebody does.
 */
export class Place {
  readonly #queue: AdmissionQueue;
  #release: Release | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(queue: AdmissionQueue, release: Release) {
    this.#queue = queue;
    this.#release = release;
  }

  /** @throws QueryError queryCanceled when `signal` aborts first, adminShutdown after the queue was closed. */
  static async enter(queue: AdmissionQueue, signal: AbortSignal | undefined): Promise<Place> {
    return new Place(queue, await queue.enter(signal));
  }

  /** Before the statement works: waits where the place has been given up. Throws as `enter`. */
  async hold(signal: AbortSignal | undefined): Promise<void> {
    clearTimeout(this.#timer);
    this.#release ??= await this.#queue.enter(signal);
  }

  /** After it has worked. */
  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.leave(), PARK_AFTER_MS);
    this.#timer.unref();
  }

  /** Gives the place up. Idempotent. */
  leave(): void {
    clearTimeout(this.#timer);
    this.#release?.();
    this.#release = undefined;
  }
}
