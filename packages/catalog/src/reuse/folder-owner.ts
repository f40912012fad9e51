import type { IndexRows } from './index-rows.ts';

/** A folder's place in the index. */
export interface FolderOwner {
  readonly number: number;
  readonly folder: string;
  /** When its process last wrote (ms since 1970). */
  readonly seenAt: number;
  readonly generation: number;
}

const OWNED_TABLES = [
  'tributary_reuse_cell',
  'tributary_reuse_file',
  'tributary_reuse_shape',
  'tributary_reuse_base',
] as const;

export async function readOwners(db: IndexRows): Promise<readonly FolderOwner[]> {
  const rows = await db
    .selectFrom('tributary_reuse_owner')
    .selectAll()
    .orderBy('seen_at', 'desc')
    .execute();
  return rows.map((row) => ({
    number: row.number,
    folder: row.folder,
    seenAt: Number(row.seen_at),
    generation: row.generation,
  }));
}

/** The owner of a folder, made where it is missing. */
export async function registerOwner(
  tx: IndexRows,
  folder: string,
  now: number,
): Promise<FolderOwner> {
  // The row's lock is what makes processes on PostgreSQL wait for each other.
  await tx
    .updateTable('tributary_state')
    .set((eb) => ({ version: eb.ref('version') }))
    .where('id', '=', 1)
    .execute();
  const owners = await readOwners(tx);
  const known = owners.find((owner) => owner.folder === folder);
  if (known !== undefined) return known;
  const number = Math.max(0, ...owners.map((owner) => owner.number)) + 1;
  await tx
    .insertInto('tributary_reuse_owner')
    .values({ number, folder, seen_at: now, generation: 0 })
    .execute();
  return { number, folder, seenAt: now, generation: 0 };
}

/** Deletes an owner with all its rows. */
export async function forgetOwner(tx: IndexRows, number: number): Promise<void> {
  for (const table of OWNED_TABLES)
    await tx.deleteFrom(table).where('owner', '=', number).execute();
  await tx.deleteFrom('tributary_reuse_owner').where('number', '=', number).execute();
}
