import { lstat, mkdir, open, opendir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { throwIfAborted } from '../cancellation.ts';
import type { PreparedFile, PublishingStore } from './publishing-store.ts';

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Files appear by being renamed, within one file system. `root` is absolute and ends in `/`. */
export class LocalPublishing implements PublishingStore {
  readonly staging: string;
  readonly #root: string;

  constructor(root: string, staging: string) {
    this.#root = root;
    this.staging = staging;
  }

  async prepare(from: string, to: string, signal: AbortSignal): Promise<PreparedFile> {
    throwIfAborted(signal);
    await sync(from);
    return { from, to };
  }

  async publish({ from, to }: PreparedFile): Promise<void> {
    await mkdir(dirname(to), { recursive: true });
    try {
      await rename(from, to);
    } catch (error) {
      // Renamed before by the process that left the journal.
      if (codeOf(error) !== 'ENOENT' || !(await exists(to))) throw error;
    }
  }

  async retract({ to }: PreparedFile): Promise<void> {
    try {
      await rm(to, { force: true });
    } catch (error) {
      // A file stands where its folder would be: it never was there.
      if (codeOf(error) !== 'ENOTDIR') throw error;
    }
  }

  /** Names are durable once their folders are, and those that the folders stand in. */
  async settle(files: readonly PreparedFile[]): Promise<void> {
    const folders = new Set<string>();
    for (const { to } of files)
      for (let path = dirname(to); path.length >= this.#root.length - 1; path = dirname(path)) {
        if (folders.has(path)) break;
        folders.add(path);
      }
    for (const folder of folders) if (await exists(folder)) await sync(folder);
  }

  /** Folders without files do not count: what was taken back leaves them. */
  async isEmpty(location: string, signal: AbortSignal): Promise<boolean> {
    throwIfAborted(signal);
    let folder;
    try {
      folder = await opendir(location);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return true;
      // A file stands there, or on the way.
      if (codeOf(error) === 'ENOTDIR') return false;
      throw error;
    }
    for await (const entry of folder) {
      const isFolder = entry.isDirectory();
      if (!isFolder || !(await this.isEmpty(`${location}${entry.name}/`, signal))) return false;
    }
    return true;
  }
}
