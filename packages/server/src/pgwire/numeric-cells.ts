import type { DuckDBVector } from '@duckdb/node-api';
import { DuckDBTypeId } from '@duckdb/node-api';
import type { SqlType } from '@tributary/sql';
import { writeBinaryNumeric, writeNumericGroups } from './binary-numeric.ts';
import type { Cell } from './cell.ts';
import type { WholeReader } from './numeric-text.ts';
import { writeScaled } from './numeric-text.ts';
import { valuesOf } from './vector-access.ts';
import { Writer } from './writer.ts';

const SAFE_HIGH = 0x1f_ffff;
const TWO_32 = 0x1_0000_0000;
/** Powers of ten that are exact. */
const POWERS: readonly number[] = Array.from({ length: 16 }, (_, power) => 10 ** power);

/** Where a value that is exact as a number stands in the vector, by the width of its memory; undefined: not so. */
function exactReader(vector: DuckDBVector): ((row: number) => number | undefined) | undefined {
  const { type } = vector;
  if (type.typeId !== DuckDBTypeId.DECIMAL && type.typeId !== DuckDBTypeId.HUGEINT)
    return undefined;
  const values = valuesOf(vector);
  const width = 'width' in type ? Number(type.width) : 38;
  if (width <= 4) return (row) => values.getInt16(row * 2, true);
  if (width <= 9) return (row) => values.getInt32(row * 4, true);
  const bytes = width <= 18 ? 8 : 16;
  return (row) => {
    const at = row * bytes;
    const high = values.getInt32(at + 4, true);
    if (high < -SAFE_HIGH || high > SAFE_HIGH) return undefined;
    if (bytes === 16) {
      // The upper half repeats the sign of a value that fits in the lower one.
      const sign = high >> 31;
      if (values.getInt32(at + 8, true) !== sign || values.getInt32(at + 12, true) !== sign) {
        return undefined;
      }
    }
    return high * TWO_32 + values.getUint32(at, true);
  };
}

/** A numeric as text. `trim` leaves out trailing zeros of the fraction, and the point with the last of them. */
export function numericTextCell(
  vector: DuckDBVector,
  whole: WholeReader,
  scale: number,
  trim: boolean,
): Cell {
  const exact = exactReader(vector);
  const power = POWERS[scale];
  if (exact === undefined || power === undefined || scale > 9) {
    return (row, out) => writeScaled(out, whole(row), scale, trim);
  }
  return (row, out) => {
    const value = exact(row);
    if (value === undefined) writeScaled(out, whole(row), scale, trim);
    else writeSafeScaled(out, value, scale, power, trim);
  };
}

/** Writes `value / 10^scale` of an exact value; `scale` is at most 9 and `power` is 10^scale. */
export function writeSafeScaled(
  out: Writer,
  value: number,
  scale: number,
  power: number,
  trim: boolean,
): void {
  let rest = value;
  if (rest < 0) {
    out.byte(0x2d);
    rest = -rest;
  }
  const front = Math.floor(rest / power);
  out.decimal(front);
  if (scale === 0) return;
  let fraction = rest - front * power;
  let digits = scale;
  if (trim) {
    if (fraction === 0) return;
    while (fraction % 10 === 0) {
      fraction /= 10;
      digits -= 1;
    }
  }
  out.byte(0x2e).fixedDigits(fraction, digits);
}

/** A numeric in binary form. */
export function numericBinaryCell(type: SqlType, vector: DuckDBVector, text: Cell): Cell {
  const scratch = new Writer(64);
  const slow: Cell = (row, out) => {
    scratch.length = 0;
    text(row, scratch);
    writeBinaryNumeric(out, scratch.buffer.toString('latin1', 0, scratch.length));
  };
  const exact = exactReader(vector);
  const scale = 'scale' in vector.type ? Number(vector.type.scale) : 0;
  if (exact === undefined || scale > 12) return slow;
  const trim = type.kind === 'scalar' && type.digits?.dynamic === true;
  return (row, out) => {
    const value = exact(row);
    if (value === undefined) slow(row, out);
    else writeNumericGroups(out, value, scale, trim);
  };
}
