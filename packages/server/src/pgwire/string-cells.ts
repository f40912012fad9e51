import type { DuckDBVector } from '@duckdb/node-api';
import type { Cell, TextStyle } from './cell.ts';
import { spanReader, valuesOf } from './vector-access.ts';
import type { Writer } from './writer.ts';

const BACKSLASH = 0x5c;
const DASH = 0x2d;
const LETTER_X = 0x78;
const HEX = Buffer.from('0123456789abcdef');
/** Copying more at once costs an object; fewer bytes are faster one word after the other. */
const WORDWISE = 96;

/** The bytes as they are: text, json, and bytea in binary form. */
export function bytesCell(vector: DuckDBVector, rows: number): Cell {
  const read = spanReader(vector, rows);
  return (row, out) => {
    const { source, view, start, length } = read(row);
    out.reserve(length + 4);
    if (length > WORDWISE) {
      out.buffer.set(source.subarray(start, start + length), out.length);
    } else {
      const target = out.view;
      let to = out.length;
      let from = start;
      const words = start + length - 4;
      for (; from <= words; from += 4, to += 4) {
        target.setInt32(to, view.getInt32(from));
      }
      const { buffer } = out;
      for (; from < start + length; from++) buffer[to++] = source[from] ?? 0;
    }
    out.length += length;
  };
}

/** bytea as text, as bytea_output says. */
export function byteaCell(vector: DuckDBVector, rows: number, style: TextStyle): Cell {
  const read = spanReader(vector, rows);
  if (style.byteaOutput === 'escape') {
    return (row, out) => {
      const { source, start, length } = read(row);
      for (let index = start; index < start + length; index++) {
        const byte = source[index] ?? 0;
        if (byte === BACKSLASH) out.byte(byte).byte(byte);
        else if (byte >= 0x20 && byte < 0x7f) out.byte(byte);
        else out.ascii(`\\${byte.toString(8).padStart(3, '0')}`);
      }
    };
  }
  return (row, out) => {
    const { source, start, length } = read(row);
    out.reserve(length * 2 + 2);
    out.byte(BACKSLASH).byte(LETTER_X);
    writeHex(out, source, start, length);
  };
}

function writeHex(out: Writer, source: Uint8Array, start: number, length: number): void {
  out.reserve(length * 2);
  const { buffer } = out;
  let at = out.length;
  for (let index = start; index < start + length; index++) {
    const byte = source[index] ?? 0;
    buffer[at++] = HEX[byte >> 4] ?? 0;
    buffer[at++] = HEX[byte & 15] ?? 0;
  }
  out.length = at;
}

/** 16 bytes in the order of the text. DuckDB keeps a 128-bit integer whose top bit is flipped. */
function uuidBytes(values: DataView, row: number, into: Uint8Array): Uint8Array {
  for (let index = 0; index < 16; index++) into[index] = values.getUint8(row * 16 + 15 - index);
  into[0] = (into[0] ?? 0) ^ 0x80;
  return into;
}

export function uuidTextCell(vector: DuckDBVector): Cell {
  const values = valuesOf(vector);
  const bytes = new Uint8Array(16);
  return (row, out) => {
    uuidBytes(values, row, bytes);
    writeHex(out, bytes, 0, 4);
    for (const at of [4, 6, 8]) {
      out.byte(DASH);
      writeHex(out, bytes, at, 2);
    }
    out.byte(DASH);
    writeHex(out, bytes, 10, 6);
  };
}

export function uuidBinaryCell(vector: DuckDBVector): Cell {
  const values = valuesOf(vector);
  const bytes = new Uint8Array(16);
  return (row, out) => out.bytes(uuidBytes(values, row, bytes));
}
