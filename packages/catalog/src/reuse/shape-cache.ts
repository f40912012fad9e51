import type { BaseKey, StoredShape } from './reuse-store.ts';

const MAX_BASES = 1_000;
const MAX_CHARACTERS = 32 << 20;

/** What a committed change did to shapes. */
export interface ShapeChanges {
  readonly made: readonly { readonly base: BaseKey; readonly id: number; readonly text: string }[];
  readonly notes: ReadonlyMap<number, string | null>;
  readonly removed: readonly number[];
}

function nameOf({ table, text }: BaseKey): string {
  return `${table}\0${text}`;
}

/**
 * The shapes of the bases asked for last, kept true by what every change does: a base that is asked with ever new filters has as many
 * shapes, and reading them all after each would take ever longer. A shape that has not changed is the same object.
 */
export class ShapeCache {
  readonly #bases = new Map<string, readonly StoredShape[]>();
  readonly #baseOf = new Map<number, string>();
  #characters = 0;

  get(base: BaseKey): readonly StoredShape[] | undefined {
    return this.#bases.get(nameOf(base));
  }

  /** All shapes of a base, the oldest first. */
  set(base: BaseKey, shapes: readonly StoredShape[]): void {
    const name = nameOf(base);
    const characters = shapes.reduce((sum, shape) => sum + size(shape), name.length);
    if (this.#bases.size >= MAX_BASES || this.#characters + characters > MAX_CHARACTERS) {
      this.clear();
    }
    this.#characters += characters;
    this.#bases.set(name, shapes);
    for (const { id } of shapes) this.#baseOf.set(id, name);
  }

  apply({ made, notes, removed }: ShapeChanges): void {
    for (const { base, id, text } of made) {
      const name = nameOf(base);
      const known = this.#bases.get(name);
      if (known === undefined) continue;
      const shape = { id, text, note: null };
      this.#bases.set(name, [...known, shape]);
      this.#baseOf.set(id, name);
      this.#characters += size(shape);
    }
    for (const [id, note] of notes) {
      this.#change([id], (shape) => ({ ...shape, note }));
    }
    this.#change(removed, () => undefined);
    if (this.#characters > MAX_CHARACTERS) this.clear();
  }

  clear(): void {
    this.#bases.clear();
    this.#baseOf.clear();
    this.#characters = 0;
  }

  #change(ids: readonly number[], changed: (shape: StoredShape) => StoredShape | undefined): void {
    const wanted = new Set(ids);
    for (const name of new Set(ids.flatMap((id) => this.#baseOf.get(id) ?? []))) {
      const after: StoredShape[] = [];
      for (const shape of this.#bases.get(name) ?? []) {
        const result = wanted.has(shape.id) ? changed(shape) : shape;
        this.#characters += (result === undefined ? 0 : size(result)) - size(shape);
        if (result === undefined) this.#baseOf.delete(shape.id);
        else after.push(result);
      }
      this.#bases.set(name, after);
    }
  }
}

function size({ text, note }: StoredShape): number {
  return text.length + (note?.length ?? 0);
}
