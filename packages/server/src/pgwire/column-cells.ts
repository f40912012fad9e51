import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { PlanColumn } from '@tributary/sql';
import { QueryError } from '@tributary/sql';
import { binaryCell } from './binary-codecs.ts';
import type { Cell, TextStyle } from './cell.ts';
import type { Format } from './codes.ts';
import { textCell } from './text-codecs.ts';
import type { Validity } from './vector-access.ts';
import { validityOf } from './vector-access.ts';

/** The columns of one chunk: how a value is written, and which rows have one. */
export interface ColumnCells {
  readonly cells: readonly Cell[];
  readonly validities: readonly (Validity | undefined)[];
}

/** Prepares the columns of one chunk; `columns[i]` describes column i, `formats[i]` its form, text where it is missing. */
export function columnCells(
  chunk: DuckDBDataChunk,
  columns: readonly PlanColumn[],
  formats: readonly Format[],
  style: TextStyle,
): ColumnCells {
  if (chunk.columnCount < columns.length) {
    throw new QueryError(
      'internalError',
      `the engine returned ${chunk.columnCount} columns instead of ${columns.length}`,
    );
  }
  const cells: Cell[] = [];
  const validities: (Validity | undefined)[] = [];
  for (const [index, { type }] of columns.entries()) {
    const vector = chunk.getColumnVector(index);
    const make = formats[index] === 1 ? binaryCell : textCell;
    cells.push(make(type, vector, chunk.rowCount, style));
    validities.push(validityOf(vector));
  }
  return { cells, validities };
}
