import { createHash } from 'node:crypto';
import { opendir, readFile, stat } from 'node:fs/promises';

export interface S3Object {
  readonly key: string;
  readonly size: number;
  /** In quotes. */
  readonly etag: string;
  readonly modified: Date;
  read(): Promise<Buffer> | Buffer;
}

/** Keys in S3's order: by UTF-8 bytes. */
export class S3Bucket {
  readonly #objects = new Map<string, S3Object>();
  #keys: string[] | undefined;

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): S3Object | undefined {
    return this.#objects.get(key);
  }

  put(key: string, body: Buffer): S3Object {
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    return this.#set({ key, size: body.length, etag, modified: new Date(), read: () => body });
  }

  delete(key: string): void {
    if (this.#objects.delete(key)) this.#keys = undefined;
  }

  /** Adds the files below a folder under a key prefix. Contents are read when they are asked for. */
  async addFolder(folder: string, prefix = ''): Promise<void> {
    for await (const entry of await opendir(folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        await this.addFolder(path, `${prefix}${entry.name}/`);
      } else {
        const { size, mtimeMs, mtime } = await stat(path);
        const version = createHash('md5').update(`${path}\0${size}\0${mtimeMs}`).digest('hex');
        this.#set({
          key: prefix + entry.name,
          size,
          etag: `"${version}"`,
          modified: mtime,
          read: () => readFile(path),
        });
      }
    }
  }

  /** Keys with a prefix that come after another key, in order. */
  *after(prefix: string, start: string): Generator<S3Object> {
    this.#keys ??= [...this.#objects.keys()].sort(compareKeys);
    const keys = this.#keys;
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const key = keys[middle] ?? '';
      if (compareKeys(key, prefix) < 0 || compareKeys(key, start) <= 0) low = middle + 1;
      else high = middle;
    }
    for (; low < keys.length; low++) {
      const key = keys[low] ?? '';
      const object = this.#objects.get(key);
      if (object === undefined || !key.startsWith(prefix)) return;
      yield object;
    }
  }

  #set(object: S3Object): S3Object {
    if (!this.#objects.has(object.key)) this.#keys = undefined;
    this.#objects.set(object.key, object);
    return object;
  }
}

function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  // Below U+D800 the orders of UTF-16 units and UTF-8 bytes are the same.
  if (/[\ud800-\uffff]/.test(a + b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}
