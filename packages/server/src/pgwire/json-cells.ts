import type { DuckDBVector } from '@duckdb/node-api';
import { DuckDBTypeId } from '@duckdb/node-api';
import type { SqlType } from '@tributary/sql';
import { QueryError, canonicalJson } from '@tributary/sql';
import type { Cell, CellMaker, TextStyle } from './cell.ts';
import { DEFAULT_STYLE } from './cell.ts';
import { writeTimestamp } from './datetime-text.ts';
import type { Field } from './elements.ts';
import { elementsOf, elementType, fieldsOf } from './elements.ts';
import { isJsonDocument, isJsonNumber, quotedJson } from './json-text.ts';
import { isNull, spanReader, validityOf, valuesOf } from './vector-access.ts';
import { zoneOffset } from './zone-offset.ts';

const COMMA = 0x2c;
const LETTER_T = 0x54;

/** jsonb has one spelling of each value, whatever the text was that it came from. */
export function jsonbCell(vector: DuckDBVector, rows: number): Cell {
  const span = spanReader(vector, rows);
  return (row, out) => {
    const { source, start, length } = span(row);
    const text = Buffer.from(source.buffer, source.byteOffset + start, length).toString('utf8');
    out.text(canonicalJson(text));
  };
}

/** A JSON value as row_to_json writes it. `scalar` is whether strings of a plain column are wanted in quotes. */
export function jsonCell(
  type: SqlType,
  vector: DuckDBVector,
  rows: number,
  style: TextStyle,
  scalar: boolean,
  make: CellMaker,
): Cell {
  switch (vector.type.typeId) {
    case DuckDBTypeId.STRUCT:
      return jsonObjectCell(fieldsOf(type, vector), rows, style, make);
    case DuckDBTypeId.MAP:
      return jsonMapCell(type, vector, style, make);
    case DuckDBTypeId.LIST:
      return jsonArrayCell(type, vector, style, make);
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
      const cell = make(type, vector, rows, { ...style, dateStyle: DEFAULT_STYLE.dateStyle });
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

function jsonObjectCell(
  fields: readonly Field[],
  rows: number,
  style: TextStyle,
  make: CellMaker,
): Cell {
  const members = fields.map(({ name, type, vector }) => ({
    label: `${JSON.stringify(name)}:`,
    cell: jsonCell(type, vector, rows, style, true, make),
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

function jsonArrayCell(
  type: SqlType,
  vector: DuckDBVector,
  style: TextStyle,
  make: CellMaker,
): Cell {
  const elements = elementsOf(vector);
  const { vector: child } = elements;
  const cell = jsonCell(elementType(type, child), child, child.itemCount, style, true, make);
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
function jsonMapCell(type: SqlType, vector: DuckDBVector, style: TextStyle, make: CellMaker): Cell {
  const elements = elementsOf(vector);
  const [key, value] = fieldsOf(undefined, elements.vector);
  if (key === undefined || value === undefined) {
    throw new QueryError('internalError', 'a map of the engine has no keys and values');
  }
  const count = elements.vector.itemCount;
  const keyType = type.kind === 'map' ? type.key : key.type;
  const valueType = type.kind === 'map' ? type.value : value.type;
  const keyCell = quotedJson(make(keyType, key.vector, count, style));
  const valueCellOf = jsonCell(valueType, value.vector, count, style, true, make);
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
