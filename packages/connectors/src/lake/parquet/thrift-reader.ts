/** Field and element types of Thrift's compact protocol. */
export const THRIFT = {
  stop: 0,
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
  uuid: 13,
} as const;

/** Reads Thrift's compact protocol from a buffer. Throws RangeError on malformed input. */
export class ThriftReader {
  readonly #buffer: Buffer;
  #at: number;

  constructor(buffer: Buffer, start = 0) {
    this.#buffer = buffer;
    this.#at = start;
  }

  byte(): number {
    const value = this.#buffer[this.#at];
    if (value === undefined) throw new RangeError('the data ends early');
    this.#at += 1;
    return value;
  }

  /** Only exact below 2^53. */
  varint(): number {
    let result = 0;
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const byte = this.byte();
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) return result;
    }
    throw new RangeError('a number is too long');
  }

  integer(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  /** They share memory with the buffer. */
  bytes(): Buffer {
    const length = this.varint();
    const end = this.#at + length;
    if (end > this.#buffer.length) throw new RangeError('the data ends early');
    const bytes = this.#buffer.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  /** Calls `read` for each field; a `read` that answers false leaves the field to be skipped. */
  struct(read: (field: number, type: number) => boolean): void {
    let field = 0;
    for (;;) {
      const header = this.byte();
      const type = header & 0x0f;
      if (type === THRIFT.stop) return;
      const delta = header >> 4;
      field = delta === 0 ? this.integer() : field + delta;
      if (!read(field, type)) this.skip(type, 0);
    }
  }

  list(): { readonly size: number; readonly type: number } {
    const header = this.byte();
    const short = header >> 4;
    return { size: short === 15 ? this.varint() : short, type: header & 0x0f };
  }

  skip(type: number, depth: number): void {
    if (depth > 32) throw new RangeError('values nest too deep');
    switch (type) {
      case THRIFT.true:
      case THRIFT.false:
        return;
      case THRIFT.byte:
        this.#at += 1;
        return;
      case THRIFT.i16:
      case THRIFT.i32:
      case THRIFT.i64:
        this.varint();
        return;
      case THRIFT.double:
        this.#at += 8;
        return;
      case THRIFT.binary:
        this.bytes();
        return;
      case THRIFT.uuid:
        this.#at += 16;
        return;
      case THRIFT.list:
      case THRIFT.set: {
        const { size, type: element } = this.list();
        for (let index = 0; index < size; index++) this.#skipElement(element, depth + 1);
        return;
      }
      case THRIFT.map: {
        const size = this.varint();
        if (size === 0) return;
        const types = this.byte();
        for (let index = 0; index < size; index++) {
          this.#skipElement(types >> 4, depth + 1);
          this.#skipElement(types & 0x0f, depth + 1);
        }
        return;
      }
      case THRIFT.struct:
        this.struct((_, field) => {
          this.skip(field, depth + 1);
          return true;
        });
        return;
      default:
        throw new RangeError(`type ${type} is unknown`);
    }
  }

  /** Booleans take a byte as elements, unlike as fields. */
  #skipElement(type: number, depth: number): void {
    if (type === THRIFT.true || type === THRIFT.false) this.#at += 1;
    else this.skip(type, depth);
    if (this.#at > this.#buffer.length) throw new RangeError('the data ends early');
  }
}
