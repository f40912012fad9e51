/**
 * A growing byte buffer that messages are written into. Integers are big-endian, as on the wire. Rows write through it
 * byte by byte, so that no value becomes an object of its own.
 */
export class Writer {
  buffer: Buffer;
  length = 0;
  readonly #initial: number;

  constructor(initial = 4096) {
    this.#initial = initial;
    this.buffer = Buffer.allocUnsafeSlow(initial);
  }

  /** Room for `bytes` more; `buffer` may be another one afterwards. */
  reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }

  byte(value: number): this {
    this.reserve(1);
    this.buffer[this.length++] = value;
    return this;
  }

  int16(value: number): this {
    this.reserve(2);
    this.length = this.buffer.writeUInt16BE(value & 0xffff, this.length);
    return this;
  }

  int32(value: number): this {
    this.reserve(4);
    this.length = this.buffer.writeInt32BE(value | 0, this.length);
    return this;
  }

  int64(value: bigint): this {
    this.reserve(8);
    this.length = this.buffer.writeBigInt64BE(BigInt.asIntN(64, value), this.length);
    return this;
  }

  float32(value: number): this {
    this.reserve(4);
    this.length = this.buffer.writeFloatBE(value, this.length);
    return this;
  }

  float64(value: number): this {
    this.reserve(8);
    this.length = this.buffer.writeDoubleBE(value, this.length);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.reserve(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
    return this;
  }

  /** UTF-8 without a terminator. */
  text(value: string): this {
    this.reserve(value.length * 3);
    this.length += this.buffer.write(value, this.length);
    return this;
  }

  /** Characters below 128 only. */
  ascii(value: string): this {
    this.reserve(value.length);
    this.length += this.buffer.write(value, this.length, 'latin1');
    return this;
  }

  /** UTF-8 and a NUL; a NUL inside would end the string early, so it is left out. */
  cstring(value: string): this {
    return this.text(value.includes('\0') ? value.replaceAll('\0', '') : value).byte(0);
  }

  /** A whole number in decimal, exact up to 2^53. */
  decimal(value: number): this {
    this.reserve(17);
    let rest = value;
    if (rest < 0) {
      this.buffer[this.length++] = 0x2d;
      rest = -rest;
    }
    const end = this.length + digitCount(rest);
    let at = end;
    // 32-bit arithmetic is several times faster, so the large part is taken off first.
    while (rest >= 0x7fffffff) {
      const next = Math.floor(rest / 10);
      this.buffer[--at] = 0x30 + (rest - next * 10);
      rest = next;
    }
    let small = rest | 0;
    do {
      const next = (small / 10) | 0;
      this.buffer[--at] = 0x30 + (small - next * 10);
      small = next;
    } while (small > 0);
    this.length = end;
    return this;
  }

  /** A whole number in at least `width` digits, with leading zeros. Not negative. */
  padded(value: number, width: number): this {
    for (let digits = digitCount(value); digits < width; digits++) this.byte(0x30);
    return this.decimal(value);
  }

  /** Overwrites four bytes that were written before. */
  setInt32(at: number, value: number): void {
    const { buffer } = this;
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
  }

  /** Begins a message; `end` with the returned offset completes its length. */
  begin(type: number): number {
    this.byte(type).int32(0);
    return this.length - 4;
  }

  end(offset: number): this {
    this.setInt32(offset, this.length - offset);
    return this;
  }

  /** What was written, leaving the writer empty with a buffer of its own. */
  take(): Buffer {
    const taken = this.buffer.subarray(0, this.length);
    this.buffer = Buffer.allocUnsafeSlow(this.#initial);
    this.length = 0;
    return taken;
  }
}

/** Decimal digits of a whole number that is not negative. */
export function digitCount(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit && digits < 17; limit *= 10) digits++;
  return digits;
}
