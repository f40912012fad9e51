/**
 * A text as both engines keep it: PostgreSQL refuses NUL, and neither keeps a half of a surrogate pair. Different texts stay
 * different, since equal keys must mean equal texts.
 */
export function encodeText(text: string): string {
  return text.replace(
    /[\\\0\uD800-\uDFFF]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The text that `encodeText` was given. */
export function decodeText(stored: string): string {
  return stored.includes('\\')
    ? stored.replace(/\\u([0-9a-f]{4})/g, (_, code: string) =>
        String.fromCharCode(Number.parseInt(code, 16)),
      )
    : stored;
}
