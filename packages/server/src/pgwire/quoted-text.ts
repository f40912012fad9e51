import type { Writer } from './writer.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Quotes and backslashes inside are escaped: by a backslash in arrays, by doubling in records. */
export function writeQuoted(
  out: Writer,
  { buffer, length }: Writer,
  escape: number | undefined,
): void {
  out.reserve(length * 2 + 2);
  out.byte(QUOTE);
  for (let index = 0; index < length; index++) {
    const byte = buffer[index] ?? 0;
    if (byte === QUOTE || byte === BACKSLASH) out.byte(escape ?? byte);
    out.byte(byte);
  }
  out.byte(QUOTE);
}
