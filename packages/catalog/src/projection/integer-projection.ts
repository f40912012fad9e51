import { discreteLimits, type SqlType } from '@tributary/sql';
import {
  invalidColumnProperty,
  isTextType,
  isTypeNamed,
  parseLong,
  positiveInteger,
  rangeElements,
  type ColumnProjection,
  type ColumnProperties,
} from './column-projection.ts';
import { restrictSequence, type ProjectedSequence } from './projected-values.ts';

/** Java's formatter takes any width, but no path holds more. */
const MAX_DIGITS = 255n;

/** `integer`: lo, lo + interval, ... <= hi in signed 64 bits, rendered with at least `digits` characters. */
export function integerProjection(properties: ColumnProperties): ColumnProjection {
  const { column } = properties;
  const text = isTextType(column.type);
  if (!text && !isTypeNamed(column.type, ['int2', 'int4', 'int8'])) {
    throw invalidColumnProperty(
      properties,
      'type',
      'integer needs a column of type string, varchar, char, smallint, int or bigint',
    );
  }
  const [low, high] = rangeElements(properties).map((element) => bound(properties, element));
  if (low === undefined || high === undefined) throw new TypeError('a range has two elements');
  const interval = positiveInteger(properties, 'interval') ?? 1n;
  const digits = positiveInteger(properties, 'digits') ?? 1n;
  if (digits > MAX_DIGITS) {
    throw invalidColumnProperty(properties, 'digits', `must be at most ${MAX_DIGITS}`);
  }
  const width = Number(digits);
  const count = low > high ? 0n : (high - low) / interval + 1n;
  const sequence: ProjectedSequence = {
    column: column.name,
    type: column.type,
    count,
    runs: text
      ? textRuns(low, interval, count, width)
      : [{ from: 0n, to: count, descending: false }],
    at: (index) => {
      const number = low + index * interval;
      const rendered = renderInteger(number, width);
      return { value: text ? rendered : number.toString(), rendered };
    },
    domainValue: (index) => {
      const number = low + index * interval;
      return text ? renderInteger(number, width) : number;
    },
  };
  return {
    column,
    values: (domain) => ({ considered: count, kept: restrictSequence(sequence, domain) }),
  };
}

function bound(properties: ColumnProperties, element: string): bigint {
  const value = parseLong(element.trim());
  if (value === undefined) {
    throw invalidColumnProperty(
      properties,
      'range',
      `must consist of two 64-bit integers, not '${element}'`,
    );
  }
  checkFits(properties, properties.column.type, value);
  return value;
}

function checkFits(properties: ColumnProperties, type: SqlType, value: bigint): void {
  const limits = discreteLimits(type);
  if (limits !== undefined && (value < limits.low || value > limits.high)) {
    throw invalidColumnProperty(properties, 'range', `exceeds the column's type with ${value}`);
  }
}

/** As Java's `%0<width>d`: the sign counts. */
function renderInteger(value: bigint, width: number): string {
  return value < 0n
    ? `-${(-value).toString().padStart(width - 1, '0')}`
    : value.toString().padStart(width, '0');
}

/**
 * Texts of one length and sign are in the order of their numbers, negative ones in reverse. So the series falls into a few
 * runs, however long it is: one a length and sign.
 */
function textRuns(
  low: bigint,
  interval: bigint,
  count: bigint,
  width: number,
): NonNullable<ProjectedSequence['runs']> {
  const starts: bigint[] = [];
  for (let digits = 19; digits >= Math.max(1, width - 1); digits--) {
    starts.push(1n - 10n ** BigInt(digits));
  }
  starts.push(0n);
  for (let digits = Math.max(1, width); digits <= 18; digits++) starts.push(10n ** BigInt(digits));
  const runs: { from: bigint; to: bigint; descending: boolean }[] = [];
  let from = 0n;
  for (const [place, start] of starts.entries()) {
    const next = starts[place + 1];
    let to = count;
    if (next !== undefined) {
      const index = next <= low ? 0n : (next - low + interval - 1n) / interval;
      to = index < count ? index : count;
    }
    if (from < to) runs.push({ from, to, descending: start < 0n });
    from = to > from ? to : from;
  }
  return runs;
}
