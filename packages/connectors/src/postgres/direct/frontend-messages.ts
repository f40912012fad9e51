const PARSE = 'P'.charCodeAt(0);
const BIND = 'B'.charCodeAt(0);
const EXECUTE = 'E'.charCodeAt(0);
const CLOSE = 'C'.charCodeAt(0);
const SYNC = 'S'.charCodeAt(0);
const HEAD_BYTES = 5;
const FIRST_BYTES = 512;

/** Messages of the extended protocol, gathered so that they leave together. */
export class FrontendMessages {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  parse(name: string, text: string): void {
    const start = this.#begin(PARSE);
    this.#text(name);
    this.#text(text);
    // No types are told: casts around the parameters say them.
    this.#int16(0);
    this.#end(start);
  }

  /** Binds the unnamed portal: values in text, rows in binary form. */
  bind(name: string, values: readonly (string | null)[]): void {
    const start = this.#begin(BIND);
    this.#text('');
    this.#text(name);
    this.#int16(0);
    this.#int16(values.length);
    for (const value of values) {
      const place = this.#length;
      this.#int32(-1);
      if (value === null) continue;
      this.#string(value);
      this.#buffer.writeInt32BE(this.#length - place - 4, place);
    }
    this.#int16(1);
    this.#int16(1);
    this.#end(start);
  }

  /** Executes the unnamed portal to its end. */
  execute(): void {
    const start = this.#begin(EXECUTE);
    this.#text('');
    this.#int32(0);
    this.#end(start);
  }

  /** Drops a prepared statement. */
  close(name: string): void {
    const start = this.#begin(CLOSE);
    this.#string('S');
    this.#text(name);
    this.#end(start);
  }

  sync(): void {
    this.#end(this.#begin(SYNC));
  }

  /** All of them. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #begin(type: number): number {
    this.#reserve(HEAD_BYTES);
    const start = this.#length;
    this.#buffer[start] = type;
    this.#length += HEAD_BYTES;
    return start;
  }

  #end(start: number): void {
    this.#buffer.writeInt32BE(this.#length - start - 1, start + 1);
  }

  #int16(value: number): void {
    this.#reserve(2);
    this.#length = this.#buffer.writeInt16BE(value, this.#length);
  }

  #int32(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeInt32BE(value, this.#length);
  }

  #text(text: string): void {
    this.#string(text);
    this.#reserve(1);
    this.#buffer[this.#length++] = 0;
  }

  #string(text: string): void {
    this.#reserve(text.length * 3);
    this.#length += this.#buffer.write(text, this.#length);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
