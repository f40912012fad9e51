import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { Writer } from './writer.ts';

/** Writes rows `from` up to `to` of the chunk it was made for. Rows before one that fails stay written, whole. */
export type RowWriter = (from: number, to: number, out: Writer) => void;

export type BinaryValues = readonly (Uint8Array | null)[];

/** How rows leave: as DataRow messages, or as one of COPY's formats. */
export interface RowFormat {
  /** Prepares the columns of one chunk of the engine. */
  chunk(chunk: DuckDBDataChunk): RowWriter;
  /** Writes one row whose values are in PostgreSQL's text form already; `binary`: in binary form as well. */
  text(values: readonly (string | null)[], out: Writer, binary?: BinaryValues): void;
}
