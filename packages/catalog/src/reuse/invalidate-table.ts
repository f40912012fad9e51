import { encodeText } from './stored-text.ts';
import type { CellPlace, IndexRows } from './index-rows.ts';
import { deleteRows } from './index-rows.ts';
import type { StoreContext } from './store-context.ts';

/** A table's cells by owner. */
async function cellsOfTable(
  tx: IndexRows,
  table: string,
  from: number | undefined,
  to: number | undefined,
): Promise<ReadonlyMap<number, readonly CellPlace[]>> {
  const text = encodeText(table);
  let query = tx
    .selectFrom('tributary_reuse_base as base')
    .innerJoin('tributary_reuse_shape as shape', (join) =>
      join.onRef('shape.owner', '=', 'base.owner').onRef('shape.base', '=', 'base.id'),
    )
    .innerJoin('tributary_reuse_cell as cell', (join) =>
      join.onRef('cell.owner', '=', 'shape.owner').onRef('cell.shape', '=', 'shape.id'),
    )
    .select(['cell.owner', 'cell.id', 'cell.file', 'cell.shape', 'cell.quarantined'])
    .where((eb) => eb.or([eb('base.table_id', '=', text), eb('base.table_name', '=', text)]));
  if (to !== undefined) query = query.where('cell.from_ms', '<', to);
  if (from !== undefined) query = query.where('cell.to_ms', '>', from);
  const places = new Map<number, CellPlace[]>();
  for (const row of await query.execute()) {
    const place: CellPlace = {
      id: Number(row.id),
      file: Number(row.file),
      shape: Number(row.shape),
      quarantined: row.quarantined !== 0,
    };
    const known = places.get(row.owner);
    if (known === undefined) places.set(row.owner, [place]);
    else known.push(place);
  }
  return places;
}

/** `ReuseStore.invalidate`. */
export function invalidateTable(
  context: StoreContext,
  table: string,
  from: number | undefined,
  to: number | undefined,
): Promise<number> {
  const { index } = context;
  // What is being computed now may have read what is no longer to be trusted.
  index.invalidations++;
  return index.exclusive(async () => {
    const dropped = await index.lastingChange(async (change) => {
      const { tx } = change;
      // Others must not keep units begun before, also where they have no cell yet.
      await tx
        .updateTable('tributary_reuse_owner')
        .set((eb) => ({ generation: eb('generation', '+', 1) }))
        .where('number', '!=', change.owner)
        .execute();
      const places = await cellsOfTable(tx, table, from, to);
      let count = 0;
      for (const [owner, found] of places) {
        count += found.filter((place) => !place.quarantined).length;
        if (owner === change.owner) await change.remove(found);
        else
          await deleteRows(
            tx,
            'tributary_reuse_cell',
            owner,
            found.map((place) => place.id),
          );
      }
      return count;
    });
    await context.sweep();
    return dropped;
  });
}
