// A process of its own that reads objects through a shared cache until it is told to stop; see the test of several processes.
import { readFileSync } from 'node:fs';
import { ObjectCache } from '../../src/lake/s3/object-cache.ts';
import { contentOf, keyOf } from './cache-objects.ts';
import type { CacheTask } from './cache-objects.ts';

async function readOne(cache: ObjectCache, object: number): Promise<void> {
  const content = contentOf(object);
  let pinned = await cache.pin(keyOf(object), content.length);
  if (pinned === undefined) {
    const writer = await cache.writer(keyOf(object));
    await writer.write(content.subarray(0, 500));
    await writer.write(content.subarray(500));
    pinned = await writer.finish(true);
  }
  await cache.shrink(new AbortController().signal);
  // Whatever the others evict, what is pinned stays.
  const read = readFileSync(pinned.path);
  pinned.release();
  if (!read.equals(content)) throw new Error(`object ${object} was read wrong`);
}

process.on('message', (task: CacheTask) => {
  void (async () => {
    const cache = new ObjectCache(task);
    let state = task.seed;
    for (;;) {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      await readOne(cache, (state >> 8) % task.objects);
      process.send?.('read');
    }
  })().catch((error: unknown) => {
    process.send?.(`failed ${String((error as Error).stack)}`);
  });
});
process.on('disconnect', () => process.exit());
