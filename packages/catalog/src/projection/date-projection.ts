import { formatDomainValue } from '@tributary/sql';
import {
  invalidColumnProperty,
  isSafeOwnerText,
  isTextType,
  isTypeNamed,
  positiveInteger,
  rangeElements,
  requiredProperty,
  type ColumnProjection,
  type ColumnProperties,
} from './column-projection.ts';
import { compileDateFormat, NANOS_PER_DAY, type DateFormat, type Instant } from './date-format.ts';
import {
  dateSequence,
  distinctSequence,
  plusStep,
  STEP_UNITS,
  stepOf,
  type Step,
  type StepUnit,
} from './date-sequence.ts';
import { restrictSequence, type ProjectedSequence } from './projected-values.ts';

const NOW = /^\s*NOW\s*(?:([+-])\s*([0-9]+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?\s*)?$/;
const NANOS_PER_MICROSECOND = 1000n;
/** Years far outside every calendar: larger offsets would only overflow. */
const MAX_OFFSET_NANOS = 400_000n * 366n * NANOS_PER_DAY;
/** 9999-12-31T23:59:59.999999999: up to here a year has four digits. */
const LAST_FOUR_DIGIT_INSTANT = 2_932_897n * NANOS_PER_DAY - 1n;

type RangeBound = (now: Date) => Instant;

/** `date`: instants in UTC between two inclusive bounds, rendered with a Java DateTimeFormatter pattern. */
export function dateProjection(properties: ColumnProperties): ColumnProjection {
  const { column } = properties;
  const text = isTextType(column.type);
  if (!text && !isTypeNamed(column.type, ['date', 'timestamp', 'timestamptz'])) {
    throw invalidColumnProperty(
      properties,
      'type',
      'date needs a column of type string, varchar, char, date or timestamp',
    );
  }
  const format = formatOf(properties);
  const step = stepProperty(properties, format);
  const [low, high] = rangeElements(properties).map((element) =>
    rangeBound(properties, format, element),
  );
  if (low === undefined || high === undefined) throw new TypeError('a range has two elements');
  return {
    column,
    values: (domain, now) => {
      const sequence = projectedDates(properties, format, step, low(now), high(now));
      return { considered: sequence.count, kept: restrictSequence(sequence, domain) };
    },
  };
}

function projectedDates(
  { column }: ColumnProperties,
  format: DateFormat,
  step: Step,
  low: Instant,
  high: Instant,
): ProjectedSequence {
  const dates = distinctSequence(dateSequence(low, high, step), step, format);
  const text = isTextType(column.type);
  const sorted = !text || (format.sortable && high <= LAST_FOUR_DIGIT_INSTANT);
  const unit = isTypeNamed(column.type, ['date']) ? NANOS_PER_DAY : NANOS_PER_MICROSECOND;
  return {
    column: column.name,
    type: column.type,
    count: dates.count,
    runs: sorted ? [{ from: 0n, to: dates.count, descending: false }] : undefined,
    at: (index) => {
      const instant = dates.at(index);
      const rendered = format.render(instant);
      if (text) return { value: rendered, rendered };
      return { value: formatDomainValue(floorDivide(instant, unit), column.type), rendered };
    },
    domainValue: (index) => {
      const instant = dates.at(index);
      return text ? format.render(instant) : floorDivide(instant, unit);
    },
  };
}

function formatOf(properties: ColumnProperties): DateFormat {
  const pattern = requiredProperty(properties, 'format');
  let format: DateFormat;
  try {
    format = compileDateFormat(pattern);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw invalidColumnProperty(
      properties,
      'format',
      `'${pattern}' is not a usable date pattern: ${error.message}`,
    );
  }
  if (!isSafeOwnerText(format.render(0n))) {
    throw invalidColumnProperty(
      properties,
      'format',
      `'${pattern}' renders an empty, '.' or '..' path segment or a control character`,
    );
  }
  return format;
}

/** The step; it may be left out only where the format is of single-day, single-month or single-year precision. */
function stepProperty(properties: ColumnProperties, format: DateFormat): Step {
  const interval = positiveInteger(properties, 'interval');
  const unitText = properties.get('interval.unit');
  const defaultUnit =
    format.precision === 'day'
      ? 'DAYS'
      : format.precision === 'month'
        ? 'MONTHS'
        : format.precision === 'year'
          ? 'YEARS'
          : undefined;
  if (defaultUnit === undefined && (interval === undefined || unitText === undefined)) {
    throw invalidColumnProperty(
      properties,
      interval === undefined ? 'interval' : 'interval.unit',
      `is required because the format '${format.pattern}' is finer than a day`,
    );
  }
  const unit = unitText?.trim().toUpperCase() ?? defaultUnit ?? '';
  if (!isStepUnit(unit)) {
    throw invalidColumnProperty(
      properties,
      'interval.unit',
      `must be one of ${Object.keys(STEP_UNITS).join(', ')}, not '${unitText}'`,
    );
  }
  return stepOf(unit, interval ?? 1n);
}

function isStepUnit(text: string): text is StepUnit {
  return Object.hasOwn(STEP_UNITS, text);
}

/** A literal in the format, or NOW with at most one offset. Either way truncated to what the format shows. */
function rangeBound(properties: ColumnProperties, format: DateFormat, element: string): RangeBound {
  const match = NOW.exec(element);
  if (match === null) {
    const instant = format.parse(element);
    if (instant === undefined) {
      throw invalidColumnProperty(
        properties,
        'range',
        `element '${element}' is neither a date in the format '${format.pattern}' nor NOW with an offset such as NOW-3YEARS`,
      );
    }
    return () => instant;
  }
  const [, sign = '+', amount = '0', unit = 'DAY'] = match;
  const offset = nowOffset(properties, element, sign, amount, unit);
  return (now) => {
    const instant = plusStep(BigInt(now.getTime()) * 1_000_000n, offset);
    const truncated = format.parse(format.render(instant));
    if (truncated === undefined) {
      throw invalidColumnProperty(properties, 'range', `element '${element}' is out of range`);
    }
    return truncated;
  };
}

function nowOffset(
  properties: ColumnProperties,
  element: string,
  sign: string,
  amount: string,
  unitName: string,
): Step {
  const unit = STEP_UNITS[`${unitName}S` as StepUnit];
  const signed = sign === '-' ? -BigInt(amount) : BigInt(amount);
  const step: Step =
    'nanos' in unit ? { nanos: unit.nanos * signed } : { months: Number(signed) * unit.months };
  const nanos =
    'nanos' in unit ? unit.nanos * signed : signed * BigInt(unit.months) * 31n * NANOS_PER_DAY;
  if (nanos > MAX_OFFSET_NANOS || -nanos > MAX_OFFSET_NANOS) {
    throw invalidColumnProperty(properties, 'range', `element '${element}' is out of range`);
  }
  return step;
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}
