import { abortError, onAbort } from '../cancellation.ts';

interface Waiter {
  readonly weight: number;
  readonly admit: () => void;
}

/**
 * Admits work up to a capacity, in order of arrival. A throttled request takes a quarter off the capacity; each one that
 * is not gives a little back.
 */
export class RequestLimit {
  readonly #most: number;
  #capacity: number;
  #used = 0;
  readonly #waiters: Waiter[] = [];

  constructor(capacity: number) {
    this.#most = capacity;
    this.#capacity = capacity;
  }

  /** Weights above the capacity count as the capacity. Answers what must be called when done; throws queryCanceled. */
  async enter(signal: AbortSignal, weight = 1): Promise<(throttled?: boolean) => void> {
    if (signal.aborted) throw abortError(signal);
    const taken = Math.min(weight, this.#most);
    if (this.#waiters.length > 0 || !this.#fits(taken)) await this.#wait(taken, signal);
    else this.#used += taken;
    let left = false;
    return (throttled = false) => {
      if (left) return;
      left = true;
      this.#used -= taken;
      this.#capacity = throttled
        ? Math.max(1, this.#capacity * 0.75)
        : Math.min(this.#most, this.#capacity + 1 / 4);
      this.#admit();
    };
  }

  #fits(weight: number): boolean {
    return this.#used === 0 || this.#used + weight <= this.#capacity;
  }

  #wait(weight: number, signal: AbortSignal): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        weight,
        admit: () => {
          unsubscribe();
          resolve();
        },
      };
      this.#waiters.push(waiter);
      const unsubscribe = onAbort(signal, () => {
        unsubscribe();
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(abortError(signal));
        this.#admit();
      });
    });
  }

  #admit(): void {
    for (let next = this.#waiters[0]; next !== undefined; next = this.#waiters[0]) {
      if (!this.#fits(next.weight)) return;
      this.#waiters.shift();
      this.#used += next.weight;
      next.admit();
    }
  }
}
