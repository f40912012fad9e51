import type { DuckDBType } from '@duckdb/node-api';
import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  DuckDBDataChunk,
  FLOAT,
  INTEGER,
  INTERVAL,
  LIST,
  SMALLINT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  TIMETZ,
  UINTEGER,
  UUID,
  VARCHAR,
} from '@duckdb/node-api';
import native from '@duckdb/node-bindings';
import { QueryError } from '@tributary/sql';
import { ColumnBuffer } from './column-buffer.ts';
import type { RowSink } from './engine.ts';
import { wrapNativeError } from './native-error.ts';

/** Rows that are taken at once: the engine's vector size. */
export const LOADED_ROWS = 2048;

const TYPES: Readonly<Record<string, DuckDBType>> = {
  BOOLEAN,
  SMALLINT,
  INTEGER,
  BIGINT,
  UINTEGER,
  FLOAT,
  DOUBLE,
  VARCHAR,
  // A text that was checked where it came from.
  JSON: VARCHAR,
  BLOB,
  DATE,
  TIME,
  'TIME WITH TIME ZONE': TIMETZ,
  TIMESTAMP,
  'TIMESTAMP WITH TIME ZONE': TIMESTAMPTZ,
  INTERVAL,
  UUID,
};

/** The type that engine text of a loaded column names. */
function typeOf(text: string): DuckDBType {
  if (text.endsWith('[]')) return LIST(typeOf(text.slice(0, -2)));
  const [, width, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(text) ?? [];
  if (width !== undefined) return DECIMAL(Number(width), Number(scale));
  const type = TYPES[text];
  if (type !== undefined) return type;
  throw new QueryError('internalError', `rows of type ${text} cannot be taken`);
}

/** The first `rows` rows of the buffers as a chunk of the engine; the buffers are empty then. */
export function takeChunk(columns: readonly ColumnBuffer[], rows: number): DuckDBDataChunk {
  try {
    const chunk = new DuckDBDataChunk(
      native.create_data_chunk(columns.map(({ logicalType }) => logicalType)),
    );
    chunk.rowCount = rows;
    for (const [index, column] of columns.entries()) {
      column.copyTo(native.data_chunk_get_vector(chunk.chunk, index), rows);
      column.clear();
    }
    return chunk;
  } catch (error) {
    throw wrapNativeError(error);
  }
}

/** Rows from outside the engine as its chunks, without a statement or a table: for results of a few rows. */
export class RowChunks implements RowSink {
  readonly columns: readonly ColumnBuffer[];
  /** What was appended, in order. Whoever takes the chunks empties the list. */
  chunks: DuckDBDataChunk[] = [];

  /** `types`: engine text, one a column. */
  constructor(types: readonly string[]) {
    this.columns = types.map((type) => new ColumnBuffer(typeOf(type), LOADED_ROWS));
  }

  append(rows: number): void {
    this.chunks.push(takeChunk(this.columns, rows));
  }

  finish(): void {
    // Chunks are readable as they are.
  }

  /** Empty again, after a failure in the middle of a row too. */
  clear(): void {
    for (const column of this.columns) column.clear();
    this.chunks = [];
  }
}
