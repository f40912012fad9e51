import type { Vector } from '@duckdb/node-bindings';
import native from '@duckdb/node-bindings';
import { QueryError } from '@tributary/sql';

const FIRST_BYTES = 4096;
/** Below, a loop copies faster than a call. */
const CALL_BYTES = 64;
/** No text ends in a part of a character that the next one begins with. */
const SEPARATOR = 0x0a;
const WORD = 2 ** 32;
/** A text's length, its first bytes, and where all are. */
export const TEXT_WIDTH = 16;
const NOTHING = new Uint8Array(0);

/**
 * Bytes of many texts on their way into a vector: given to it by one call, which copies them and checks their encoding. A call for
 * each costs ten times what its bytes do.
 */
export class TextHeap {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #end = 0;
  /** What was copied from last. */
  #source: Uint8Array | undefined;
  #from: DataView = this.#view;

  /** Copies a text; answers where it begins. */
  add(source: Uint8Array, start: number, end: number): number {
    const at = this.#end;
    const length = end - start;
    if (at + length + 1 > this.#bytes.length) this.#grow(at + length + 1);
    if (length < CALL_BYTES) this.#copy(source, start, length, at);
    else this.#bytes.set(source.subarray(start, end), at);
    this.#bytes[at + length] = SEPARATOR;
    this.#end = at + length + 1;
    return at;
  }

  /** Four bytes at a time. */
  #copy(source: Uint8Array, start: number, length: number, at: number): void {
    if (source !== this.#source) {
      this.#source = source;
      this.#from = new DataView(source.buffer, source.byteOffset, source.byteLength);
    }
    const from = this.#from;
    const to = this.#view;
    const words = length & ~3;
    for (let index = 0; index < words; index += 4) {
      to.setUint32(at + index, from.getUint32(start + index));
    }
    for (let index = words; index < length; index++) {
      to.setUint8(at + index, from.getUint8(start + index));
    }
  }

  /** Where the bytes lie once they are in the vector, whose first row is overwritten; zero without any. */
  copyTo(vector: Vector): number {
    if (this.#end === 0) return 0;
    return assignText(vector, 0, this.#bytes.subarray(0, this.#end));
  }

  clear(): void {
    this.#end = 0;
  }

  #grow(needed: number): void {
    let length = this.#bytes.length;
    while (length < needed) length *= 2;
    const bytes = new Uint8Array(length);
    bytes.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

/** Lets a vector copy a text; answers where, unless it is so short that it lies in the vector itself. */
export function assignText(vector: Vector, row: number, bytes: Uint8Array): number {
  native.vector_assign_string_element_len(vector, row, NOTHING);
  native.vector_assign_string_element_len(vector, row, bytes);
  const data = native.vector_get_data(vector, (row + 1) * TEXT_WIDTH);
  const view = new DataView(data.buffer, data.byteOffset + row * TEXT_WIDTH, TEXT_WIDTH);
  // What is no UTF-8 is not taken, without a word.
  if (view.getUint32(0, true) !== bytes.length) {
    throw new QueryError('characterNotInRepertoire', 'a text is not valid UTF-8');
  }
  return view.getUint32(8, true) + view.getUint32(12, true) * WORD;
}
