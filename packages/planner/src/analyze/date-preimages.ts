import {
  addMonths,
  civilFromDays,
  DATE,
  daysFromCivil,
  isInfiniteInstant,
  MICROSECONDS_PER_DAY,
  parseDomainValue,
  TIMESTAMP,
  type Domain,
  type SqlType,
} from '@tributary/sql';
import { fixedMicros, type Interval } from './interval-constant.ts';
import {
  floorDivide,
  greatestInteger,
  leastInteger,
  mapDiscrete,
  mapRanges,
  type MappedBound,
} from './map-ranges.ts';
import { castPreimage, MAX_ZONE_OFFSET, type Preimage } from './restrict-cast.ts';

/** Days of a finite date's text. */
export function datePreimage(text: string): bigint | undefined {
  const value = parseDomainValue(text, DATE);
  return typeof value === 'bigint' && !isInfiniteInstant(value, DATE) ? value : undefined;
}

function nameOf(type: SqlType): string | undefined {
  return type.kind === 'scalar' ? type.name : undefined;
}

/** Past these many months arithmetic leaves every calendar. */
const MAX_MONTHS = 4_000_000;

/** `arg + interval`. Months clamp at month ends, so their preimage is taken a few days too wide. */
export function intervalPreimage(
  argument: SqlType,
  interval: Interval,
  domain: Domain,
): Preimage | undefined {
  const { months, days } = interval;
  if (Math.abs(months) > MAX_MONTHS) return undefined;
  const zoned = nameOf(argument) === 'timestamptz';
  const exact = months === 0 && (!zoned || days === 0n);
  const slack = exact ? 0n : (months === 0 ? 0n : 5n * MICROSECONDS_PER_DAY) + MAX_ZONE_OFFSET;
  const fixed = fixedMicros(interval);
  const shifted = (value: bigint): bigint => minusMonths(value - fixed, months);
  const instants = mapDiscrete(
    domain,
    zoned ? argument : TIMESTAMP,
    (value) => shifted(value) - slack,
    (value) => shifted(value) + slack,
  );
  if (nameOf(argument) !== 'date') return { domain: { ...instants, type: argument }, exact };
  const dates = castPreimage(argument, instants);
  return dates && { domain: dates.domain, exact };
}

function minusMonths(micros: bigint, months: number): bigint {
  if (months === 0) return micros;
  const days = floorDivide(micros, MICROSECONDS_PER_DAY);
  const ofDay = micros - days * MICROSECONDS_PER_DAY;
  return BigInt(addMonths(Number(days), -months)) * MICROSECONDS_PER_DAY + ofDay;
}

const FIXED_UNITS: Readonly<Record<string, bigint>> = {
  microseconds: 1n,
  milliseconds: 1000n,
  second: 1_000_000n,
  minute: 60_000_000n,
  hour: 3_600_000_000n,
  day: MICROSECONDS_PER_DAY,
  week: 7n * MICROSECONDS_PER_DAY,
};
const MONTH_UNITS: Readonly<Record<string, number>> = {
  month: 1,
  quarter: 3,
  year: 12,
  decade: 120,
};
/** 1970-01-05, a Monday: weeks are counted from here. */
const FIRST_MONDAY = 4n * MICROSECONDS_PER_DAY;

interface TruncUnit {
  /** The start of the unit that holds an instant. */
  start(micros: bigint): bigint;
  /** The start of the next unit. */
  next(micros: bigint): bigint;
}

/** A unit of date_trunc; undefined for those that are left to the engine. */
export function truncUnit(name: string): TruncUnit | undefined {
  const fixed = Object.hasOwn(FIXED_UNITS, name) ? FIXED_UNITS[name] : undefined;
  if (fixed !== undefined) {
    const anchor = name === 'week' ? FIRST_MONDAY : 0n;
    const start = (micros: bigint): bigint => floorDivide(micros - anchor, fixed) * fixed + anchor;
    return { start, next: (micros) => start(micros) + fixed };
  }
  const months = Object.hasOwn(MONTH_UNITS, name) ? MONTH_UNITS[name] : undefined;
  if (months === undefined) return undefined;
  const startOf = (micros: bigint, later: number): bigint => {
    const { year, month } = civilFromDays(Number(floorDivide(micros, MICROSECONDS_PER_DAY)));
    const index = Math.floor((year * 12 + month - 1) / months) * months + later;
    const startYear = Math.floor(index / 12);
    const day = daysFromCivil(startYear, index - startYear * 12 + 1, 1);
    return BigInt(day) * MICROSECONDS_PER_DAY;
  };
  return { start: (micros) => startOf(micros, 0), next: (micros) => startOf(micros, months) };
}

/** `date_trunc(unit, arg)`; for a timestamptz it truncates in the session's zone, so the preimage is taken too wide. */
export function truncPreimage(
  argument: SqlType,
  unitName: string,
  domain: Domain,
): Preimage | undefined {
  const name = nameOf(argument);
  const unit = truncUnit(unitName.toLowerCase());
  if (unit === undefined || (name !== 'timestamp' && name !== 'timestamptz')) return undefined;
  if (name === 'timestamptz') {
    return {
      domain: mapDiscrete(
        domain,
        argument,
        (value) => value - MAX_ZONE_OFFSET,
        (value) => unit.next(unit.next(value)) + MAX_ZONE_OFFSET,
      ),
      exact: false,
    };
  }
  return {
    domain: mapDiscrete(
      domain,
      argument,
      (value) => (unit.start(value) === value ? value : unit.next(value)),
      (value) => unit.next(value) - 1n,
    ),
    exact: true,
  };
}

const LAST_YEAR = 300_000n;

/** `extract(year from arg)`: only years of the common era are told apart. */
export function yearPreimage(argument: SqlType, domain: Domain): Preimage | undefined {
  const name = nameOf(argument);
  if (name !== 'date' && name !== 'timestamp' && name !== 'timestamptz') return undefined;
  const perDay = name === 'date' ? 1n : MICROSECONDS_PER_DAY;
  const slack = name === 'timestamptz' ? MAX_ZONE_OFFSET : 0n;
  const startOfYear = (year: bigint): bigint => BigInt(daysFromCivil(Number(year), 1, 1)) * perDay;
  // The year of 'infinity' is infinite too, so bounds past all years still leave it.
  const low = (year: MappedBound): MappedBound => {
    if (year === 'below' || (year !== 'above' && year < 2n)) return 'below';
    return startOfYear(year === 'above' || year > LAST_YEAR ? LAST_YEAR : year) - slack;
  };
  const high = (year: MappedBound): MappedBound => {
    if (year === 'above' || (year !== 'below' && year > LAST_YEAR)) return 'above';
    return startOfYear((year === 'below' || year < 0n ? 0n : year) + 1n) - 1n + slack;
  };
  const mapped = mapRanges(
    domain,
    argument,
    (bound) => low(leastInteger(bound)),
    (bound) => high(greatestInteger(bound)),
  );
  const bounded = domain.ranges.every((range) => {
    const year = range.low === undefined ? 'below' : leastInteger(range.low);
    return year !== 'below' && year !== 'above' && year > 1n && year <= LAST_YEAR;
  });
  return { domain: mapped, exact: slack === 0n && bounded && !domain.nulls };
}
