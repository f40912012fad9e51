import type { DuckDBVector } from '@duckdb/node-api';
import { DuckDBTypeId } from '@duckdb/node-api';
import type { SqlType } from '@tributary/sql';
import { QueryError, typeInfo } from '@tributary/sql';
import { writeBinaryNumeric } from './binary-numeric.ts';
import type { Cell, TextStyle } from './cell.ts';
import { DEFAULT_STYLE } from './cell.ts';
import { DATE_INFINITY, TIMESTAMP_INFINITY, timeTzParts } from './datetime-text.ts';
import { wholeReader } from './numeric-text.ts';
import type { Elements } from './text-codecs.ts';
import { copySpan, elementsOf, elementType, textCell, uuidBytes } from './text-codecs.ts';
import type { Validity } from './vector-access.ts';
import { isNull, spanReader, validityOf, valuesOf } from './vector-access.ts';
import { Writer } from './writer.ts';

/** PostgreSQL counts from 2000-01-01. */
export const EPOCH_DAYS = 10_957;
export const EPOCH_MICROS = 946_684_800_000_000n;

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
  if (type.kind !== 'scalar') return text();
  switch (type.name) {
    case 'bool': {
      const values = valuesOf(vector);
      return (row, out) => out.byte(values.getUint8(row) === 0 ? 0 : 1);
    }
    case 'int2':
      return wholeCell(vector, -32_768n, 32_767n, 'smallint', (out, value) =>
        out.int16(Number(value)),
      );
    case 'int4':
      return wholeCell(vector, -2_147_483_648n, 2_147_483_647n, 'integer', (out, value) =>
        out.int32(Number(value)),
      );
    case 'oid':
    case 'regclass':
      return wholeCell(vector, 0n, 4_294_967_295n, 'oid', (out, value) => out.int32(Number(value)));
    case 'int8':
      return wholeCell(vector, MIN_INT64, MAX_INT64, 'bigint', writeInt64);
    case 'float4': {
      const read = floatReader(vector);
      return (row, out) => out.float32(read(row));
    }
    case 'float8': {
      const read = floatReader(vector);
      return (row, out) => out.float64(read(row));
    }
    case 'numeric': {
      const cell = text();
      const scratch = new Writer(64);
      return (row, out) => {
        scratch.length = 0;
        cell(row, scratch);
        writeBinaryNumeric(out, scratch.buffer.toString('latin1', 0, scratch.length));
      };
    }
    case 'bytea': {
      const span = spanReader(vector, rows);
      return (row, out) => {
        const { source, start, length } = span(row);
        copySpan(out, source, start, length);
      };
    }
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
        const micros = values.getBigInt64(row * 8, true);
        if (micros === TIMESTAMP_INFINITY) out.int64(MAX_INT64);
        else out.int64(micros === -TIMESTAMP_INFINITY ? MIN_INT64 : micros - EPOCH_MICROS);
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
    case 'uuid': {
      const values = valuesOf(vector);
      const bytes = new Uint8Array(16);
      return (row, out) => out.bytes(uuidBytes(values, row, bytes));
    }
    case 'jsonb': {
      const cell = text();
      return (row, out) => cell(row, out.byte(1));
    }
    case 'record':
      throw new QueryError('featureNotSupported', 'a record cannot be sent in binary form');
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

function writeInt64(out: Writer, value: number | bigint): void {
  if (typeof value === 'bigint') {
    out.int64(value);
    return;
  }
  const high = Math.floor(value / 0x1_0000_0000);
  out.int32(high).int32(value - high * 0x1_0000_0000);
}

function wholeCell(
  vector: DuckDBVector,
  low: bigint,
  high: bigint,
  name: string,
  write: (out: Writer, value: number | bigint) => void,
): Cell {
  const read = wholeReader(vector);
  if (read === undefined) throw mismatch(vector, name);
  return (row, out) => {
    const value = read(row);
    if (value < low || value > high) {
      throw new QueryError('numericOutOfRange', `${name} out of range`);
    }
    write(out, value);
  };
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
          out.buffer.writeInt32BE(1, flags);
        } else {
          const start = out.length;
          out.int32(0);
          cell(index, out);
          out.buffer.writeInt32BE(out.length - start - 4, start);
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
