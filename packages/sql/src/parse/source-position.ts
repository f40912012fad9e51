/** PostgreSQL's error position of a UTF-16 offset: 1-based, in characters (code points). */
export function sourcePosition(text: string, offset: number): number {
  let characters = 1;
  for (let at = 0; at < Math.min(offset, text.length); at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0xdc00 || unit > 0xdfff) characters++;
  }
  return characters;
}
