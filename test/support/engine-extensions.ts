import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** A folder with engine extensions of the engine's version: `tributary extensions --fetch` or the benchmarks put them there. */
export const EXTENSIONS = resolve(process.env['TRIBUTARY_EXTENSIONS'] ?? '.cache/extensions');

/** Whether the engine can be given an extension; tests that need one are skipped without. */
export function hasExtension(name: string): boolean {
  return existsSync(join(EXTENSIONS, `${name}.duckdb_extension`));
}

/** Lets a server whose state is there find an extension. */
export async function linkExtension(name: string, state: string): Promise<void> {
  const file = `${name}.duckdb_extension`;
  await mkdir(join(state, 'extensions'), { recursive: true });
  await symlink(join(EXTENSIONS, file), join(state, 'extensions', file));
}
