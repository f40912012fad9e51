import { DuckDBTypeId } from '@duckdb/node-api';
import type { DuckDBVector } from '@duckdb/node-api';
import { valuesOf } from './vector-access.ts';
import type { Writer } from './writer.ts';

const ZERO = 0x30;

/** Whole numbers of any integer or decimal vector: as a number where it is exact, else as a bigint. */
export type WholeReader = (row: number) => number | bigint;

const SAFE_HIGH = 0x1f_ffff;

function int64At(values: DataView, at: number): number | bigint {
  const high = values.getInt32(at + 4, true);
  if (high >= -SAFE_HIGH && high <= SAFE_HIGH) {
    return high * 0x1_0000_0000 + values.getUint32(at, true);
  }
  return values.getBigInt64(at, true);
}

/** The unscaled values of a vector of integers or decimals; undefined for any other vector. */
export function wholeReader(vector: DuckDBVector): WholeReader | undefined {
  const { type } = vector;
  const id = type.typeId;
  if (id === DuckDBTypeId.DECIMAL) {
    const values = valuesOf(vector);
    const width = 'width' in type ? Number(type.width) : 38;
    if (width <= 4) return (row) => values.getInt16(row * 2, true);
    if (width <= 9) return (row) => values.getInt32(row * 4, true);
    if (width <= 18) return (row) => int64At(values, row * 8);
    return (row) => int128At(values, row * 16);
  }
  switch (id) {
    case DuckDBTypeId.TINYINT: {
      const values = valuesOf(vector);
      return (row) => values.getInt8(row);
    }
    case DuckDBTypeId.SMALLINT: {
      const values = valuesOf(vector);
      return (row) => values.getInt16(row * 2, true);
    }
    case DuckDBTypeId.INTEGER: {
      const values = valuesOf(vector);
      return (row) => values.getInt32(row * 4, true);
    }
    case DuckDBTypeId.BIGINT: {
      const values = valuesOf(vector);
      return (row) => int64At(values, row * 8);
    }
    case DuckDBTypeId.HUGEINT: {
      const values = valuesOf(vector);
      return (row) => int128At(values, row * 16);
    }
    case DuckDBTypeId.UTINYINT: {
      const values = valuesOf(vector);
      return (row) => values.getUint8(row);
    }
    case DuckDBTypeId.USMALLINT: {
      const values = valuesOf(vector);
      return (row) => values.getUint16(row * 2, true);
    }
    case DuckDBTypeId.UINTEGER: {
      const values = valuesOf(vector);
      return (row) => values.getUint32(row * 4, true);
    }
    case DuckDBTypeId.UBIGINT: {
      const values = valuesOf(vector);
      return (row) => values.getBigUint64(row * 8, true);
    }
    default:
      return undefined;
  }
}

function int128At(values: DataView, at: number): number | bigint {
  const low = values.getInt32(at + 4, true);
  const high = values.getBigInt64(at + 8, true);
  // Both halves carry the sign of a value that fits in 64 bits.
  if ((high === 0n && low >= 0) || (high === -1n && low < 0)) return int64At(values, at);
  return (high << 64n) | values.getBigUint64(at, true);
}

/** Writes `value / 10^scale`. `trim` leaves out trailing zeros of the fraction, and the point with the last of them. */
export function writeScaled(
  out: Writer,
  value: number | bigint,
  scale: number,
  trim: boolean,
): void {
  if (value < 0) out.byte(0x2d);
  const start = out.length;
  if (typeof value === 'number') out.decimal(Math.abs(value));
  else out.ascii((value < 0n ? -value : value).toString());
  if (scale === 0) return;
  let digits = out.length - start;
  out.reserve(scale + 2);
  if (digits <= scale) {
    // 5 with scale 3 is 0.005: zeros go in front.
    const zeros = scale + 1 - digits;
    out.buffer.copyWithin(start + zeros, start, out.length);
    out.buffer.fill(ZERO, start, start + zeros);
    out.length += zeros;
    digits += zeros;
  }
  const point = start + digits - scale;
  out.buffer.copyWithin(point + 1, point, out.length);
  out.buffer[point] = 0x2e;
  out.length += 1;
  if (!trim) return;
  while (out.buffer[out.length - 1] === ZERO) out.length -= 1;
  if (out.length - 1 === point) out.length = point;
}
