import type { FileIdentity } from './store-files.ts';

/** A file of the store as this process knows it. */
export interface KeptFile {
  readonly id: number;
  readonly shape: number;
  readonly name: string;
  readonly sha256: string;
  readonly identity: FileIdentity;
  readonly createdAt: number;
  /** Rows of the index that point to it, those in quarantine included. */
  cells: number;
  /** Leases that hold it. */
  pins: number;
  /** Its contents were compared by this process. */
  met: boolean;
  /** No longer in the index: it goes with its last lease. */
  condemned: boolean;
  /** Place in the order of use, of which eviction takes the first. No clock: clocks jump. */
  used: number;
  usedAt: number;
}

/** The store's files, in the order of their use, with their sum. */
export class FileRegistry {
  readonly #files = new Map<number, KeptFile>();
  readonly #condemned = new Set<KeptFile>();
  readonly #used = new Set<KeptFile>();
  readonly #cellsOf = new Map<number, number>();
  readonly #names = new Set<string>();
  #bytes = 0;
  #cells = 0;
  #clock = 0;

  /** Bytes on the disk, also of condemned files. */
  get bytes(): number {
    return this.#bytes;
  }

  get cells(): number {
    return this.#cells;
  }

  /** Files on the disk, also condemned ones. */
  get size(): number {
    return this.#files.size + this.#condemned.size;
  }

  get(id: number): KeptFile | undefined {
    return this.#files.get(id);
  }

  all(): IterableIterator<KeptFile> {
    return this.#files.values();
  }

  /** Whether a name is that of a file on the disk, also of a condemned one. */
  hasName(name: string): boolean {
    return this.#names.has(name);
  }

  /** The next place in the order of use. */
  nextUse(): number {
    return ++this.#clock;
  }

  /** Adds a file at its place in the order. */
  add(file: KeptFile): void {
    this.#files.set(file.id, file);
    this.#names.add(file.name);
    if (file.used < this.#clock) {
      const ordered = [...this.#files.values()].sort((one, other) => one.used - other.used);
      this.#files.clear();
      for (const one of ordered) this.#files.set(one.id, one);
    }
    this.#bytes += file.identity.bytes;
    this.#count(file.shape, file.cells);
    this.#clock = Math.max(this.#clock, file.used);
  }

  /** Marks a file as used now. */
  use(file: KeptFile, at: number): void {
    if (this.#files.get(file.id) !== file) return;
    this.#files.delete(file.id);
    this.#files.set(file.id, file);
    file.used = this.nextUse();
    file.usedAt = at;
    this.#used.add(file);
  }

  /** Files used since this was last asked. */
  takeUsed(): readonly KeptFile[] {
    const used = [...this.#used].filter((file) => !file.condemned);
    this.#used.clear();
    return used;
  }

  /** Sets how many rows point to a file. */
  recount(file: KeptFile, cells: number): void {
    this.#count(file.shape, cells - file.cells);
    file.cells = cells;
  }

  /** How many rows of the index a shape has. */
  cellsOf(shape: number): number {
    return this.#cellsOf.get(shape) ?? 0;
  }

  #count(shape: number, change: number): void {
    this.#cells += change;
    const cells = this.cellsOf(shape) + change;
    if (cells === 0) this.#cellsOf.delete(shape);
    else this.#cellsOf.set(shape, cells);
  }

  /** The least recently used files that free so much; undefined when what is not leased does not suffice. */
  victims(bytes: number, cells: number): readonly KeptFile[] | undefined {
    const victims: KeptFile[] = [];
    let [bytesLeft, cellsLeft] = [bytes, cells];
    for (const file of this.#files.values()) {
      if (bytesLeft <= 0 && cellsLeft <= 0) return victims;
      if (file.pins > 0) continue;
      victims.push(file);
      bytesLeft -= file.identity.bytes;
      cellsLeft -= file.cells;
    }
    return bytesLeft <= 0 && cellsLeft <= 0 ? victims : undefined;
  }

  /** Takes a file out of use; `deletable` has it when no lease holds it. */
  condemn(file: KeptFile): void {
    if (!this.#files.delete(file.id)) return;
    this.#used.delete(file);
    this.#count(file.shape, -file.cells);
    file.condemned = true;
    this.#condemned.add(file);
  }

  /** Condemned files that nobody holds. */
  deletable(): readonly KeptFile[] {
    return [...this.#condemned].filter((file) => file.pins === 0);
  }

  deleted(file: KeptFile): void {
    if (!this.#condemned.delete(file)) return;
    this.#bytes -= file.identity.bytes;
    this.#names.delete(file.name);
  }
}
