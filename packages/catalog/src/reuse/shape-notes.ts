import type { IndexChange } from './index-change.ts';
import type { BaseKey } from './reuse-store.ts';
import type { StoreContext } from './store-context.ts';
import { encodeText } from './stored-text.ts';

/** Notes beyond the bound before the oldest are looked for, as a part of it. */
const SLACK = 0.01;

/** Forgets the notes that were used longest ago. Answers how many are left. */
async function forgetOldest(change: IndexChange, most: number): Promise<number> {
  const { tx, owner } = change;
  const rows = await tx
    .selectFrom('tributary_reuse_shape')
    .select('id')
    .where('owner', '=', owner)
    .where('note', 'is not', null)
    .orderBy('used', 'desc')
    .offset(most)
    .limit(1_000)
    .execute();
  const ids = rows.map((row) => Number(row.id));
  for (const id of ids) {
    await tx
      .updateTable('tributary_reuse_shape')
      .set({ note: null })
      .where('owner', '=', owner)
      .where('id', '=', id)
      .execute();
    change.notes.set(id, null);
  }
  await change.removeUnused(ids);
  return most;
}

/** `ReuseStore.setShapeNote`. */
export function setShapeNote(
  { index, limits }: StoreContext,
  base: BaseKey,
  shapeText: string,
  note: string | null,
): Promise<void> {
  return index.exclusive(async () => {
    const left = await index.change(async (change) => {
      const { tx, owner } = change;
      const shape = await change.shape(base, shapeText, {
        id: () => index.nextId(),
        use: () => index.files.nextUse(),
      });
      await tx
        .updateTable('tributary_reuse_shape')
        .set({
          note: note === null ? null : encodeText(note),
          used: index.files.nextUse(),
        })
        .where('owner', '=', owner)
        .where('id', '=', shape)
        .execute();
      change.notes.set(shape, note);
      if (note === null) {
        await change.removeUnused([shape]);
        return index.notes;
      }
      return index.notes >= limits.maxNotes * (1 + SLACK)
        ? forgetOldest(change, limits.maxNotes)
        : index.notes + 1;
    });
    index.notes = left;
  });
}
