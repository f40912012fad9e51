import { arrayLiteral } from './array-literal.ts';

/** One statement over rows that come as columns: each parameter is the text of an array. */
export interface RowsStatement {
  readonly text: string;
  readonly parameters: readonly string[];
}

type Value = string | number | boolean | null;

/** The statement once over all rows; nothing for none. `columns` says what of a row each parameter takes. */
export function over<T>(
  rows: readonly T[],
  text: string,
  ...columns: ((row: T) => Value)[]
): readonly RowsStatement[] {
  if (rows.length === 0) return [];
  return [{ text, parameters: columns.map((column) => arrayLiteral(rows.map(column))) }];
}
