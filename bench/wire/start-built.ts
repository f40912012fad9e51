import { execFile, fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

/**
 * Builds the packages and starts `statement-server.mjs` over them: where a statement takes a fraction of a millisecond, what a loader
 * of TypeScript adds to names of functions is a part of it.
 */
export async function startBuilt(args: readonly string[]): Promise<ChildProcess> {
  await promisify(execFile)('npx', ['tsc', '-b']);
  return fork(resolve('bench/wire/statement-server.mjs'), [...args], {
    execArgv: ['--expose-gc'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '32' },
  });
}
