import type { FileLease, ReuseStore } from '@tributary/catalog';

/** The files that an answer reads, held until it has been read. */
export class HeldFiles {
  readonly #store: ReuseStore;
  readonly #leases: FileLease[] = [];
  readonly #own: string[] = [];
  readonly #stored = new Set<number>();

  constructor(store: ReuseStore) {
    this.#store = store;
  }

  hold(lease: FileLease): void {
    this.#leases.push(lease);
    for (const file of lease.paths.keys()) this.#stored.add(file);
  }

  /** Takes a file that is not the store's: it goes with this answer. */
  keep(path: string): void {
    this.#own.push(path);
  }

  /** Takes all stored files that were held out of the store: they are damaged. */
  drop(): Promise<void> {
    return this.#store.dropFiles([...this.#stored]);
  }

  /** Idempotent. */
  async release(): Promise<void> {
    for (const lease of this.#leases.splice(0)) lease.release();
    await Promise.all(this.#own.splice(0).map((path) => this.#store.discard(path)));
  }
}
