import { toClock } from './time-zones.ts';
import { QueryError } from '../errors.ts';
import type { NumericDigits } from '../types/sql-type.ts';
import { dateUnit } from './date-units.ts';
import type { DateUnit } from './date-units.ts';
import type { Template, TemplateContext } from './function-entry.ts';
import { requireConstant, reuse } from './template-parts.ts';

/** The types that have fields. */
export type DatedType = 'date' | 'time' | 'timestamp' | 'timestamptz' | 'interval';

const TYPE_LABEL: Readonly<Record<DatedType, string>> = {
  date: 'date',
  time: 'time without time zone',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  interval: 'interval',
};

/** An integer text; the field is it divided by 10^scale. */
interface Field {
  readonly text: string;
  readonly scale: 0 | 3 | 6;
}

const SCALES: Readonly<Partial<Record<DateUnit, 3 | 6>>> = { second: 6, millisecond: 3, epoch: 6 };

/** Digits of extract's result: PostgreSQL shows seconds and epochs with six digits, milliseconds with three. */
export function extractDigits(unitName: string | undefined): NumericDigits {
  const unit = unitName === undefined ? undefined : dateUnit(unitName);
  if (unit === 'second') return { precision: 8, scale: 6 };
  if (unit === 'millisecond') return { precision: 8, scale: 3 };
  if (unit === 'epoch') return { precision: 20, scale: 6 };
  return { precision: 18, scale: 0 };
}

function unsupported(unit: string, type: DatedType): never {
  throw new QueryError(
    'featureNotSupported',
    `unit "${unit}" not supported for type ${TYPE_LABEL[type]}`,
  );
}

function fieldOf(unitName: string, type: DatedType, text: string, context: TemplateContext): Field {
  const unit = dateUnit(unitName);
  if (unit === undefined) {
    throw new QueryError(
      'invalidParameterValue',
      `unit "${unitName}" not recognized for type ${TYPE_LABEL[type]}`,
    );
  }
  const scale = SCALES[unit] ?? 0;
  if (type === 'interval') return { text: intervalField(unit, text), scale };
  if (type === 'time') return { text: timeField(unit, text), scale };
  if (type === 'timestamptz') {
    const zone = context.timeZone;
    if (unit === 'epoch') return { text: `epoch_us(${text})`, scale };
    if (unit === 'timezone' || unit === 'timezone_hour' || unit === 'timezone_minute') {
      const offset = reuse(
        [text],
        (at) =>
          `(epoch_us(timezone(${zone}, ${at})) - epoch_us(timezone('UTC', ${at}))) // 1000000`,
      );
      if (unit === 'timezone') return { text: offset, scale };
      return {
        text: unit === 'timezone_hour' ? `(${offset} // 3600)` : `(${offset} % 3600 // 60)`,
        scale,
      };
    }
    return { text: calendarField(unit, toClock(text, zone), type), scale };
  }
  return { text: calendarField(unit, text, type), scale };
}

/** A year as PostgreSQL counts it: there is no year zero. */
function counted(part: string, text: string): string {
  return reuse(
    [text],
    (at) => `(date_part('${part}', ${at}) - CAST(date_part('${part}', ${at}) < 1 AS BIGINT))`,
  );
}

function calendarField(unit: DateUnit, text: string, type: DatedType): string {
  switch (unit) {
    case 'microsecond':
    case 'millisecond':
    case 'second':
      return `date_part('microsecond', ${text})`;
    case 'minute':
    case 'hour':
    case 'day':
    case 'month':
    case 'quarter':
    case 'week':
    case 'dow':
    case 'isodow':
    case 'doy':
    case 'century':
    case 'millennium':
      return `date_part('${unit}', ${text})`;
    case 'decade':
      return `CAST(floor(date_part('year', ${text}) / CAST(10 AS DOUBLE)) AS BIGINT)`;
    case 'year':
    case 'isoyear':
      return counted(unit, text);
    case 'epoch':
      return `epoch_us(CAST(${text} AS TIMESTAMP))`;
    case 'julian':
      if (type === 'date') return `(CAST(${text} - DATE '1970-01-01' AS BIGINT) + 2440588)`;
      return unsupported(unit, type);
    case 'timezone':
    case 'timezone_hour':
    case 'timezone_minute':
      return unsupported(unit, type);
  }
}

function timeField(unit: DateUnit, text: string): string {
  switch (unit) {
    case 'microsecond':
    case 'millisecond':
    case 'second':
      return `date_part('microsecond', ${text})`;
    case 'minute':
    case 'hour':
      return `date_part('${unit}', ${text})`;
    case 'epoch':
      return `epoch_us(${text})`;
    default:
      return unsupported(unit, 'time');
  }
}

const INTERVAL_MICROSECONDS = (at: string): string =>
  `(date_part('year', ${at}) * 31557600000000 + date_part('month', ${at}) * 2592000000000 + ` +
  `date_part('day', ${at}) * 86400000000 + date_part('hour', ${at}) * 3600000000 + ` +
  `date_part('minute', ${at}) * 60000000 + date_part('microsecond', ${at}))`;

function intervalField(unit: DateUnit, text: string): string {
  switch (unit) {
    case 'microsecond':
    case 'millisecond':
    case 'second':
      return `date_part('microsecond', ${text})`;
    case 'minute':
    case 'hour':
    case 'day':
    case 'month':
    case 'year':
      return `date_part('${unit}', ${text})`;
    case 'week':
      return `(date_part('day', ${text}) // 7)`;
    case 'quarter':
      return reuse(
        [`date_part('month', ${text})`],
        (month) => `CASE WHEN ${month} >= 0 THEN ${month} // 3 + 1 ELSE -(-${month} // 3 + 1) END`,
      );
    case 'decade':
      return `(date_part('year', ${text}) // 10)`;
    case 'century':
      return `(date_part('year', ${text}) // 100)`;
    case 'millennium':
      return `(date_part('year', ${text}) // 1000)`;
    case 'epoch':
      return reuse([text], INTERVAL_MICROSECONDS);
    default:
      return unsupported(unit, 'interval');
  }
}

/** extract(field from value): an exact numeric of `extractDigits`. */
export function extractTemplate(type: DatedType): Template {
  return ([unit, value], context) => {
    const name = requireConstant(unit, 'The field of extract()');
    const known = dateUnit(name);
    const clock = ['microsecond', 'millisecond', 'second', 'minute', 'hour'];
    if (type === 'date' && known !== undefined && clock.includes(known)) unsupported(known, type);
    const field = fieldOf(name, type, value?.text ?? 'NULL', context);
    const result = context.engineType(context.result);
    if (field.scale === 0) return `CAST(${field.text} AS ${result})`;
    const unitText = field.scale === 3 || known === 'second' ? 'DECIMAL(9,0)' : 'DECIMAL(19,0)';
    const step =
      field.scale === 3 ? 'CAST(0.001 AS DECIMAL(4,3))' : 'CAST(0.000001 AS DECIMAL(7,6))';
    return `CAST(CAST(${field.text} AS ${unitText}) * ${step} AS ${result})`;
  };
}

/** date_part(field, value): a float8, rounded as PostgreSQL rounds it (seconds and fraction are converted apart). */
export function datePartTemplate(type: DatedType): Template {
  return ([unit, value], context) => {
    const name = requireConstant(unit, 'The field of date_part()');
    const known = dateUnit(name);
    const text = value?.text ?? 'NULL';
    const at = type === 'date' ? `CAST(${text} AS TIMESTAMP)` : text;
    const field = fieldOf(
      name,
      type === 'date' && known !== 'julian' ? 'timestamp' : type,
      type === 'date' && known === 'julian' ? text : at,
      context,
    );
    if (field.scale === 0) return `CAST(${field.text} AS DOUBLE)`;
    if (known === 'epoch') return `(CAST(${field.text} AS DOUBLE) / 1000000)`;
    const [whole, part] = known === 'second' ? ['1', '1000000'] : ['1000', '1000'];
    return reuse(
      [field.text],
      (micros) =>
        `(CAST(${micros} // 1000000 AS DOUBLE) * ${whole} + CAST(${micros} % 1000000 AS DOUBLE) / ${part})`,
    );
  };
}
