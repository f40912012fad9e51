import { QueryError } from '@tributary/sql';
import { closeSync, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import type { StoredFile } from './file-store.ts';

/** What of a local file changes with its content: size, times and inode. */
export function versionOf(stats: BigIntStats): string {
  return `${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}:${stats.ino}`;
}

/** Whether a call of the file system failed because there is no such file. */
export function isMissing(cause: unknown): boolean {
  return cause !== null && typeof cause === 'object' && 'code' in cause && cause.code === 'ENOENT';
}

export function changed(path: string): QueryError {
  return new QueryError('dataChanged', `'${path}' changed while it was read.`, {
    hint: 'Run the query again.',
  });
}

/**
 * The last `length` bytes. They are compared after they were read: bytes of another version do not get out.
 *
 * @throws QueryError dataChanged; sourceError for a file that is there and cannot be opened.
 */
export function readTail({ path, size, version }: StoredFile, length: number): Buffer {
  const descriptor = open(path);
  try {
    const buffer = Buffer.allocUnsafe(length);
    const bytes = readSync(descriptor, buffer, 0, length, size - length);
    if (bytes < length || versionOf(fstatSync(descriptor, { bigint: true })) !== version) {
      throw changed(path);
    }
    return buffer;
  } finally {
    closeSync(descriptor);
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    if (isMissing(cause)) throw changed(path);
    throw new QueryError('sourceError', `The file '${path}' cannot be read.`, { cause });
  }
}
