import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readdir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../store/make-folder.ts';
import { LOCK, lockFolder } from './folder-lock.ts';
import type { FolderLock } from './folder-lock.ts';

const FOLDER = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** A file that is being written, is complete or is kept, or what the engine writes before it. */
const UNIT = /^(?:tmp_)?unit-\d+-[0-9a-f]{16}\.parquet$/;
/** As kept files were called once. */
const KEPT = /^cells-[0-9a-f]{16}\.parquet$/;

/** The folder of one process in the store's directory: `<uuid>/{lock, unit-*.parquet}`. */
export interface StoreFolder {
  readonly name: string;
  readonly path: string;
  readonly lock: FolderLock;
}

/** Takes one of the directory's folders that no process holds, the first of `preferred` that is free, or makes one. Throws the system's errors. */
export async function claimFolder(
  directory: string,
  preferred: readonly string[],
): Promise<StoreFolder> {
  makeFolder(directory);
  const present = (await readdir(directory)).filter((name) => FOLDER.test(name));
  const known = new Set(preferred);
  const names = [
    ...preferred.filter((name) => present.includes(name)),
    ...present.filter((name) => !known.has(name)),
  ];
  for (const name of names) {
    const path = join(directory, name);
    const lock = lockFolder(path);
    if (lock !== undefined) return { name, path, lock };
  }
  for (;;) {
    const name = randomUUID();
    const path = join(directory, name);
    mkdirSync(path, { mode: 0o700 });
    const lock = lockFolder(path);
    if (lock !== undefined) return { name, path, lock };
  }
}

/** Names of the folders in the directory but one. */
export async function otherFolders(directory: string, own: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => FOLDER.test(name) && name !== own);
}

/** The names of files in a folder that may be kept ones: the index says which are. */
export async function keptNames(path: string): Promise<readonly string[]> {
  return (await readdir(path)).filter(
    (name) => KEPT.test(name) || invalidationsBefore(name) !== undefined,
  );
}

/** Deletes the store's files in a folder, complete or not, but those kept. Other files are left alone. */
export async function sweepFolder(path: string, kept: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(path))
    if ((UNIT.test(name) || KEPT.test(name)) && !kept.has(name))
      await unlink(join(path, name)).catch(() => undefined);
}

/** Deletes a folder that this process holds, unless it has files that are not the store's. Releases the lock. */
export async function removeFolder({ path, lock }: Omit<StoreFolder, 'name'>): Promise<void> {
  try {
    await sweepFolder(path, new Set());
    if ((await readdir(path)).some((name) => name !== LOCK)) return;
    await unlink(join(path, LOCK));
    await rmdir(path);
  } catch {
    // What is left is tried again at the next start.
  } finally {
    lock.release();
  }
}

/** A name for a unit that is begun after so many invalidations. */
export function unitName(invalidations: number): string {
  return `unit-${invalidations}-${randomBytes(8).toString('hex')}.parquet`;
}

/** The names under which a unit may be on the disk: the engine writes another first. */
export function namesOfUnit(name: string): readonly string[] {
  return [name, `tmp_${name}`];
}

/** After how many invalidations a unit was begun; undefined when the name is no unit's. */
export function invalidationsBefore(name: string): number | undefined {
  return UNIT.test(name) && !name.startsWith('tmp_') ? Number(name.split('-')[1]) : undefined;
}
