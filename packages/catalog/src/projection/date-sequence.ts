import { addMonths, civilFromDays, daysFromCivil, daysInMonth } from '@tributary/sql';
import {
  NANOS_PER_DAY,
  NANOS_PER_SECOND,
  type DateFormat,
  type Instant,
  type Precision,
} from './date-format.ts';

/** Units of a projection step (ChronoUnit names) as months or nanoseconds. */
export const STEP_UNITS = {
  YEARS: { months: 12 },
  MONTHS: { months: 1 },
  WEEKS: { nanos: 7n * NANOS_PER_DAY },
  DAYS: { nanos: NANOS_PER_DAY },
  HOURS: { nanos: 3600n * NANOS_PER_SECOND },
  MINUTES: { nanos: 60n * NANOS_PER_SECOND },
  SECONDS: { nanos: NANOS_PER_SECOND },
  MILLISECONDS: { nanos: 1_000_000n },
} as const;

export type StepUnit = keyof typeof STEP_UNITS;

/** A step of calendar months, or of a fixed time. */
export type Step = { readonly months: number } | { readonly nanos: bigint };

/** The arithmetic series lo, lo+step, lo+2*step, ... <= hi. */
export interface DateSequence {
  readonly count: bigint;
  /** Increases with the index. */
  at(index: bigint): Instant;
}

export function stepOf(unit: StepUnit, interval: bigint): Step {
  const one = STEP_UNITS[unit];
  if ('nanos' in one) return { nanos: one.nanos * interval };
  // A longer step than the calendar has months never gets past the first value.
  return { months: Number(interval > 10_000_000n ? 10_000_000n : interval) * one.months };
}

/** An instant a step on, as LocalDateTime.plus: the last day of a shorter month. */
export function plusStep(instant: Instant, step: Step): Instant {
  if ('nanos' in step) return instant + step.nanos;
  const [days, ofDay] = splitDays(instant);
  return BigInt(addMonths(days, step.months)) * NANOS_PER_DAY + ofDay;
}

/**
 * The series as `v = lo; while v <= hi: v = v.plus(step)` generates it: month ends clamp, and the day then stays what the
 * shorter month made of it (01-31, 02-28, 03-28). Indexed without being generated.
 */
export function dateSequence(lo: Instant, hi: Instant, step: Step): DateSequence {
  if (lo > hi) return { count: 0n, at: () => lo };
  if ('nanos' in step) {
    return {
      count: (hi - lo) / step.nanos + 1n,
      at: (index) => lo + index * step.nanos,
    };
  }
  return monthSequence(lo, hi, step.months);
}

function monthSequence(lo: Instant, hi: Instant, months: number): DateSequence {
  const [loDays, ofDay] = splitDays(lo);
  const { year, month, day } = civilFromDays(loDays);
  const firstMonth = year * 12 + month - 1;
  const [hiDays] = splitDays(hi);
  const end = civilFromDays(hiDays);
  let last = Math.floor((end.year * 12 + end.month - 1 - firstMonth) / months);
  const drifts = drift(firstMonth, day, months, last);
  const at = (index: number): Instant => {
    const target = firstMonth + index * months;
    const targetYear = Math.floor(target / 12);
    let targetDay = day;
    for (const change of drifts) if (index >= change.from) targetDay = change.day;
    const days = daysFromCivil(targetYear, target - targetYear * 12 + 1, targetDay);
    return BigInt(days) * NANOS_PER_DAY + ofDay;
  };
  // Only in the last month can the series pass the bound.
  if (at(last) > hi) last--;
  return { count: BigInt(last + 1), at: (index) => at(Number(index)) };
}

/** From which index on the day of the month is smaller than before: at most three places, none below the 29th. */
function drift(
  firstMonth: number,
  firstDay: number,
  months: number,
  last: number,
): readonly { readonly from: number; readonly day: number }[] {
  const changes: { from: number; day: number }[] = [];
  let day = firstDay;
  for (let index = 0; index <= last && day > 28; index++) {
    const target = firstMonth + index * months;
    const year = Math.floor(target / 12);
    const length = daysInMonth(year, target - year * 12 + 1);
    if (length < day) {
      day = length;
      changes.push({ from: index, day });
    }
  }
  return changes;
}

function splitDays(instant: Instant): readonly [number, bigint] {
  const ofDay = ((instant % NANOS_PER_DAY) + NANOS_PER_DAY) % NANOS_PER_DAY;
  return [Number((instant - ofDay) / NANOS_PER_DAY), ofDay];
}

const PERIODS: Readonly<
  Record<
    Exclude<Precision, 'fraction'>,
    { readonly shortest: bigint; readonly longest: bigint; readonly step: Step }
  >
> = {
  year: { shortest: 365n * NANOS_PER_DAY, longest: 366n * NANOS_PER_DAY, step: { months: 12 } },
  month: { shortest: 28n * NANOS_PER_DAY, longest: 31n * NANOS_PER_DAY, step: { months: 1 } },
  day: fixedPeriod(NANOS_PER_DAY),
  hour: fixedPeriod(3600n * NANOS_PER_SECOND),
  minute: fixedPeriod(60n * NANOS_PER_SECOND),
  second: fixedPeriod(NANOS_PER_SECOND),
};

function fixedPeriod(nanos: bigint): { shortest: bigint; longest: bigint; step: Step } {
  return { shortest: nanos, longest: nanos, step: { nanos } };
}

/**
 * The series with each rendering once: a step finer than the format (hours under yyyy-MM-dd) names the same partition many
 * times, and a partition is read once. `series` starts on a period of the format.
 */
export function distinctSequence(
  series: DateSequence,
  step: Step,
  format: DateFormat,
): DateSequence {
  const period =
    format.precision === 'fraction'
      ? fixedPeriod(10n ** BigInt(9 - format.fractionDigits))
      : PERIODS[format.precision];
  if (series.count <= 1n) return series;
  if ('months' in step) {
    // Month steps always reach another month, and those of a year or more another year.
    if (format.precision !== 'year' || step.months >= 12) return series;
  } else if (step.nanos >= period.longest) {
    return series;
  }
  const truncated = (instant: Instant): Instant => format.parse(format.render(instant)) ?? instant;
  const last = truncated(series.at(series.count - 1n));
  // Shorter steps than the period meet every period up to the last.
  if ('months' in step || step.nanos <= period.shortest) {
    return dateSequence(series.at(0n), last, period.step);
  }
  const distinct: Instant[] = [];
  for (let index = 0n; index < series.count; index++) {
    const instant = truncated(series.at(index));
    if (instant !== distinct.at(-1)) distinct.push(instant);
  }
  return { count: BigInt(distinct.length), at: (index) => distinct[Number(index)] ?? last };
}
