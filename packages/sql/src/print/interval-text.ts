import { QueryError } from '../errors.ts';

/** PostgreSQL's three independent parts of an interval. */
export interface IntervalParts {
  readonly months: bigint;
  readonly days: bigint;
  readonly microseconds: bigint;
}

const UNIT = /([+-]?\d+) (year|mon|day)s?\s*/y;
const CLOCK = /([+-]?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/y;

/** Reads the `postgres` interval style: `1 year -2 mons +3 days -04:05:06.789`. Throws invalidDatetimeFormat, or featureNotSupported for infinity. */
export function parseIntervalText(text: string): IntervalParts {
  if (/^-?infinity$/i.test(text)) {
    throw new QueryError('featureNotSupported', 'Infinite intervals are not supported.');
  }
  let months = 0n;
  let days = 0n;
  let microseconds = 0n;
  let index = 0;
  for (;;) {
    UNIT.lastIndex = index;
    const match = UNIT.exec(text);
    if (match === null) break;
    const amount = BigInt((match[1] ?? '').replace('+', ''));
    if (match[2] === 'day') days += amount;
    else months += match[2] === 'year' ? amount * 12n : amount;
    index = UNIT.lastIndex;
  }
  CLOCK.lastIndex = index;
  const clock = CLOCK.exec(text);
  if (clock !== null) {
    const [, sign = '', hours = '', minutes = '', seconds = '', fraction = ''] = clock;
    const total = (BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds);
    microseconds = total * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
    if (sign === '-') microseconds = -microseconds;
    index = text.length;
  }
  if (index === 0 || index !== text.length) {
    throw new QueryError('invalidDatetimeFormat', `invalid interval: "${text}"`);
  }
  return { months, days, microseconds };
}
