/** Work in progress by key, in this process: who comes second waits for the first instead of doing it again. */
export class SingleFlight {
  readonly #running = new Map<string, Promise<void>>();
  #ended = 0;

  /** How many claims have ended: what was looked up before one ended may be there now. */
  get ended(): number {
    return this.#ended;
  }

  /** The running work of a key. Never rejects: who waited looks again at what is there. */
  running(key: string): Promise<void> | undefined {
    return this.#running.get(key);
  }

  /** Claims keys that nobody works on. The claim ends by `release`, however the work went. */
  claim(keys: readonly string[]): { release(): void } {
    let release = (): void => undefined;
    const done = new Promise<void>((resolve) => {
      release = resolve;
    });
    for (const key of keys) {
      this.#running.set(key, done);
    }
    return {
      release: () => {
        this.#ended++;
        for (const key of keys) {
          if (this.#running.get(key) === done) {
            this.#running.delete(key);
          }
        }
        release();
      },
    };
  }
}
