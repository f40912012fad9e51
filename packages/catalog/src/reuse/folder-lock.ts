import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { systemCode } from './store-files.ts';

/** The lock's file in the folder. */
export const LOCK = 'lock';

/** A folder held by this process alone until it is released or the process ends, however it ends. */
export interface FolderLock {
  release(): void;
}

/**
 * Takes a folder; undefined while another process, or another store of this one, holds it.
 *
 * The lock is the system's, taken by SQLite on an empty file: it cannot outlive its process, and it holds across containers that
 * share the folder, where process ids mean nothing. Throws libsql's error when the folder does not let a file be made.
 */
export function lockFolder(folder: string): FolderLock | undefined {
  const path = join(folder, LOCK);
  const database = new Database(path);
  try {
    // Nothing is ever written, so no journal is wanted beside the lock.
    database.exec('pragma busy_timeout = 0; pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    database.close();
    if (/^SQLITE_(?:BUSY|LOCKED)/.test(systemCode(error))) return undefined;
    throw error;
  }
  const release = (): void => {
    database.exec('rollback');
    database.close();
  };
  // Whoever held it before may have removed the folder.
  if (existsSync(path)) return { release };
  release();
  return undefined;
}
