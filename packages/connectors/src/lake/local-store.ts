import { QueryError } from '@tributary/sql';
import { LRUCache } from 'lru-cache';
import { lstatSync, readdirSync, realpathSync, statSync, type BigIntStats } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TimeSlice } from './cancellation.ts';
import { changed, isMissing, readTail, versionOf } from './local-file.ts';
import type { FileStore, OpenFiles, StoreContext, StoredFile } from './file-store.ts';
import { isBelow, isHidden, isSafeName, outsideRoot, RESERVED_FOLDER } from './location.ts';
import { LocalPublishing } from './write/local-publishing.ts';
import type { PublishingStore } from './write/publishing-store.ts';

/** Folders below a partition's own; a chain of links that never ends stops here. */
const MAX_DEPTH = 64;
const MILLI = 1_000_000n;
const STAT = { bigint: true, throwIfNoEntry: false } as const;

export interface LocalStoreConfig {
  readonly source: string;
  /** Absolute folder. */
  readonly root: string;
  /** Milliseconds since 1970; default the system's clock. */
  readonly now?: () => number;
}

/** Folders and names in them that are remembered. */
const REMEMBERED_NAMES = 500_000;
/**
 * A folder's times say that its names are the same only once they are this old: within the clock's grain a name can be added
 * without them changing.
 */
const SETTLED_NS = 2_000_000_000n;

interface FolderMemory {
  readonly folders: LRUCache<string, FolderNames>;
  readonly now: () => number;
}

interface FolderNames extends Pick<BigIntStats, 'mtimeNs' | 'ctimeNs' | 'ino' | 'dev'> {
  readonly names: readonly string[];
  /** Files whose times had settled; not links. */
  readonly files: Map<string, RememberedFile>;
}

type RememberedFile = Omit<StoredFile, 'path' | 'location'>;

/** Files below a local folder. Symbolic links are followed as long as they stay below the root. */
export class LocalStore implements FileStore {
  readonly path = 'local';
  readonly publishing: PublishingStore;
  readonly #source: string;
  readonly #root: string;
  readonly #names: FolderMemory;

  constructor(config: LocalStoreConfig) {
    if (!isAbsolute(config.root)) {
      throw new QueryError(
        'invalidConfiguration',
        `The root '${config.root}' of the source "${config.source}" must be an absolute folder or an s3:// URL.`,
      );
    }
    this.#source = config.source;
    this.#names = {
      folders: new LRUCache<string, FolderNames>({
        maxSize: REMEMBERED_NAMES,
        sizeCalculation: ({ names }) => 1 + names.length,
      }),
      now: config.now ?? Date.now,
    };
    this.#root = withSlash(resolve(config.root));
    this.publishing = new LocalPublishing(this.#root, `${this.#root}${RESERVED_FOLDER}/writes/`);
  }

  resolveLocation(location: string): Promise<string> {
    const path = location.startsWith('file:') ? filePath(location) : location;
    const folder = withSlash(path);
    if (!isBelow(this.#root, folder) || !this.#staysBelow(folder.slice(0, -1))) {
      return Promise.reject(outsideRoot(location, this.#root, this.#source));
    }
    return Promise.resolve(folder);
  }

  async list(locations: readonly string[], context: StoreContext): Promise<readonly StoredFile[]> {
    const listing = new LocalListing(
      this.#root,
      this.#realRoot(),
      this.#names,
      context.confirms === true,
    );
    const slice = new TimeSlice(context.signal);
    for (const [index, location] of locations.entries()) {
      if (slice.due) await slice.next();
      const entered = listing.enter(location);
      if (entered === undefined) continue;
      const folders = [entered];
      for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
        if (slice.due) await slice.next();
        if (folder.depth > MAX_DEPTH) {
          throw new QueryError('sourceError', `Folders below '${location}' nest too deep.`);
        }
        listing.read(folder, index, folders);
      }
      listing.sortFrom(index);
    }
    return listing.files;
  }

  async listFolders(location: string, context: StoreContext): Promise<readonly string[]> {
    const listing = new LocalListing(this.#root, this.#realRoot(), this.#names);
    const slice = new TimeSlice(context.signal);
    if (listing.enter(location) === undefined) return [];
    const folders: string[] = [];
    for (const name of readNames(location)) {
      if (slice.due) await slice.next();
      if (!isHidden(name) && isSafeName(name) && listing.kind(location + name)?.isDirectory()) {
        folders.push(name);
      }
    }
    return folders;
  }

  open(files: readonly StoredFile[], context: StoreContext): Promise<OpenFiles> {
    return Promise.resolve({
      files: files.map(({ path }) => ({ enginePath: path, localPath: path })),
      confirm: () =>
        this.#check(
          files.filter(({ remembered }) => remembered),
          context,
        ),
      verify: () => this.#check(files, context),
      release: () => Promise.resolve(),
    });
  }

  readTail(file: StoredFile, length: number): Promise<Buffer> {
    return new Promise((resolve) => {
      resolve(readTail(file, Math.min(length, file.size)));
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Throws dataChanged, and forgets the folder, unless the files are the versions that were listed. */
  async #check(files: readonly StoredFile[], context: StoreContext): Promise<void> {
    const slice = new TimeSlice(context.signal);
    for (const { path, version } of files) {
      if (slice.due) await slice.next();
      const stats = statSync(path, STAT);
      if (stats === undefined || versionOf(stats) !== version) {
        this.#names.folders.delete(path.slice(0, path.lastIndexOf('/') + 1));
        throw changed(path);
      }
    }
  }

  #realRoot(): string {
    try {
      return withSlash(realpathSync.native(this.#root));
    } catch (cause) {
      throw new QueryError(
        'sourceUnavailable',
        `The root '${this.#root}' of the source "${this.#source}" cannot be read.`,
        { cause },
      );
    }
  }

  /** The part of a path that exists may not leave the root through links. */
  #staysBelow(path: string): boolean {
    const root = this.#realRoot();
    for (let part = path; part.length >= this.#root.length - 1;) {
      if (exists(part)) {
        try {
          return withSlash(realpathSync.native(part)).startsWith(root);
        } catch {
          return false;
        }
      }
      part = part.slice(0, part.lastIndexOf('/'));
    }
    return true;
  }
}

/** A folder that may be read, as it was found. */
interface ListedFolder {
  /** Ends in `/`. */
  readonly path: string;
  /** Folders below the listed location. */
  readonly depth: number;
  readonly stats: BigIntStats;
}

/** One listing: checks each folder on the way once. */
class LocalListing {
  readonly files: StoredFile[] = [];
  readonly #root: string;
  readonly #realRoot: string;
  readonly #ancestors = new Map<string, boolean>();
  readonly #names: FolderMemory;
  /** Versions of files may be those of an earlier listing. */
  readonly #trusting: boolean;

  constructor(root: string, realRoot: string, names: FolderMemory, trusting = false) {
    this.#root = root;
    this.#realRoot = realRoot;
    this.#names = names;
    this.#trusting = trusting;
    this.#ancestors.set(root, true);
  }

  /**
   * A folder that exists and lies below the root, links followed; undefined for others. `path` ends in `/`. The folders above
   * one that stands as it is remembered are not asked again: it was below the root, its own name has not changed since, and
   * should a folder above have been moved out behind a link, the engine resolves each path and refuses it.
   */
  enter(path: string): ListedFolder | undefined {
    if (!isBelow(this.#root, path)) return undefined;
    const stats = this.kind(path.slice(0, -1) || '/');
    if (stats?.isDirectory() !== true) return undefined;
    const folder = { path, depth: 0, stats };
    const inside =
      path === this.#root || this.#remembered(folder) !== undefined || this.#leadsInside(path);
    return inside ? folder : undefined;
  }

  /** Whether the folders above are folders of the root. */
  #leadsInside(path: string): boolean {
    return this.#isAncestor(path.slice(0, path.lastIndexOf('/', path.length - 2) + 1));
  }

  #isAncestor(path: string): boolean {
    let known = this.#ancestors.get(path);
    if (known === undefined) {
      known = this.#leadsInside(path) && this.#isFolder(path.slice(0, -1));
      this.#ancestors.set(path, known);
    }
    return known;
  }

  /** Without the nanoseconds that a version needs: half the cost, and it is asked for each segment above each partition. */
  #isFolder(path: string): boolean {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats?.isSymbolicLink() === true
      ? this.kind(path)?.isDirectory() === true
      : stats?.isDirectory() === true;
  }

  /** Adds the folder's files and pushes its folders. */
  read(folder: ListedFolder, location: number, folders: ListedFolder[]): void {
    const { names, files } = this.#remembered(folder) ?? this.#readFolder(folder);
    for (const name of names) {
      if (isHidden(name)) continue;
      const path = folder.path + name;
      const known = this.#trusting ? files.get(name) : undefined;
      if (known !== undefined) {
        this.files.push({ ...known, path, location, remembered: true });
        continue;
      }
      const own = lstatSync(path, STAT);
      const linked = own?.isSymbolicLink() === true;
      const stats = linked ? this.#target(path) : own;
      if (stats === undefined) continue;
      if (stats.isDirectory()) folders.push({ path: `${path}/`, depth: folder.depth + 1, stats });
      else if (stats.isFile() && stats.size > 0n) {
        const file: RememberedFile = {
          size: Number(stats.size),
          version: versionOf(stats),
          modifiedAt: Number(
            (stats.mtimeNs > stats.ctimeNs ? stats.mtimeNs : stats.ctimeNs) / MILLI,
          ),
        };
        if (!linked && this.#isSettled(stats)) files.set(name, file);
        this.files.push({ ...file, path, location });
      }
    }
  }

  #readFolder({ path, stats }: ListedFolder): Pick<FolderNames, 'names' | 'files'> {
    const { mtimeNs, ctimeNs, ino, dev } = stats;
    const read = {
      mtimeNs,
      ctimeNs,
      ino,
      dev,
      names: readNames(path),
      files: new Map<string, RememberedFile>(),
    };
    if (this.#isSettled(stats)) this.#names.folders.set(path, read);
    return read;
  }

  #isSettled({ mtimeNs, ctimeNs }: BigIntStats): boolean {
    const before = BigInt(this.#names.now()) * MILLI - SETTLED_NS;
    return mtimeNs < before && ctimeNs < before;
  }

  /** What was read of a folder, while its times and inode stand (a link's target counts, not the link). */
  #remembered({ path, stats }: ListedFolder): FolderNames | undefined {
    const known = this.#names.folders.get(path);
    return known !== undefined &&
      known.mtimeNs === stats.mtimeNs &&
      known.ctimeNs === stats.ctimeNs &&
      known.ino === stats.ino &&
      known.dev === stats.dev
      ? known
      : undefined;
  }

  sortFrom(location: number): void {
    let start = this.files.length;
    while (start > 0 && this.files[start - 1]?.location === location) start -= 1;
    if (this.files.length - start < 2) return;
    const own = this.files.splice(start);
    own.sort((a, b) => (a.path < b.path ? -1 : 1));
    for (const file of own) this.files.push(file);
  }

  /** Of what a path leads to; undefined when it does not exist. Throws insufficientPrivilege for a link that leaves the root. */
  kind(path: string): BigIntStats | undefined {
    const stats = lstatSync(path, STAT);
    return stats?.isSymbolicLink() === true ? this.#target(path) : stats;
  }

  #target(path: string): BigIntStats | undefined {
    const target = statSync(path, STAT);
    if (target !== undefined && !withSlash(realpathSync.native(path)).startsWith(this.#realRoot)) {
      throw new QueryError(
        'insufficientPrivilege',
        `'${path}' is a link that leaves the source's root.`,
      );
    }
    return target;
  }
}

/** Nothing exists below a file. */
function exists(path: string): boolean {
  try {
    return lstatSync(path, STAT) !== undefined;
  } catch {
    return false;
  }
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw new QueryError('sourceError', `The folder '${folder}' cannot be read.`, { cause });
  }
}

function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}

function filePath(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return '';
  }
}
