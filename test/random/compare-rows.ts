import type { DuckDBValue } from '@duckdb/node-api';

export type TextRow = readonly string[];

const NULL_TEXT = '\u2205';

/** A value's text; the same text means the same value of the same type. */
export function valueText(value: DuckDBValue): string {
  if (value === null) return NULL_TEXT;
  if (typeof value === 'string') return `'${value}'`;
  if (Object.is(value, -0)) return '0';
  return String(value);
}

function sameText(a: string, b: string, tolerance: number): boolean {
  if (a === b) return true;
  if (tolerance === 0 || a.startsWith("'") || b.startsWith("'")) return false;
  const [x, y] = [Number(a), Number(b)];
  return Math.abs(x - y) <= tolerance * Math.max(Math.abs(x), Math.abs(y));
}

/**
 * The first difference between two results, undefined where they are equal: as lists when `ordered`, else as multisets. Numbers of
 * columns with a tolerance may differ by that much, relatively.
 */
export function firstDifference(
  actual: readonly TextRow[],
  expected: readonly TextRow[],
  ordered: boolean,
  tolerances: readonly number[],
): string | undefined {
  if (actual.length !== expected.length) {
    return `${actual.length} rows, not ${expected.length}`;
  }
  const arranged = (rows: readonly TextRow[]): readonly TextRow[] => {
    if (ordered) return rows;
    const exactFirst = (row: TextRow): string =>
      [...row.keys()]
        .sort((a, b) => (tolerances[a] ?? 0) - (tolerances[b] ?? 0) || a - b)
        .map((at) => row[at])
        .join('\u0000');
    return rows
      .map((row) => ({ row, key: exactFirst(row) }))
      .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
      .map(({ row }) => row);
  };
  const [left, right] = [arranged(actual), arranged(expected)];
  for (const [index, row] of left.entries()) {
    const other = right[index] ?? [];
    if (!row.every((text, at) => sameText(text, other[at] ?? '', tolerances[at] ?? 0))) {
      return `row ${index}: ${row.join(' | ')} not ${other.join(' | ')}`;
    }
  }
  return undefined;
}
