import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A write of four files that kills its process at a moment. */
export interface KilledWrite {
  readonly root: string;
  /** The catalog's file. */
  readonly catalog: string;
  /** A Parquet file with a column `n`. */
  readonly fixture: string;
  readonly location: string;
  readonly moment: 'staged' | 'journal written' | 'registered' | 'half published';
  /** Of a table that the write creates. */
  readonly table?: string;
}

const CHILD = fileURLToPath(new URL('./writer-child.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export async function writeAndDie(write: KilledWrite): Promise<void> {
  const child = spawn(
    process.execPath,
    ['--conditions=source', '--import', 'tsx', CHILD, JSON.stringify(write)],
    { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const signal = await new Promise<NodeJS.Signals | null>((resolve) =>
    child.once('exit', (_, name) => resolve(name)),
  );
  if (signal !== 'SIGKILL') throw new Error('the writing process ended by itself');
}
