import { MICROSECONDS_PER_DAY } from '@tributary/sql';

export interface Interval {
  readonly months: number;
  readonly days: bigint;
  readonly micros: bigint;
}

const PART = /([+-]?\d+) (year|mon|day)s?/g;
const TIME = /(?:^| )([+-]?)(\d+):(\d{2}):(\d{2})(?:\.(\d{1,6}))?$/;

/** An interval's text output form (`1 year 2 mons -3 days 04:05:06.7`); undefined for what is none. */
export function parseInterval(text: string): Interval | undefined {
  if (!/^(?:[+-]?\d+ (?:year|mon|day)s? ?)*(?:[+-]?\d+:\d{2}:\d{2}(?:\.\d{1,6})?)?$/.test(text)) {
    return undefined;
  }
  let months = 0;
  let days = 0n;
  for (const [, amount = '0', unit] of text.matchAll(PART)) {
    if (unit === 'year') months += Number(amount) * 12;
    else if (unit === 'mon') months += Number(amount);
    else days += BigInt(amount);
  }
  const time = TIME.exec(text);
  let micros = 0n;
  if (time !== null) {
    const [, sign, hours = '0', minutes = '0', seconds = '0', fraction = ''] = time;
    const whole = BigInt(hours) * 3600n + BigInt(minutes) * 60n + BigInt(seconds);
    micros = whole * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
    if (sign === '-') micros = -micros;
  }
  return { months, days, micros };
}

export function negateInterval({ months, days, micros }: Interval): Interval {
  return { months: -months, days: -days, micros: -micros };
}

/** The part of an interval that is a fixed time, months aside (days of 24 hours). */
export function fixedMicros({ days, micros }: Interval): bigint {
  return days * MICROSECONDS_PER_DAY + micros;
}
