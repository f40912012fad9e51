import type { FileLease, NewUnit, ReuseStore } from '@tributary/catalog';

/** Milliseconds: the last rows leave before the files are put away. */
const LEAVING = 5;
/** Milliseconds: files are put away after so long, though the answer has not been read. */
const LONGEST_WAIT = 200;

/** The files that an answer reads, held until it has been read. */
export class HeldFiles {
  readonly #store: ReuseStore;
  readonly #leases: FileLease[] = [];
  readonly #own: string[] = [];
  readonly #stored = new Set<number>();
  #released = false;
  #dropped = false;
  #answered = (): void => undefined;
  #hasAnswered: Promise<void> | undefined;

  constructor(store: ReuseStore) {
    this.#store = store;
  }

  hold(lease: FileLease): void {
    if (this.#dropped) void this.#store.dropFiles([...lease.paths.keys()]).catch(() => undefined);
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

  /**
   * Gives a file to the store, where it can be read as before, once the answer has been read: hashing it, making it durable and writing
   * to the index would take from the answer what it is made with. An error of the store is `failed`'s.
   */
  put(unit: NewUnit, failed: (error: unknown) => void): void {
    this.#store.put(unit, this.#answer()).then(
      (stored) => {
        if (stored === undefined) this.keep(unit.path);
        else this.hold(stored.lease);
      },
      (error: unknown) => {
        this.keep(unit.path);
        failed(error);
      },
    );
  }

  /** The answer has been read: its own files may be put away. Idempotent. */
  answered(): void {
    this.#answered();
  }

  /** When the answer has been read, or not soon. */
  #answer(): Promise<void> {
    this.#hasAnswered ??= new Promise((resolve) => {
      const latest = setTimeout(resolve, LONGEST_WAIT);
      latest.unref();
      this.#answered = () => {
        clearTimeout(latest);
        setTimeout(resolve, LEAVING);
      };
      if (this.#released) this.#answered();
    });
    return this.#hasAnswered;
  }

  /** Takes all stored files that were held out of the store: they are damaged. */
  drop(): Promise<void> {
    this.#dropped = true;
    return this.#store.dropFiles([...this.#stored]);
  }

  /** Idempotent. What comes later goes at once. */
  async release(): Promise<void> {
    this.#released = true;
    this.#answered();
    for (const lease of this.#leases.splice(0)) lease.release();
    await Promise.all(this.#own.splice(0).map((path) => this.#store.discard(path)));
  }
}
