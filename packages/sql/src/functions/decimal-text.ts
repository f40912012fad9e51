/** A one and so many zeros. */
export function powerOfTen(exponent: number): string {
  return `1${'0'.repeat(exponent)}`;
}

/** DuckDB text of the least decimal above zero of so many places, at least one. */
export function smallestUnit(places: number): string {
  return `CAST('0.${'0'.repeat(places - 1)}1' AS DECIMAL(${places},${places}))`;
}
