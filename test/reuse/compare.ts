import type { DuckDBValue } from '@duckdb/node-api';
import { valueText } from '../random/compare-rows.ts';

type TextRow = readonly string[];

const TOLERANCE = 1e-7;

function sameText(a: string, b: string, inexact: boolean): boolean {
  if (a === b) return true;
  if (!inexact) return false;
  const [x, y] = [Number(a), Number(b)];
  return Math.abs(x - y) <= TOLERANCE * Math.max(1, Math.abs(x), Math.abs(y));
}

export function textRows(rows: readonly (readonly DuckDBValue[])[]): readonly TextRow[] {
  return rows.map((row) => row.map(valueText));
}

/** The first difference, undefined where there is none: as lists when `ordered`, else as multisets. */
export function difference(
  actual: readonly TextRow[],
  expected: readonly TextRow[],
  ordered: boolean,
  inexact: readonly boolean[],
): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} rows, not ${expected.length}`;
  const key = (row: TextRow): string =>
    [...row.keys()]
      .sort((a, b) => Number(inexact[a] ?? false) - Number(inexact[b] ?? false) || a - b)
      .map((at) => (inexact[at] === true ? Number(row[at]).toPrecision(6) : row[at]))
      .join('\u0000');
  const arranged = (rows: readonly TextRow[]): readonly TextRow[] =>
    ordered
      ? rows
      : rows
          .map((row) => ({ row, by: key(row) }))
          .sort((a, b) => (a.by < b.by ? -1 : a.by > b.by ? 1 : 0))
          .map(({ row }) => row);
  const right = arranged(expected);
  for (const [index, row] of arranged(actual).entries()) {
    const other = right[index] ?? [];
    if (!row.every((text, at) => sameText(text, other[at] ?? '', inexact[at] ?? false)))
      return `row ${index}: ${row.join(' | ')} not ${other.join(' | ')}`;
  }
  return undefined;
}
