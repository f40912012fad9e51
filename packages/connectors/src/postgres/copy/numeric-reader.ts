import type { ColumnBuffer } from '@tributary/engine';
import type { NumericDigits } from '@tributary/sql';
import { UnreadableValue } from './value-reader.ts';
import type { ReceivedBytes } from './value-reader.ts';

const NEGATIVE = 0x4000;
const SPECIAL: ReadonlyMap<number, string> = new Map([
  [0xc000, 'NaN'],
  [0xd000, 'Infinity'],
  [0xf000, '-Infinity'],
]);
/** Decimal digits of one of PostgreSQL's digits. */
const GROUP = 4;
const BASE = 10_000;

const POWERS: readonly bigint[] = Array.from(
  { length: 80 },
  (_, exponent) => 10n ** BigInt(exponent),
);
const SMALL_POWERS: readonly number[] = Array.from({ length: 16 }, (_, power) => 10 ** power);

/**
 * A numeric in PostgreSQL's binary format (count of base-10000 digits, weight of the first, sign, display scale, digits) into a
 * DECIMAL of the column's width. What does not fit is refused; digits after the last place are, unless `exact`, rounded half away
 * from zero, as both PostgreSQL and the engine do.
 */
export function readNumeric(
  source: ReceivedBytes,
  at: number,
  digits: NumericDigits & { readonly exact: boolean },
  column: ColumnBuffer,
  row: number,
): void {
  const count = source.view.getUint16(at);
  const weight = source.view.getInt16(at + 2);
  const sign = source.view.getUint16(at + 4);
  const special = SPECIAL.get(sign);
  if (special !== undefined) throw new UnreadableValue(special, 'has no DECIMAL form');
  // The last group stands for units of 10^exponent; the column's for 10^-scale.
  const shift = GROUP * (weight - count + 1) + digits.scale;
  const small =
    count <= 3 && shift >= -3 && shift + GROUP * count <= 15
      ? smallMagnitude(source, at + 8, count, shift)
      : undefined;
  const magnitude =
    small === undefined
      ? largeMagnitude(source, at + 8, count, shift, digits.exact)
      : BigInt(small);
  if (magnitude === undefined) {
    throw new UnreadableValue(
      numericText(source, at),
      `has more than ${digits.scale} digits after the point: round it in the statement, or in a view of the source`,
    );
  }
  if (magnitude >= (POWERS[digits.precision] ?? 0n)) {
    throw new UnreadableValue(
      numericText(source, at),
      `has more than ${digits.precision - digits.scale} digits before the point`,
    );
  }
  write(column, row, sign === NEGATIVE ? -magnitude : magnitude);
}

/** The value as a safe integer of the column's units; undefined where digits would be lost. */
function smallMagnitude(
  source: ReceivedBytes,
  at: number,
  count: number,
  shift: number,
): number | undefined {
  let value = 0;
  for (let index = 0; index < count; index++)
    value = value * BASE + source.view.getUint16(at + 2 * index);
  if (shift >= 0) return value * (SMALL_POWERS[shift] ?? 1);
  const divisor = SMALL_POWERS[-shift] ?? 1;
  return value % divisor === 0 ? value / divisor : undefined;
}

function largeMagnitude(
  source: ReceivedBytes,
  at: number,
  count: number,
  shift: number,
  exact: boolean,
): bigint | undefined {
  let value = 0n;
  for (let index = 0; index < count; index++) {
    value = value * 10_000n + BigInt(source.view.getUint16(at + 2 * index));
    // Longer than any column: no need to go on.
    if (index > 20 && shift >= 0) return POWERS[79];
  }
  if (value === 0n) return 0n;
  if (shift >= 0) return value * (POWERS[Math.min(shift, 79)] ?? 0n);
  const divisor = 10n ** BigInt(-shift);
  const rest = value % divisor;
  if (rest === 0n) return value / divisor;
  if (exact) return undefined;
  return value / divisor + (rest * 2n >= divisor ? 1n : 0n);
}

function write(column: ColumnBuffer, row: number, value: bigint): void {
  const { view, width } = column;
  const place = row * width;
  switch (width) {
    case 2:
      view.setInt16(place, Number(value), true);
      break;
    case 4:
      view.setInt32(place, Number(value), true);
      break;
    case 8:
      view.setBigInt64(place, value, true);
      break;
    default:
      view.setBigUint64(place, BigInt.asUintN(64, value), true);
      view.setBigInt64(place + 8, value >> 64n, true);
  }
}

/** The value as PostgreSQL writes it, for messages. */
function numericText(source: ReceivedBytes, at: number): string {
  const count = source.view.getUint16(at);
  const weight = source.view.getInt16(at + 2);
  const negative = source.view.getUint16(at + 4) === NEGATIVE;
  const scale = source.view.getUint16(at + 6);
  const group = (index: number): string =>
    (index >= 0 && index < count ? source.view.getUint16(at + 8 + 2 * index) : 0)
      .toString()
      .padStart(GROUP, '0');
  let whole = '';
  for (let index = 0; index <= Math.min(weight, 40); index++) whole += group(index);
  let fraction = '';
  for (let index = weight + 1; fraction.length < Math.min(scale, 60); index++) {
    fraction += group(index);
  }
  const integer = whole.replace(/^0+(?=\d)/, '') || '0';
  return `${negative ? '-' : ''}${integer}${fraction === '' ? '' : `.${fraction.slice(0, scale)}`}`;
}
