import type { DuckDBVector } from '@duckdb/node-api';
import { DuckDBTypeId } from '@duckdb/node-api';
import type { SqlType } from '@tributary/sql';
import { TYPE_NAMES } from '@tributary/sql';
import { arrayTextCell } from './array-text.ts';
import type { Cell, TextStyle } from './cell.ts';
import { writeDate, writeTime, writeTimestamp, writeTimeTz } from './datetime-text.ts';
import { writeFloat } from './float-text.ts';
import { integerTextCell } from './integer-cells.ts';
import { intervalWriter } from './interval-text.ts';
import { jsonbCell, jsonCell } from './json-cells.ts';
import { numericTextCell } from './numeric-cells.ts';
import { wholeReader } from './numeric-text.ts';
import { recordTextCell } from './record-text.ts';
import { dateForm, styledDateCell } from './styled-dates.ts';
import { byteaCell, bytesCell, uuidTextCell } from './string-cells.ts';
import { valuesOf } from './vector-access.ts';
import { zoneOffset } from './zone-offset.ts';

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
      return arrayTextCell(type, vector, style, textCell);
    case DuckDBTypeId.STRUCT:
      return isRecord(type)
        ? recordTextCell(type, vector, rows, style, textCell)
        : jsonCell(type, vector, rows, style, false, textCell);
    case DuckDBTypeId.MAP:
      return jsonCell(type, vector, rows, style, false, textCell);
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
      return bytesCell(vector, rows);
    }
    case DuckDBTypeId.BLOB:
      return byteaCell(vector, rows, style);
    case DuckDBTypeId.DATE: {
      const values = valuesOf(vector);
      const iso: Cell = (row, out) => writeDate(out, values.getInt32(row * 4, true));
      return styledDateCell(iso, dateForm(style.dateStyle), style.timeZone);
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
      const iso: Cell = (row, out) => writeTimestamp(out, values, row * 8, undefined);
      return styledDateCell(iso, dateForm(style.dateStyle), style.timeZone);
    }
    case DuckDBTypeId.TIMESTAMP_TZ: {
      const values = valuesOf(vector);
      const offset = zoneOffset(style.timeZone);
      const iso: Cell = (row, out) => writeTimestamp(out, values, row * 8, offset);
      return styledDateCell(iso, dateForm(style.dateStyle), style.timeZone);
    }
    case DuckDBTypeId.INTERVAL: {
      const values = valuesOf(vector);
      const write = intervalWriter(style.intervalStyle);
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
      return uuidTextCell(vector);
    default: {
      if (type.kind === 'scalar' && type.name === 'regtype') return typeNameCell(vector);
      if (type.kind === 'scalar' && type.name !== 'bool') {
        const integer = integerTextCell(vector);
        if (integer !== undefined) return integer;
      }
      const whole = wholeReader(vector);
      if (whole === undefined) return valueCell(vector);
      const { type: native } = vector;
      const scale = 'scale' in native ? Number(native.scale) : 0;
      const trim = type.kind === 'scalar' && type.digits?.dynamic === true;
      if (type.kind === 'scalar' && type.name === 'bool') return numericBool(whole);
      return numericTextCell(vector, whole, scale, trim);
    }
  }
}

function isRecord(type: SqlType): boolean {
  return type.kind === 'scalar'
    ? type.name === 'record'
    : type.kind === 'struct' && type.row === true;
}

/** regtypeout: the type's name, or the number that names none. */
function typeNameCell(vector: DuckDBVector): Cell {
  const values = valuesOf(vector);
  return (row, out) => {
    const oid = values.getUint32(row * 4, true);
    out.text(TYPE_NAMES.get(oid) ?? String(oid));
  };
}

/** Types that no plan column has (enums, unsigned 128-bit integers): the engine's own text. */
function valueCell(vector: DuckDBVector): Cell {
  return (row, out) => out.text(String(vector.getItem(row)));
}

function numericBool(whole: (row: number) => number | bigint): Cell {
  return (row, out) => out.byte(Number(whole(row)) === 0 ? 0x66 : 0x74);
}
