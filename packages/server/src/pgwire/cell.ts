import type { DuckDBVector } from '@duckdb/node-api';
import type { SqlType } from '@tributary/sql';
import type { Writer } from './writer.ts';

/** Writes the value of one row of one vector, which is not NULL, without its length. */
export type Cell = (row: number, out: Writer) => void;

/** The session's settings that text depends on, as SHOW prints them. */
export interface TextStyle {
  readonly dateStyle: string;
  readonly timeZone: string;
  readonly extraFloatDigits: number;
  readonly intervalStyle: string;
  readonly byteaOutput: string;
}

/** Makes the cell of a vector of `rows` values. */
export type CellMaker = (
  type: SqlType,
  vector: DuckDBVector,
  rows: number,
  style: TextStyle,
) => Cell;

export const DEFAULT_STYLE: TextStyle = {
  dateStyle: 'ISO, MDY',
  timeZone: 'UTC',
  extraFloatDigits: 1,
  intervalStyle: 'postgres',
  byteaOutput: 'hex',
};
