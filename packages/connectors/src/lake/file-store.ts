import type { ScanStatistics } from '../connector.ts';
import type { PublishingStore } from './write/publishing-store.ts';

/** A file as it was listed. */
export interface StoredFile {
  /** As people know it: a local path or `s3://bucket/key`. */
  readonly path: string;
  /** Bytes; never 0: empty files are not listed. */
  readonly size: number;
  /** Changes whenever the contents may have: local size, times and inode; S3 ETag and size. */
  readonly version: string;
  /** When it was written or its name or inode changed (ms since 1970), where the version rests on times. */
  readonly modifiedAt?: number;
  /** Index of the location it was found below. */
  readonly location: number;
  /** The version is that of an earlier listing: `confirm` asks whether it still holds. */
  readonly remembered?: boolean;
}

export interface OpenFile {
  /** What DuckDB is given, not yet escaped. */
  readonly enginePath: string;
  /** Where its bytes are on local disk, if they are. */
  readonly localPath?: string;
  /** The last bytes of the listed version, at most `length`. Only for files that are not on local disk. */
  readonly readTail?: (length: number) => Promise<Buffer>;
}

/** Listed files, held readable until released. */
export interface OpenFiles {
  readonly files: readonly OpenFile[];
  /** Before reading: throws dataChanged unless files whose versions were remembered are as they were listed. */
  confirm?(): Promise<void>;
  /** Throws dataChanged unless every file is still the version that was listed. */
  verify(): Promise<void>;
  /** Idempotent. */
  release(): Promise<void>;
}

/** What a listing or an opening adds up, and what ends it early. */
export interface StoreContext {
  readonly signal: AbortSignal;
  /** The files will be confirmed or verified: a listing may take their versions from memory. */
  readonly confirms?: boolean;
  readonly statistics: ScanStatistics;
}

/** Where a lake's files are. Locations are absolute and end in `/`. */
export interface FileStore {
  /** How data reaches the engine; may depend on the files. */
  readonly path: string;
  /** How files of ours become visible. */
  readonly publishing: PublishingStore;
  /** Throws invalidParameterValue for a location outside the root. */
  resolveLocation(location: string): Promise<string>;
  /**
   * Visible, non-empty files below each location, at any depth, in order of location, then of path. A location that does not
   * exist or whose path could leave the root has none.
   */
  list(locations: readonly string[], context: StoreContext): Promise<readonly StoredFile[]>;
  /** Folders directly below a location, without the trailing slash. */
  listFolders(location: string, context: StoreContext): Promise<readonly string[]>;
  open(files: readonly StoredFile[], context: StoreContext): Promise<OpenFiles>;
  /** The last bytes of a file, at most `length`. Throws dataChanged unless it is still the version that was listed. */
  readTail(file: StoredFile, length: number, context: StoreContext): Promise<Buffer>;
  close(): Promise<void>;
}
