/** Escapes with a meaning of their own, as Hive's unescapeSQLString reads them. */
const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  b: '\b',
  n: '\n',
  r: '\r',
  t: '\t',
  Z: '\u001a',
  // Kept for LIKE.
  '%': '\\%',
  _: '\\_',
};

/**
 * The value of a literal as Hive reads it, quotes included: `\001` (three octal digits), `\u0001`, `\t` and such; any other
 * escaped character is itself. A doubled quote is one quote, as in SQL.
 */
export function hiveStringValue(literal: string): string {
  const quote = literal[0] ?? "'";
  return literal
    .slice(1, -1)
    .replace(
      /\\(?:([0-3][0-7]{2})|u([0-9a-fA-F]{4})|([\s\S]))|''|""/g,
      (whole, octal?: string, unicode?: string, escaped?: string) => {
        if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8));
        if (unicode !== undefined) return String.fromCharCode(parseInt(unicode, 16));
        if (escaped !== undefined) return ESCAPES[escaped] ?? escaped;
        return whole[0] === quote ? quote : whole;
      },
    );
}

/** A literal that `hiveStringValue` reads as `value`. */
export function hiveStringLiteral(value: string): string {
  const escaped = value.replace(/[\\'\u0000-\u001f]|\p{Surrogate}/gu, (char) =>
    char === '\\' || char === "'"
      ? `\\${char}`
      : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `'${escaped}'`;
}
