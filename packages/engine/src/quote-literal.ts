/** A DuckDB string literal. DuckDB reads backslashes in plain literals as they are. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
