import type { DuckDBType } from '@duckdb/node-api';
import { DuckDBListType } from '@duckdb/node-api';
import type { LogicalType, Vector } from '@duckdb/node-bindings';
import native from '@duckdb/node-bindings';
import { QueryError } from '@tributary/sql';
import { TEXT_WIDTH, TextHeap, assignText } from './text-heap.ts';
import { LIST_WIDTH, valueWidth } from './value-width.ts';

/** Texts and blobs up to this many bytes lie in the vector itself. */
const INLINE_BYTES = 12;
const PREFIX_BYTES = 4;
function widthOf(type: DuckDBType): number {
  const width = valueWidth(type);
  if (width === undefined) {
    throw new QueryError('internalError', `rows of type ${type.toString()} cannot be loaded`);
  }
  return width;
}

/** Texts of more bytes are given to the engine one by one. */
const HEAP_BYTES = 64 * 1024;
const WORD = 2 ** 32;

interface LongText {
  readonly row: number;
  readonly bytes: Uint8Array;
}

/**
 * Values of one column on their way into the engine, in its own layout (little-endian), so that a whole column is copied by one
 * call. Rows are written in any order, each at most once, then taken by `copyTo` and forgotten by `clear`.
 */
export class ColumnBuffer {
  readonly type: DuckDBType;
  /** The type as the engine has it. */
  readonly logicalType: LogicalType;
  /** Bytes of a value. */
  readonly width: number;
  /** Over the values: row `i` stands at byte `i * width`. */
  view: DataView;
  /** Of a list: its items, those of all rows in one column. */
  readonly items: ColumnBuffer | undefined;
  #bytes: Uint8Array;
  #capacity: number;
  /** A bit a row, 1: not NULL. */
  #validity: Uint8Array;
  #nulls = false;
  readonly #heap = new TextHeap();
  /** Rows whose bytes are in the heap, and where there. */
  #heapRows: number[] = [];
  #heapPlaces: number[] = [];
  #long: LongText[] = [];
  #itemCount = 0;

  constructor(type: DuckDBType, capacity: number) {
    this.type = type;
    this.logicalType = type.toLogicalType().logical_type;
    this.width = widthOf(type);
    this.#capacity = capacity;
    this.#bytes = new Uint8Array(capacity * this.width);
    this.view = new DataView(this.#bytes.buffer);
    this.#validity = new Uint8Array(validityBytes(capacity)).fill(0xff);
    this.items =
      type instanceof DuckDBListType ? new ColumnBuffer(type.valueType, capacity) : undefined;
  }

  setNull(row: number): void {
    this.#nulls = true;
    const byte = row >> 3;
    this.#validity[byte] = (this.#validity[byte] ?? 0) & ~(1 << (row & 7));
    // What lies there must not be taken for a text or a list.
    this.#bytes.fill(0, row * this.width, (row + 1) * this.width);
  }

  /** The bytes of `source` from `start` to `end` as a text or blob. They are copied. */
  setBytes(row: number, source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    const at = row * TEXT_WIDTH;
    const bytes = this.#bytes;
    if (length > HEAP_BYTES) {
      this.#long.push({ row, bytes: Uint8Array.prototype.slice.call(source, start, end) });
      return;
    }
    this.view.setUint32(at, length, true);
    if (length > INLINE_BYTES) {
      for (let index = 0; index < PREFIX_BYTES; index++) {
        bytes[at + 4 + index] = source[start + index] ?? 0;
      }
      this.#heapRows.push(row);
      this.#heapPlaces.push(this.#heap.add(source, start, end));
      return;
    }
    let ascii = 0;
    for (let index = 0; index < INLINE_BYTES; index++) {
      const byte = index < length ? (source[start + index] ?? 0) : 0;
      ascii |= byte;
      bytes[at + 4 + index] = byte;
    }
    // The engine checks the encoding of what is in the heap.
    if (ascii >= 0x80) this.#heap.add(source, start, end);
  }

  /** Gives the row a list of `count` items; answers the place of the first one in `items`. */
  setList(row: number, count: number): number {
    const first = this.#itemCount;
    this.#itemCount += count;
    this.items?.reserve(this.#itemCount);
    const at = row * LIST_WIDTH;
    this.view.setBigUint64(at, BigInt(first), true);
    this.view.setBigUint64(at + 8, BigInt(count), true);
    return first;
  }

  /** Grows to hold as many rows. */
  reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    while (this.#capacity < rows) this.#capacity *= 2;
    const bytes = new Uint8Array(this.#capacity * this.width);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.view = new DataView(bytes.buffer);
    const validity = new Uint8Array(validityBytes(this.#capacity)).fill(0xff);
    validity.set(this.#validity);
    this.#validity = validity;
  }

  /** Copies the first `rows` rows into a vector of at least that capacity. */
  copyTo(vector: Vector, rows: number): void {
    if (this.items !== undefined) {
      native.list_vector_reserve(vector, this.#itemCount);
      native.list_vector_set_size(vector, this.#itemCount);
      this.items.copyTo(native.list_vector_get_child(vector), this.#itemCount);
    }
    this.#pointTo(this.#heap.copyTo(vector));
    const { buffer } = this.view;
    if (rows > 0) {
      native.copy_data_to_vector(vector, 0, asArrayBuffer(buffer), 0, rows * this.width);
    }
    if (this.#nulls && rows > 0) {
      native.vector_ensure_validity_writable(vector);
      const validity = asArrayBuffer(this.#validity.buffer);
      native.copy_data_to_vector_validity(vector, 0, validity, 0, validityBytes(rows));
    }
    for (const { row, bytes } of this.#long) {
      assignText(vector, row, bytes);
    }
  }

  /** Lets the texts in the heap begin where the engine has it. */
  #pointTo(address: number): void {
    const { view } = this;
    const places = this.#heapPlaces;
    for (const [index, row] of this.#heapRows.entries()) {
      const place = address + (places[index] ?? 0);
      view.setUint32(row * TEXT_WIDTH + 8, place % WORD, true);
      view.setUint32(row * TEXT_WIDTH + 12, Math.floor(place / WORD), true);
    }
  }

  clear(): void {
    if (this.#nulls) this.#validity.fill(0xff);
    this.#nulls = false;
    this.#heap.clear();
    this.#heapRows = [];
    this.#heapPlaces = [];
    this.#long = [];
    this.#itemCount = 0;
    this.items?.clear();
  }
}

/** Whole words of 64 rows. */
function validityBytes(rows: number): number {
  return Math.ceil(rows / 64) * 8;
}

function asArrayBuffer(buffer: ArrayBufferLike): ArrayBuffer {
  if (buffer instanceof SharedArrayBuffer) {
    throw new QueryError('internalError', 'column buffers are not shared');
  }
  return buffer;
}
