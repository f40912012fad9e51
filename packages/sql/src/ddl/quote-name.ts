/** A name as the DDL's parsers read it back: in backticks, which fold, or in double quotes if it has upper-case letters. */
export function quoteName(name: string): string {
  return /[A-Z]/.test(name)
    ? `"${name.replaceAll('\\', '\\\\').replaceAll('"', '""')}"`
    : `\`${name.replaceAll('`', '``')}\``;
}
