import { createHash } from 'node:crypto';
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PREPARATION, prepareMirror } from './prepare-mirror.ts';

const SUFFIX = '.tar';
/**
 * Of its usual 128 MB of buffers every byte is written at the start: a seventh of what starting takes, and memory that stays. Files
 * lie in memory as well, so that what does not fit is read again by a copy.
 */
const START_PARAMETERS = [...PGlite.defaultStartParams, '-c', 'shared_buffers=32MB'];

/** The data folder's name tells what made it: another build of PostgreSQL, or another preparation, makes another. */
async function snapshotName(): Promise<string> {
  const build = new URL('../package.json', import.meta.resolve('@electric-sql/pglite'));
  const hash = createHash('sha256')
    .update(await readFile(build))
    .update(PREPARATION);
  return `${hash.digest('hex').slice(0, 16)}${SUFFIX}`;
}

/** PostgreSQL from a kept data folder; undefined where there is none that can be used. */
async function fromSnapshot(file: string): Promise<PGlite | undefined> {
  try {
    const loadDataDir = new Blob([await readFile(file)]);
    return await PGlite.create({ loadDataDir, startParams: START_PARAMETERS });
  } catch {
    // Missing, cut short, or of another build: it is made again.
    return undefined;
  }
}

async function keep(db: PGlite, folder: string, name: string): Promise<void> {
  const passing = join(folder, `${name}.${process.pid}.${performance.now()}`);
  try {
    const data = await db.dumpDataDir('none');
    await writeFile(passing, new Uint8Array(await data.arrayBuffer()));
    await rename(passing, join(folder, name));
    for (const other of await readdir(folder)) {
      if (other.endsWith(SUFFIX) && other !== name) await rm(join(folder, other), { force: true });
    }
  } catch {
    // Without it the next start takes longer.
    await rm(passing, { force: true });
  }
}

/**
 * A PostgreSQL in this thread that is ready to become a mirror. Making one takes seconds of processor time, so a copy of its data is
 * kept in `folder`, which must be the server's own.
 */
export async function openPrepared(folder: string | undefined): Promise<PGlite> {
  const name = await snapshotName();
  const kept = folder === undefined ? undefined : await fromSnapshot(join(folder, name));
  if (kept !== undefined) return kept;
  // Nothing is ever written to the log: its smallest segment is enough.
  const db = await PGlite.create({
    initDbStartParams: ['--wal-segsize=1'],
    startParams: START_PARAMETERS,
  });
  await prepareMirror(db);
  if (folder !== undefined) await keep(db, folder, name);
  return db;
}
