import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openReuseStore } from '../../src/reuse/open-reuse-store.ts';
import type { CellContent, FileLease, ReuseStore } from '../../src/reuse/reuse-store.ts';
import { DAY, base, cell, contents, parquetFiles } from '../support/reuse-units.ts';

const OPERATIONS = 10_000;
/** A machine that is slow does fewer. */
const SECONDS = Number(process.env['REUSE_SECONDS'] ?? 15);
const MAX_BYTES = 20_000;
const MAX_CELLS = 150;
const SEED = Number(process.env['REUSE_SEED'] ?? Date.now() % 1_000_000);

/** A generator of numbers in [0, 1) that repeats for a seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface ModelCell {
  readonly content: CellContent;
  readonly sha256: string;
  quarantined: boolean;
}

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/**
 * The model knows for each shape and window the last content put, and forgets what is invalidated. The store may have forgotten
 * more (eviction), but never has anything else, and what it has is readable and whole.
 */
test(
  `random operations keep to the model and the bounds, seed ${SEED}`,
  async () => {
    const random = numbers(SEED);
    const below = (limit: number): number => Math.floor(random() * limit);
    const directory = await mkdtemp(join(tmpdir(), 'tributary-reuse-'));
    let now = 1_000_000;
    const open = (): Promise<ReuseStore> =>
      openReuseStore({
        directory: join(directory, 'reuse'),
        maxBytes: MAX_BYTES,
        maxCells: MAX_CELLS,
        maxFileBytes: 4_000,
        database: { path: join(directory, 'catalog.db') },
        now: () => now,
      });
    let store = await open();
    const bases = ['one', 'two', 'three'].map((text, at) =>
      base(text, { hash: 'same', table: `table-${at % 2}`, tableName: `lake.sales.t${at % 2}` }),
    );
    const model = new Map<string, ModelCell>();
    const leases: { readonly lease: FileLease; readonly expected: ReadonlyMap<number, string> }[] =
      [];
    const shaByFile = new Map<number, string>();
    /** Files that the test deletes behind the store's back. */
    const lost = new Set<number>();
    const keyOf = (at: number, shape: string, { kind, from, to }: CellContent): string =>
      JSON.stringify([at, shape, kind, from, to]);

    const forget = (
      at: number | undefined,
      matches: (content: CellContent, key: string) => boolean,
    ): void => {
      for (const [key, one] of model)
        if (
          (at === undefined || (JSON.parse(key) as [number])[0] === at) &&
          matches(one.content, key)
        )
          model.delete(key);
    };

    const put = async (): Promise<void> => {
      const at = below(bases.length);
      const shape = `shape ${below(3)}`;
      const start = below(40);
      const kind = random() < 0.8 ? 'cell' : 'rollUp';
      const cells: CellContent[] =
        random() < 0.1
          ? [cell(0, { from: null, to: null, version: String(random()) })]
          : Array.from({ length: 1 + below(6) }, (_, more) =>
              cell(start + more, { kind, version: String(random()), verifiedAt: now }),
            );
      const content = randomBytes(1 + below(4_400));
      const path = await store.newFile();
      await writeFile(path, content);
      const unit = await store.put({
        base: bases[at]!,
        shapeText: shape,
        cells,
        path,
        inputBytes: 10,
      });
      if (unit === undefined) {
        await store.discard(path);
        expect(content.length > 4_000 || leases.length > 0).toBe(true);
        return;
      }
      for (const one of cells)
        model.set(keyOf(at, shape, one), {
          content: one,
          sha256: sha256(content),
          quarantined: false,
        });
      lost.delete(unit.cells[0]!.file);
      shaByFile.set(unit.cells[0]!.file, sha256(content));
      unit.lease.release();
    };

    /** Whatever the store answers is in the model, and its file is what was written. */
    const read = async (): Promise<void> => {
      const at = below(bases.length);
      const shapes = await store.shapes(bases[at]!);
      const from = below(40);
      const to = from + 1 + below(10);
      const cells = await store.cells(
        shapes.map((one) => one.id),
        from * DAY,
        to * DAY,
      );
      const texts = new Map(shapes.map((one) => [one.id, one.text]));
      for (const one of cells) {
        const known = model.get(keyOf(at, texts.get(one.shape)!, one));
        expect(known).toMatchObject({ content: { version: one.version }, quarantined: false });
        expect(one.from === null || (one.from < to * DAY && one.to! > from * DAY)).toBe(true);
      }
      const lease = await store.lease(cells.map((one) => one.file));
      const present = cells.filter((one) => !lost.has(one.file));
      expect([...lease.paths.keys()].sort()).toEqual(
        [...new Set(present.map((one) => one.file))].sort(),
      );
      for (const [file, content] of await contents(lease))
        expect(sha256(content)).toBe(shaByFile.get(file));
      store.touch(cells);
      store.verified(cells, now);
      if (random() < 0.3 && leases.length < 3) leases.push({ lease, expected: shaByFile });
      else lease.release();
      if (present.length === 0) return;
      const chosen = present[below(present.length)]!;
      const what = random();
      if (what < 0.05) await store.dropFiles([chosen.file]);
      else if (what < 0.1) {
        await store.quarantine([chosen.id]);
        model.get(keyOf(at, texts.get(chosen.shape)!, chosen))!.quarantined = true;
      } else if (what < 0.14) {
        await unlink(lease.paths.get(chosen.file)!);
        lost.add(chosen.file);
      }
    };

    const release = async (): Promise<void> => {
      const { lease, expected } = leases.splice(below(leases.length), 1)[0]!;
      const present = await Promise.allSettled([contents(lease)]);
      // A file may be missing only because this test deleted it.
      if (present[0].status === 'fulfilled')
        for (const [file, content] of present[0].value)
          expect(sha256(content)).toBe(expected.get(file));
      lease.release();
    };

    const invalidate = async (): Promise<void> => {
      const table = below(2);
      const from = below(40) * DAY;
      const all = random() < 0.3;
      await (all
        ? store.invalidate(`table-${table}`)
        : store.invalidate(`lake.sales.t${table}`, from, from + 5 * DAY));
      for (const at of bases.keys())
        if (at % 2 === table)
          forget(
            at,
            (content) =>
              all || (content.from !== null && content.from < from + 5 * DAY && content.to! > from),
          );
    };

    const bounds = async (): Promise<void> => {
      await store.settled();
      const totals = await store.totals();
      expect(totals.bytes).toBeLessThanOrEqual(MAX_BYTES);
      expect(totals.cells + totals.quarantined).toBeLessThanOrEqual(MAX_CELLS);
      let listed = 0;
      const files = new Set<number>();
      for await (const one of store.list()) {
        listed++;
        files.add(one.file);
      }
      expect(listed).toBe(totals.cells + totals.quarantined);
      expect(files.size).toBeLessThanOrEqual(totals.files);
      expect((await parquetFiles(directory)).length).toBeLessThanOrEqual(totals.files);
    };

    try {
      const end = performance.now() + SECONDS * 1_000;
      for (let done = 0; done < OPERATIONS && performance.now() < end; done++) {
        now += below(2_000) - 500;
        const what = random();
        if (what < 0.4) await put();
        else if (what < 0.85) await read();
        else if (what < 0.95) {
          if (leases.length > 0) await release();
        } else if (what < 0.97) await invalidate();
        else if (what < 0.98) {
          const note = random() < 0.5 ? null : 'note';
          await store.setShapeNote(bases[below(3)]!, `shape ${below(3)}`, note);
        } else if (what < 0.995) await bounds();
        else if (random() < 0.3) {
          for (const { lease } of leases.splice(0)) lease.release();
          await store.close();
          store = await open();
        }
      }
      for (const { lease } of leases.splice(0)) lease.release();
      await bounds();
      for (const table of ['table-0', 'table-1']) await store.invalidate(table);
      for (const one of bases)
        for (const shape of [0, 1, 2]) await store.setShapeNote(one, `shape ${shape}`, null);
      await store.settled();
      expect(await store.totals()).toEqual({ files: 0, bytes: 0, cells: 0, quarantined: 0 });
      expect(await parquetFiles(directory)).toEqual([]);
      for (const one of bases) expect(await store.shapes(one)).toEqual([]);
    } finally {
      await store.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
  (SECONDS + 45) * 1_000,
);
