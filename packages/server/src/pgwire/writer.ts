import { DIGIT_PAIRS } from './digit-pairs.ts';

const BILLION = 1_000_000_000;
const MINUS = 0x2d;
const ZERO = 0x30;
/** Buffers that are larger are not kept for the next message. */
const KEPT_BYTES = 1 << 20;
/** Answers up to this long are copied out: those of short statements. */
const COPIED_BYTES = 1024;

/**
 * A growing byte buffer that messages are written into. Integers are big-endian, as on the wire. Rows write through it
 * byte by byte, so that no value becomes an object of its own.
 */
export class Writer {
  buffer: Buffer;
  /** The same memory, for values of several bytes. */
  view: DataView;
  length = 0;
  readonly #initial: number;

  constructor(initial = 4096) {
    this.#initial = initial;
    this.buffer = Buffer.allocUnsafeSlow(initial);
    this.view = viewOf(this.buffer);
  }

  /** Room for `bytes` more; `buffer` and `view` may be others afterwards. */
  reserve(bytes: number): void {
    if (this.length + bytes > this.buffer.length) this.#grow(bytes);
  }

  byte(value: number): this {
    if (this.length === this.buffer.length) this.#grow(1);
    this.buffer[this.length++] = value;
    return this;
  }

  int16(value: number): this {
    this.reserve(2);
    this.view.setInt16(this.length, value);
    this.length += 2;
    return this;
  }

  int32(value: number): this {
    this.reserve(4);
    this.view.setInt32(this.length, value);
    this.length += 4;
    return this;
  }

  int64(value: bigint): this {
    this.reserve(8);
    this.view.setBigInt64(this.length, value);
    this.length += 8;
    return this;
  }

  /** A 64-bit integer in two halves. */
  int64Halves(high: number, low: number): this {
    this.reserve(8);
    this.view.setInt32(this.length, high);
    this.view.setInt32(this.length + 4, low);
    this.length += 8;
    return this;
  }

  float32(value: number): this {
    this.reserve(4);
    this.view.setFloat32(this.length, value);
    this.length += 4;
    return this;
  }

  float64(value: number): this {
    this.reserve(8);
    this.view.setFloat64(this.length, value);
    this.length += 8;
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
    const { length } = value;
    this.reserve(length);
    const { buffer } = this;
    let at = this.length;
    for (let index = 0; index < length; index++) buffer[at++] = value.charCodeAt(index);
    this.length = at;
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
      this.buffer[this.length++] = MINUS;
      rest = -rest;
    }
    if (rest < BILLION) {
      this.#digits(rest, smallDigitCount(rest));
    } else {
      // 32-bit arithmetic is several times faster, so the number is taken in two parts.
      const high = Math.floor(rest / BILLION);
      this.#digits(high, smallDigitCount(high));
      this.#digits(rest - high * BILLION, 9);
    }
    return this;
  }

  /** A whole number in at least `width` digits, with leading zeros. Not negative, below 2^53. */
  padded(value: number, width: number): this {
    for (let digits = digitCount(value); digits < width; digits++) this.byte(ZERO);
    return this.decimal(value);
  }

  /** A whole number below 100 in two digits. */
  twoDigits(value: number): this {
    this.reserve(2);
    this.buffer[this.length] = DIGIT_PAIRS[value * 2] ?? 0;
    this.buffer[this.length + 1] = DIGIT_PAIRS[value * 2 + 1] ?? 0;
    this.length += 2;
    return this;
  }

  /** A whole number below 10^9 in exactly `width` digits, at most 9. */
  fixedDigits(value: number, width: number): this {
    this.reserve(width);
    this.#digits(value, width);
    return this;
  }

  /** Overwrites four bytes that were written before. */
  setInt32(at: number, value: number): void {
    this.view.setInt32(at, value);
  }

  /** Begins a message; `end` with the returned offset completes its length. */
  begin(type: number): number {
    this.reserve(5);
    this.buffer[this.length] = type;
    this.length += 5;
    return this.length - 4;
  }

  end(offset: number): this {
    this.view.setInt32(offset, this.length - offset);
    return this;
  }

  /** What was written, leaving the writer empty with a buffer of its own. */
  take(): Buffer {
    if (this.length <= COPIED_BYTES) {
      // A copy among others costs less than new memory for what is written next.
      const copy = Buffer.from(this.buffer.subarray(0, this.length));
      this.length = 0;
      return copy;
    }
    const taken = this.buffer.subarray(0, this.length);
    this.#use(Buffer.allocUnsafeSlow(this.#initial));
    this.length = 0;
    return taken;
  }

  /** Gives the memory of something that was taken back, to be written again. */
  reuse(taken: Buffer): void {
    const { buffer } = taken;
    if (this.length > 0 || buffer.byteLength > KEPT_BYTES) return;
    if (buffer.byteLength > this.buffer.length) this.#use(Buffer.from(buffer));
  }

  /** Writes `width` digits of a whole number below 2^31; there is room for them. */
  #digits(value: number, width: number): void {
    const { buffer } = this;
    let at = this.length + width;
    this.length = at;
    let rest = value | 0;
    let left = width;
    while (left > 1) {
      const next = (rest / 100) | 0;
      const pair = (rest - next * 100) * 2;
      buffer[--at] = DIGIT_PAIRS[pair + 1] ?? 0;
      buffer[--at] = DIGIT_PAIRS[pair] ?? 0;
      rest = next;
      left -= 2;
    }
    if (left === 1) buffer[--at] = ZERO + (rest % 10);
  }

  #grow(bytes: number): void {
    const needed = this.length + bytes;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.length);
    this.#use(grown);
  }

  #use(buffer: Buffer): void {
    this.buffer = buffer;
    this.view = viewOf(buffer);
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function smallDigitCount(value: number): number {
  if (value < 10_000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
  if (value < 1_000_000) return value < 100_000 ? 5 : 6;
  return value < 100_000_000 ? (value < 10_000_000 ? 7 : 8) : 9;
}

/** Decimal digits of a whole number that is not negative, below 2^53. */
export function digitCount(value: number): number {
  return value < BILLION
    ? smallDigitCount(value)
    : 9 + smallDigitCount(Math.floor(value / BILLION));
}
