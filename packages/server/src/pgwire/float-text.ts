import { writeSafeScaled } from './numeric-cells.ts';
import type { Writer } from './writer.ts';

/** Digits that `double precision` and `real` always keep: the exponent form starts beyond them. */
const FLOAT8_DIGITS = 15;
const FLOAT4_DIGITS = 6;

/**
 * Writes a float as PostgreSQL prints it: the shortest text that reads back the same, or with `extraFloatDigits` below 1
 * that many digits fewer than the type's 15 or 6, as printf's %g.
 */
export function writeFloat(
  out: Writer,
  value: number,
  single: boolean,
  extraFloatDigits: number,
): void {
  const kept = single ? FLOAT4_DIGITS : FLOAT8_DIGITS;
  if (!Number.isFinite(value)) {
    out.ascii(Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity');
    return;
  }
  if (extraFloatDigits > 0) {
    if (Number.isInteger(value) && Math.abs(value) < (single ? 1e6 : 1e15)) {
      if (Object.is(value, -0)) out.byte(0x2d);
      out.decimal(value);
      return;
    }
    if (single) {
      out.ascii(arrange(shortestSingle(value), kept));
      return;
    }
    const size = Math.abs(value);
    if (writeFewDecimals(out, value, size)) return;
    // Here JavaScript's shortest text is PostgreSQL's.
    const plain = size >= 1e-4 && size < 1e15;
    out.ascii(plain ? String(value) : arrange(value.toExponential(), kept));
    return;
  }
  const digits = Math.max(1, kept + extraFloatDigits);
  out.ascii(arrange(trimZeros(value.toExponential(digits - 1)), digits));
}

/**
 * Writes a float that is a decimal of few places, as amounts are. Of at most 15 digits no two decimals are the same float:
 * the decimal that is this float is its shortest text.
 */
function writeFewDecimals(out: Writer, value: number, size: number): boolean {
  if (size >= 1e9 || size < 1e-3) return false;
  const hundredths = Math.round(value * 100);
  if (hundredths / 100 === value) {
    writeSafeScaled(out, hundredths, 2, 100, true);
    return true;
  }
  const millionths = Math.round(value * 1e6);
  if (millionths / 1e6 !== value) return false;
  writeSafeScaled(out, millionths, 6, 1e6, true);
  return true;
}

/** The shortest text in exponent form that reads back as the same 32-bit float. */
function shortestSingle(value: number): string {
  for (let digits = 0; digits < 8; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return trimZeros(text);
  }
  return trimZeros(value.toExponential(8));
}

function trimZeros(text: string): string {
  return text.replace(/\.?0+e/, 'e');
}

/** JavaScript's exponent form in PostgreSQL's shape: plain from 1e-4 below 1e`digits`, else two exponent digits. */
function arrange(text: string, digits: number): string {
  const split = text.indexOf('e');
  const negative = text.startsWith('-');
  const mantissa = text.slice(negative ? 1 : 0, split).replace('.', '');
  const exponent = Number(text.slice(split + 1));
  const sign = negative ? '-' : '';
  if (exponent < -4 || exponent >= digits) {
    const fraction = mantissa.length > 1 ? `.${mantissa.slice(1)}` : '';
    const power = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${mantissa.charAt(0)}${fraction}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${mantissa}`;
  const whole = mantissa.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = mantissa.slice(exponent + 1);
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
