import { lockFolder } from '@tributary/catalog';
import type { FolderLock } from '@tributary/catalog';
import { QueryError, isQueryError } from '@tributary/sql';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type {
  CreatedTable,
  PublishOptions,
  SourceWrite,
  SourceWriter,
  StagedFile,
} from '../../source-writer.ts';
import { throwIfAborted } from '../cancellation.ts';
import type { PublishGate } from './publish-gate.ts';
import type { PreparedFile, PublishingStore } from './publishing-store.ts';
import { noteBegun, readJournal, writeJournal } from './write-journal.ts';
import type { Journal } from './write-journal.ts';

/** Files that are prepared or published side by side. */
const AT_ONCE = 16;

/** Works through items, several at once; the first failure ends it once all have stopped. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const remaining = items.values();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const item of remaining) {
      if (failed) return;
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const settled = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  const failure = settled.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/** A failure of the file system in the words of ours. */
export function fileFailure(error: unknown, doing: string): QueryError {
  if (isQueryError(error)) return error;
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new QueryError('diskFull', `${doing}: the disk is full`, { cause: error });
  if (code === 'EXDEV')
    return new QueryError('sourceError', `${doing}: it lies on another file system than the root`, {
      cause: error,
      hint: 'Files appear by being renamed: keep a lake on one file system.',
    });
  return new QueryError('sourceError', `${doing}: ${code}`, { cause: error });
}

/**
 * Writes into a lake. A process has a folder of its own for what is not visible yet, held by a lock that ends with it; what other
 * folders hold without a lock was left by processes that ended.
 */
export class LakeWriter implements SourceWriter {
  readonly #store: PublishingStore;
  readonly #gate: PublishGate;
  #own: { readonly name: string; readonly lock: FolderLock } | undefined;
  #serial = 0;
  /** Writes whose files could be neither published nor taken back yet. */
  readonly #unfinished = new Set<string>();
  /** Whether the catalog has a table; unknown before the start has asked. */
  #exists: ((table: CreatedTable) => Promise<boolean>) | undefined;

  constructor(store: PublishingStore, gate: PublishGate) {
    this.#store = store;
    this.#gate = gate;
  }

  async begin(signal: AbortSignal): Promise<SourceWrite> {
    throwIfAborted(signal);
    // What cannot be ended now is in nobody's way.
    await this.#endWrites().catch(() => undefined);
    try {
      const folder = `${this.#ownFolder()}${this.#serial++}/`;
      mkdirSync(folder);
      return new LakeWrite(folder, this.#store, this.#gate, signal, (left) =>
        this.#unfinished.add(left),
      );
    } catch (error) {
      throw fileFailure(error, `The folder '${this.#store.staging}' cannot be written`);
    }
  }

  isEmpty(location: string, signal: AbortSignal): Promise<boolean> {
    return this.#store.isEmpty(location, signal);
  }

  async recover(exists: (table: CreatedTable) => Promise<boolean>): Promise<void> {
    this.#exists = exists;
    await this.#endWrites();
  }

  /** Ends writes that were left in the middle: this process's own, and those of processes that ended. */
  async #endWrites(): Promise<void> {
    for (const folder of this.#unfinished) await this.#finish(folder);
    for (const name of namesIn(this.#store.staging)) {
      if (name === this.#own?.name) continue;
      const folder = `${this.#store.staging}${name}/`;
      const lock = lockOf(folder);
      if (lock === undefined) continue;
      try {
        let all = true;
        for (const write of namesIn(folder))
          if (/^\d+$/.test(write) && !(await this.#finish(`${folder}${write}/`))) all = false;
        if (all) rmSync(folder, { recursive: true, force: true });
      } finally {
        lock.release();
      }
    }
  }

  close(): void {
    if (this.#own === undefined) return;
    if (this.#unfinished.size === 0)
      rmSync(`${this.#store.staging}${this.#own.name}`, { recursive: true, force: true });
    this.#own.lock.release();
    this.#own = undefined;
  }

  /** This process's folder, made when it is first needed. */
  #ownFolder(): string {
    if (this.#own === undefined) {
      const name = randomUUID();
      const folder = `${this.#store.staging}${name}/`;
      mkdirSync(folder, { recursive: true });
      const lock = lockFolder(folder);
      if (lock === undefined) throw new QueryError('internalError', 'a new folder is locked');
      this.#own = { name, lock };
    }
    return `${this.#store.staging}${this.#own.name}/`;
  }

  /** Ends a write that was left in the middle. False: it is not known how. */
  async #finish(folder: string): Promise<boolean> {
    const journal = readJournal(folder);
    const outcome = await this.#outcome(journal);
    if (outcome === undefined) return false;
    await each(journal.files, (file) => this.#store[outcome](file));
    await this.#store.settle(journal.files);
    await rm(folder, { recursive: true, force: true });
    this.#unfinished.delete(folder);
    return true;
  }

  /** Undefined: nobody here can ask the catalog, which decides. */
  async #outcome({ outcome, created }: Journal): Promise<Journal['outcome'] | undefined> {
    if (outcome === 'retract' || created === undefined) return outcome;
    const found = await this.#exists?.(created);
    return found === undefined ? undefined : found ? 'publish' : 'retract';
  }
}

class LakeWrite implements SourceWrite {
  readonly #folder: string;
  readonly #store: PublishingStore;
  readonly #gate: PublishGate;
  readonly #signal: AbortSignal;
  readonly #left: (folder: string) => void;
  readonly #prepared: PreparedFile[] = [];
  #serial = 0;
  #ended = false;

  constructor(
    folder: string,
    store: PublishingStore,
    gate: PublishGate,
    signal: AbortSignal,
    left: (folder: string) => void,
  ) {
    this.#folder = folder;
    this.#store = store;
    this.#gate = gate;
    this.#signal = signal;
    this.#left = left;
  }

  newFolder(): Promise<string> {
    const folder = `${this.#folder}f${this.#serial++}/`;
    try {
      mkdirSync(folder);
      return Promise.resolve(folder);
    } catch (error) {
      return Promise.reject(fileFailure(error, `The folder '${folder}' cannot be written`));
    }
  }

  async publish(files: readonly StagedFile[], options: PublishOptions): Promise<void> {
    await each(files, async ({ path, location, name }) => {
      this.#prepared.push(
        await this.#store.prepare(path, location + name, this.#signal, (begun) => {
          noteBegun(this.#folder, begun);
          this.#prepared.push(begun);
        }),
      );
    });
    // An upload is noted when it begins and again when it is complete.
    const prepared = [...new Map(this.#prepared.map((file) => [file.to, file])).values()];
    const leave = await this.#gate.publish(options.location);
    try {
      throwIfAborted(this.#signal);
      if (options.mustBeEmpty) await this.#checkEmpty(options.location);
      await options.prepare?.();
      await this.#commit(prepared, options);
    } finally {
      leave();
    }
    await this.#remove();
  }

  async discard(): Promise<void> {
    if (this.#ended) return;
    try {
      await each(this.#prepared, (file) => this.#store.retract(file));
      await this.#remove();
    } catch {
      this.#leave();
    }
  }

  async #checkEmpty(location: string): Promise<void> {
    if (await this.#store.isEmpty(location, this.#signal)) return;
    throw new QueryError('objectNotInPrerequisiteState', `'${location}' is not empty any more`, {
      hint: 'Choose a location that nobody else writes to.',
    });
  }

  /** From the journal on there is no way back for whoever waits: a failure is undone, not interrupted. */
  async #commit(files: readonly PreparedFile[], { created }: PublishOptions): Promise<void> {
    const journal: Journal = {
      outcome: 'publish',
      files,
      ...(created === undefined ? {} : { created: created.table }),
    };
    if (files.length > 0) this.#journal(journal);
    await created?.register();
    try {
      await each(files, (file) => this.#store.publish(file));
      await this.#store.settle(files);
    } catch (error) {
      await this.#takeBack(files, { ...journal, outcome: 'retract' });
      await created?.undo();
      throw fileFailure(error, 'Files could not be put in their places');
    }
    // Not to be taken back by a discard.
    this.#ended = true;
  }

  /** Listings still wait: they see none of the files again. */
  async #takeBack(files: readonly PreparedFile[], journal: Journal): Promise<void> {
    try {
      this.#journal(journal);
    } catch {
      // A full disk, perhaps; what is taken back now needs no journal.
    }
    try {
      await each(files, (file) => this.#store.retract(file));
      await this.#store.settle(files);
    } catch {
      this.#leave();
    }
  }

  #journal(journal: Journal): void {
    try {
      writeJournal(this.#folder, journal);
    } catch (error) {
      throw fileFailure(error, `'${this.#folder}' cannot be written`);
    }
  }

  async #remove(): Promise<void> {
    try {
      await rm(this.#folder, { recursive: true, force: true });
      this.#ended = true;
    } catch {
      this.#leave();
    }
  }

  #leave(): void {
    this.#ended = true;
    this.#left(this.#folder);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function lockOf(folder: string): FolderLock | undefined {
  try {
    return lockFolder(folder);
  } catch {
    return undefined;
  }
}
