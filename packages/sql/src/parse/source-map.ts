import type { CharacterIndex } from './source-position.ts';

/** A run of parser input. `source` is the UTF-16 offset in the user's text of its first character. */
export interface Piece {
  readonly text: string;
  readonly source: number;
  /** Our own text: every character of it stands for `source`. */
  readonly inserted?: true;
}

/** Parser input made of pieces of the user's text, and the way back to it. */
export interface SourceMap {
  readonly input: string;
  /** 0-based character in the user's text of a byte offset in `input` (how trees count). */
  characterOfByte(byte: number): number;
  /** 0-based character in the user's text of a character offset in `input` (how errors count). */
  characterOfCharacter(character: number): number;
}

function utf8Length(codePoint: number): number {
  return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
}

/** For each unit of `input` (byte or character), the character of the user's text it stands for. */
function offsets(
  characterAt: CharacterIndex,
  pieces: readonly Piece[],
  unit: (codePoint: number) => number,
): Int32Array {
  let size = 1;
  for (const piece of pieces) for (const char of piece.text) size += unit(char.codePointAt(0) ?? 0);
  const map = new Int32Array(size);
  let at = 0;
  let source = 0;
  for (const piece of pieces) {
    source = characterAt(piece.source);
    for (const char of piece.text) {
      const width = unit(char.codePointAt(0) ?? 0);
      map.fill(source, at, at + width);
      at += width;
      if (piece.inserted !== true) source++;
    }
  }
  map[at] = source;
  return map;
}

/** Joins the pieces into parser input. */
export function sourceMap(characterAt: CharacterIndex, pieces: readonly Piece[]): SourceMap {
  const input = pieces.map((piece) => piece.text).join('');
  const [first] = pieces;
  const base = first === undefined ? 0 : characterAt(first.source);
  const isPlain = pieces.length === 1 && Buffer.byteLength(input) === input.length;
  let bytes: Int32Array | undefined;
  return {
    input,
    characterOfByte(byte) {
      if (isPlain) return base + byte;
      bytes ??= offsets(characterAt, pieces, utf8Length);
      return bytes[Math.min(byte, bytes.length - 1)] ?? base;
    },
    characterOfCharacter(character) {
      if (isPlain) return base + character;
      const map = offsets(characterAt, pieces, () => 1);
      return map[Math.min(character, map.length - 1)] ?? base;
    },
  };
}
