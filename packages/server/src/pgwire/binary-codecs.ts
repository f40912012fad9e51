import type { DuckDBVector } from '@duckdb/node-api';
import { DuckDBTypeId } from '@duckdb/node-api';
import type { SqlType } from '@tributary/sql';
import { QueryError, typeInfo } from '@tributary/sql';
import type { Cell, TextStyle } from './cell.ts';
import { DEFAULT_STYLE } from './cell.ts';
import { DATE_INFINITY, timeTzParts } from './datetime-text.ts';
import type { Elements } from './elements.ts';
import { elementsOf, elementType, fieldsOf } from './elements.ts';
import { integerBinaryCell } from './integer-cells.ts';
import { numericBinaryCell } from './numeric-cells.ts';
import { bytesCell, uuidBinaryCell } from './string-cells.ts';
import { textCell } from './text-codecs.ts';
import type { Validity } from './vector-access.ts';
import { isNull, validityOf, valuesOf } from './vector-access.ts';

/** PostgreSQL counts from 2000-01-01. */
export const EPOCH_DAYS = 10_957;
export const EPOCH_MICROS = 946_684_800_000_000n;

const EPOCH_MICROS_LOW = Number(EPOCH_MICROS & 0xffff_ffffn);
const EPOCH_MICROS_HIGH = Number(EPOCH_MICROS >> 32n);

const MAX_UINT32 = 4_294_967_295;
const MAX_INT32 = 2_147_483_647;
const MIN_INT32 = -2_147_483_648;
const MAX_INT64 = 9_223_372_036_854_775_807n;
const MIN_INT64 = -9_223_372_036_854_775_808n;

/** The binary form PostgreSQL would send of a vector's values, by the type that clients were told. */
export function binaryCell(
  type: SqlType,
  vector: DuckDBVector,
  rows: number,
  style: TextStyle = DEFAULT_STYLE,
): Cell {
  if (type.kind === 'array') return arrayCell(type, vector);
  const text = () => textCell(type, vector, rows, style);
  if (type.kind === 'struct' && type.row === true) return recordCell(type, vector, rows, style);
  if (type.kind !== 'scalar') return text();
  switch (type.name) {
    case 'bool': {
      const values = valuesOf(vector);
      return (row, out) => out.byte(values.getUint8(row) === 0 ? 0 : 1);
    }
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
      return integerBinaryCell(type.name, vector);
    case 'regclass':
    case 'regtype':
      return integerBinaryCell('oid', vector);
    case 'float4': {
      const read = floatReader(vector);
      return (row, out) => out.float32(read(row));
    }
    case 'float8': {
      const read = floatReader(vector);
      return (row, out) => out.float64(read(row));
    }
    case 'numeric':
      return numericBinaryCell(type, vector, text());
    case 'bytea':
      return bytesCell(vector, rows);
    case 'date': {
      const values = valuesOf(vector);
      return (row, out) => {
        const days = values.getInt32(row * 4, true);
        if (days === DATE_INFINITY) out.int32(MAX_INT32);
        else out.int32(days === -DATE_INFINITY ? MIN_INT32 : days - EPOCH_DAYS);
      };
    }
    case 'time': {
      const values = valuesOf(vector);
      return (row, out) => out.int64(values.getBigInt64(row * 8, true));
    }
    case 'timetz': {
      const values = valuesOf(vector);
      return (row, out) => {
        const { micros, east } = timeTzParts(values, row * 8);
        out.int64(micros).int32(-east);
      };
    }
    case 'timestamp':
    case 'timestamptz': {
      const values = valuesOf(vector);
      return (row, out) => {
        const low = values.getUint32(row * 8, true);
        const high = values.getInt32(row * 8 + 4, true);
        if (high === MAX_INT32 && low === MAX_UINT32) out.int64(MAX_INT64);
        else if (high === MIN_INT32 && low === 1) out.int64(MIN_INT64);
        else {
          const borrow = low < EPOCH_MICROS_LOW ? 1 : 0;
          out.int64Halves(high - EPOCH_MICROS_HIGH - borrow, low - EPOCH_MICROS_LOW);
        }
      };
    }
    case 'interval': {
      const values = valuesOf(vector);
      return (row, out) => {
        const at = row * 16;
        out
          .int64(values.getBigInt64(at + 8, true))
          .int32(values.getInt32(at + 4, true))
          .int32(values.getInt32(at, true));
      };
    }
    case 'uuid':
      return uuidBinaryCell(vector);
    case 'jsonb': {
      const cell = text();
      return (row, out) => cell(row, out.byte(1));
    }
    case 'record':
      return recordCell(type, vector, rows, style);
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'char':
    case 'name':
    case 'json':
    case 'unknown':
    case 'void':
      return text();
  }
}

function floatReader(vector: DuckDBVector): (row: number) => number {
  const values = valuesOf(vector);
  switch (vector.type.typeId) {
    case DuckDBTypeId.FLOAT:
      return (row) => values.getFloat32(row * 4, true);
    case DuckDBTypeId.DOUBLE:
      return (row) => values.getFloat64(row * 8, true);
    default:
      throw mismatch(vector, 'double precision');
  }
}

function mismatch(vector: DuckDBVector, name: string): QueryError {
  return new QueryError(
    'internalError',
    `a column of type ${name} came from the engine as ${vector.type.toString()}`,
  );
}

/** record_send: the number of fields, then each one's type, length and value. */
function recordCell(type: SqlType, vector: DuckDBVector, rows: number, style: TextStyle): Cell {
  const fields = fieldsOf(type, vector).map(({ type: own, vector: values }) => ({
    oid: typeInfo(own).oid,
    cell: binaryCell(own, values, rows, style),
    validity: validityOf(values),
  }));
  return (row, out) => {
    out.int32(fields.length);
    for (const { oid, cell, validity } of fields) {
      out.int32(oid);
      if (isNull(validity, row)) {
        out.int32(-1);
        continue;
      }
      const start = out.length;
      out.int32(0);
      cell(row, out);
      out.setInt32(start, out.length - start - 4);
    }
  };
}

/** array_send: dimensions, whether there are NULLs, the element's oid, lengths and lower bounds, then the elements. */
function arrayCell(type: SqlType, vector: DuckDBVector): Cell {
  const levels: (Elements & { readonly validity: Validity | undefined })[] = [];
  let element: SqlType = type;
  let inner = vector;
  while (inner.type.typeId === DuckDBTypeId.LIST) {
    const elements = elementsOf(inner);
    levels.push({ ...elements, validity: validityOf(inner) });
    element = elementType(element, elements.vector);
    inner = elements.vector;
  }
  const cell = binaryCell(element, inner, inner.itemCount);
  const validity = validityOf(inner);
  const { oid } = typeInfo(element);
  /** Lengths of the first list of each level; PostgreSQL has no ragged arrays. */
  const dimensionsOf = (row: number): number[] => {
    const dimensions: number[] = [];
    let at = row;
    for (const level of levels) {
      const length = level.length(at);
      if (length === 0) return [];
      dimensions.push(length);
      at = level.offset(at);
    }
    return dimensions;
  };
  return (row, out) => {
    const dimensions = dimensionsOf(row);
    out.int32(dimensions.length);
    const flags = out.length;
    out.int32(0).int32(oid);
    for (const length of dimensions) out.int32(length).int32(1);
    const write = (depth: number, list: number) => {
      const level = levels[depth];
      const wanted = dimensions[depth];
      if (level === undefined || wanted === undefined) return;
      if (isNull(level.validity, list) || level.length(list) !== wanted) throw ragged();
      const from = level.offset(list);
      for (let index = from; index < from + wanted; index++) {
        if (depth + 1 < levels.length) {
          write(depth + 1, index);
        } else if (isNull(validity, index)) {
          out.int32(-1);
          out.setInt32(flags, 1);
        } else {
          const start = out.length;
          out.int32(0);
          cell(index, out);
          out.setInt32(start, out.length - start - 4);
        }
      }
    };
    write(0, row);
  };
}

function ragged(): QueryError {
  return new QueryError(
    'arraySubscriptError',
    'multidimensional arrays must have sub-arrays with matching dimensions',
  );
}
