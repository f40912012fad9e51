import type { IndexRows } from './index-rows.ts';
import type { BaseKey, StoredShape } from './reuse-store.ts';
import { decodeText, encodeText } from './stored-text.ts';

/** Whether a key can be kept: beyond it the index would grow by its keys, not by its cells. */
export const MAX_KEY_CHARACTERS = 1 << 20;

/** The base with this very text; its hash only finds the candidates. */
export async function findBase(
  db: IndexRows,
  owner: number,
  base: BaseKey,
): Promise<number | undefined> {
  const rows = await db
    .selectFrom('tributary_reuse_base')
    .select(['id', 'text', 'table_id'])
    .where('owner', '=', owner)
    .where('hash', '=', encodeText(base.hash))
    .execute();
  const found = rows.find(
    (row) => decodeText(row.text) === base.text && decodeText(row.table_id) === base.table,
  );
  return found === undefined ? undefined : Number(found.id);
}

/** The shapes of a base, the oldest first. */
export async function readShapes(
  db: IndexRows,
  owner: number,
  base: number,
): Promise<readonly StoredShape[]> {
  const rows = await db
    .selectFrom('tributary_reuse_shape')
    .select(['id', 'text', 'note'])
    .where('owner', '=', owner)
    .where('base', '=', base)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: Number(row.id),
    text: decodeText(row.text),
    note: row.note === null ? null : decodeText(row.note),
  }));
}

/**
 * The shape of this very text under a base of this very text, made where it is missing. `shapes`: those of the base, where they are known.
 */
export async function ensureShape(
  tx: IndexRows,
  owner: number,
  base: BaseKey,
  text: string,
  next: { readonly id: () => number; readonly use: () => number },
  shapes?: readonly StoredShape[],
): Promise<{ readonly id: number; readonly made: boolean }> {
  const present = shapes?.find((shape) => shape.text === text);
  if (present !== undefined) return { id: present.id, made: false };
  let baseId = await findBase(tx, owner, base);
  if (baseId === undefined) {
    baseId = next.id();
    await tx
      .insertInto('tributary_reuse_base')
      .values({
        owner,
        id: baseId,
        hash: encodeText(base.hash),
        text: encodeText(base.text),
        table_id: encodeText(base.table),
        table_name: encodeText(base.tableName),
      })
      .execute();
  } else if (shapes === undefined) {
    const known = await tx
      .selectFrom('tributary_reuse_shape')
      .select('id')
      .where('owner', '=', owner)
      .where('base', '=', baseId)
      .where('text', '=', encodeText(text))
      .executeTakeFirst();
    if (known !== undefined) return { id: Number(known.id), made: false };
  }
  const id = next.id();
  await tx
    .insertInto('tributary_reuse_shape')
    .values({ owner, id, base: baseId, text: encodeText(text), note: null, used: next.use() })
    .execute();
  return { id, made: true };
}
