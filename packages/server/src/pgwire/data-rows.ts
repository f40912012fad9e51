import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { PlanColumn } from '@tributary/sql';
import type { TextStyle } from './cell.ts';
import type { Format } from './codes.ts';
import { BACKEND } from './codes.ts';
import { columnCells } from './column-cells.ts';
import type { BinaryValues, RowFormat, RowWriter } from './row-format.ts';
import { writeBinaryFromText } from './binary-from-text.ts';
import { isNull } from './vector-access.ts';
import type { Writer } from './writer.ts';

/**
 * Rows as a count and length-prefixed values: DataRow messages, and COPY's binary format, which has the same layout in
 * another message. `formats[i]` is column i's, text where it is missing.
 */
export class DataRows implements RowFormat {
  readonly #columns: readonly PlanColumn[];
  readonly #formats: readonly Format[];
  readonly #style: TextStyle;
  readonly #message: number;
  #first: Buffer | undefined;

  /** `first` stands at the beginning of the first message. */
  constructor(
    columns: readonly PlanColumn[],
    formats: readonly Format[],
    style: TextStyle,
    message: number = BACKEND.dataRow,
    first?: Buffer,
  ) {
    this.#columns = columns;
    this.#formats = formats;
    this.#style = style;
    this.#message = message;
    this.#first = first;
  }

  /** Begins a message; `out.end` with what it answers completes it. */
  protected open(out: Writer): number {
    const message = out.begin(this.#message);
    if (this.#first !== undefined) {
      out.bytes(this.#first);
      this.#first = undefined;
    }
    return message;
  }

  chunk(chunk: DuckDBDataChunk): RowWriter {
    const { cells, validities } = columnCells(chunk, this.#columns, this.#formats, this.#style);
    const count = this.#columns.length;
    return (from, to, out) => {
      let whole = out.length;
      try {
        for (let row = from; row < to; row++) {
          const message = this.open(out);
          out.int16(count);
          for (let index = 0; index < count; index++) {
            if (isNull(validities[index], row)) {
              out.int32(-1);
              continue;
            }
            const start = out.length;
            out.int32(0);
            cells[index]?.(row, out);
            out.setInt32(start, out.length - start - 4);
          }
          out.end(message);
          whole = out.length;
        }
      } catch (error) {
        // Half a message would break the stream that the error is to be sent in.
        out.length = whole;
        throw error;
      }
    };
  }

  text(values: readonly (string | null)[], out: Writer, binary?: BinaryValues): void {
    const before = out.length;
    const message = this.open(out);
    out.int16(this.#columns.length);
    try {
      for (const [index, { type }] of this.#columns.entries()) {
        const value = values[index] ?? null;
        if (value === null) {
          out.int32(-1);
          continue;
        }
        const start = out.length;
        out.int32(0);
        const bytes = this.#formats[index] === 1 ? binary?.[index] : undefined;
        if (bytes !== undefined && bytes !== null) out.bytes(bytes);
        else if (this.#formats[index] === 1) writeBinaryFromText(out, type, value);
        else out.text(value);
        out.setInt32(start, out.length - start - 4);
      }
    } catch (error) {
      out.length = before;
      throw error;
    }
    out.end(message);
  }
}
