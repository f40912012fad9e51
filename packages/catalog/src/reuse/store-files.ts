import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { QueryError, isQueryError } from '@tributary/sql';

/** What tells one file from another that took its place, as far as the system says. */
export interface FileIdentity {
  readonly bytes: number;
  readonly mtimeNs: string;
  readonly ctimeNs: string;
  readonly inode: string;
}

/** What the store does to files. Every method throws the system's own error. */
export interface StoreFiles {
  identify(path: string): FileIdentity;
  /** SHA-256 of the contents, in hexadecimal. `bytes`: their length as far as known. */
  hash(path: string, bytes: number): Promise<string>;
  /** Returns when the contents are on the disk. */
  sync(path: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

const READ_BYTES = 1 << 20;
const SMALL_BYTES = 1 << 18;

/** The files of the machine. */
export const STORE_FILES: StoreFiles = {
  identify(path) {
    const stats: BigIntStats = statSync(path, { bigint: true });
    return {
      bytes: Number(stats.size),
      mtimeNs: String(stats.mtimeNs),
      ctimeNs: String(stats.ctimeNs),
      inode: String(stats.ino),
    };
  },

  async hash(path, bytes) {
    // Four calls through the thread pool take longer than reading a small file.
    if (bytes <= SMALL_BYTES) return createHash('sha256').update(readFileSync(path)).digest('hex');
    const file = await open(path, 'r');
    try {
      const hash = createHash('sha256');
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, READ_BYTES);
        if (bytesRead === 0) return hash.digest('hex');
        hash.update(buffer.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
    }
  },

  async sync(path) {
    const file = await open(path, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  },

  unlink,
};

export function sameFile(one: FileIdentity, other: FileIdentity): boolean {
  return (
    one.bytes === other.bytes &&
    one.mtimeNs === other.mtimeNs &&
    one.ctimeNs === other.ctimeNs &&
    one.inode === other.inode
  );
}

/** The system's code of an error, such as ENOENT; empty when it has none. */
export function systemCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** The system's error as one of ours: diskFull, or sourceUnavailable. It names no path, since a client may see it. */
export function fileError(error: unknown, doing: string): QueryError {
  if (isQueryError(error)) return error;
  const code = systemCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new QueryError('diskFull', `the disk of the reuse store is full: ${doing}`, {
      cause: error,
      hint: 'Free space, or lower the size of the reuse store.',
    });
  return new QueryError('sourceUnavailable', `the reuse store failed while ${doing}`, {
    cause: error,
    ...(code === '' ? {} : { detail: code }),
  });
}
