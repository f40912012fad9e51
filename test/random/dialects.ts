/**
 * A fragment on which the dialects do not agree: PostgreSQL's text for the product, DuckDB's for the truth. Statements carry both
 * until `dialectText` picks one.
 */
export function either(postgres: string, duckdb: string): string {
  return `\u0001${postgres}\u0002${duckdb}\u0003`;
}

export function dialectText(text: string, dialect: 'postgres' | 'duckdb'): string {
  let current = text;
  // Innermost first: fragments nest.
  const fragment = /\u0001([^\u0001-\u0003]*)\u0002([^\u0001-\u0003]*)\u0003/g;
  for (let before = ''; before !== current;) {
    before = current;
    current = current.replace(fragment, (_, postgres: string, duckdb: string) =>
      dialect === 'postgres' ? postgres : duckdb,
    );
  }
  return current;
}
