import { QueryError } from '../errors.ts';
import { invalidInput, outOfRange } from './literal-error.ts';
import { numericModifier } from './type-info.ts';

const RANGES = {
  int2: { label: 'smallint', low: -(1n << 15n), high: (1n << 15n) - 1n },
  int4: { label: 'integer', low: -(1n << 31n), high: (1n << 31n) - 1n },
  int8: { label: 'bigint', low: -(1n << 63n), high: (1n << 63n) - 1n },
  oid: { label: 'oid', low: -(1n << 31n), high: (1n << 32n) - 1n },
} as const;

const INTEGER =
  /^[ \t\n\r\f\v]*([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|\d(?:_?\d)*)[ \t\n\r\f\v]*$/;

/** Integer input: decimal, 0x, 0o, 0b, single underscores between digits. */
export function parseInteger(text: string, name: keyof typeof RANGES): string {
  const { label, low, high } = RANGES[name];
  const match = INTEGER.exec(text);
  if (match === null) throw invalidInput(label, text);
  const digits = (match[2] ?? '').replaceAll('_', '');
  if (digits.length > 400) throw outOfRange(label, text);
  const magnitude = BigInt(digits);
  const value = match[1] === '-' ? -magnitude : magnitude;
  if (value < low || value > high) throw outOfRange(label, text);
  return (name === 'oid' && value < 0n ? value + (1n << 32n) : value).toString();
}

const SPECIAL: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
  '+inf': Number.POSITIVE_INFINITY,
  '+infinity': Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  '-infinity': Number.NEGATIVE_INFINITY,
};

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function readFloat(text: string, label: string, narrow: (value: number) => number): number {
  const word = text.trim();
  const special = SPECIAL[word.toLowerCase()];
  if (special !== undefined) return special;
  if (!DECIMAL.test(word)) throw invalidInput(label, text);
  const value = narrow(Number(word));
  const isZero = !/[1-9]/.test(word.replace(/[eE].*$/, ''));
  if (!Number.isFinite(value) || (value === 0 && !isZero)) {
    throw new QueryError('numericOutOfRange', `"${word}" is out of range for type ${label}`);
  }
  return value;
}

/** float8 input; the answer is PostgreSQL's shortest exact text. */
export function parseFloat8(text: string): string {
  return formatFloat8(readFloat(text, 'double precision', (value) => value));
}

/** float4 input; the answer is PostgreSQL's shortest exact text. */
export function parseFloat4(text: string): string {
  return formatFloat4(readFloat(text, 'real', Math.fround));
}

/** float8out: shortest digits that read back, an exponent below 1e-4 and from 1e15. */
export function formatFloat8(value: number): string {
  return formatDigits(value, value.toExponential(), 15);
}

/** float4out: shortest digits that read back as a float4, an exponent below 1e-4 and from 1e6. */
export function formatFloat4(value: number): string {
  for (let precision = 0; precision <= 8 && Number.isFinite(value); precision += 1) {
    const text = value.toExponential(precision);
    if (Math.fround(Number(text)) === value) return formatDigits(value, text, 6);
  }
  return formatDigits(value, value.toExponential(), 6);
}

function formatDigits(value: number, exponential: string, limit: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '0', power = '0'] = exponential.split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= limit) {
    const size = Math.abs(exponent).toString().padStart(2, '0');
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  const sign = value < 0 ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, '0');
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

/** numeric input: an exponent is written out, the number of places is kept; a modifier rounds half away from zero. */
export function parseNumeric(text: string, typmod = -1): string {
  const word = text.trim().replace(/(?<=\d)_(?=\d)/g, '');
  const special = SPECIAL[word.toLowerCase()];
  if (special !== undefined) {
    if (typmod >= 0 && !Number.isNaN(special)) throw fieldOverflow(typmod);
    return formatDigits(special, '', 15);
  }
  if (/^[+-]?0[xXoObB][0-9a-fA-F]+$/.test(word)) {
    const negative = word.startsWith('-');
    const value = BigInt(word.replace(/^[+-]/, ''));
    return rounded(negative ? -value : value, 0, typmod);
  }
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(word);
  const [, sign = '', whole = '', fraction = '', power = '0'] = match ?? [];
  if (match === null || whole + fraction === '') throw invalidInput('numeric', text);
  const exponent = Number(power);
  if (Math.abs(exponent) > 16383 || whole.length + exponent > 131072) {
    throw new QueryError('numericOutOfRange', 'value overflows numeric format');
  }
  const shift = fraction.length - exponent;
  const digits = BigInt(whole + fraction) * (shift < 0 ? 10n ** BigInt(-shift) : 1n);
  return rounded(sign === '-' ? -digits : digits, Math.max(0, shift), typmod);
}

function fieldOverflow(typmod: number): QueryError {
  const { precision, scale } = numericModifier(typmod);
  return new QueryError('numericOutOfRange', 'numeric field overflow', {
    detail: `A field with precision ${precision}, scale ${scale} must round to an absolute value less than 10^${precision - scale}.`,
  });
}

function rounded(unscaled: bigint, scale: number, typmod: number): string {
  if (typmod < 0) return decimalText(unscaled, scale);
  const modifier = numericModifier(typmod);
  const value = rescale(unscaled, scale, modifier.scale);
  const magnitude = value < 0n ? -value : value;
  if (magnitude >= 10n ** BigInt(modifier.precision)) throw fieldOverflow(typmod);
  return decimalText(value, modifier.scale);
}

function rescale(value: bigint, from: number, to: number): bigint {
  if (to >= from) return value * 10n ** BigInt(to - from);
  const unit = 10n ** BigInt(from - to);
  const half = unit / 2n;
  return value < 0n ? -((-value + half) / unit) : (value + half) / unit;
}

/** An unscaled integer with its decimal point. */
function decimalText(value: bigint, scale: number): string {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(scale + 1, '0');
  const sign = negative ? '-' : '';
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
