import type { DuckDBDataChunk } from '@duckdb/node-api';
import { DuckDBTypeId } from '@duckdb/node-api';
import native from '@duckdb/node-bindings';
import { TEXT_WIDTH } from './text-heap.ts';
import { valueWidth } from './value-width.ts';

/** About how many bytes of memory a chunk's rows take; undefined where a column's values hold others. */
export function chunkBytes(chunk: DuckDBDataChunk): number | undefined {
  const rows = chunk.rowCount;
  let bytes = 0;
  for (let column = 0; column < chunk.columnCount; column++) {
    const vector = native.data_chunk_get_vector(chunk.chunk, column);
    const { type } = chunk.getColumnVector(column);
    const width = valueWidth(type);
    if (width === undefined || type.typeId === DuckDBTypeId.LIST) return undefined;
    const isText = type.typeId === DuckDBTypeId.VARCHAR || type.typeId === DuckDBTypeId.BLOB;
    bytes += width * rows + (isText ? textBytes(vector, rows) : 0);
  }
  return bytes;
}

type Vector = Parameters<typeof native.vector_get_data>[0];

/** Of the texts themselves, beside their places. */
function textBytes(vector: Vector, rows: number): number {
  const data = native.vector_get_data(vector, rows * TEXT_WIDTH);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const validity = native.vector_get_validity(vector, Math.ceil(rows / 64) * 8);
  let bytes = 0;
  for (let row = 0; row < rows; row++) {
    if (native.validity_row_is_valid(validity, row)) {
      bytes += view.getUint32(row * TEXT_WIDTH, true);
    }
  }
  return bytes;
}
