import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ObjectCache } from '../../src/lake/s3/object-cache.ts';
import { contentOf, keyOf } from '../support/cache-objects.ts';
import type { CacheTask } from '../support/cache-objects.ts';

const OBJECTS = 40;
const MAX_BYTES = 30_000;

let directory: string;
const children = new Set<ChildProcess>();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-cache-'));
});

afterEach(async () => {
  await Promise.all([...children].map(kill));
  rmSync(directory, { recursive: true });
});

/** Starts a process that reads; `until` resolves once it has read so many objects. */
function startReader(seed: number): {
  readonly child: ChildProcess;
  until(reads: number): Promise<void>;
} {
  const script = new URL('../support/cache-process.ts', import.meta.url).pathname;
  const child = fork(script, { execArgv: ['--conditions=source', '--import', 'tsx'] });
  children.add(child);
  let done = 0;
  let failure: Error | undefined;
  let wake = (): void => undefined;
  child.on('message', (message) => {
    if (message === 'read') done += 1;
    else failure = new Error(JSON.stringify(message));
    wake();
  });
  child.on('exit', () => {
    failure ??= new Error('the process has ended');
    wake();
  });
  child.send({ directory, maxBytes: MAX_BYTES, objects: OBJECTS, seed } satisfies CacheTask);
  return {
    child,
    async until(reads) {
      const goal = done + reads;
      while (failure === undefined && done < goal) {
        await new Promise<void>((resolve) => (wake = resolve));
      }
      if (failure !== undefined) throw failure;
    },
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (!children.delete(child) || child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

test('processes that share a cache too small for them read whole objects, and one that is killed leaves nothing for good', async () => {
  const readers = [startReader(1), startReader(2), startReader(3)];
  await Promise.all(readers.map((reader) => reader.until(200)));
  const [victim, ...others] = readers;
  if (victim !== undefined) await kill(victim.child);
  await Promise.all(others.map((reader) => reader.until(200)));
  await Promise.all(others.map(({ child }) => kill(child)));

  const cache = new ObjectCache({ directory, maxBytes: MAX_BYTES });
  // Those of the dead are gone; its own is empty.
  expect(filesBelow(join(directory, 'leases'))).toEqual([]);
  for (let object = 0; object < OBJECTS; object++) {
    const content = contentOf(object);
    const pinned = await cache.pin(keyOf(object), content.length);
    if (pinned === undefined) continue;
    expect(readFileSync(pinned.path).equals(content)).toBe(true);
    pinned.release();
  }
  await cache.shrink(new AbortController().signal);
  const bytes = filesBelow(join(directory, 'objects')).map((path) => readFileSync(path).length);
  expect(bytes.length).toBeGreaterThan(0);
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(MAX_BYTES);
  cache.close();
});
