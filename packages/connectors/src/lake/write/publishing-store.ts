/** A file on its way: what publishing it, or taking it back, needs to know. Kept in journals. */
export interface PreparedFile {
  /** The local file. */
  readonly from: string;
  /** As people know it: a local path or `s3://bucket/key`. */
  readonly to: string;
  /** Of an upload that waits to be completed: its id and the ETags of its parts. */
  readonly upload?: { readonly id: string; readonly parts: readonly string[] };
}

/** How a store makes files visible, one by one. */
export interface PublishingStore {
  /** Folder for files that are written aside; ends in `/`. The engine may write below it. */
  readonly staging: string;
  /**
   * Does all that can be done before the file is visible. `begun` is told, before it takes effect, of what has to be taken back
   * should the process end.
   */
  prepare(
    from: string,
    to: string,
    signal: AbortSignal,
    begun: (file: PreparedFile) => void,
  ): Promise<PreparedFile>;
  /** Makes it visible. Doing it again changes nothing. */
  publish(file: PreparedFile): Promise<void>;
  /** Removes it, visible or not. Doing it again changes nothing. */
  retract(file: PreparedFile): Promise<void>;
  /** Makes what was published or retracted durable. */
  settle(files: readonly PreparedFile[]): Promise<void>;
  /** Whether nothing at all is at a location. */
  isEmpty(location: string, signal: AbortSignal): Promise<boolean>;
}
