/** Rows in text form, in any order. */
export type Answer = readonly (readonly (string | null)[])[];

/**
 * What differs between two answers, or undefined. Floats are equal within 1e-9 of their size, since their sums depend on the
 * order of the rows; with a tolerance every number is equal within that fraction.
 */
export function difference(ours: Answer, base: Answer, tolerance = 1e-9): string | undefined {
  if (ours.length !== base.length) {
    return `${ours.length} rows instead of ${base.length}`;
  }
  const [a, b] = [sorted(ours), sorted(base)];
  for (const [index, row] of a.entries()) {
    const other = b[index] ?? [];
    if (!row.every((value, column) => same(value, other[column] ?? null, tolerance))) {
      return `(${row.join(', ')}) instead of (${other.join(', ')})`;
    }
  }
  return undefined;
}

function same(a: string | null, b: string | null, tolerance: number): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  const [x, y] = [Number(a), Number(b)];
  return Math.abs(x - y) <= tolerance * Math.max(Math.abs(x), Math.abs(y));
}

/** By whole values, so that floats that differ in their last digits do not reorder rows whose keys come first. */
function sorted(rows: Answer): Answer {
  const key = (row: readonly (string | null)[]): string =>
    row.map((value) => (value?.includes('.') ? Number(value).toPrecision(6) : value)).join('\t');
  return rows
    .map((row) => ({ row, text: key(row) }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ row }) => row);
}
