/** A listing under way. */
interface Listing {
  readonly location: string;
  crossed: boolean;
}

/** Tries of a listing before it holds publications back. */
const TRIES = 3;

const overlap = (a: string, b: string): boolean => a.startsWith(b) || b.startsWith(a);

/**
 * Files of one publication appear one by one; a listing of this process sees them all or none. A listing that a publication
 * crosses is made again, and the last try holds publications back. Locations end in `/`.
 */
export class PublishGate {
  readonly #listings = new Set<Listing>();
  readonly #holds = new Map<string, Promise<void>>();
  readonly #publishing = new Map<string, Promise<void>>();

  /** Waits for publications and held listings that overlap, and answers what ends this one. */
  async publish(location: string): Promise<() => void> {
    for (;;) {
      const before = this.#find(this.#publishing, location) ?? this.#find(this.#holds, location);
      if (before === undefined) break;
      await before;
    }
    for (const listing of this.#listings)
      if (overlap(listing.location, location)) listing.crossed = true;
    return this.#enter(this.#publishing, location);
  }

  async list<T>(location: string, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      for (;;) {
        const before = this.#find(this.#publishing, location);
        if (before === undefined) break;
        await before;
      }
      const listing: Listing = { location, crossed: false };
      const leave = attempt < TRIES ? () => undefined : this.#enter(this.#holds, location);
      this.#listings.add(listing);
      try {
        const found = await work();
        if (!listing.crossed) return found;
      } finally {
        this.#listings.delete(listing);
        leave();
      }
    }
  }

  #find(running: ReadonlyMap<string, Promise<void>>, location: string): Promise<void> | undefined {
    for (const [key, ended] of running)
      if (overlap(key.slice(key.indexOf(' ') + 1), location)) return ended;
    return undefined;
  }

  #serial = 0;

  #enter(running: Map<string, Promise<void>>, location: string): () => void {
    const key = `${this.#serial++} ${location}`;
    let end = (): void => undefined;
    running.set(key, new Promise<void>((resolve) => (end = resolve)));
    return () => {
      running.delete(key);
      end();
    };
  }
}
