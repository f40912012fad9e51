import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { CopyFormat, PlanColumn } from '@tributary/sql';
import type { TextStyle } from './cell.ts';
import { BACKEND } from './codes.ts';
import { columnCells } from './column-cells.ts';
import { DataRows } from './data-rows.ts';
import type { RowFormat, RowWriter } from './row-format.ts';
import { isNull } from './vector-access.ts';
import type { Writer } from './writer.ts';

/** Rows as COPY data, with what stands before and after them. */
export interface CopyRows extends RowFormat {
  /** Written once before the rows. */
  begin(out: Writer): void;
  /** Written once after the last row. */
  end(out: Writer): void;
}

/** The writer of one COPY's data. */
export function copyRows(
  format: CopyFormat,
  columns: readonly PlanColumn[],
  style: TextStyle,
): CopyRows {
  switch (format.kind) {
    case 'binary':
      return new BinaryCopy(columns, style);
    case 'text':
      return new LineCopy(columns, style, format, new TextFields(format.delimiter));
    case 'csv':
      return new LineCopy(columns, style, format, new CsvFields(format, columns));
  }
}

/** Signature, flags and the length of a header extension (PostgreSQL's COPY, Binary Format). */
const BINARY_HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const BINARY_TRAILER = -1;

class BinaryCopy extends DataRows implements CopyRows {
  constructor(columns: readonly PlanColumn[], style: TextStyle) {
    const formats = columns.map(() => 1 as const);
    // As PostgreSQL: the header shares a message with the first row, or with the end.
    super(columns, formats, style, BACKEND.copyData, BINARY_HEADER);
  }

  begin(): void {
    // The header goes with the first row.
  }

  end(out: Writer): void {
    const message = this.open(out);
    out.int16(BINARY_TRAILER).end(message);
  }
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BACKSLASH = 0x5c;

/** Types whose text has digits, letters and `+-.: ` alone, and is never empty. */
const PLAIN_TYPES: ReadonlySet<string> = new Set([
  ...['bool', 'int2', 'int4', 'int8', 'oid', 'float4', 'float8', 'numeric'],
  ...['date', 'time', 'timetz', 'timestamp', 'timestamptz', 'uuid'],
]);

/** Delimiters and quotes that no such text has. */
const NEVER_PLAIN = /^[\t,;|"']$/;

/** How the fields of a line are told apart from what separates them. */
interface Fields {
  /** Makes the value that was written from `start` up to the end of `out` a field of column `index`. */
  protect(out: Writer, start: number, index: number): void;
  /** Whether values of plain types in the column stay as they are. */
  keepsPlain(column: string): boolean;
}

/** Escapes of COPY's text format: control characters by letters, the delimiter and the backslash by a backslash. */
class TextFields implements Fields {
  /** By byte: 0 for itself, else what stands after the backslash. */
  readonly #escapes = new Uint8Array(256);
  readonly #delimiter: string;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
    for (const [byte, letter] of [
      [0x08, 'b'],
      [0x0c, 'f'],
      [NEWLINE, 'n'],
      [RETURN, 'r'],
      [0x09, 't'],
      [0x0b, 'v'],
      [BACKSLASH, '\\'],
    ] as const) {
      this.#escapes[byte] = letter.charCodeAt(0);
    }
    const own = delimiter.charCodeAt(0);
    if (this.#escapes[own] === 0) this.#escapes[own] = own;
  }

  keepsPlain(): boolean {
    return NEVER_PLAIN.test(this.#delimiter);
  }

  protect(out: Writer, start: number): void {
    const escapes = this.#escapes;
    const { buffer, length } = out;
    let extra = 0;
    for (let at = start; at < length; at++) if (escapes[buffer[at] ?? 0] !== 0) extra++;
    if (extra === 0) return;
    out.reserve(extra);
    const target = out.buffer;
    out.length = length + extra;
    // From the end, so that nothing is overwritten before it was moved.
    for (let from = length - 1, to = out.length - 1; to > from; from--) {
      const byte = target[from] ?? 0;
      const letter = escapes[byte] ?? 0;
      if (letter === 0) {
        target[to--] = byte;
      } else {
        target[to--] = letter;
        target[to--] = BACKSLASH;
      }
    }
  }
}

/** Quotes of COPY's CSV format. */
class CsvFields implements Fields {
  readonly #quote: number;
  readonly #escape: number;
  readonly #nullText: Buffer;
  readonly #special = new Uint8Array(256);
  readonly #forced: readonly boolean[];
  readonly #single: boolean;
  readonly #format: CopyFormat & { readonly kind: 'csv' };

  constructor(format: CopyFormat & { readonly kind: 'csv' }, columns: readonly PlanColumn[]) {
    this.#format = format;
    this.#quote = format.quote.charCodeAt(0);
    this.#escape = format.escape.charCodeAt(0);
    this.#nullText = Buffer.from(format.nullText);
    for (const byte of [format.delimiter.charCodeAt(0), this.#quote, NEWLINE, RETURN]) {
      this.#special[byte] = 1;
    }
    const { forceQuote } = format;
    this.#forced = columns.map(({ name }) => forceQuote === 'all' || forceQuote.includes(name));
    this.#single = columns.length === 1;
  }

  keepsPlain(column: string): boolean {
    const { delimiter, quote, nullText, forceQuote } = this.#format;
    const forced = forceQuote === 'all' || forceQuote.includes(column);
    const odd = [delimiter, quote].some((each) => !NEVER_PLAIN.test(each));
    return !forced && !odd && (nullText === '' || nullText.includes('\\'));
  }

  protect(out: Writer, start: number, index: number): void {
    const { buffer, length } = out;
    const forced = this.#forced[index] === true;
    let special = forced;
    for (let at = start; at < length && !special; at++) {
      special = this.#special[buffer[at] ?? 0] !== 0;
    }
    if (!special && !this.#looksElse(buffer, start, length)) return;
    const value = Buffer.from(buffer.subarray(start, length));
    out.length = start;
    out.reserve(value.length * 2 + 2);
    out.byte(this.#quote);
    for (const byte of value) {
      if (byte === this.#quote || byte === this.#escape) out.byte(this.#escape);
      out.byte(byte);
    }
    out.byte(this.#quote);
  }

  /** The null text, and `\.` alone on its line, which old readers take for the end. */
  #looksElse(buffer: Buffer, start: number, end: number): boolean {
    const nullText = this.#nullText;
    const size = end - start;
    if (size === nullText.length && buffer.compare(nullText, 0, size, start, end) === 0) {
      return true;
    }
    return this.#single && size === 2 && buffer[start] === BACKSLASH && buffer[start + 1] === 0x2e;
  }
}

/** COPY's text and CSV formats: one message a line. */
class LineCopy implements CopyRows {
  readonly #columns: readonly PlanColumn[];
  readonly #style: TextStyle;
  readonly #fields: Fields;
  readonly #delimiter: number;
  readonly #nullText: string;
  readonly #header: boolean;
  /** Columns whose values need no look: nothing in them can be taken for what separates them. */
  readonly #plain: readonly boolean[];

  constructor(
    columns: readonly PlanColumn[],
    style: TextStyle,
    format: { readonly delimiter: string; readonly nullText: string; readonly header: boolean },
    fields: Fields,
  ) {
    this.#columns = columns;
    this.#style = style;
    this.#fields = fields;
    this.#delimiter = format.delimiter.charCodeAt(0);
    this.#nullText = format.nullText;
    this.#header = format.header;
    this.#plain = columns.map(
      ({ name, type }) =>
        type.kind === 'scalar' && PLAIN_TYPES.has(type.name) && fields.keepsPlain(name),
    );
  }

  begin(out: Writer): void {
    if (!this.#header) return;
    const message = out.begin(BACKEND.copyData);
    for (const [index, { name }] of this.#columns.entries()) {
      if (index > 0) out.byte(this.#delimiter);
      const start = out.length;
      out.text(name);
      // A header is quoted where it must be, not where its column's values always are.
      this.#fields.protect(out, start, -1);
    }
    out.byte(NEWLINE).end(message);
  }

  end(): void {
    // Lines need no end: CopyDone says it.
  }

  chunk(chunk: DuckDBDataChunk): RowWriter {
    const { cells, validities } = columnCells(chunk, this.#columns, [], this.#style);
    const count = this.#columns.length;
    const plain = this.#plain;
    const fields = this.#fields;
    const delimiter = this.#delimiter;
    return (from, to, out) => {
      let whole = out.length;
      try {
        for (let row = from; row < to; row++) {
          const message = out.begin(BACKEND.copyData);
          for (let index = 0; index < count; index++) {
            if (index > 0) out.byte(delimiter);
            if (isNull(validities[index], row)) {
              out.text(this.#nullText);
              continue;
            }
            const start = out.length;
            cells[index]?.(row, out);
            if (plain[index] !== true) fields.protect(out, start, index);
          }
          out.byte(NEWLINE).end(message);
          whole = out.length;
        }
      } catch (error) {
        // Half a message would break the stream that the error is to be sent in.
        out.length = whole;
        throw error;
      }
    };
  }

  text(values: readonly (string | null)[], out: Writer): void {
    const message = out.begin(BACKEND.copyData);
    for (let index = 0; index < this.#columns.length; index++) {
      if (index > 0) out.byte(this.#delimiter);
      const value = values[index] ?? null;
      const start = out.length;
      out.text(value ?? this.#nullText);
      if (value !== null) this.#fields.protect(out, start, index);
    }
    out.byte(NEWLINE).end(message);
  }
}
