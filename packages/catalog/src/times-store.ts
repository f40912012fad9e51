/** What the files at a place tell of their rows' times. */
export interface StoredTimes {
  /** A partition's location, with its source. */
  readonly place: string;
  /** Fingerprint of exactly its files. */
  readonly version: string;
  /** The connector's own text. */
  readonly times: string;
}

/**
 * Where what was read of files' times is remembered, so that it is read once for a version of the files, whatever restarts. Bounded:
 * what was written longest ago is forgotten, and read anew.
 */
export interface TimesStore {
  /** Those that are known, by place, whatever their version. `column`: with its type. */
  read(column: string, places: readonly string[]): Promise<ReadonlyMap<string, StoredTimes>>;
  /** Replaces what was known of the places. */
  write(column: string, times: readonly StoredTimes[]): Promise<void>;
  /** Waits for what is being written. */
  settled(): Promise<void>;
}
