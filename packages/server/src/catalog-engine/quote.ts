/** A name as SQL text. NUL cannot occur in PostgreSQL's text and is left out. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('\0', '').replaceAll('"', '""')}"`;
}

/** A text as an SQL literal, under standard_conforming_strings. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll('\0', '').replaceAll("'", "''")}'`;
}
