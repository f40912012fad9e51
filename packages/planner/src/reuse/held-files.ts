import type { FileLease, ReuseStore, StoredUnit } from '@tributary/catalog';

/** The files that an answer reads, held until it has been read. */
export class HeldFiles {
  readonly #store: ReuseStore;
  readonly #leases: FileLease[] = [];
  readonly #own: string[] = [];
  readonly #stored = new Set<number>();
  #released = false;

  constructor(store: ReuseStore) {
    this.#store = store;
  }

  hold(lease: FileLease): void {
    if (this.#released) {
      lease.release();
      return;
    }
    this.#leases.push(lease);
    for (const file of lease.paths.keys()) this.#stored.add(file);
  }

  /** Takes a file that is not the store's: it goes with this answer. */
  keep(path: string): void {
    if (this.#released) void this.#store.discard(path);
    else this.#own.push(path);
  }

  /** Takes a file that is being put into the store, where it can be read as before. An error of the store is `failed`'s. */
  storing(
    path: string,
    put: Promise<StoredUnit | undefined>,
    failed: (error: unknown) => void,
  ): void {
    put.then(
      (unit) => {
        if (unit === undefined) this.keep(path);
        else this.hold(unit.lease);
      },
      (error: unknown) => {
        this.keep(path);
        failed(error);
      },
    );
  }

  /** Takes all stored files that were held out of the store: they are damaged. */
  drop(): Promise<void> {
    return this.#store.dropFiles([...this.#stored]);
  }

  /** Idempotent. What comes later goes at once. */
  async release(): Promise<void> {
    this.#released = true;
    for (const lease of this.#leases.splice(0)) lease.release();
    await Promise.all(this.#own.splice(0).map((path) => this.#store.discard(path)));
  }
}
