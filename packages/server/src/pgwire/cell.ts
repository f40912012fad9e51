import type { Writer } from './writer.ts';

/** Writes the value of one row of one vector, which is not NULL, without its length. */
export type Cell = (row: number, out: Writer) => void;

/** The session's settings that text depends on, as SHOW prints them. */
export interface TextStyle {
  readonly timeZone: string;
  readonly extraFloatDigits: number;
  readonly intervalStyle: string;
  readonly byteaOutput: string;
}

export const DEFAULT_STYLE: TextStyle = {
  timeZone: 'UTC',
  extraFloatDigits: 1,
  intervalStyle: 'postgres',
  byteaOutput: 'hex',
};
