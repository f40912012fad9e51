import type { DuckDBDataChunk, DuckDBType } from '@duckdb/node-api';
import { DuckDBTypeId } from '@duckdb/node-api';
import native from '@duckdb/node-bindings';
import { TEXT_WIDTH } from './text-heap.ts';

/** Bytes of one value where all are alike. */
const WIDTHS: ReadonlyMap<DuckDBTypeId, number> = new Map([
  [DuckDBTypeId.BOOLEAN, 1],
  [DuckDBTypeId.SMALLINT, 2],
  [DuckDBTypeId.INTEGER, 4],
  [DuckDBTypeId.UINTEGER, 4],
  [DuckDBTypeId.BIGINT, 8],
  [DuckDBTypeId.FLOAT, 4],
  [DuckDBTypeId.DOUBLE, 8],
  [DuckDBTypeId.DECIMAL, 16],
  [DuckDBTypeId.DATE, 4],
  [DuckDBTypeId.TIME, 8],
  [DuckDBTypeId.TIMESTAMP, 8],
  [DuckDBTypeId.TIMESTAMP_TZ, 8],
  [DuckDBTypeId.INTERVAL, 16],
  [DuckDBTypeId.UUID, 16],
]);

/** About how many bytes of memory a chunk's rows take; undefined where a column's values hold others. */
export function chunkBytes(chunk: DuckDBDataChunk): number | undefined {
  const rows = chunk.rowCount;
  let bytes = 0;
  for (let column = 0; column < chunk.columnCount; column++) {
    const vector = native.data_chunk_get_vector(chunk.chunk, column);
    const type: DuckDBType = chunk.getColumnVector(column).type;
    const width = WIDTHS.get(type.typeId);
    if (width !== undefined) bytes += width * rows;
    else if (type.typeId === DuckDBTypeId.VARCHAR || type.typeId === DuckDBTypeId.BLOB)
      bytes += textBytes(vector, rows);
    else return undefined;
  }
  return bytes;
}

type Vector = Parameters<typeof native.vector_get_data>[0];

function textBytes(vector: Vector, rows: number): number {
  const data = native.vector_get_data(vector, rows * TEXT_WIDTH);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const validity = native.vector_get_validity(vector, Math.ceil(rows / 64) * 8);
  let bytes = rows * TEXT_WIDTH;
  for (let row = 0; row < rows; row++) {
    if (native.validity_row_is_valid(validity, row)) {
      bytes += view.getUint32(row * TEXT_WIDTH, true);
    }
  }
  return bytes;
}
