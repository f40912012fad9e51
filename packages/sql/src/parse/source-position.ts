/** Answers the 0-based character (code point) of a UTF-16 offset. */
export type CharacterIndex = (offset: number) => number;

/** An index over a text that is asked often. Costs nothing for text that is all ASCII. */
export function characterIndex(text: string): CharacterIndex {
  if (Buffer.byteLength(text) === text.length) return (offset) => Math.min(offset, text.length);
  const characters = new Int32Array(text.length + 1);
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    characters[at] = count;
    const next = text.charCodeAt(at + 1);
    if (!(next >= 0xdc00 && next <= 0xdfff)) count++;
  }
  characters[text.length] = count;
  return (offset) => characters[Math.min(offset, text.length)] ?? count;
}

/** PostgreSQL's error position of a UTF-16 offset: 1-based, in characters. */
export function sourcePosition(text: string, offset: number): number {
  return characterIndex(text)(offset) + 1;
}
