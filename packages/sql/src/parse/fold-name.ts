/** Folds an unquoted name as PostgreSQL does in UTF-8: ASCII letters to lower case, others as they are. */
export function foldName(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
