/** A file that was written aside, and where it is to appear. */
export interface StagedFile {
  /** Below one of the write's folders. */
  readonly path: string;
  /** As `resolveLocation` answers it. */
  readonly location: string;
  readonly name: string;
}

/** A table whose appearance in the catalog is what makes its first files count. */
export interface CreatedTable {
  readonly database: string;
  readonly schema: string;
  readonly name: string;
  readonly location: string;
}

export interface PublishOptions {
  /** Listings of tables at, above or below it see all of the files or none. */
  readonly location: string;
  /** Fails with objectNotInPrerequisiteState unless nothing at all is at the location. */
  readonly mustBeEmpty: boolean;
  /** Before anything counts. When it fails, nothing has happened. */
  readonly prepare?: () => Promise<void>;
  readonly created?: {
    readonly table: CreatedTable;
    /** Puts the table into the catalog: from then on its files count, whatever happens to this process. */
    readonly register: () => Promise<void>;
    /** Takes it out again when its files could not be put in their places. */
    readonly undo: () => Promise<void>;
  };
}

/** Rows on their way into a source. Nobody sees them before they are published. */
export interface SourceWrite {
  /** A new folder, ending in `/`, that the engine may write below. */
  newFolder(): Promise<string>;
  /**
   * Makes files appear in their places, all of them or none. A process that ends in the middle leaves a journal, by which `recover`
   * finishes or undoes the rest.
   *
   * @throws QueryError objectNotInPrerequisiteState, diskFull, sourceError, sourceUnavailable, queryCanceled (before the first
   * file appears).
   */
  publish(files: readonly StagedFile[], options: PublishOptions): Promise<void>;
  /** Removes what was not published. Idempotent; never fails. */
  discard(): Promise<void>;
}

/** The writing half of a source of files. */
export interface SourceWriter {
  begin(signal: AbortSignal): Promise<SourceWrite>;
  /** Whether nothing at all is at a location, hidden and empty files included. */
  isEmpty(location: string, signal: AbortSignal): Promise<boolean>;
  /** Finishes or undoes writes of processes that ended, and removes what they left. `exists`: whether the catalog has a table. */
  recover(exists: (table: CreatedTable) => Promise<boolean>): Promise<void>;
}
