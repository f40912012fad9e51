import { QueryError } from '@tributary/sql';
import { createHash, randomBytes } from 'node:crypto';
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  type BigIntStats,
} from 'node:fs';
import { open, readFile, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { crc32 } from 'node:zlib';
import { TimeSlice } from '../cancellation.ts';

const STAT = { bigint: true, throwIfNoEntry: false } as const;
/** Names of entries: key hash, bytes, checksum. */
const NAME = /^([0-9a-f]{40})-(\d+)-([0-9a-f]{8})$/;
/** Recency is written to disk at most this often for one entry, in milliseconds. */
const TOUCH_INTERVAL = 60_000;
/** Eviction goes down to this part of the limit. */
const LOW_WATER = 0.9;
/** Entries read to be checked without giving others a turn, up to these bytes. */
const SYNC_BYTES = 256 * 1024;
/** A lease folder of another machine is left alone for so long, in milliseconds. */
const FOREIGN_LEASE_AGE = 24 * 3600 * 1000;

interface Entry {
  readonly name: string;
  readonly size: number;
  readonly checksum: string;
  /** Inode and time of the file whose checksum was found right. */
  stamp: string | undefined;
  /** Milliseconds since 1970 of the last use by this process. */
  used: number;
  touched: number;
}

export interface ObjectCacheConfig {
  readonly directory: string;
  readonly maxBytes: number;
}

/** A file that stays until released, whatever happens to its entry. */
export interface PinnedObject {
  readonly path: string;
  release(): void;
}

/** A file being filled, which becomes an entry when it is complete. Throws diskFull or sourceError where the disk refuses. */
export interface ObjectWriter {
  write(chunk: Buffer): Promise<void>;
  /** Closes the file and enters it into the cache unless `keep` is false. */
  finish(keep: boolean): Promise<PinnedObject>;
  abort(): Promise<void>;
}

/**
 * Whole objects on local disk, shared between processes without locks. An entry's name holds its size and checksum, which
 * are checked once a process. A reader takes a hard link in its process's lease folder, so that another process may
 * evict the entry at any time. Links of processes that died are removed at the next start.
 */
export class ObjectCache {
  readonly #config: ObjectCacheConfig;
  readonly #objects: string;
  readonly #leases: string;
  readonly #entries = new Map<string, Entry>();
  /** Modification times of shard folders as they were last read. */
  readonly #shards = new Map<string, bigint>();
  #bytes = 0;
  /** Bytes added by this process since all shards were read. */
  #added = 0;
  #serial = 0;
  #evicting: Promise<void> | undefined;

  constructor(config: ObjectCacheConfig) {
    this.#config = config;
    this.#objects = `${config.directory.replace(/\/$/, '')}/objects`;
    const leases = `${config.directory.replace(/\/$/, '')}/leases`;
    this.#leases = `${leases}/${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;
    try {
      mkdirSync(this.#objects, { recursive: true });
      mkdirSync(this.#leases, { recursive: true });
      for (let shard = 0; shard < 256; shard++) {
        mkdirSync(`${this.#objects}/${shard.toString(16).padStart(2, '0')}`, { recursive: true });
      }
      removeDeadLeases(leases);
    } catch (cause) {
      throw new QueryError(
        'invalidConfiguration',
        `The object cache '${config.directory}' cannot be written.`,
        { cause },
      );
    }
  }

  /** Bytes of the entries this process knows of. */
  get bytes(): number {
    return this.#bytes;
  }

  static keyOf(parts: readonly (string | number)[]): string {
    return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 40);
  }

  /** The entry's file if it is there and whole. A damaged entry is removed. */
  async pin(key: string, size: number): Promise<PinnedObject | undefined> {
    const entry = this.#find(key);
    if (entry === undefined) return undefined;
    const path = this.#pathOf(entry);
    const lease = this.#leasePath();
    try {
      linkSync(path, lease);
    } catch {
      this.#forget(key, entry);
      return undefined;
    }
    const whole = await this.#isWhole(entry, lease, size).catch(() => false);
    if (!whole) {
      removeFile(lease);
      removeFile(path);
      this.#forget(key, entry);
      return undefined;
    }
    this.#touch(entry, path);
    return pinned(lease);
  }

  /** A file for an object that is not there yet. The caller finishes or aborts it. */
  async writer(key: string): Promise<ObjectWriter> {
    const lease = this.#leasePath();
    const file = await open(lease, 'wx').catch(refused);
    let checksum = 0;
    let size = 0;
    return {
      write: async (chunk) => {
        checksum = crc32(chunk, checksum);
        size += chunk.length;
        await file.writeFile(chunk).catch(refused);
      },
      finish: async (keep) => {
        await file.close().catch(refused);
        if (keep && size <= this.#config.maxBytes) this.#enter(key, lease, size, checksum);
        return pinned(lease);
      },
      abort: async () => {
        await file.close().catch(() => undefined);
        removeFile(lease);
      },
    };
  }

  /** Evicts what was used longest ago until the limit holds. Returns at once where it does. */
  async shrink(signal: AbortSignal): Promise<void> {
    if (this.#bytes <= this.#config.maxBytes && this.#added < this.#config.maxBytes / 16) return;
    this.#evicting ??= this.#evict(signal).finally(() => {
      this.#evicting = undefined;
    });
    await this.#evicting;
  }

  close(): void {
    rmSync(this.#leases, { recursive: true, force: true });
  }

  #leasePath(): string {
    this.#serial += 1;
    return `${this.#leases}/${this.#serial}`;
  }

  #pathOf(entry: Entry): string {
    return `${this.#objects}/${entry.name.slice(0, 2)}/${entry.name}`;
  }

  #find(key: string): Entry | undefined {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    this.#readShard(key.slice(0, 2));
    return this.#entries.get(key);
  }

  /** Learns of entries that other processes made; reads the folder only if it changed. */
  #readShard(shard: string): void {
    const folder = `${this.#objects}/${shard}`;
    const modified = statSync(folder, STAT)?.mtimeNs;
    if (modified === undefined || this.#shards.get(shard) === modified) return;
    this.#shards.set(shard, modified);
    for (const name of readdirSync(folder)) {
      const match = NAME.exec(name);
      if (match === null) continue;
      const [, key = '', size = '', checksum = ''] = match;
      if (this.#entries.has(key)) continue;
      this.#remember(key, {
        name,
        size: Number(size),
        checksum,
        stamp: undefined,
        used: 0,
        touched: 0,
      });
    }
  }

  async #isWhole(entry: Entry, path: string, size: number): Promise<boolean> {
    const stats = statSync(path, STAT);
    if (stats === undefined || entry.size !== size || stats.size !== BigInt(size)) return false;
    const stamp = stampOf(stats);
    if (entry.stamp === stamp) return true;
    const content = size <= SYNC_BYTES ? readFileSync(path) : await readFile(path);
    if (formatChecksum(crc32(content)) !== entry.checksum) return false;
    entry.stamp = stamp;
    return true;
  }

  #enter(key: string, lease: string, size: number, checksum: number): void {
    const text = formatChecksum(checksum);
    const name = `${key}-${size}-${text}`;
    const entry: Entry = {
      name,
      size,
      checksum: text,
      stamp: undefined,
      used: Date.now(),
      touched: Date.now(),
    };
    const path = this.#pathOf(entry);
    try {
      // A link beside it, renamed: replaces an entry of the same name that may be damaged.
      const aside = `${lease}.new`;
      linkSync(lease, aside);
      renameSync(aside, path);
      removeFile(aside);
    } catch {
      // Not kept, but readable for now.
      return;
    }
    const stats = statSync(path, STAT);
    if (stats !== undefined) entry.stamp = stampOf(stats);
    const before = this.#entries.get(key);
    if (before !== undefined) this.#forget(key, before);
    this.#remember(key, entry);
    this.#added += size;
  }

  #remember(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    this.#bytes += entry.size;
  }

  #forget(key: string, entry: Entry): void {
    if (this.#entries.get(key) !== entry) return;
    this.#entries.delete(key);
    this.#bytes -= entry.size;
    this.#shards.delete(key.slice(0, 2));
  }

  /** The access time tells other processes; the modification time is the writer's and stays. */
  #touch(entry: Entry, path: string): void {
    entry.used = Date.now();
    if (entry.used - entry.touched < TOUCH_INTERVAL) return;
    entry.touched = entry.used;
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return;
    try {
      utimesSync(path, new Date(), stats.mtime);
      const after = statSync(path, STAT);
      if (after !== undefined && entry.stamp !== undefined) entry.stamp = stampOf(after);
    } catch {
      // Evicted meanwhile.
    }
  }

  async #evict(signal: AbortSignal): Promise<void> {
    const slice = new TimeSlice(signal);
    this.#shards.clear();
    for (let shard = 0; shard < 256; shard++) {
      this.#readShard(shard.toString(16).padStart(2, '0'));
      if (slice.due) await slice.next();
    }
    this.#added = 0;
    const candidates: { key: string; entry: Entry; used: number }[] = [];
    for (const [key, entry] of this.#entries) {
      const stats = statSync(this.#pathOf(entry), { throwIfNoEntry: false });
      if (stats === undefined) this.#forget(key, entry);
      else candidates.push({ key, entry, used: Math.max(entry.used, stats.atimeMs) });
      if (slice.due) await slice.next();
    }
    if (this.#bytes <= this.#config.maxBytes) return;
    candidates.sort((a, b) => a.used - b.used);
    for (const { key, entry } of candidates) {
      if (this.#bytes <= this.#config.maxBytes * LOW_WATER) return;
      // Freeing a file can take the disk milliseconds.
      await unlink(this.#pathOf(entry)).catch(() => undefined);
      this.#forget(key, entry);
      if (slice.due) await slice.next();
    }
  }
}

function pinned(path: string): PinnedObject {
  return { path, release: () => removeFile(path) };
}

function stampOf(stats: BigIntStats): string {
  return `${stats.ino}:${stats.mtimeNs}:${stats.size}`;
}

function formatChecksum(checksum: number): string {
  return checksum.toString(16).padStart(8, '0');
}

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is not there.
  }
}

function refused(cause: unknown): never {
  const code = cause !== null && typeof cause === 'object' && 'code' in cause ? cause.code : '';
  throw code === 'ENOSPC'
    ? new QueryError('diskFull', 'The disk of the object cache is full.', { cause })
    : new QueryError('sourceError', 'The object cache cannot be written.', { cause });
}

/** Removes lease folders whose process on this machine has ended. */
function removeDeadLeases(leases: string): void {
  const prefix = `${hostname()}-`;
  for (const name of readdirSync(leases)) {
    const path = `${leases}/${name}`;
    const own = name.startsWith(prefix);
    const pid = Number(name.slice(prefix.length).split('-')[0]);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (own ? !isRunning(pid) : age > FOREIGN_LEASE_AGE) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error !== null && typeof error === 'object' && 'code' in error && error.code === 'EPERM';
  }
}
