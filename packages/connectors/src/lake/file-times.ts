import { hash } from 'node:crypto';
import type { ColumnDefinition, StoredTimes, TimesStore } from '@tributary/catalog';
import { engineType, isQueryError } from '@tributary/sql';
import { LRUCache } from 'lru-cache';
import { throwIfAborted, TimeSlice } from './cancellation.ts';
import type { FileStore, StoreContext, StoredFile } from './file-store.ts';
import { readFooter } from './parquet/footer.ts';
import { joinTimes, readTimes } from './parquet/read-times.ts';
import type { Times } from './parquet/read-times.ts';

/** Places that are remembered without asking the catalog. */
const REMEMBERED = 200_000;
/** Footers that are read at once. */
const AT_ONCE = 192;
/** A file younger than this (ms) may change again without its times telling: what it says now is not remembered. */
const SETTLE = 2_000;

/** The files at one place. */
export interface PlacedFiles {
  readonly location: string;
  readonly files: readonly StoredFile[];
}

interface Known {
  readonly version: string;
  readonly times: Times;
}

/** What the footers of Parquet files tell of their rows' times: read once for each version of a place's files. */
export class FileTimes {
  readonly #source: string;
  readonly #files: Pick<FileStore, 'readTail'>;
  readonly #store: TimesStore | undefined;
  readonly #now: () => number;
  readonly #known = new LRUCache<string, Known>({ max: REMEMBERED });

  constructor(
    source: string,
    files: Pick<FileStore, 'readTail'>,
    store: TimesStore | undefined,
    now: () => number = Date.now,
  ) {
    this.#source = source;
    this.#files = files;
    this.#store = store;
    this.#now = now;
  }

  /** The times in a column of the files at each place. Throws dataChanged for a file that is not the one that was listed. */
  async of(
    column: ColumnDefinition,
    places: readonly PlacedFiles[],
    context: StoreContext,
  ): Promise<readonly Times[]> {
    const name = `${column.name} ${engineType(column.type)}`;
    const listedAt = this.#now();
    const asked = places.map(({ location, files }) => ({
      place: `${this.#source} ${location}`,
      files,
      version: fingerprint(location, files),
    }));
    await this.#recall(
      name,
      asked.map(({ place }) => place),
      context,
    );
    const found = asked.map(({ place, version }) => {
      const known = this.#known.get(`${name} ${place}`);
      return known?.version === version ? known.times : undefined;
    });
    const missing = asked.flatMap((each, at) => (found[at] === undefined ? [{ ...each, at }] : []));
    const read = await this.#read(column, missing, context);
    const fresh: StoredTimes[] = [];
    missing.forEach(({ at, place, version, files }, index) => {
      const times = read[index] ?? 'unknown';
      found[at] = times;
      if (!files.every(({ modifiedAt = 0 }) => modifiedAt <= listedAt - SETTLE)) return;
      this.#known.set(`${name} ${place}`, { version, times });
      fresh.push({ place, version, times: textOf(times) });
    });
    // Who asked need not wait: what is not remembered is read anew.
    if (fresh.length > 0) void this.#store?.write(name, fresh).catch(() => undefined);
    return found.map((times) => times ?? 'unknown');
  }

  /** Fetches what is remembered of places that this process has not met. */
  async #recall(name: string, places: readonly string[], context: StoreContext): Promise<void> {
    const unmet = places.filter((place) => !this.#known.has(`${name} ${place}`));
    if (unmet.length === 0 || this.#store === undefined) return;
    try {
      for (const { place, version, times } of (await this.#store.read(name, unmet)).values()) {
        const parsed = timesOf(times);
        if (parsed !== undefined) this.#known.set(`${name} ${place}`, { version, times: parsed });
      }
    } catch (error) {
      // Without its memory everything is read.
      if (!isQueryError(error)) throw error;
    }
    throwIfAborted(context.signal);
  }

  /** Reads footers, many at a time; the first failure ends the others. */
  async #read(
    column: ColumnDefinition,
    places: readonly { readonly files: readonly StoredFile[] }[],
    caller: StoreContext,
  ): Promise<readonly Times[]> {
    const found = places.map((): Times => 'none');
    const queue = places.flatMap(({ files }, at) => files.map((file) => ({ file, at }))).values();
    const group = new AbortController();
    const signal = AbortSignal.any([caller.signal, group.signal]);
    const context: StoreContext = { statistics: caller.statistics, signal };
    const slice = new TimeSlice(caller.signal);
    const work = async (): Promise<void> => {
      for (const { file, at } of queue) {
        if (slice.due) await slice.next();
        if (signal.aborted) return;
        // It is kept whatever else is there.
        if (found[at] === 'unknown') continue;
        const times = await this.#timesIn(file, column, context);
        found[at] = joinTimes(found[at] ?? 'unknown', times);
      }
    };
    const settled = await Promise.allSettled(
      Array.from({ length: AT_ONCE }, async () => {
        try {
          await work();
        } catch (error) {
          group.abort(error);
          throw error;
        }
      }),
    );
    throwIfAborted(caller.signal);
    const failed = settled.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return found;
  }

  async #timesIn(
    file: StoredFile,
    column: ColumnDefinition,
    context: StoreContext,
  ): Promise<Times> {
    try {
      const metadata = await readFooter(file, (length) =>
        this.#files.readTail(file, length, context),
      );
      return readTimes(metadata, column.name, column.type);
    } catch (error) {
      // Reading the file says what is wrong with it.
      if (error instanceof RangeError) return 'unknown';
      if (isQueryError(error) && error.code === 'incompatibleFile') return 'unknown';
      throw error;
    }
  }
}

function fingerprint(location: string, files: readonly StoredFile[]): string {
  return hash(
    'sha1',
    files.map(({ path, version }) => `${path.slice(location.length)}:${version}`).join('\n'),
    'base64',
  );
}

function textOf(times: Times): string {
  return typeof times === 'string' ? times : `${times.low} ${times.high}`;
}

function timesOf(text: string): Times | undefined {
  if (text === 'none' || text === 'unknown') return text;
  const [, low, high] = /^(-?\d+) (-?\d+)$/.exec(text) ?? [];
  return low === undefined || high === undefined
    ? undefined
    : { low: BigInt(low), high: BigInt(high) };
}
