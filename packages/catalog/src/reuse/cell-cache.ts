import type { LiveCell } from './index-rows.ts';

const MAX_CELLS = 100_000;
const MAX_CHARACTERS = 64 << 20;

/** Shapes of more cells are not kept. */
export const MAX_CELLS_OF_SHAPE = MAX_CELLS / 2;

interface CachedShape {
  cells: LiveCell[];
  characters: number;
}

const weight = (cell: LiveCell): number => cell.version.length + cell.detail.length;

function sum(cells: readonly LiveCell[]): number {
  return cells.reduce((total, cell) => total + weight(cell), 0);
}

/** In order of time; the NULL window first. */
export function byTime(one: LiveCell, other: LiveCell): number {
  return (one.from ?? -Infinity) - (other.from ?? -Infinity) || one.id - other.id || 0;
}

/** Live cells of the shapes that were asked for last, decoded and in order. Always as the index has them: changes are applied to both. */
export class CellCache {
  readonly #shapes = new Map<number, CachedShape>();
  #cells = 0;
  #characters = 0;

  get(shape: number): readonly LiveCell[] | undefined {
    const found = this.#shapes.get(shape);
    if (found === undefined) return undefined;
    this.#shapes.delete(shape);
    this.#shapes.set(shape, found);
    return found.cells;
  }

  /** Keeps all live cells of a shape, in order, unless they are too many. */
  set(shape: number, cells: LiveCell[]): void {
    this.forget(shape);
    const characters = sum(cells);
    if (cells.length > MAX_CELLS_OF_SHAPE || characters > MAX_CHARACTERS / 2) return;
    this.#shapes.set(shape, { cells, characters });
    this.#cells += cells.length;
    this.#characters += characters;
    for (const [oldest] of this.#shapes) {
      if (this.#cells <= MAX_CELLS && this.#characters <= MAX_CHARACTERS) break;
      this.forget(oldest);
    }
  }

  forget(shape: number): void {
    const found = this.#shapes.get(shape);
    if (found === undefined) return;
    this.#shapes.delete(shape);
    this.#cells -= found.cells.length;
    this.#characters -= found.characters;
  }

  clear(): void {
    this.#shapes.clear();
    this.#cells = 0;
    this.#characters = 0;
  }

  add(shape: number, cells: readonly LiveCell[]): void {
    const found = this.#shapes.get(shape);
    if (found !== undefined) this.set(shape, [...found.cells, ...cells].sort(byTime));
  }

  remove(shape: number, ids: ReadonlySet<number>): void {
    const found = this.#shapes.get(shape);
    if (found !== undefined)
      this.set(
        shape,
        found.cells.filter((cell) => !ids.has(cell.id)),
      );
  }
}
