/** A list as the text of a PostgreSQL array. */
export function arrayLiteral(values: Iterable<string | number | boolean | null>): string {
  const items: string[] = [];
  for (const value of values) {
    items.push(
      typeof value === 'string'
        ? `"${value.replaceAll('\0', '').replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
        : value === null
          ? 'NULL'
          : String(value),
    );
  }
  return `{${items.join()}}`;
}
