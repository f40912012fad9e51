import type { SqlType } from '@tributary/sql';

const DAY_MS = 86_400_000;
const WHOLE = /^-?\d{1,15}$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/**
 * The values of files' partitions as arithmetic on the file's place, for values that count up or down: `first + step * (place //
 * run % period)`. Partitions come in that order when neighbouring days, and in each of them neighbouring numbers, are read with as
 * many files each. The engine computes it once for the rows of a file, where a look-up in a list is made for each row.
 *
 * @param place engine text of the file's place, a whole number from 0
 * @returns engine text of the type `engineType`, or undefined: the values are no such sequence
 */
export function valueSequence(
  values: readonly (string | null)[],
  type: SqlType,
  engineType: string,
  place: string,
): string | undefined {
  const numberOf = numbersOf(type);
  if (numberOf === undefined) return undefined;
  const numbers: number[] = [];
  for (const value of values) {
    const number = value === null ? undefined : numberOf(value);
    if (number === undefined) return undefined;
    numbers.push(number);
  }
  const [first = 0] = numbers;
  const run = numbers.findIndex((each) => each !== first);
  if (run < 1) return undefined;
  const step = (numbers[run] ?? first) - first;
  let period = 1;
  while (numbers[period * run] === first + period * step) period++;
  const follows = numbers.every(
    (each, index) => each === first + step * (Math.floor(index / run) % period),
  );
  if (!follows) return undefined;
  const last = first + step * (period - 1);
  if (!Number.isSafeInteger(last)) return undefined;
  const turn = `CAST(${place} // ${run} % ${period} AS BIGINT) * ${step}`;
  return type.kind === 'scalar' && type.name === 'date'
    ? `DATE '${values[0] ?? ''}' + CAST(${turn} AS INTEGER)`
    : `CAST(${first} + ${turn} AS ${engineType})`;
}

function numbersOf(type: SqlType): ((text: string) => number | undefined) | undefined {
  if (type.kind !== 'scalar') return undefined;
  switch (type.name) {
    case 'int2':
    case 'int4':
    case 'int8':
      return (text) => (WHOLE.test(text) ? Number(text) : undefined);
    case 'date':
      return dayOf;
    default:
      return undefined;
  }
}

/** Days since 1970 of a date in the years 0001 to 9999. */
function dayOf(text: string): number | undefined {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (year === undefined || year === '0000') return undefined;
  const time = Date.parse(`${year}-${month ?? ''}-${day ?? ''}T00:00:00Z`);
  const exists = !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
  return exists ? time / DAY_MS : undefined;
}
