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
