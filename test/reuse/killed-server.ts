import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import type { StackReuse } from '../support/query-stack.ts';

export interface KilledRun {
  /** Holds the lake and the state. */
  readonly folder: string;
  readonly reuse: Pick<
    StackReuse,
    'settle' | 'auditShare' | 'answerMemory' | 'mergeAbove' | 'probeAbove' | 'store'
  >;
  readonly texts: readonly string[];
  /** So many of the first statements end before the clock starts. */
  readonly unharmed: number;
  /** From the start of the first statement that may be harmed. */
  readonly milliseconds: number;
}

const CHILD = fileURLToPath(new URL('./server-child.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Runs statements in a process of their own and kills it (SIGKILL) in the middle. Ends when the process is gone. */
export async function runAndKill(run: KilledRun): Promise<void> {
  const child = spawn(
    process.execPath,
    ['--conditions=source', '--import', 'tsx', CHILD, JSON.stringify(run)],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const gone = new Promise<NodeJS.Signals | null>((resolve) =>
    child.once('exit', (_, signal) => resolve(signal)),
  );
  let timer: NodeJS.Timeout | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === `start ${run.unharmed}`) {
      timer = setTimeout(() => child.kill('SIGKILL'), run.milliseconds);
    }
    if (line === 'done') child.kill('SIGKILL');
  }
  const signal = await gone;
  clearTimeout(timer);
  if (signal !== 'SIGKILL') throw new Error('the server process ended by itself');
}
