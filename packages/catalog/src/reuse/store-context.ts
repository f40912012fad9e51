import type { KeptFile } from './file-registry.ts';
import type { ReuseIndex } from './reuse-index.ts';
import type { StoreFiles } from './store-files.ts';

export type StoreLog = (
  level: 'info' | 'warn' | 'error',
  message: string,
  fields: Readonly<Record<string, unknown>>,
) => void;

export interface StoreLimits {
  /** Of all files together. */
  readonly maxBytes: number;
  readonly maxCells: number;
  readonly maxFileBytes: number;
  /** Of shapes; the least recently used are forgotten. */
  readonly maxNotes: number;
}

/** What the parts of an open store share. */
export interface StoreContext {
  readonly index: ReuseIndex;
  /** The process's own folder. */
  readonly folder: string;
  readonly files: StoreFiles;
  readonly limits: StoreLimits;
  readonly log: StoreLog;
  /** Files whose contents are being compared. */
  readonly hashing: Map<KeptFile, Promise<'same' | 'other' | 'unknown'>>;
  /** Takes files out of the index, and from the disk when nobody holds them. */
  drop(files: readonly number[]): Promise<void>;
  /** Lets files go that a lease held. */
  unpin(files: readonly KeptFile[]): void;
  /** Deletes condemned files that nobody holds. Never fails. */
  sweep(): Promise<void>;
}
