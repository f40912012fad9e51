interface Entry<T> {
  readonly value: T;
  readonly size: number;
}

/** Keeps the values used last, up to a number of characters that their owner counts. */
export class ResultCache<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #limit: number;
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry?.value;
  }

  /** `size`: of the value; the key counts as well. What alone is beyond an eighth of the limit is not kept. */
  set(key: string, value: T, size: number): void {
    const total = size + key.length;
    if (total > this.#limit / 8) {
      return;
    }
    this.#delete(key);
    this.#entries.set(key, { value, size: total });
    this.#size += total;
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.#limit) {
        break;
      }
      this.#delete(oldest);
    }
  }

  #delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      this.#entries.delete(key);
      this.#size -= entry.size;
    }
  }
}
