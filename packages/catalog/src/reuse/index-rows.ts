import type { Kysely, Selectable } from 'kysely';
import type { CatalogTables } from '../store/tables.ts';
import type { CellKind, StoredCell } from './reuse-store.ts';
import { decodeText, encodeText } from './stored-text.ts';

/** The database of the index, or a transaction on it. */
export type IndexRows = Kysely<CatalogTables>;

/** What `decodeCell` takes: the driver's time goes by values. */
export const CELL_COLUMNS = [
  'id',
  'file',
  'kind',
  'from_ms',
  'to_ms',
  'version',
  'detail',
  'rows',
  'verified_at',
  'input_bytes',
] as const;

type CellRow = Pick<
  Selectable<CatalogTables['tributary_reuse_cell']>,
  (typeof CELL_COLUMNS)[number]
>;

/** A cell in memory: its moment of verification moves with time, and is not worth a copy of thousands at each statement. */
export interface LiveCell extends Omit<StoredCell, 'verifiedAt'> {
  verifiedAt: number;
}

/** What the index forgets with a cell. */
export interface CellPlace {
  readonly id: number;
  readonly file: number;
  readonly shape: number;
  readonly quarantined: boolean;
}

/** Values in one statement: well under both engines' limits on parameters. */
const BATCH = 500;

export function* batches<T>(all: readonly T[], size: number = BATCH): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}

const nullable = (value: number | string | null): number | null =>
  value === null ? null : Number(value);

export function decodeCell(row: CellRow, shape: number): LiveCell {
  return {
    id: Number(row.id),
    shape,
    file: Number(row.file),
    kind: row.kind as CellKind,
    from: nullable(row.from_ms),
    to: nullable(row.to_ms),
    version: decodeText(row.version),
    detail: decodeText(row.detail),
    rows: Number(row.rows),
    verifiedAt: Number(row.verified_at),
    inputBytes: Number(row.input_bytes),
  };
}

const CELLS_IN_INSERT = 50;

export async function insertCells(
  tx: IndexRows,
  owner: number,
  cells: readonly StoredCell[],
): Promise<void> {
  for (const batch of batches(cells, CELLS_IN_INSERT))
    await tx
      .insertInto('tributary_reuse_cell')
      .values(
        batch.map((cell) => ({
          owner,
          id: cell.id,
          shape: cell.shape,
          file: cell.file,
          kind: cell.kind,
          from_ms: cell.from,
          to_ms: cell.to,
          version: encodeText(cell.version),
          detail: encodeText(cell.detail),
          rows: cell.rows,
          verified_at: cell.verifiedAt,
          input_bytes: cell.inputBytes,
          quarantined: 0,
        })),
      )
      .execute();
}

/** Places of the cells whose column has one of the values. */
export async function placesOf(
  tx: IndexRows,
  owner: number,
  column: 'id' | 'file' | 'shape',
  values: readonly number[],
): Promise<readonly CellPlace[]> {
  const places: CellPlace[] = [];
  for (const batch of batches(values)) {
    const rows = await tx
      .selectFrom('tributary_reuse_cell')
      .select(['id', 'file', 'shape', 'quarantined'])
      .where('owner', '=', owner)
      .where(column, 'in', batch)
      .execute();
    for (const row of rows)
      places.push({
        id: Number(row.id),
        file: Number(row.file),
        shape: Number(row.shape),
        quarantined: row.quarantined !== 0,
      });
  }
  return places;
}

/** A cell's place with its window. */
export type WindowPlace = CellPlace & Pick<StoredCell, 'kind' | 'from' | 'to'>;

/** Cells of a shape, also those in quarantine, that overlap a span or are the NULL window. */
export async function windowsOf(
  tx: IndexRows,
  owner: number,
  shape: number,
  span: { readonly from: number; readonly to: number },
): Promise<readonly WindowPlace[]> {
  const rows = await tx
    .selectFrom('tributary_reuse_cell')
    .select(['id', 'file', 'quarantined', 'kind', 'from_ms', 'to_ms'])
    .where('owner', '=', owner)
    .where('shape', '=', shape)
    .where((eb) =>
      eb.or([
        eb('from_ms', 'is', null),
        eb.and([eb('from_ms', '<', span.to), eb('to_ms', '>', span.from)]),
      ]),
    )
    .execute();
  return rows.map((row) => ({
    id: Number(row.id),
    file: Number(row.file),
    shape,
    quarantined: row.quarantined !== 0,
    kind: row.kind as CellKind,
    from: nullable(row.from_ms),
    to: nullable(row.to_ms),
  }));
}

/** Live cells of a shape in order of time, all or those that overlap a span or are the NULL window. */
export async function readCells(
  db: IndexRows,
  owner: number,
  shape: number,
  span?: { readonly from: number; readonly to: number },
): Promise<LiveCell[]> {
  let query = db
    .selectFrom('tributary_reuse_cell')
    .select(CELL_COLUMNS)
    .where('owner', '=', owner)
    .where('shape', '=', shape)
    .where('quarantined', '=', 0);
  if (span !== undefined)
    query = query.where((eb) =>
      eb.or([
        eb('from_ms', 'is', null),
        eb.and([eb('from_ms', '<', span.to), eb('to_ms', '>', span.from)]),
      ]),
    );
  const rows = await query.execute();
  return rows.map((row) => decodeCell(row, shape));
}

export async function deleteRows(
  tx: IndexRows,
  table: 'tributary_reuse_cell' | 'tributary_reuse_file',
  owner: number,
  ids: readonly number[],
): Promise<void> {
  for (const batch of batches(ids))
    await tx.deleteFrom(table).where('owner', '=', owner).where('id', 'in', batch).execute();
}

/** Deletes shapes without cells and note, all or those given, and then bases without shapes. Answers which there were. */
export async function deleteUnusedShapes(
  tx: IndexRows,
  owner: number,
  shapes?: readonly number[],
): Promise<readonly number[]> {
  const bases = new Set<number>();
  const deleted: number[] = [];
  for (const batch of shapes === undefined ? [undefined] : batches(shapes)) {
    let query = tx
      .deleteFrom('tributary_reuse_shape')
      .where('owner', '=', owner)
      .where('note', 'is', null)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('tributary_reuse_cell as cell')
              .select('cell.id')
              .where('cell.owner', '=', owner)
              .whereRef('cell.shape', '=', 'tributary_reuse_shape.id'),
          ),
        ),
      );
    if (batch !== undefined) query = query.where('id', 'in', batch);
    for (const { id, base } of await query.returning(['id', 'base']).execute()) {
      deleted.push(Number(id));
      bases.add(Number(base));
    }
  }
  for (const batch of shapes === undefined ? [undefined] : batches([...bases])) {
    let query = tx
      .deleteFrom('tributary_reuse_base')
      .where('owner', '=', owner)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('tributary_reuse_shape as shape')
              .select('shape.id')
              .where('shape.owner', '=', owner)
              .whereRef('shape.base', '=', 'tributary_reuse_base.id'),
          ),
        ),
      );
    if (batch !== undefined) query = query.where('id', 'in', batch);
    await query.execute();
  }
  return deleted;
}
