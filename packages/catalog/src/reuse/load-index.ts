import { sql } from 'kysely';
import type { FileRegistry, KeptFile } from './file-registry.ts';
import { deleteUnusedShapes } from './index-rows.ts';
import type { IndexRows } from './index-rows.ts';

/** What an owner's rows say when its process starts. */
export interface LoadedIndex {
  readonly lastId: number;
  readonly quarantined: number;
  readonly notes: number;
}

async function largestId(tx: IndexRows, owner: number): Promise<number> {
  const { rows } = await sql<{ id: number | string | null }>`
    select max(id) as id from (
      select max(id) as id from tributary_reuse_base where owner = ${owner}
      union all select max(id) from tributary_reuse_shape where owner = ${owner}
      union all select max(id) from tributary_reuse_file where owner = ${owner}
      union all select max(id) from tributary_reuse_cell where owner = ${owner}
    ) as ids`.execute(tx);
  return Number(rows[0]?.id ?? 0);
}

/** How many cells each of the owner's files has. */
export async function countCells(
  tx: IndexRows,
  owner: number,
): Promise<{ readonly byFile: ReadonlyMap<number, number>; readonly quarantined: number }> {
  const rows = await tx
    .selectFrom('tributary_reuse_cell')
    .select((eb) => ['file', eb.fn.countAll().as('cells'), eb.fn.sum('quarantined').as('bad')])
    .where('owner', '=', owner)
    .groupBy('file')
    .execute();
  return {
    byFile: new Map(rows.map((row) => [Number(row.file), Number(row.cells)])),
    quarantined: rows.reduce((total, row) => total + Number(row.bad), 0),
  };
}

/**
 * Reads an owner's files into an empty registry and mends its rows: those of files that are not in the folder go, and what
 * they leave empty. Files without cells stay out.
 */
export async function loadIndex(
  tx: IndexRows,
  owner: number,
  present: ReadonlySet<string>,
  registry: FileRegistry,
): Promise<LoadedIndex> {
  const lastId = await largestId(tx, owner);
  const { byFile } = await countCells(tx, owner);
  const rows = await tx
    .selectFrom('tributary_reuse_file')
    .selectAll()
    .where('owner', '=', owner)
    .orderBy('used')
    .execute();
  const gone: number[] = [];
  for (const row of rows) {
    const id = Number(row.id);
    const cells = byFile.get(id) ?? 0;
    if (cells === 0 || !present.has(row.name)) {
      gone.push(id);
      continue;
    }
    const file: KeptFile = {
      id,
      shape: Number(row.shape),
      name: row.name,
      sha256: row.sha256,
      identity: {
        bytes: Number(row.bytes),
        mtimeNs: row.mtime_ns,
        ctimeNs: row.ctime_ns,
        inode: row.inode,
      },
      createdAt: Number(row.created_at),
      cells,
      pins: 0,
      met: false,
      condemned: false,
      used: Number(row.used),
      usedAt: Number(row.used_at),
    };
    registry.add(file);
  }
  for (const id of gone)
    await tx
      .deleteFrom('tributary_reuse_file')
      .where('owner', '=', owner)
      .where('id', '=', id)
      .execute();
  await tx
    .deleteFrom('tributary_reuse_cell')
    .where('owner', '=', owner)
    .where('file', 'not in', (eb) =>
      eb.selectFrom('tributary_reuse_file').select('id').where('owner', '=', owner),
    )
    .execute();
  await deleteUnusedShapes(tx, owner);
  const { quarantined } = await countCells(tx, owner);
  const { notes } = await tx
    .selectFrom('tributary_reuse_shape')
    .select((eb) => eb.fn.countAll().as('notes'))
    .where('owner', '=', owner)
    .where('note', 'is not', null)
    .executeTakeFirstOrThrow();
  return { lastId, quarantined, notes: Number(notes) };
}
