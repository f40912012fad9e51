import { QueryError } from '@tributary/sql';
import type { StoredFile } from '../file-store.ts';

/** Read at once: holds most footers whole. */
const TAIL = 16_384;
/** The same where each reading is a request. */
export const REMOTE_TAIL = 4 * TAIL;
const MAX_FOOTER = 64 * 1024 * 1024;
const MAGIC = 'PAR1';

/** Bytes of the file metadata that the last 8 bytes announce. Throws incompatibleFile unless it is a Parquet file's end. */
function footerLength(file: StoredFile, tail: Buffer): number {
  const length = tail.length < 12 ? -1 : tail.readUInt32LE(tail.length - 8);
  const magic = tail.toString('latin1', Math.max(0, tail.length - 4));
  if (magic === 'PARE') {
    throw new QueryError('incompatibleFile', `'${file.path}' is an encrypted Parquet file.`);
  }
  if (magic !== MAGIC || length < 0 || length > MAX_FOOTER || length + 12 > file.size) {
    throw new QueryError('incompatibleFile', `'${file.path}' is not a whole Parquet file.`, {
      hint: 'Name temporary files with a leading "_" or "." so that they are not read.',
    });
  }
  return length;
}

/** The FileMetaData within a file's last bytes, or how many of them hold it. */
function metadataIn(file: StoredFile, tail: Buffer): Buffer | number {
  const length = footerLength(file, tail);
  return length + 8 <= tail.length
    ? tail.subarray(tail.length - 8 - length, tail.length - 8)
    : length + 8;
}

/** A file's FileMetaData. Throws incompatibleFile unless it is a Parquet file. */
export function readFooterNow(file: StoredFile, readTail: (length: number) => Buffer): Buffer {
  const found = metadataIn(file, readTail(Math.min(TAIL, file.size)));
  return typeof found === 'number' ? readTail(found).subarray(0, found - 8) : found;
}

/** A file's FileMetaData. Throws incompatibleFile unless it is a Parquet file. */
export async function readFooter(
  file: StoredFile,
  readTail: (length: number) => Promise<Buffer>,
): Promise<Buffer> {
  const found = metadataIn(file, await readTail(Math.min(REMOTE_TAIL, file.size)));
  return typeof found === 'number' ? (await readTail(found)).subarray(0, found - 8) : found;
}
