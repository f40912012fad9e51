import { mkdtemp, mkdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, EngineConfig } from '@tributary/engine';
import { createEngine } from '@tributary/engine';

export interface TemporaryEngine {
  readonly engine: Engine;
  /** Allowed, ends in `/`. */
  readonly directory: string;
  /** Beside `directory` and sharing its name's beginning; not allowed. */
  readonly outside: string;
  remove(): Promise<void>;
}

/** An engine with two folders of its own, one allowed and one not. */
export async function temporaryEngine(
  config: Partial<EngineConfig> = {},
): Promise<TemporaryEngine> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'tributary-engine-')));
  const directory = `${root}/data/`;
  const outside = `${root}/data-other/`;
  await mkdir(directory);
  await mkdir(outside);
  const engine = await createEngine({
    threads: 2,
    memoryLimit: 256 * 1024 * 1024,
    spillDirectory: `${root}/spill`,
    spillLimit: 256 * 1024 * 1024,
    allowedDirectories: [directory],
    s3: [],
    extensionDirectories: [],
    extensions: [],
    maxConcurrent: 2,
    ...config,
  });
  return {
    engine,
    directory,
    outside,
    async remove() {
      await engine.close(AbortSignal.abort());
      await rm(root, { recursive: true, force: true });
    },
  };
}
