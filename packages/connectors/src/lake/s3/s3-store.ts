import type { Engine } from '@tributary/engine';
import { QueryError } from '@tributary/sql';
import type { IncomingMessage } from 'node:http';
import { throwIfAborted } from '../cancellation.ts';
import type { FileStore, OpenFile, OpenFiles, StoreContext, StoredFile } from '../file-store.ts';
import type { LakeConfig } from '../lake-connector.ts';
import { isBelow, isHidden, isSafeName, outsideRoot } from '../location.ts';
import { RangeLister, type ListPage } from './list-ranges.ts';
import { parseListResponse, type ListResponse } from './list-response.ts';
import { ObjectCache, type PinnedObject } from './object-cache.ts';
import { RequestLimit } from './request-limit.ts';
import type { PublishingStore } from '../write/publishing-store.ts';
import { S3Publishing } from './s3-publishing.ts';
import { S3Requests, TruncatedBody } from './s3-requests.ts';
import { readBody } from './signed-http.ts';

/** Bytes of a page of 1,000 keys of 1,024 bytes, encoded, and more. */
const LIST_BODY = 16 * 1024 * 1024;
/** Requests in flight: what half a year of days asks for at once goes as one wave. S3 takes thousands a second below a prefix. */
const DEFAULT_CONCURRENCY = 192;
/** Without httpfs, larger objects than this are refused. Bytes. */
const DEFAULT_DOWNLOAD_LIMIT = 1024 ** 3;
/** Bytes of objects that may be on their way at once. */
const BUFFERED_BYTES = 128 * 1024 * 1024;
/** Objects that DuckDB would take for options or patterns are fetched whole. */
const HTTPFS_KEY = /^[^?#*[\]]*$/;

/** Objects below `s3://bucket/prefix/`. */
export class S3Store implements FileStore {
  readonly #config: LakeConfig;
  readonly #engine: Engine;
  /** Ends in `/`. */
  readonly #root: string;
  readonly #bucket: string;
  readonly #requests: S3Requests;
  readonly #fetchConcurrency: number;
  readonly #lister = new RangeLister();
  readonly #cache: ObjectCache;
  readonly #bytes = new RequestLimit(BUFFERED_BYTES);
  /** Fetches on their way, by cache key. */
  readonly #fetching = new Map<string, Promise<unknown>>();

  constructor(config: LakeConfig, engine: Engine) {
    const root = parseLocation(config.root);
    if (root === undefined) {
      throw new QueryError(
        'invalidConfiguration',
        `The root '${config.root}' of the source "${config.source}" must read s3://bucket/prefix/.`,
      );
    }
    this.#config = config;
    this.#engine = engine;
    this.#root = root;
    this.#bucket = bucketOf(root);
    this.#cache = new ObjectCache(config.cache);
    this.#fetchConcurrency = config.limits?.fetchConcurrency ?? DEFAULT_CONCURRENCY;
    this.#requests = new S3Requests(
      this.#bucket,
      config.s3 ?? {},
      config.limits?.listConcurrency ?? DEFAULT_CONCURRENCY,
      this.#fetchConcurrency,
    );
    const staging = `${config.cache.directory.replace(/\/$/, '')}/writes/`;
    this.publishing = new S3Publishing(this.#bucket, this.#requests, staging);
  }

  readonly path = 'objects';
  readonly publishing: PublishingStore;

  resolveLocation(location: string): Promise<string> {
    const resolved = parseLocation(location);
    return resolved !== undefined && isBelow(this.#root, resolved)
      ? Promise.resolve(resolved)
      : Promise.reject(outsideRoot(location, this.#root, this.#config.source));
  }

  async list(locations: readonly string[], context: StoreContext): Promise<readonly StoredFile[]> {
    throwIfAborted(context.signal);
    const prefixes = locations.map((location) =>
      isBelow(this.#root, location) ? this.#keyOf(location) : undefined,
    );
    const found = await this.#lister.list(
      prefixes.filter((prefix) => prefix !== undefined),
      (prefix, startAfter, limit) => this.#page(prefix, startAfter, limit, context),
    );
    const files: StoredFile[] = [];
    prefixes.forEach((prefix, location) => {
      if (prefix === undefined) return;
      for (const { key, size, etag } of found.get(prefix) ?? []) {
        if (size === 0 || !isVisible(key, prefix)) continue;
        const path = `s3://${this.#bucket}/${key}`;
        files.push({ path, size, version: `${etag}:${size}`, location });
      }
    });
    return files;
  }

  async listFolders(location: string, context: StoreContext): Promise<readonly string[]> {
    if (!isBelow(this.#root, location)) return [];
    const prefix = this.#keyOf(location);
    const folders: string[] = [];
    let token: string | undefined;
    do {
      const page = await this.#requests.run('list', location, context, (signal) =>
        this.#listPage({ prefix, delimiter: '/' }, token, signal),
      );
      for (const folder of page.folders) {
        const name = folder.slice(prefix.length, -1);
        if (!isHidden(name) && isSafeName(name)) folders.push(name);
      }
      token = page.truncated ? page.nextToken : undefined;
    } while (token !== undefined);
    return folders;
  }

  async open(files: readonly StoredFile[], caller: StoreContext): Promise<OpenFiles> {
    // The first failure ends the other requests.
    const group = new AbortController();
    const context: StoreContext = {
      statistics: caller.statistics,
      signal: AbortSignal.any([caller.signal, group.signal]),
    };
    const pins: PinnedObject[] = [];
    const ranged: StoredFile[] = [];
    const release = () => {
      for (const pin of pins.splice(0)) pin.release();
      return Promise.resolve();
    };
    try {
      const opened: OpenFile[] = [];
      await this.#each(files, group, async (file, index) => {
        if (this.#isRanged(file)) {
          ranged.push(file);
          // The engine fetches what it needs and does not tell how much: what it may have read is counted, as on local disk.
          context.statistics.bytesRead += file.size;
          const readTail = (length: number) => this.readTail(file, length, caller);
          opened[index] = { enginePath: file.path, readTail };
          return;
        }
        const pin = await this.#acquire(file, context);
        pins.push(pin);
        opened[index] = { enginePath: pin.path, localPath: pin.path };
      });
      await this.#cache.shrink(context.signal);
      return {
        files: opened,
        verify: () => this.#verify(ranged, caller),
        release,
      };
    } catch (error) {
      await release();
      throw error;
    }
  }

  close(): Promise<void> {
    this.#requests.close();
    this.#cache.close();
    return Promise.resolve();
  }

  /** Works through files with as many at once as objects may be fetched; the first failure ends it. */
  async #each(
    files: readonly StoredFile[],
    group: AbortController,
    work: (file: StoredFile, index: number) => Promise<void>,
  ): Promise<void> {
    const remaining = files.entries();
    const worker = async () => {
      for (const [index, file] of remaining) {
        if (group.signal.aborted) return;
        try {
          await work(file, index);
        } catch (error) {
          group.abort(error);
          throw error;
        }
      }
    };
    const count = Math.min(files.length, this.#fetchConcurrency);
    const settled = await Promise.allSettled(Array.from({ length: count }, worker));
    const failed = settled.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  #keyOf(path: string): string {
    return path.slice(`s3://${this.#bucket}/`.length);
  }

  async #page(
    prefix: string,
    startAfter: string,
    limit: number,
    context: StoreContext,
  ): Promise<ListPage> {
    const what = `s3://${this.#bucket}/${prefix}`;
    const query = {
      prefix,
      'max-keys': String(limit),
      ...(startAfter === '' ? {} : { 'start-after': startAfter }),
    };
    return this.#requests.run('list', what, context, (signal) =>
      this.#listPage(query, undefined, signal),
    );
  }

  async #listPage(
    query: Readonly<Record<string, string>>,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<ListResponse> {
    const response = await this.#requests.http.send(
      {
        method: 'GET',
        query: {
          'list-type': '2',
          'encoding-type': 'url',
          ...query,
          ...(token === undefined ? {} : { 'continuation-token': token }),
        },
      },
      signal,
    );
    return parseListResponse((await readBody(response, LIST_BODY)).toString('utf8'));
  }

  /** Whether the engine reads the file by range. Throws programLimitExceeded where nobody can read it. */
  #isRanged(file: StoredFile): boolean {
    if (file.size <= this.#config.cache.wholeObjectLimit) return false;
    if (this.#engine.hasExtension('httpfs') && HTTPFS_KEY.test(file.path)) return true;
    const limit = this.#config.cache.downloadLimit ?? DEFAULT_DOWNLOAD_LIMIT;
    if (file.size <= limit) return false;
    throw new QueryError(
      'programLimitExceeded',
      `'${file.path}' has ${file.size} bytes, more than the ${limit} that are fetched whole, and the extension httpfs, which reads by range, is not loaded.`,
      { hint: 'Run "tributary extensions" to fetch and load httpfs.' },
    );
  }

  async #acquire(file: StoredFile, context: StoreContext): Promise<PinnedObject> {
    const key = ObjectCache.keyOf([
      this.#config.s3?.endpoint ?? '',
      this.#bucket,
      this.#keyOf(file.path),
      file.version,
    ]);
    const shared = this.#config.objectCache !== false;
    for (;;) {
      const cached = shared ? await this.#cache.pin(key, file.size) : undefined;
      if (cached !== undefined) return cached;
      const running = shared ? this.#fetching.get(key) : undefined;
      if (running === undefined) break;
      await running.catch(() => undefined);
      throwIfAborted(context.signal);
    }
    const fetched = this.#fetch(file, key, shared, context);
    if (!shared) return fetched;
    const settled = fetched.finally(() => this.#fetching.delete(key));
    this.#fetching.set(key, settled);
    return settled;
  }

  async #fetch(
    file: StoredFile,
    cacheKey: string,
    keep: boolean,
    context: StoreContext,
  ): Promise<PinnedObject> {
    const leave = await this.#bytes.enter(context.signal, file.size);
    try {
      return await this.#requests.run('object', file.path, context, async (signal) => {
        const object = await this.#get(file, undefined, signal);
        const writer = await this.#cache.writer(cacheKey);
        try {
          let size = 0;
          for await (const chunk of object as AsyncIterable<Buffer>) {
            size += chunk.length;
            context.statistics.bytesRead += chunk.length;
            if (size <= file.size) await writer.write(chunk);
          }
          if (size !== file.size) throw new TruncatedBody(`${size} of ${file.size} bytes came`);
          return await writer.finish(keep);
        } catch (error) {
          await writer.abort();
          throw error;
        }
      });
    } finally {
      leave();
    }
  }

  async readTail(file: StoredFile, length: number, context: StoreContext): Promise<Buffer> {
    return this.#requests.run('object', file.path, context, async (signal) => {
      const range = `bytes=${file.size - length}-${file.size - 1}`;
      const tail = await readBody(await this.#get(file, range, signal), length);
      context.statistics.bytesRead += tail.length;
      if (tail.length !== length) throw new TruncatedBody(`${tail.length} of ${length} bytes came`);
      return tail;
    });
  }

  #get(file: StoredFile, range: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    return this.#requests.http.send(
      {
        method: 'GET',
        key: this.#keyOf(file.path),
        headers: { 'if-match': etagOf(file), ...(range === undefined ? {} : { range }) },
      },
      signal,
    );
  }

  /** What came whole came under its ETag; what the engine read by range is asked for once more. */
  async #verify(files: readonly StoredFile[], context: StoreContext): Promise<void> {
    await this.#each(files, new AbortController(), async (file) => {
      await this.#requests.run('object', file.path, context, async (signal) => {
        const response = await this.#requests.http.send(
          {
            method: 'HEAD',
            key: this.#keyOf(file.path),
            headers: { 'if-match': etagOf(file) },
          },
          signal,
        );
        response.resume();
      });
    });
  }
}

function etagOf(file: StoredFile): string {
  return file.version.slice(0, file.version.lastIndexOf(':'));
}

/** `s3://bucket/prefix/` of a location in any of S3's schemes; undefined for others. */
function parseLocation(location: string): string | undefined {
  const match = /^s3[an]?:\/\/([a-z0-9][a-z0-9._-]{1,62})(\/.*)?$/s.exec(location);
  if (match === null) return undefined;
  const [, bucket = '', path = ''] = match;
  return `s3://${bucket}${path.endsWith('/') ? path : `${path}/`}`;
}

function bucketOf(location: string): string {
  return location.slice('s3://'.length, location.indexOf('/', 's3://'.length));
}

function isVisible(key: string, prefix: string): boolean {
  return !key.slice(prefix.length).split('/').some(isHidden) && !key.endsWith('/');
}
