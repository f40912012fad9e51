import { QueryError } from '@tributary/sql';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** @throws QueryError characterNotInRepertoire for bytes that are not UTF-8 or hold NUL. */
export function decodeText(bytes: Uint8Array): string {
  if (bytes.includes(0)) throw invalidEncoding();
  try {
    return UTF8.decode(bytes);
  } catch {
    throw invalidEncoding();
  }
}

function invalidEncoding(): QueryError {
  return new QueryError('characterNotInRepertoire', 'invalid byte sequence for encoding "UTF8"');
}

/** Reads the fields of one message's body. Every read beyond its end is a protocolViolation. */
export class Reader {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  get remaining(): number {
    return this.#body.length - this.#at;
  }

  byte(): number {
    return this.take(1).readUInt8();
  }

  int16(): number {
    return this.take(2).readInt16BE();
  }

  /** A count: not negative, up to 65,535. */
  count(): number {
    return this.take(2).readUInt16BE();
  }

  int32(): number {
    return this.take(4).readInt32BE();
  }

  uint32(): number {
    return this.take(4).readUInt32BE();
  }

  take(length: number): Buffer {
    if (length < 0 || length > this.remaining) {
      throw new QueryError('protocolViolation', 'insufficient data left in message');
    }
    const bytes = this.#body.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  cstring(): string {
    const end = this.#body.indexOf(0, this.#at);
    if (end < 0) throw new QueryError('protocolViolation', 'invalid string in message');
    const text = decodeText(this.#body.subarray(this.#at, end));
    this.#at = end + 1;
    return text;
  }

  /** @throws QueryError protocolViolation when fields are left. */
  end(): void {
    if (this.remaining > 0) throw new QueryError('protocolViolation', 'invalid message format');
  }
}

export interface Message {
  /** 0 for the startup packet, which has no type byte. */
  readonly type: number;
  readonly body: Buffer;
}

/** Cuts a byte stream into messages, refusing a length above the limit before its bytes are kept. */
export class MessageSplitter {
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** The first packet of a connection has no type byte. */
  startup = true;
  /** Bytes of a message's body; small before login. */
  limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  get buffered(): number {
    return this.#buffered;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
  }

  /**
   * The next whole message, or undefined until more bytes come.
   *
   * @throws QueryError protocolViolation for an impossible length: the stream cannot be read on.
   */
  next(): Message | undefined {
    const header = this.startup ? 4 : 5;
    if (this.#buffered < header) return undefined;
    const head = this.#head(header);
    const length = head.readUInt32BE(header - 4) - 4;
    if (length < 0 || length > this.limit || (this.startup && length < 4)) {
      throw new QueryError('protocolViolation', 'invalid message length');
    }
    if (this.#buffered < header + length) return undefined;
    const all = this.#head(header + length);
    const type = this.startup ? 0 : (all[0] ?? 0);
    const body = all.subarray(header, header + length);
    const rest = all.subarray(header + length);
    const first = this.#chunks[0];
    // `all` is the first chunk itself or a copy of several that starts with it.
    if (first !== undefined) this.#chunks[0] = rest;
    if (rest.length === 0) this.#chunks.shift();
    this.#buffered -= header + length;
    return { type, body };
  }

  /** The first chunk, joined with later ones until it holds `length` bytes. */
  #head(length: number): Buffer {
    let first = this.#chunks[0] ?? Buffer.alloc(0);
    if (first.length < length) {
      let joined = 1;
      for (let bytes = first.length; bytes < length; joined++) {
        bytes += this.#chunks[joined]?.length ?? length;
      }
      first = Buffer.concat(this.#chunks.splice(0, joined));
      this.#chunks.unshift(first);
    }
    return first;
  }
}
