import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { PlanColumn } from '@tributary/sql';
import { QueryError } from '@tributary/sql';
import { binaryCell } from './binary-codecs.ts';
import type { Cell, TextStyle } from './cell.ts';
import type { Format } from './codes.ts';
import { BACKEND } from './codes.ts';
import { textCell } from './text-codecs.ts';
import type { Validity } from './vector-access.ts';
import { isNull, validityOf } from './vector-access.ts';
import type { Writer } from './writer.ts';

/** Writes rows `from` up to `to` of the chunk it was made for as DataRow messages. */
export type RowWriter = (from: number, to: number, out: Writer) => void;

/** Prepares the columns of one chunk; `columns[i]` describes column i. */
export function rowWriter(
  chunk: DuckDBDataChunk,
  columns: readonly PlanColumn[],
  formats: readonly Format[],
  style: TextStyle,
): RowWriter {
  const rows = chunk.rowCount;
  const count = columns.length;
  if (chunk.columnCount < count) {
    throw new QueryError(
      'internalError',
      `the engine returned ${chunk.columnCount} columns instead of ${count}`,
    );
  }
  const cells: Cell[] = [];
  const validities: (Validity | undefined)[] = [];
  for (const [index, { type }] of columns.entries()) {
    const vector = chunk.getColumnVector(index);
    const make = formats[index] === 1 ? binaryCell : textCell;
    cells.push(make(type, vector, rows, style));
    validities.push(validityOf(vector));
  }
  return (from, to, out) => {
    for (let row = from; row < to; row++) {
      const before = out.length;
      const message = out.begin(BACKEND.dataRow);
      out.int16(count);
      try {
        for (let index = 0; index < count; index++) {
          if (isNull(validities[index], row)) {
            out.int32(-1);
            continue;
          }
          const start = out.length;
          out.int32(0);
          cells[index]?.(row, out);
          out.buffer.writeInt32BE(out.length - start - 4, start);
        }
      } catch (error) {
        // Half a message would break the stream that the error is to be sent in.
        out.length = before;
        throw error;
      }
      out.end(message);
    }
  };
}
