import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { QueryError } from '@tributary/sql';
import { migrate } from '../store/migrations/migrate.ts';
import { connectStore } from '../store/store-connections.ts';
import type { StoreConnections } from '../store/store-connections.ts';
import { againstStore } from '../store/store-errors.ts';
import { lockFolder } from './folder-lock.ts';
import { forgetOwner, readOwners } from './folder-owner.ts';
import { placesOf } from './index-rows.ts';
import { ReuseIndex } from './reuse-index.ts';
import type { ReuseStore } from './reuse-store.ts';
import { createSqlReuseStore } from './sql-reuse-store.ts';
import type { StoreLimits, StoreLog } from './store-context.ts';
import { STORE_FILES, fileError } from './store-files.ts';
import type { StoreFiles } from './store-files.ts';
import { claimFolder, keptNames, otherFolders, removeFolder, sweepFolder } from './store-folder.ts';
import type { StoreFolder } from './store-folder.ts';

/** A folder of this machine that no process has taken for so long goes: fewer processes run than once did. */
const FOLDER_IDLE_MS = 7 * 86_400_000;
/** An owner elsewhere that was not seen for so long is forgotten; should it return, it starts empty. */
const OWNER_IDLE_MS = 30 * 86_400_000;

const MAX_CELLS = 200_000;
const MAX_NOTES = 10_000;

export interface ReuseStoreConfig {
  /** Where the files live; each process takes a folder of its own in it. */
  readonly directory: string;
  /** Of the process's files together. */
  readonly maxBytes: number;
  /** 200,000 unless given. */
  readonly maxCells?: number;
  /** Of one unit's file; a quarter of `maxBytes` unless given. */
  readonly maxFileBytes?: number;
  /** Of shapes; 10,000 unless given. */
  readonly maxNotes?: number;
  /** As for `openCatalogStore`: the index stands beside the catalog. */
  readonly database: string | { readonly path: string };
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly log?: StoreLog;
  /** The machine's, unless a test has others. */
  readonly files?: StoreFiles;
}

function checkedLimits(config: ReuseStoreConfig): StoreLimits {
  const limits: StoreLimits = {
    maxBytes: config.maxBytes,
    maxCells: config.maxCells ?? MAX_CELLS,
    maxFileBytes: config.maxFileBytes ?? Math.ceil(config.maxBytes / 4),
    maxNotes: config.maxNotes ?? MAX_NOTES,
  };
  for (const [name, value] of Object.entries(limits) as readonly [string, number][])
    if (!Number.isSafeInteger(value) || value < 1)
      throw new QueryError(
        'invalidConfiguration',
        `${name} of the reuse store must be a whole number above 0`,
      );
  return limits;
}

/** Removes what processes left behind that are long gone, here and elsewhere. */
async function forgetTheGone(
  { writing }: StoreConnections,
  directory: string,
  own: string,
  now: number,
): Promise<void> {
  const owners = await againstStore(() => readOwners(writing));
  const forget = (number: number): Promise<void> =>
    againstStore(() => writing.transaction().execute((tx) => forgetOwner(tx, number)));
  for (const name of await otherFolders(directory, own)) {
    const owner = owners.find((one) => one.folder === name);
    if (owner !== undefined && owner.seenAt > now - FOLDER_IDLE_MS) continue;
    const path = join(directory, name);
    const lock = lockFolder(path);
    if (lock === undefined) continue;
    if (owner !== undefined) await forget(owner.number);
    await removeFolder({ path, lock });
  }
  for (const owner of owners)
    if (owner.folder !== own && owner.seenAt <= now - OWNER_IDLE_MS) await forget(owner.number);
}

/** Brings the store within limits that may have become smaller. */
async function shrink(index: ReuseIndex, folder: string, limits: StoreLimits): Promise<void> {
  const victims = index.files.victims(
    index.files.bytes - limits.maxBytes,
    index.files.cells - limits.maxCells,
  );
  if (victims === undefined || victims.length === 0) return;
  await index.change(async (change) => {
    const ids = victims.map((file) => file.id);
    await change.remove(await placesOf(change.tx, change.owner, 'file', ids));
  });
  for (const file of index.files.deletable()) {
    await rm(join(folder, file.name), { force: true });
    index.files.deleted(file);
  }
}

async function openIn(
  connections: StoreConnections,
  config: ReuseStoreConfig,
  limits: StoreLimits,
  claimed: (folder: StoreFolder) => void,
): Promise<ReuseStore> {
  const directory = resolve(config.directory);
  const now = config.now ?? Date.now;
  const log = config.log ?? (() => undefined);
  await againstStore(() => migrate(connections));
  const owners = await againstStore(() => readOwners(connections.reading));
  const folder = await claimFolder(
    directory,
    owners.map((owner) => owner.folder),
  );
  claimed(folder);
  const present = new Set(await keptNames(folder.path));
  const index = await ReuseIndex.load(connections, folder.name, present, now);
  await sweepFolder(folder.path, new Set([...index.files.all()].map((file) => file.name)));
  await shrink(index, folder.path, limits);
  await forgetTheGone(connections, directory, folder.name, now());
  return createSqlReuseStore({
    index,
    folder: folder.path,
    files: config.files ?? STORE_FILES,
    limits,
    log,
    release: async () => {
      try {
        await connections.close();
      } finally {
        folder.lock.release();
      }
    },
  });
}

/**
 * Opens the reuse store: its index in the catalog's database, its files in a folder that this process alone holds until it
 * ends. Another process on the same directory takes another folder. What a process that was killed left behind is removed.
 *
 * @throws QueryError invalidConfiguration, diskFull, sourceUnavailable when the directory or the database cannot be used.
 */
export async function openReuseStore(config: ReuseStoreConfig): Promise<ReuseStore> {
  const limits = checkedLimits(config);
  const connections = await againstStore(() => connectStore(config.database, 'returns'));
  let folder: StoreFolder | undefined;
  try {
    return await openIn(connections, config, limits, (claimed) => {
      folder = claimed;
    });
  } catch (error) {
    await connections.close();
    folder?.lock.release();
    throw fileError(error, 'opening its directory');
  }
}
