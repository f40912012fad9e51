import {
  addMonths,
  discreteLimits,
  formatDomainValue,
  isInfiniteInstant,
  MICROSECONDS_PER_DAY,
  parseDomainValue,
  type Expression,
  type SqlType,
} from '@tributary/sql';
import { truncUnit } from './date-preimages.ts';
import { fixedMicros, negateInterval, parseInterval, type Interval } from './interval-constant.ts';
import { floorDivide } from './map-ranges.ts';

/** The value of a cast or operation on constants where it is cheap and exact to know it here; undefined: not known here. */
export function foldLocally(expression: Expression): string | null | undefined {
  if (expression.kind === 'cast') {
    const { arg, type } = expression;
    if (arg.kind !== 'constant') return undefined;
    return arg.value === null ? null : foldCast(arg.value, arg.type, type);
  }
  if (expression.kind !== 'call' || expression.entry.volatility === 'volatile') return undefined;
  const texts: string[] = [];
  for (const arg of expression.args) {
    if (arg.kind !== 'constant') return undefined;
    if (arg.value === null) {
      const scalar = expression.entry.kind === 'function' || expression.entry.kind === 'operator';
      return scalar && expression.entry.strict ? null : undefined;
    }
    texts.push(arg.value);
  }
  const [left, right] = expression.args;
  const [a, b] = texts;
  if (left === undefined || right === undefined || a === undefined || b === undefined) {
    return undefined;
  }
  switch (expression.entry.name) {
    case '+':
      return nameOf(left.type) === 'interval'
        ? foldSum(b, right.type, a, left.type, expression.type, false)
        : foldSum(a, left.type, b, right.type, expression.type, false);
    case '-':
      return foldSum(a, left.type, b, right.type, expression.type, true);
    case 'date_trunc':
      return nameOf(right.type) === 'timestamp' && texts.length === 2
        ? foldTrunc(a, b, right.type)
        : undefined;
    default:
      return undefined;
  }
}

function nameOf(type: SqlType): string {
  return type.kind === 'scalar' ? type.name : type.kind;
}

const INTEGERS = ['int2', 'int4', 'int8'];

function foldCast(text: string, from: SqlType, to: SqlType): string | undefined {
  if (to.kind !== 'scalar' || to.typmod !== -1) return undefined;
  const source = nameOf(from);
  const target = nameOf(to);
  if (source === target) return source === 'numeric' ? undefined : text;
  if (INTEGERS.includes(source)) {
    if (target === 'text' || target === 'numeric') return text;
    if (target === 'float8') return shortFloat(text);
    if (!INTEGERS.includes(target)) return undefined;
    const value = parseDomainValue(text, to);
    // Out of range is an error to be raised where the expression is evaluated.
    return value === undefined ? undefined : text;
  }
  if (source === 'numeric' && target === 'float8') return shortFloat(text);
  if ((source === 'text' || source === 'varchar') && (target === 'text' || target === 'varchar')) {
    return text;
  }
  const value = parseDomainValue(text, from);
  if (typeof value !== 'bigint') return undefined;
  if (isInfiniteInstant(value, from))
    return source === 'date' && target === 'timestamp' ? text : undefined;
  if (source === 'date' && target === 'timestamp') {
    return formatDomainValue(value * MICROSECONDS_PER_DAY, to);
  }
  if (source === 'timestamp' && target === 'date') {
    return formatDomainValue(floorDivide(value, MICROSECONDS_PER_DAY), to);
  }
  return undefined;
}

/** A float whose text has no exponent in any system. */
function shortFloat(text: string): string | undefined {
  const shown = String(Number(text));
  return /^-?\d{1,15}(\.\d{1,15})?$/.test(shown) && shown !== '-0' ? shown : undefined;
}

/** Integer sums, dates with days or intervals, timestamps with intervals. */
function foldSum(
  a: string,
  aType: SqlType,
  b: string,
  bType: SqlType,
  result: SqlType,
  subtract: boolean,
): string | undefined {
  const left = parseDomainValue(a, aType);
  if (typeof left !== 'bigint' || isInfiniteInstant(left, aType)) return undefined;
  if (nameOf(bType) === 'interval') {
    const interval = parseInterval(b);
    if (interval === undefined || nameOf(aType) === 'timestamptz') return undefined;
    const micros = nameOf(aType) === 'date' ? left * MICROSECONDS_PER_DAY : left;
    return addInterval(micros, subtract ? negateInterval(interval) : interval, result);
  }
  const [kind, other] = [nameOf(aType), nameOf(bType)];
  if (!INTEGERS.includes(other) || (kind !== 'date' && !INTEGERS.includes(kind))) return undefined;
  const right = parseDomainValue(b, bType);
  if (typeof right !== 'bigint') return undefined;
  return within(subtract ? left - right : left + right, result);
}

function addInterval(micros: bigint, interval: Interval, result: SqlType): string | undefined {
  if (nameOf(result) !== 'timestamp' || Math.abs(interval.months) > 1_000_000) return undefined;
  const days = floorDivide(micros, MICROSECONDS_PER_DAY);
  const ofDay = micros - days * MICROSECONDS_PER_DAY;
  const moved = BigInt(addMonths(Number(days), interval.months)) * MICROSECONDS_PER_DAY + ofDay;
  return within(moved + fixedMicros(interval), result);
}

function foldTrunc(unitName: string, text: string, type: SqlType): string | undefined {
  const unit = truncUnit(unitName.toLowerCase());
  const value = parseDomainValue(text, type);
  if (unit === undefined || typeof value !== 'bigint' || isInfiniteInstant(value, type)) {
    return undefined;
  }
  return within(unit.start(value), type);
}

/** Dates and timestamps end well inside their representation; what is past that is an error of the engine. */
function within(value: bigint, type: SqlType): string | undefined {
  const limits = discreteLimits(type);
  if (limits === undefined || value < limits.low || value > limits.high) return undefined;
  const name = nameOf(type);
  if (name === 'date' && (value < -2_451_545n || value > 2_932_896n)) return undefined;
  if (
    name === 'timestamp' &&
    (value < -210_866_803_200_000_000n || value > 253_402_300_799_999_999n)
  ) {
    return undefined;
  }
  return formatDomainValue(value, type);
}
