import type { BaseKey } from './reuse-store.ts';

function baseName({ table, text }: BaseKey): string {
  return `${table}\0${text}`;
}

interface Begun {
  readonly done: Promise<unknown>;
  /** Lets it begin where it waits for something. */
  readonly hurry: () => void;
}

/** Units and notes that are being written, by base. Whoever reads the base waits for them. */
export class BegunWork {
  readonly #begun = new Map<string, Set<Begun>>();

  /** `after`: the work may wait for this, unless somebody reads the base before. How that ends is of no account. */
  begin<T>(base: BaseKey, work: () => Promise<T>, after?: Promise<unknown>): Promise<T> {
    let hurry = (): void => undefined;
    const hurried = new Promise<void>((resolve) => {
      hurry = resolve;
    });
    const done =
      after === undefined
        ? work()
        : Promise.race([after.catch(() => undefined), hurried]).then(work);
    const key = baseName(base);
    const each: Begun = { done, hurry };
    const running = this.#begun.get(key) ?? new Set();
    this.#begun.set(key, running.add(each));
    const end = (): void => {
      running.delete(each);
      if (running.size === 0 && this.#begun.get(key) === running) this.#begun.delete(key);
    };
    done.then(end, end);
    return done;
  }

  /** Waits for what was begun before, under one base or all. */
  async settled(base?: BaseKey): Promise<void> {
    const running =
      base === undefined ? [...this.#begun.values()] : [this.#begun.get(baseName(base)) ?? []];
    const works = running.flatMap((each) => [...each]);
    for (const each of works) each.hurry();
    await Promise.allSettled(works.map(({ done }) => done));
  }
}
