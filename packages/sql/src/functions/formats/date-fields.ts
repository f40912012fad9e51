import type { DateField } from './date-keywords.ts';

/** A number of a moment as a format prints it. */
export interface FieldText {
  /** DuckDB text of the number. */
  readonly value: (at: string) => string;
  /** Least digits without FM. */
  readonly width: number;
  /** strftime's code for it with and without leading zeros, where it has one. */
  readonly code?: string;
  readonly short?: string;
  /** Condition under which there is a place for a minus sign besides. */
  readonly negative?: (at: string) => string;
  /** FM takes no zeros away. */
  readonly keeps?: true;
  /** The code is right from the year 2 to 9999 only. */
  readonly ofYear?: true;
}

const clock = (at: string): string => `(hour(${at}) * 3600 + minute(${at}) * 60 + second(${at}))`;
/** Years before the first count backwards from 1. */
const counted = (year: string): string => `CASE WHEN ${year} > 0 THEN ${year} ELSE 1 - ${year} END`;
const yearOf = (at: string): string => counted(`year(${at})`);
const isoYearOf = (at: string): string => counted(`isoyear(${at})`);

/** Digits of a second's fraction, of which `micros` tells the microseconds among others. */
export function fractionFields(
  micros: (at: string) => string,
): Readonly<Partial<Record<DateField, FieldText>>> {
  const fraction = (digits: number): FieldText => ({
    value: (at) => `${micros(at)} % 1000000 // ${10 ** (6 - digits)}`,
    width: digits,
    keeps: true,
    ...(digits === 3 ? { code: '%g' } : digits === 6 ? { code: '%f' } : {}),
  });
  const [millis, all] = [fraction(3), fraction(6)];
  return {
    MS: millis,
    US: all,
    FF1: fraction(1),
    FF2: fraction(2),
    FF3: millis,
    FF4: fraction(4),
    FF5: fraction(5),
    FF6: all,
  };
}

const hour12: FieldText = {
  value: (at) => `(hour(${at}) + 11) % 12 + 1`,
  width: 2,
  code: '%I',
  short: '%-I',
};
const seconds: FieldText = { value: clock, width: 1 };

/** Numbers of a moment by the keyword that prints them. */
export const MOMENT_FIELDS: Readonly<Partial<Record<DateField, FieldText>>> = {
  'Y,YYY': { value: yearOf, width: 4 },
  YYYY: { value: yearOf, width: 4, code: '%Y', ofYear: true },
  YYY: { value: (at) => `(${yearOf(at)}) % 1000`, width: 3 },
  YY: { value: (at) => `(${yearOf(at)}) % 100`, width: 2 },
  Y: { value: (at) => `(${yearOf(at)}) % 10`, width: 1 },
  IYYY: { value: isoYearOf, width: 4, code: '%G', ofYear: true },
  IYY: { value: (at) => `(${isoYearOf(at)}) % 1000`, width: 3 },
  IY: { value: (at) => `(${isoYearOf(at)}) % 100`, width: 2 },
  I: { value: (at) => `(${isoYearOf(at)}) % 10`, width: 1 },
  CC: {
    value: (at) =>
      `CASE WHEN year(${at}) > 0 THEN (year(${at}) - 1) // 100 + 1 ELSE -(-year(${at}) // 100) - 1 END`,
    width: 2,
    negative: (at) => `year(${at}) <= 0`,
  },
  Q: { value: (at) => `quarter(${at})`, width: 1 },
  MM: { value: (at) => `month(${at})`, width: 2, code: '%m', short: '%-m' },
  WW: { value: (at) => `(dayofyear(${at}) - 1) // 7 + 1`, width: 2 },
  IW: { value: (at) => `weekofyear(${at})`, width: 2, code: '%V' },
  W: { value: (at) => `(day(${at}) - 1) // 7 + 1`, width: 1 },
  DDD: { value: (at) => `dayofyear(${at})`, width: 3, code: '%j', short: '%-j' },
  IDDD: { value: (at) => `(weekofyear(${at}) - 1) * 7 + isodow(${at})`, width: 3 },
  DD: { value: (at) => `day(${at})`, width: 2, code: '%d', short: '%-d' },
  D: { value: (at) => `dayofweek(${at}) + 1`, width: 1 },
  ID: { value: (at) => `isodow(${at})`, width: 1, code: '%u' },
  J: {
    value: (at) => `CAST(CAST(${at} AS DATE) - DATE '1970-01-01' AS BIGINT) + 2440588`,
    width: 1,
  },
  HH24: { value: (at) => `hour(${at})`, width: 2, code: '%H', short: '%-H' },
  HH12: hour12,
  HH: hour12,
  MI: { value: (at) => `minute(${at})`, width: 2, code: '%M', short: '%-M' },
  SS: { value: (at) => `second(${at})`, width: 2, code: '%S', short: '%-S' },
  SSSS: seconds,
  SSSSS: seconds,
  ...fractionFields((at) => `microsecond(${at})`),
};
