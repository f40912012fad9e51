import { decodeText } from './stored-text.ts';

import type { KeptFile } from './file-registry.ts';
import type { BaseKey, Compaction, StoredCell } from './reuse-store.ts';
import type { StoreContext } from './store-context.ts';

/** Larger files are well as they are. */
const SMALL_BYTES = 1 << 20;
/** Of one compacted file. */
const MAX_BYTES = 8 << 20;
const MAX_CELLS = 1_000;
/** Fewer files are not worth the rewriting. */
const MIN_FILES = 8;
/** Answered at once. */
const MAX_COMPACTIONS = 4;

interface SmallFile {
  readonly bytes: number;
  readonly cells: readonly StoredCell[];
}

/** Whether two of these windows have time in common. */
function overlap(cells: readonly StoredCell[]): boolean {
  let end = -Infinity;
  return cells
    .flatMap(({ from, to }) => (from === null || to === null ? [] : [{ from, to }]))
    .sort((one, other) => one.from - other.from)
    .some(({ from, to }) => {
      const before = end;
      end = Math.max(end, to);
      return from < before;
    });
}

/** Runs of files, in order of time, that become one file each. */
function runsOf(files: readonly SmallFile[]): readonly (readonly StoredCell[])[] {
  const runs: StoredCell[][] = [];
  let run: StoredCell[] = [];
  let count = 0;
  let bytes = 0;
  let end = -Infinity;
  const finish = (): void => {
    if (count >= MIN_FILES) runs.push(run);
    run = [];
    count = 0;
    bytes = 0;
  };
  for (const file of files) {
    if (bytes + file.bytes > MAX_BYTES || run.length + file.cells.length > MAX_CELLS) finish();
    const from = file.cells.find((cell) => cell.from !== null)?.from ?? Infinity;
    // Rows are told apart by their time alone, so windows of one file must not overlap.
    if (from < end && overlap([...run, ...file.cells])) continue;
    end = Math.max(end, ...file.cells.map((cell) => cell.to ?? -Infinity));
    run.push(...file.cells);
    count++;
    bytes += file.bytes;
  }
  finish();
  return runs;
}

async function keyOf(
  { index }: StoreContext,
  shape: number,
): Promise<{ readonly base: BaseKey; readonly shapeText: string } | undefined> {
  const row = await index.reading
    .selectFrom('tributary_reuse_shape as shape')
    .innerJoin('tributary_reuse_base as base', (join) =>
      join.onRef('base.owner', '=', 'shape.owner').onRef('base.id', '=', 'shape.base'),
    )
    .select(['shape.text as shape_text', 'base.text', 'base.hash', 'table_id', 'table_name'])
    .where('shape.owner', '=', index.owner)
    .where('shape.id', '=', shape)
    .executeTakeFirst();
  return (
    row && {
      base: {
        text: decodeText(row.text),
        hash: decodeText(row.hash),
        table: decodeText(row.table_id),
        tableName: decodeText(row.table_name),
      },
      shapeText: decodeText(row.shape_text),
    }
  );
}

/** Small files by shape, where there are enough. */
function smallFiles({ index }: StoreContext): ReadonlyMap<number, readonly KeptFile[]> {
  const byShape = new Map<number, KeptFile[]>();
  for (const file of index.files.all()) {
    if (file.identity.bytes > SMALL_BYTES) continue;
    const known = byShape.get(file.shape);
    if (known === undefined) byShape.set(file.shape, [file]);
    else known.push(file);
  }
  return new Map([...byShape].filter(([, files]) => files.length >= MIN_FILES));
}

/** `ReuseStore.compactable`. */
export async function compactableFiles(context: StoreContext): Promise<readonly Compaction[]> {
  const { index } = context;
  const found: Compaction[] = [];
  for (const [shape, files] of smallFiles(context)) {
    const byFile = new Map<number, StoredCell[]>();
    for (const cell of await index.cells([shape], -Infinity, Infinity)) {
      const known = byFile.get(cell.file);
      if (known === undefined) byFile.set(cell.file, [cell]);
      else known.push(cell);
    }
    const small = files
      .map((file): SmallFile & { readonly whole: boolean } => {
        const cells = byFile.get(file.id) ?? [];
        return {
          bytes: file.identity.bytes,
          cells,
          // Cells in quarantine stay where they are; files of other kinds hold no time columns.
          whole: cells.length === file.cells && cells.every((cell) => cell.kind === 'cell'),
        };
      })
      .filter((file) => file.whole)
      .sort((one, other) => startOf(one) - startOf(other) || 0);
    const runs = runsOf(small);
    const key = runs.length === 0 ? undefined : await keyOf(context, shape);
    if (key === undefined) continue;
    for (const cells of runs) found.push({ ...key, cells });
    if (found.length >= MAX_COMPACTIONS) break;
  }
  return found.slice(0, MAX_COMPACTIONS);
}

function startOf({ cells }: SmallFile): number {
  return cells[0]?.from ?? -Infinity;
}
