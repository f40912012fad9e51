import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { QueryError } from '@tributary/sql';
import { BegunWork } from './begun-work.ts';
import { compactableFiles } from './compactable-files.ts';
import { batches, placesOf } from './index-rows.ts';
import { invalidateTable } from './invalidate-table.ts';
import { leaseFiles } from './lease-files.ts';
import { listCells } from './list-cells.ts';
import { putUnit } from './put-unit.ts';
import type { ReuseStore } from './reuse-store.ts';
import type { ReuseIndex } from './reuse-index.ts';
import { setShapeNote } from './shape-notes.ts';
import type { StoreContext, StoreLimits, StoreLog } from './store-context.ts';
import type { StoreFiles } from './store-files.ts';
import { systemCode } from './store-files.ts';
import { invalidationsBefore, namesOfUnit, unitName } from './store-folder.ts';

/** How long marks of use wait for company. */
const FLUSH_MS = 5_000;
/** Marks written before others have their turn. */
const MARKS_IN_TURN = 50;

export interface StoreParts {
  readonly index: ReuseIndex;
  /** The process's own folder. */
  readonly folder: string;
  readonly files: StoreFiles;
  readonly limits: StoreLimits;
  readonly log: StoreLog;
  /** Lets go of the database and the folder. */
  readonly release: () => Promise<void>;
}

/** The store over an index that was loaded and a folder that this process holds. */
export function createSqlReuseStore(parts: StoreParts): ReuseStore {
  const { index, folder, files, log } = parts;
  const background = new Set<Promise<void>>();
  const begun = new BegunWork();
  let closing: Promise<void> | undefined;

  const inBackground = (work: () => Promise<unknown>, doing: string): void => {
    const running: Promise<void> = work()
      .then(
        () => undefined,
        (error: unknown) => {
          log('warn', `the reuse store failed while ${doing}`, { error });
        },
      )
      .finally(() => background.delete(running));
    background.add(running);
  };

  const sweep = async (): Promise<void> => {
    for (const file of index.files.deletable())
      try {
        await files.unlink(join(folder, file.name));
        index.files.deleted(file);
      } catch (error) {
        if (systemCode(error) === 'ENOENT') index.files.deleted(file);
        else log('warn', 'a file of the reuse store cannot be deleted', { error });
      }
  };

  const context: StoreContext = {
    ...parts,
    hashing: new Map(),
    sweep,
    drop: (ids) =>
      index.exclusive(async () => {
        await index.change(async (change) => {
          await change.remove(await placesOf(change.tx, change.owner, 'file', ids));
        });
        await sweep();
      }),
    unpin(held) {
      for (const file of held) file.pins--;
      sweepSoon();
    },
  };

  const flush = async (): Promise<void> => {
    const used = index.files.takeUsed();
    const noted = index.takeNotedUsed();
    for (const batch of batches(used, MARKS_IN_TURN)) {
      await index.exclusive(() =>
        index.change(async ({ tx, owner }) => {
          for (const file of batch)
            await tx
              .updateTable('tributary_reuse_file')
              .set({ used: file.used, used_at: file.usedAt })
              .where('owner', '=', owner)
              .where('id', '=', file.id)
              .execute();
        }),
      );
      await setImmediate();
    }
    for (const batch of batches(noted))
      await index.exclusive(() =>
        index.change(async ({ tx, owner }) => {
          await tx
            .updateTable('tributary_reuse_shape')
            .set({ used: index.files.nextUse() })
            .where('owner', '=', owner)
            .where('id', 'in', batch)
            .execute();
        }),
      );
  };

  let timer: NodeJS.Timeout | undefined;
  const flushSoon = (): void => {
    if (timer !== undefined || closing !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      inBackground(flush, 'marking what was used');
    }, FLUSH_MS);
    timer.unref();
  };

  /** Files that another process's invalidation has emptied. */
  const sweepSoon = (): void => {
    if (index.files.deletable().length > 0) inBackground(sweep, 'deleting files');
  };

  const settled = async (): Promise<void> => {
    if (timer !== undefined) {
      clearTimeout(timer);
      timer = undefined;
      inBackground(flush, 'marking what was used');
    }
    await begun.settled();
    while (background.size > 0) await Promise.all(background);
    await index.idle();
  };

  /** Refuses what comes after the end. */
  const open = (): void => {
    if (closing !== undefined) throw new QueryError('internalError', 'the reuse store is closed');
  };

  return {
    async shapes(base) {
      open();
      await begun.settled(base);
      const shapes = await index.shapes(base);
      if (shapes.some((shape) => shape.note !== null)) flushSoon();
      sweepSoon();
      return shapes;
    },
    async cells(shapes, from, to) {
      open();
      const cells = await index.cells(shapes, from, to);
      sweepSoon();
      return cells;
    },
    async lease(ids) {
      open();
      return leaseFiles(context, ids);
    },
    generation: () => index.invalidations,
    async newFile(generation = index.invalidations) {
      open();
      return Promise.resolve(join(folder, unitName(generation)));
    },
    async put(unit, after) {
      open();
      return begun.begin(unit.base, () => putUnit(context, unit), after);
    },
    async discard(path) {
      const name = basename(path);
      if (dirname(path) !== folder || invalidationsBefore(name) === undefined) return;
      if (index.files.hasName(name)) return;
      for (const each of namesOfUnit(name))
        await files.unlink(join(folder, each)).catch((error: unknown) => {
          if (systemCode(error) !== 'ENOENT')
            log('warn', 'a file of the reuse store cannot be deleted', { error });
        });
    },
    touch(cells) {
      if (closing !== undefined) return;
      const at = index.now();
      for (const id of new Set(cells.map((cell) => cell.file))) {
        const file = index.files.get(id);
        if (file !== undefined) index.files.use(file, at);
      }
      flushSoon();
    },
    verified(cells, at) {
      if (closing === undefined) index.verified(cells, at);
    },
    async invalidate(table, from, to) {
      open();
      return invalidateTable(context, table, from, to);
    },
    async quarantine(ids) {
      open();
      await index.exclusive(() =>
        index.lastingChange(async (change) => {
          const places = await placesOf(change.tx, change.owner, 'id', ids);
          await change.quarantine(places);
        }),
      );
    },
    async dropFiles(ids) {
      open();
      await context.drop(ids);
    },
    async setShapeNote(base, shapeText, note) {
      open();
      await begun.begin(base, () => setShapeNote(context, base, shapeText, note));
    },
    async *list() {
      open();
      await begun.settled();
      yield* listCells(context);
    },
    async totals() {
      await begun.settled();
      return {
        files: index.files.size,
        bytes: index.files.bytes,
        cells: index.files.cells - index.quarantined,
        quarantined: index.quarantined,
      };
    },
    async compactable() {
      open();
      await begun.settled();
      return compactableFiles(context);
    },
    settled,
    close() {
      closing ??= (async () => {
        try {
          await settled();
          // What was used since the last time, and when the process was last seen.
          await flush();
          await index.exclusive(() => index.change(() => Promise.resolve()));
          await sweep();
        } catch (error) {
          log('warn', 'the reuse store failed while closing', { error });
        } finally {
          await parts.release();
        }
      })();
      return closing;
    },
  };
}
