import { QueryError } from '@tributary/sql';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

const POSITIVE = 0x0000;
const NEGATIVE = 0x4000;
const NAN = 0xc000;
const INFINITE = 0xd000;
const NEGATIVE_INFINITE = 0xf000;

const SPECIAL_TEXT: ReadonlyMap<number, string> = new Map([
  [NAN, 'NaN'],
  [INFINITE, 'Infinity'],
  [NEGATIVE_INFINITE, '-Infinity'],
]);

/** numeric_send of a decimal text: digits of base 10,000, weight of the first, sign and display scale. */
export function writeBinaryNumeric(out: Writer, text: string): void {
  for (const [sign, name] of SPECIAL_TEXT) {
    if (text.toLowerCase() === name.toLowerCase()) {
      out.int16(0).int16(0).int16(sign).int16(0);
      return;
    }
  }
  const negative = text.startsWith('-');
  const [whole = '', fraction = ''] = text.replace(/^[+-]/, '').split('.');
  const groups: number[] = [];
  const padded = whole.padStart(Math.ceil(whole.length / 4) * 4, '0');
  for (let at = 0; at < padded.length; at += 4) groups.push(Number(padded.slice(at, at + 4)));
  let weight = groups.length - 1;
  for (let at = 0; at < fraction.length; at += 4) {
    groups.push(Number(fraction.slice(at, at + 4).padEnd(4, '0')));
  }
  while (groups.length > 0 && groups[0] === 0) {
    groups.shift();
    weight -= 1;
  }
  while (groups.length > 0 && groups[groups.length - 1] === 0) groups.pop();
  const zero = groups.length === 0;
  out
    .int16(groups.length)
    .int16(zero ? 0 : weight)
    .int16(negative && !zero ? NEGATIVE : POSITIVE)
    .int16(fraction.length);
  for (const group of groups) out.int16(group);
}

/** Groups of four digits of the value at hand, the first one first. */
const groups = new Int16Array(8);

/** numeric_send of `value / 10^scale`, of an exact whole number; `scale` is at most 12. `trim`: as few decimals as there are. */
export function writeNumericGroups(out: Writer, value: number, scale: number, trim: boolean): void {
  let rest = Math.abs(value);
  let places = scale;
  if (trim) {
    while (places > 0 && rest % 10 === 0) {
      rest /= 10;
      places -= 1;
    }
  }
  const power = 10 ** places;
  let front = Math.floor(rest / power);
  const fractionGroups = (places + 3) >> 2;
  // At most 12 digits and 3 zeros behind them: below 2^53.
  let fraction = (rest - front * power) * 10 ** (fractionGroups * 4 - places);
  let first = 4;
  for (; front > 0; first--) {
    const next = Math.floor(front / 10_000);
    groups[first - 1] = front - next * 10_000;
    front = next;
  }
  let last = 4 + fractionGroups;
  for (let at = last - 1; at >= 4; at--) {
    const next = Math.floor(fraction / 10_000);
    groups[at] = fraction - next * 10_000;
    fraction = next;
  }
  while (first < last && groups[first] === 0) first++;
  while (last > first && groups[last - 1] === 0) last--;
  const count = last - first;
  out
    .int16(count)
    .int16(count === 0 ? 0 : 3 - first)
    .int16(value < 0 ? NEGATIVE : POSITIVE)
    .int16(places);
  for (let at = first; at < last; at++) out.int16(groups[at] ?? 0);
}

/**
 * numeric_recv: the decimal text of a binary numeric.
 *
 * @throws QueryError invalidBinaryRepresentation
 */
export function readBinaryNumeric(reader: Reader): string {
  const count = reader.count();
  const weight = reader.int16();
  const sign = reader.count();
  const scale = reader.count();
  const special = SPECIAL_TEXT.get(sign);
  if (special !== undefined) return special;
  if ((sign !== POSITIVE && sign !== NEGATIVE) || scale > 0x3fff || weight < -0x1000) {
    throw invalid();
  }
  const digits: number[] = [];
  for (let index = 0; index < count; index++) {
    const digit = reader.int16();
    if (digit < 0 || digit > 9999) throw invalid();
    digits.push(digit);
  }
  const group = (power: number) => String(digits[weight - power] ?? 0).padStart(4, '0');
  let whole = '';
  for (let power = weight; power >= 0; power--) whole += group(power);
  let fraction = '';
  for (let power = -1; fraction.length < scale; power--) fraction += group(power);
  const text = whole.replace(/^0+(?=\d)/, '') || '0';
  const point = scale === 0 ? '' : `.${fraction.slice(0, scale)}`;
  return `${sign === NEGATIVE ? '-' : ''}${text}${point}`;
}

function invalid(): QueryError {
  return new QueryError('invalidBinaryRepresentation', 'invalid digit in external "numeric" value');
}
