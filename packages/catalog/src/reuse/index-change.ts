import { deleteRows, deleteUnusedShapes, insertCells } from './index-rows.ts';
import type { CellPlace, IndexRows, LiveCell } from './index-rows.ts';
import type { FileRegistry, KeptFile } from './file-registry.ts';
import { ensureShape } from './base-rows.ts';
import type { BaseKey } from './reuse-store.ts';
import type { ShapeCache, ShapeChanges } from './shape-cache.ts';
import { encodeText } from './stored-text.ts';

/** One transaction on the index: writes rows, and remembers what the memory of the process has to follow once they are committed. */
export class IndexChange {
  readonly tx: IndexRows;
  readonly owner: number;
  readonly removed: CellPlace[] = [];
  readonly added: { readonly file: KeptFile; readonly cells: readonly LiveCell[] }[] = [];
  readonly quarantined: CellPlace[] = [];
  readonly madeShapes: ShapeChanges['made'][number][] = [];
  readonly notes = new Map<number, string | null>();
  readonly removedShapes: number[] = [];
  readonly #files: FileRegistry;
  readonly #shapes: Pick<ShapeCache, 'get'>;

  constructor(tx: IndexRows, owner: number, files: FileRegistry, shapes: Pick<ShapeCache, 'get'>) {
    this.#shapes = shapes;
    this.tx = tx;
    this.owner = owner;
    this.#files = files;
  }

  async remove(places: readonly CellPlace[]): Promise<void> {
    if (places.length === 0) return;
    await deleteRows(
      this.tx,
      'tributary_reuse_cell',
      this.owner,
      places.map((place) => place.id),
    );
    this.removed.push(...places);
  }

  async add(file: KeptFile, cells: readonly LiveCell[]): Promise<void> {
    await this.tx
      .insertInto('tributary_reuse_file')
      .values({
        owner: this.owner,
        id: file.id,
        shape: file.shape,
        name: encodeText(file.name),
        bytes: file.identity.bytes,
        mtime_ns: file.identity.mtimeNs,
        ctime_ns: file.identity.ctimeNs,
        inode: file.identity.inode,
        sha256: file.sha256,
        created_at: file.createdAt,
        used_at: file.usedAt,
        used: file.used,
      })
      .execute();
    await insertCells(this.tx, this.owner, cells);
    this.added.push({ file, cells });
  }

  /** Takes cells out of use. Their rows stay, for people, until their file goes or they are replaced. */
  async quarantine(places: readonly CellPlace[]): Promise<void> {
    for (const { id } of places)
      await this.tx
        .updateTable('tributary_reuse_cell')
        .set({ quarantined: 1 })
        .where('owner', '=', this.owner)
        .where('id', '=', id)
        .execute();
    this.quarantined.push(...places);
  }

  /** The shape of this text under a base, made where it is missing. */
  async shape(
    base: BaseKey,
    text: string,
    next: Parameters<typeof ensureShape>[4],
  ): Promise<number> {
    const { id, made } = await ensureShape(
      this.tx,
      this.owner,
      base,
      text,
      next,
      this.#shapes.get(base),
    );
    if (made) this.madeShapes.push({ base, id, text });
    return id;
  }

  /** Deletes those of the shapes that have neither cells nor a note. */
  async removeUnused(shapes: readonly number[]): Promise<void> {
    this.removedShapes.push(...(await deleteUnusedShapes(this.tx, this.owner, shapes)));
  }

  /** How many cells each file has lost. */
  losses(): ReadonlyMap<number, number> {
    const losses = new Map<number, number>();
    for (const { file } of this.removed) losses.set(file, (losses.get(file) ?? 0) + 1);
    return losses;
  }

  /** Deletes what the removed cells leave empty. */
  async finish(): Promise<void> {
    if (this.removed.length === 0) return;
    const empty = [...this.losses()]
      .filter(([id, lost]) => (this.#files.get(id)?.cells ?? 0) <= lost)
      .map(([id]) => id);
    await deleteRows(this.tx, 'tributary_reuse_file', this.owner, empty);
    const shapes = [...new Set(this.removed.map((place) => place.shape))];
    await this.removeUnused(shapes);
  }
}
