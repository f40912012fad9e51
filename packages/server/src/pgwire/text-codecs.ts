import type { DuckDBVector } from '@duckdb/node-api';
import {
  DuckDBArrayVector,
  DuckDBListVector,
  DuckDBStructVector,
  DuckDBTypeId,
} from '@duckdb/node-api';
import type { SqlType } from '@tributary/sql';
import { QueryError, canonicalJson } from '@tributary/sql';
import type { Cell, TextStyle } from './cell.ts';
import {
  writeDate,
  writeInterval,
  writeIsoInterval,
  writeTime,
  writeTimestamp,
  writeTimeTz,
} from './datetime-text.ts';
import { writeFloat } from './float-text.ts';
import { isJsonDocument, isJsonNumber, quotedJson } from './json-text.ts';
import { wholeReader, writeScaled } from './numeric-text.ts';
import { sqlTypeOf } from './sql-type-of.ts';
import { entriesOf, isNull, spanReader, validityOf, valuesOf } from './vector-access.ts';
import { Writer } from './writer.ts';
import { zoneOffset } from './zone-offset.ts';

const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_T = 0x54;
const HEX = Buffer.from('0123456789abcdef');

/**
 * The text form PostgreSQL would send of a vector's values. What the bytes mean follows from the vector; `type` decides
 * where several types share one (a numeric's trailing zeros, a json document).
 */
export function textCell(
  type: SqlType,
  vector: DuckDBVector,
  rows: number,
  style: TextStyle,
): Cell {
  switch (vector.type.typeId) {
    case DuckDBTypeId.LIST:
      return arrayCell(type, vector, style);
    case DuckDBTypeId.STRUCT:
      return type.kind === 'scalar' && type.name === 'record'
        ? recordCell(vector, rows, style)
        : jsonCell(type, vector, rows, style, false);
    case DuckDBTypeId.MAP:
      return jsonCell(type, vector, rows, style, false);
    case DuckDBTypeId.BOOLEAN: {
      const values = valuesOf(vector);
      return (row, out) => out.byte(values.getUint8(row) === 0 ? 0x66 : 0x74);
    }
    case DuckDBTypeId.FLOAT: {
      const values = valuesOf(vector);
      return (row, out) =>
        writeFloat(out, values.getFloat32(row * 4, true), true, style.extraFloatDigits);
    }
    case DuckDBTypeId.DOUBLE: {
      const values = valuesOf(vector);
      return (row, out) =>
        writeFloat(out, values.getFloat64(row * 8, true), false, style.extraFloatDigits);
    }
    case DuckDBTypeId.VARCHAR: {
      if (type.kind === 'scalar' && type.name === 'jsonb') return jsonbCell(vector, rows);
      const span = spanReader(vector, rows);
      return (row, out) => {
        const { source, start, length } = span(row);
        copySpan(out, source, start, length);
      };
    }
    case DuckDBTypeId.BLOB:
      return byteaCell(vector, rows, style);
    case DuckDBTypeId.DATE: {
      const values = valuesOf(vector);
      return (row, out) => writeDate(out, values.getInt32(row * 4, true));
    }
    case DuckDBTypeId.TIME: {
      const values = valuesOf(vector);
      return (row, out) => writeTime(out, values, row * 8);
    }
    case DuckDBTypeId.TIME_TZ: {
      const values = valuesOf(vector);
      return (row, out) => writeTimeTz(out, values, row * 8);
    }
    case DuckDBTypeId.TIMESTAMP: {
      const values = valuesOf(vector);
      return (row, out) => writeTimestamp(out, values, row * 8, undefined);
    }
    case DuckDBTypeId.TIMESTAMP_TZ: {
      const values = valuesOf(vector);
      const offset = zoneOffset(style.timeZone);
      return (row, out) => writeTimestamp(out, values, row * 8, offset);
    }
    case DuckDBTypeId.INTERVAL: {
      const values = valuesOf(vector);
      const write = style.intervalStyle === 'iso_8601' ? writeIsoInterval : writeInterval;
      return (row, out) => {
        const at = row * 16;
        write(
          out,
          values.getInt32(at, true),
          values.getInt32(at + 4, true),
          values.getBigInt64(at + 8, true),
        );
      };
    }
    case DuckDBTypeId.UUID:
      return uuidCell(vector);
    default: {
      const whole = wholeReader(vector);
      if (whole === undefined) return valueCell(vector);
      const { type: native } = vector;
      const scale = 'scale' in native ? Number(native.scale) : 0;
      const trim = type.kind === 'scalar' && type.digits?.dynamic === true;
      if (type.kind === 'scalar' && type.name === 'bool') return numericBool(whole);
      return (row, out) => writeScaled(out, whole(row), scale, trim);
    }
  }
}

/** Types that no plan column has (enums, unsigned 128-bit integers): the engine's own text. */
function valueCell(vector: DuckDBVector): Cell {
  return (row, out) => out.text(String(vector.getItem(row)));
}

function numericBool(whole: (row: number) => number | bigint): Cell {
  return (row, out) => out.byte(Number(whole(row)) === 0 ? 0x66 : 0x74);
}

export function copySpan(out: Writer, source: Uint8Array, start: number, length: number): void {
  out.reserve(length);
  if (length <= 16) {
    const { buffer } = out;
    for (let index = 0; index < length; index++) {
      buffer[out.length + index] = source[start + index] ?? 0;
    }
  } else {
    out.buffer.set(source.subarray(start, start + length), out.length);
  }
  out.length += length;
}

function byteaCell(vector: DuckDBVector, rows: number, style: TextStyle): Cell {
  const span = spanReader(vector, rows);
  if (style.byteaOutput === 'escape') {
    return (row, out) => {
      const { source, start, length } = span(row);
      for (let index = start; index < start + length; index++) {
        const byte = source[index] ?? 0;
        if (byte === BACKSLASH) out.byte(byte).byte(byte);
        else if (byte >= 0x20 && byte < 0x7f) out.byte(byte);
        else out.ascii(`\\${byte.toString(8).padStart(3, '0')}`);
      }
    };
  }
  return (row, out) => {
    const { source, start, length } = span(row);
    out.reserve(length * 2 + 2);
    out.byte(BACKSLASH).byte(0x78);
    writeHex(out, source, start, length);
  };
}

function writeHex(out: Writer, source: Uint8Array, start: number, length: number): void {
  out.reserve(length * 2);
  for (let index = start; index < start + length; index++) {
    const byte = source[index] ?? 0;
    out.buffer[out.length++] = HEX[byte >> 4] ?? 0;
    out.buffer[out.length++] = HEX[byte & 15] ?? 0;
  }
}

/** 16 bytes in the order of the text. DuckDB keeps a 128-bit integer whose top bit is flipped. */
export function uuidBytes(values: DataView, row: number, into: Uint8Array): Uint8Array {
  for (let index = 0; index < 16; index++) into[index] = values.getUint8(row * 16 + 15 - index);
  into[0] = (into[0] ?? 0) ^ 0x80;
  return into;
}

function uuidCell(vector: DuckDBVector): Cell {
  const values = valuesOf(vector);
  const bytes = new Uint8Array(16);
  return (row, out) => {
    uuidBytes(values, row, bytes);
    writeHex(out, bytes, 0, 4);
    for (const at of [4, 6, 8]) {
      out.byte(0x2d);
      writeHex(out, bytes, at, 2);
    }
    out.byte(0x2d);
    writeHex(out, bytes, 10, 6);
  };
}

/** The flat vector of all elements, and where a row's elements stand in it. */
export interface Elements {
  readonly vector: DuckDBVector;
  readonly offset: (row: number) => number;
  readonly length: (row: number) => number;
}

export function elementsOf(vector: DuckDBVector): Elements {
  const list = entriesOf(vector);
  if (list instanceof DuckDBListVector) {
    return {
      vector: list.childVector,
      offset: (row) => list.getEntryOffset(row),
      length: (row) => list.getEntryLength(row),
    };
  }
  const kind = list instanceof DuckDBArrayVector ? 'fixed-size array' : 'value';
  throw new QueryError('featureNotSupported', `a ${kind} of the engine cannot be sent as an array`);
}

export function elementType(type: SqlType, vector: DuckDBVector): SqlType {
  return type.kind === 'array' ? type.element : sqlTypeOf(vector.type);
}

/** `{1,NULL,"a b"}`. */
function arrayCell(type: SqlType, vector: DuckDBVector, style: TextStyle): Cell {
  const elements = elementsOf(vector);
  const { vector: child } = elements;
  const element = elementType(type, child);
  const cell = textCell(element, child, child.itemCount, style);
  const validity = validityOf(child);
  const nested = child.type.typeId === DuckDBTypeId.LIST;
  const scratch = new Writer(256);
  return (row, out) => {
    const start = elements.offset(row);
    const end = start + elements.length(row);
    out.byte(0x7b);
    for (let index = start; index < end; index++) {
      if (index > start) out.byte(COMMA);
      if (isNull(validity, index)) {
        out.ascii('NULL');
        continue;
      }
      scratch.length = 0;
      cell(index, scratch);
      if (nested || !needsQuotes(scratch)) out.bytes(scratch.buffer.subarray(0, scratch.length));
      else writeQuoted(out, scratch, BACKSLASH);
    }
    out.byte(0x7d);
  };
}

const SPECIAL: ReadonlySet<number> = new Set(Buffer.from('{}",\\ \t\n\r\v\f'));

/** What array_out puts in quotes: nothing, NULL, and braces, commas, quotes, backslashes, white space. */
function needsQuotes({ buffer, length }: Writer): boolean {
  if (length === 0) return true;
  if (length === 4 && buffer.toString('latin1', 0, 4).toUpperCase() === 'NULL') return true;
  for (let index = 0; index < length; index++) if (SPECIAL.has(buffer[index] ?? 0)) return true;
  return false;
}

/** Quotes and backslashes inside are escaped: by a backslash in arrays, by doubling in records. */
function writeQuoted(out: Writer, { buffer, length }: Writer, escape: number | undefined): void {
  out.reserve(length * 2 + 2);
  out.byte(QUOTE);
  for (let index = 0; index < length; index++) {
    const byte = buffer[index] ?? 0;
    if (byte === QUOTE || byte === BACKSLASH) out.byte(escape ?? byte);
    out.byte(byte);
  }
  out.byte(QUOTE);
}

const RECORD_SPECIAL: ReadonlySet<number> = new Set(Buffer.from('()",\\ \t\n\r\v\f'));

interface Field {
  readonly name: string;
  readonly type: SqlType;
  readonly vector: DuckDBVector;
}

function fieldsOf(type: SqlType | undefined, vector: DuckDBVector): readonly Field[] {
  if (!(vector instanceof DuckDBStructVector)) return [];
  const { entryNames, entryTypes } = vector.type;
  return entryNames.map((name, index) => {
    const declared = type?.kind === 'struct' ? type.fields[index] : undefined;
    const native = entryTypes[index];
    const inferred = native === undefined ? undefined : sqlTypeOf(native);
    return {
      name: declared?.name ?? name,
      type: declared?.type ?? inferred ?? { kind: 'scalar', name: 'text', typmod: -1 },
      vector: vector.entryVectorAt(index),
    };
  });
}

/** `(1,,"a b")`: record_out. */
function recordCell(vector: DuckDBVector, rows: number, style: TextStyle): Cell {
  const fields = fieldsOf(undefined, vector).map(({ type, vector: own }) => ({
    cell: textCell(type, own, rows, style),
    validity: validityOf(own),
  }));
  const scratch = new Writer(256);
  return (row, out) => {
    out.byte(0x28);
    for (const [index, { cell, validity }] of fields.entries()) {
      if (index > 0) out.byte(COMMA);
      if (isNull(validity, row)) continue;
      scratch.length = 0;
      cell(row, scratch);
      const bytes = scratch.buffer.subarray(0, scratch.length);
      if (bytes.length === 0 || bytes.some((byte) => RECORD_SPECIAL.has(byte))) {
        writeQuoted(out, scratch, undefined);
      } else out.bytes(bytes);
    }
    out.byte(0x29);
  };
}

/** jsonb has one spelling of each value, whatever the text was that it came from. */
function jsonbCell(vector: DuckDBVector, rows: number): Cell {
  const span = spanReader(vector, rows);
  return (row, out) => {
    const { source, start, length } = span(row);
    const text = Buffer.from(source.buffer, source.byteOffset + start, length).toString('utf8');
    out.text(canonicalJson(text));
  };
}

/** A JSON value as row_to_json writes it. `scalar` is whether strings of a plain column are wanted in quotes. */
function jsonCell(
  type: SqlType,
  vector: DuckDBVector,
  rows: number,
  style: TextStyle,
  scalar: boolean,
): Cell {
  switch (vector.type.typeId) {
    case DuckDBTypeId.STRUCT:
      return jsonObjectCell(fieldsOf(type, vector), rows, style);
    case DuckDBTypeId.MAP:
      return jsonMapCell(type, vector, style);
    case DuckDBTypeId.LIST:
      return jsonArrayCell(type, vector, style);
    case DuckDBTypeId.BOOLEAN: {
      const values = valuesOf(vector);
      return (row, out) => out.ascii(values.getUint8(row) === 0 ? 'false' : 'true');
    }
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_TZ: {
      const values = valuesOf(vector);
      const zoned = vector.type.typeId === DuckDBTypeId.TIMESTAMP_TZ;
      const offset = zoned ? zoneOffset(style.timeZone) : undefined;
      return quotedJson((row, out) => writeTimestamp(out, values, row * 8, offset, LETTER_T));
    }
    default: {
      const cell = textCell(type, vector, rows, style);
      if (isJsonDocument(type) || !scalar) return cell;
      if (!isJsonNumber(type)) return quotedJson(cell);
      return (row, out) => {
        const start = out.length;
        cell(row, out);
        const last = out.buffer[out.length - 1] ?? 0;
        if (last >= 0x30 && last <= 0x39) return;
        const text = out.buffer.toString('latin1', start, out.length);
        out.length = start;
        out.ascii(`"${text}"`);
      };
    }
  }
}

function jsonObjectCell(fields: readonly Field[], rows: number, style: TextStyle): Cell {
  const members = fields.map(({ name, type, vector }) => ({
    label: `${JSON.stringify(name)}:`,
    cell: jsonCell(type, vector, rows, style, true),
    validity: validityOf(vector),
  }));
  return (row, out) => {
    out.byte(0x7b);
    for (const [index, { label, cell, validity }] of members.entries()) {
      if (index > 0) out.byte(COMMA);
      out.text(label);
      if (isNull(validity, row)) out.ascii('null');
      else cell(row, out);
    }
    out.byte(0x7d);
  };
}

function jsonArrayCell(type: SqlType, vector: DuckDBVector, style: TextStyle): Cell {
  const elements = elementsOf(vector);
  const { vector: child } = elements;
  const cell = jsonCell(elementType(type, child), child, child.itemCount, style, true);
  const validity = validityOf(child);
  return (row, out) => {
    const start = elements.offset(row);
    const end = start + elements.length(row);
    out.byte(0x5b);
    for (let index = start; index < end; index++) {
      if (index > start) out.byte(COMMA);
      if (isNull(validity, index)) out.ascii('null');
      else cell(index, out);
    }
    out.byte(0x5d);
  };
}

/** Keys are texts whatever their type: JSON has no others. */
function jsonMapCell(type: SqlType, vector: DuckDBVector, style: TextStyle): Cell {
  const elements = elementsOf(vector);
  const [key, value] = fieldsOf(undefined, elements.vector);
  if (key === undefined || value === undefined) {
    throw new QueryError('internalError', 'a map of the engine has no keys and values');
  }
  const count = elements.vector.itemCount;
  const keyType = type.kind === 'map' ? type.key : key.type;
  const valueType = type.kind === 'map' ? type.value : value.type;
  const keyCell = quotedJson(textCell(keyType, key.vector, count, style));
  const valueCellOf = jsonCell(valueType, value.vector, count, style, true);
  const validity = validityOf(value.vector);
  return (row, out) => {
    const start = elements.offset(row);
    const end = start + elements.length(row);
    out.byte(0x7b);
    for (let index = start; index < end; index++) {
      if (index > start) out.byte(COMMA);
      keyCell(index, out);
      out.byte(0x3a);
      if (isNull(validity, index)) out.ascii('null');
      else valueCellOf(index, out);
    }
    out.byte(0x7d);
  };
}
