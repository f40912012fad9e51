import { setImmediate } from 'node:timers/promises';
import { join } from 'node:path';
import type { KeptFile } from './file-registry.ts';
import type { FileLease } from './reuse-store.ts';
import type { StoreContext } from './store-context.ts';
import { sameFile, systemCode } from './store-files.ts';

/** Files looked at before others have their turn. */
const FILES_IN_TURN = 256;
/** Files whose contents are compared at once. */
const HASHED_AT_ONCE = 4;

/** The process lacks something for a moment, which says nothing of the file. */
const PASSING = /^(?:EMFILE|ENFILE|ENOMEM|EAGAIN|EINTR)$/;

type Verdict = 'same' | 'other' | 'unknown';

function verdictOf(error: unknown): Verdict {
  return PASSING.test(systemCode(error)) ? 'unknown' : 'other';
}

function looked({ files, folder }: StoreContext, file: KeptFile): Verdict {
  try {
    return sameFile(files.identify(join(folder, file.name)), file.identity) ? 'same' : 'other';
  } catch (error) {
    return verdictOf(error);
  }
}

/** Compares the contents; several leases of one file wait for one reading. */
function met(context: StoreContext, file: KeptFile): Promise<Verdict> {
  const running = context.hashing.get(file);
  if (running !== undefined) return running;
  const work = (async (): Promise<Verdict> => {
    try {
      const sha256 = await context.files.hash(join(context.folder, file.name), file.identity.bytes);
      if (sha256 !== file.sha256) return 'other';
      // The contents were those of the file that was looked at, if it is still the same.
      const verdict = looked(context, file);
      if (verdict === 'same') file.met = true;
      return verdict;
    } catch (error) {
      return verdictOf(error);
    } finally {
      context.hashing.delete(file);
    }
  })();
  context.hashing.set(file, work);
  return work;
}

async function judge(
  context: StoreContext,
  files: readonly KeptFile[],
): Promise<ReadonlyMap<KeptFile, Verdict>> {
  const verdicts = new Map<KeptFile, Verdict>();
  for (const [at, file] of files.entries()) {
    if (at % FILES_IN_TURN === FILES_IN_TURN - 1) await setImmediate();
    verdicts.set(file, looked(context, file));
  }
  const unmet = files.filter((file) => !file.met && verdicts.get(file) === 'same');
  const queue = unmet.values();
  const worker = async (): Promise<void> => {
    for (const file of queue) {
      verdicts.set(file, await met(context, file));
      await setImmediate();
    }
  };
  await Promise.all(unmet.slice(0, HASHED_AT_ONCE).map(worker));
  return verdicts;
}

/** A lease of files that are already pinned for it. */
export function leaseOf(context: StoreContext, held: readonly KeptFile[]): FileLease {
  let released = false;
  return {
    paths: new Map(held.map((file) => [file.id, join(context.folder, file.name)])),
    release() {
      if (released) return;
      released = true;
      context.unpin(held);
    },
  };
}

/** `ReuseStore.lease`. */
export async function leaseFiles(
  context: StoreContext,
  ids: readonly number[],
): Promise<FileLease> {
  const pinned: KeptFile[] = [];
  for (const id of new Set(ids)) {
    const file = context.index.files.get(id);
    if (file === undefined) continue;
    file.pins++;
    pinned.push(file);
  }
  let kept: readonly KeptFile[] = [];
  try {
    const verdicts = await judge(context, pinned);
    const others = pinned.filter((file) => verdicts.get(file) === 'other');
    if (others.length > 0) {
      context.log('warn', 'files of the reuse store are not those that were written', {
        files: others.map((file) => file.name),
      });
      await context.drop(others.map((file) => file.id));
    }
    kept = pinned.filter((file) => verdicts.get(file) === 'same');
    return leaseOf(context, kept);
  } finally {
    const leased = new Set(kept);
    context.unpin(pinned.filter((file) => !leased.has(file)));
  }
}
