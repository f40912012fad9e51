import type { DuckDBVector } from '@duckdb/node-api';
import { DuckDBTypeId } from '@duckdb/node-api';
import { QueryError } from '@tributary/sql';
import type { Cell } from './cell.ts';
import { wholeReader } from './numeric-text.ts';
import { valuesOf } from './vector-access.ts';
import type { Writer } from './writer.ts';

/** Above it (in magnitude) the high half of a 64-bit integer makes it inexact as a number. */
const SAFE_HIGH = 0x1f_ffff;
const TWO_32 = 0x1_0000_0000;

/** A 64-bit integer in two halves, in decimal. Exact, without making an object of it. */
export function writeInt64Text(out: Writer, high: number, low: number): void {
  if (high >= -SAFE_HIGH && high <= SAFE_HIGH) {
    out.decimal(high * TWO_32 + low);
    return;
  }
  let top = high;
  let bottom = low;
  if (high < 0) {
    out.byte(0x2d);
    // Two's complement: invert and add one.
    bottom = (~low >>> 0) + 1;
    top = ~high >>> 0;
    if (bottom === TWO_32) {
      bottom = 0;
      top += 1;
    }
  }
  // Schoolbook division by 10^9, 16 bits at a time: every step stays below 2^53.
  const first = remainderOf(top, bottom);
  const last = first.remainder;
  const second = remainderOf(first.high, first.low);
  const middle = second.remainder;
  const front = second.low;
  if (front > 0) out.decimal(front).fixedDigits(middle, 9);
  else out.decimal(middle);
  out.fixedDigits(last, 9);
}

/** Reused: read it before the next call. */
const division = { high: 0, low: 0, remainder: 0 };

function remainderOf(high: number, low: number): Readonly<typeof division> {
  const upper = Math.floor(high / 1e9);
  let rest = (high - upper * 1e9) * 65_536 + (low >>> 16);
  const third = Math.floor(rest / 1e9);
  rest = (rest - third * 1e9) * 65_536 + (low & 0xffff);
  const fourth = Math.floor(rest / 1e9);
  division.remainder = rest - fourth * 1e9;
  const lower = third * 65_536 + fourth;
  // Below 2^32: both parts are below 2^16.
  division.high = upper;
  division.low = lower;
  return division;
}

/** int2, int4, int8 and oid as text, of vectors up to 64 bits; undefined for others. */
export function integerTextCell(vector: DuckDBVector): Cell | undefined {
  switch (vector.type.typeId) {
    case DuckDBTypeId.INTEGER: {
      const values = valuesOf(vector);
      return (row, out) => out.decimal(values.getInt32(row * 4, true));
    }
    case DuckDBTypeId.BIGINT: {
      const values = valuesOf(vector);
      return (row, out) => {
        const at = row * 8;
        writeInt64Text(out, values.getInt32(at + 4, true), values.getUint32(at, true));
      };
    }
    case DuckDBTypeId.SMALLINT: {
      const values = valuesOf(vector);
      return (row, out) => out.decimal(values.getInt16(row * 2, true));
    }
    case DuckDBTypeId.UINTEGER: {
      const values = valuesOf(vector);
      return (row, out) => out.decimal(values.getUint32(row * 4, true));
    }
    default:
      return undefined;
  }
}

type IntegerType = 'int2' | 'int4' | 'int8' | 'oid';

const NAMES = { int2: 'smallint', int4: 'integer', int8: 'bigint', oid: 'oid' } as const;
const RANGES: Readonly<Record<IntegerType, readonly [bigint, bigint]>> = {
  int2: [-32_768n, 32_767n],
  int4: [-2_147_483_648n, 2_147_483_647n],
  int8: [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n],
  oid: [0n, 4_294_967_295n],
};

/** An integer in binary form, of whatever whole numbers the engine has. */
export function integerBinaryCell(type: IntegerType, vector: DuckDBVector): Cell {
  const values = valuesOf(vector);
  const native = vector.type.typeId;
  if (type === 'int4' && native === DuckDBTypeId.INTEGER) {
    return (row, out) => out.int32(values.getInt32(row * 4, true));
  }
  if (type === 'int8' && native === DuckDBTypeId.BIGINT) {
    return (row, out) => {
      const at = row * 8;
      out.int64Halves(values.getInt32(at + 4, true), values.getInt32(at, true));
    };
  }
  if (type === 'int2' && native === DuckDBTypeId.SMALLINT) {
    return (row, out) => out.int16(values.getInt16(row * 2, true));
  }
  if (type === 'oid' && native === DuckDBTypeId.UINTEGER) {
    return (row, out) => out.int32(values.getInt32(row * 4, true));
  }
  return otherIntegerCell(type, vector);
}

function otherIntegerCell(type: IntegerType, vector: DuckDBVector): Cell {
  const read = wholeReader(vector);
  if (read === undefined) {
    throw new QueryError(
      'internalError',
      `a column of type ${NAMES[type]} came from the engine as ${vector.type.toString()}`,
    );
  }
  const [low, high] = RANGES[type];
  return (row, out) => {
    const value = read(row);
    if (value < low || value > high) {
      throw new QueryError('numericOutOfRange', `${NAMES[type]} out of range`);
    }
    if (type === 'int2') out.int16(Number(value));
    else if (type === 'int8') out.int64(BigInt(value));
    else out.int32(Number(value));
  };
}
