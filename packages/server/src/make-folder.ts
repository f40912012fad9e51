import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { QueryError } from '@tributary/sql';

/**
 * Makes a folder and those above it. Folder by folder: Node's own recursion never ends where the system does not let one be
 * made, as in /proc. Throws invalidConfiguration naming the folder.
 */
export async function makeFolder(path: string): Promise<void> {
  const folder = resolve(path);
  if (await isFolder(folder)) return;
  if (dirname(folder) !== folder) await makeFolder(dirname(folder));
  try {
    await mkdir(folder);
  } catch (cause) {
    // Another process may have made it meanwhile.
    if (await isFolder(folder)) return;
    throw new QueryError('invalidConfiguration', `The folder '${folder}' cannot be made.`, {
      cause,
      hint: 'Choose another folder, or give this user the right to make it.',
    });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
