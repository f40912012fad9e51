import type { DuckDBVector } from '@duckdb/node-api';
import { DuckDBTypeId } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';

/**
 * The memory behind a vector. The classes of `@duckdb/node-api` keep it in private fields; reading values through them
 * makes an object of each, which is most of the cost of sending rows.
 */
interface RawParts {
  readonly items?: ArrayBufferView;
  readonly dataView?: DataView;
  readonly validity?: { readonly data: BigUint64Array | null; readonly offset: number };
  readonly listVector?: DuckDBVector;
}

function parts(vector: DuckDBVector): RawParts {
  return vector as unknown as RawParts;
}

/** The values of a fixed-width vector, little-endian, one after the other. */
export function valuesOf(vector: DuckDBVector): DataView {
  const { items, dataView } = parts(vector);
  if (dataView !== undefined) return dataView;
  if (items === undefined) throw new TypeError(`a ${vector.type.toString()} vector has no values`);
  return new DataView(items.buffer, items.byteOffset, items.byteLength);
}

/** The list of entries behind a map. */
export function entriesOf(vector: DuckDBVector): DuckDBVector {
  return parts(vector).listVector ?? vector;
}

/** Which rows are NULL: a bit per row, 1 for a value; undefined where no row is. */
export interface Validity {
  readonly bits: Uint8Array;
  readonly offset: number;
}

export function validityOf(vector: DuckDBVector): Validity | undefined {
  const source = vector.type.typeId === DuckDBTypeId.MAP ? entriesOf(vector) : vector;
  const validity = parts(source).validity;
  const data = validity?.data;
  if (validity === undefined || data === undefined || data === null) return undefined;
  return {
    bits: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    offset: validity.offset,
  };
}

export function isNull(validity: Validity | undefined, row: number): boolean {
  if (validity === undefined) return false;
  const bit = validity.offset + row;
  return ((validity.bits[bit >> 3] ?? 0) & (1 << (bit & 7))) === 0;
}

/** Bytes of one string or blob: `source` from `start`, `length` long. Reused between rows. */
export interface Span {
  source: Uint8Array;
  /** The same memory as `source`. */
  view: DataView;
  start: number;
  length: number;
}

/** Longer strings stand elsewhere, reached by a pointer. */
const INLINE = 12;
/** Two strings whose distance is below a page share only mapped pages, so what lies between may be read over. */
const GAP = 64;

/**
 * A function that finds the bytes of row n. Each read through a pointer is a call into native code, so the strings of
 * neighbouring rows, which mostly lie side by side, are read by one call.
 */
export function spanReader(vector: DuckDBVector, rows: number): (row: number) => Span {
  const view = valuesOf(vector);
  const validity = validityOf(vector);
  const inline = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const { buffer } = view;
  if (!(buffer instanceof ArrayBuffer)) throw new TypeError('a vector in shared memory');
  const span: Span = { source: inline, view, start: 0, length: 0 };
  // The bytes from address `from` up to `to`; addresses are below 2^48 and so exact.
  let block: Uint8Array = inline;
  let blockView = view;
  let from = 0;
  let to = 0;
  /** Blocks by first address, for strings that many rows share (a dictionary). */
  const seen = new Map<number, Uint8Array>();
  const address = (row: number) =>
    view.getUint32(row * 16 + 12, true) * 0x1_0000_0000 + view.getUint32(row * 16 + 8, true);

  const read = (row: number, at: number, length: number) => {
    const known = seen.get(at);
    if (known !== undefined && known.length >= length) {
      block = known;
    } else {
      let end = at + length;
      for (let next = row + 1; next < rows; next++) {
        if (isNull(validity, next)) continue;
        const size = view.getUint32(next * 16, true);
        if (size <= INLINE) continue;
        const start = address(next);
        if (start < at || start > end + GAP) break;
        end = Math.max(end, start + size);
      }
      block = duckdb.get_data_from_pointer(buffer, view.byteOffset + row * 16 + 8, end - at);
      seen.set(at, block);
    }
    blockView = new DataView(block.buffer, block.byteOffset, block.byteLength);
    from = at;
    to = at + block.length;
  };

  return (row) => {
    const length = view.getUint32(row * 16, true);
    span.length = length;
    if (length <= INLINE) {
      span.source = inline;
      span.view = view;
      span.start = row * 16 + 4;
      return span;
    }
    const at = address(row);
    if (at < from || at + length > to) read(row, at, length);
    span.source = block;
    span.view = blockView;
    span.start = at - from;
    return span;
  };
}
