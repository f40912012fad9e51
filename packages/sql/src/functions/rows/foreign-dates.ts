import { QueryError } from '../../errors.ts';
import { WITHIN_HOUR, dateUnit } from '../date-units.ts';
import type { DateUnit } from '../date-units.ts';
import type { FunctionEntry, Template, TemplateArgument } from '../function-entry.ts';
import { fn } from '../signature.ts';
import { refuse, requireConstant } from '../template-parts.ts';

const ELAPSED = /^(?:microsecond|millisecond|second|minute|hour|day|week|month|quarter|year)$/;

function elapsedUnit(argument: TemplateArgument | undefined, name: string): DateUnit {
  const text = requireConstant(argument, `The unit of ${name}()`);
  const unit = dateUnit(text);
  if (unit === undefined || !ELAPSED.test(unit)) {
    throw new QueryError('invalidParameterValue', `unit "${text}" not recognized by ${name}()`);
  }
  return unit;
}

/** Adds `count` units; a date stays a date, so units below a day are refused for it. */
const added =
  (name: string): Template =>
  ([unit, count, at], context) => {
    const found = elapsedUnit(unit, name);
    const isDate = context.result.kind === 'scalar' && context.result.name === 'date';
    if (isDate && WITHIN_HOUR.has(found))
      refuse(`${name}() cannot add a ${found} to a date.`, 'Cast it to timestamp.');
    const n = count?.text ?? 'NULL';
    const step =
      found === 'quarter'
        ? `to_months(CAST(${n} * 3 AS INTEGER))`
        : found === 'month' || found === 'year' || found === 'week' || found === 'day'
          ? `to_${found}s(CAST(${n} AS INTEGER))`
          : `to_${found}s(CAST(${n} AS BIGINT))`;
    const sum = `(${at?.text ?? 'NULL'} + ${step})`;
    return isDate ? `CAST(${sum} AS DATE)` : sum;
  };

const foreignUnits = (['date', 'timestamp'] as const).flatMap((type) => [
  fn(`date_diff(text, ${type}, ${type}) -> int8`, {
    duckdb: ([unit, from, to]) =>
      `date_sub('${elapsedUnit(unit, 'date_diff')}', ${from?.text ?? 'NULL'}, ${to?.text ?? 'NULL'})`,
    postgres: false,
    trino: 'date_diff({0}, {1}, {2})',
  }),
  fn(`datediff(text, ${type}, ${type}) -> int8`, {
    duckdb: ([unit, from, to]) => {
      const found = elapsedUnit(unit, 'datediff');
      if (found === 'week') refuse('datediff() in weeks is not supported.', 'Divide days by 7.');
      return `date_diff('${found}', ${from?.text ?? 'NULL'}, ${to?.text ?? 'NULL'})`;
    },
    postgres: false,
  }),
  fn(`date_add(text, int8, ${type}) -> ${type}`, { duckdb: added('date_add'), postgres: false }),
  fn(`last_day(${type}) -> date`, { duckdb: 'last_day({0})', postgres: false }),
  ...(
    [
      ['year', 'year'],
      ['month', 'month'],
      ['day', 'day'],
      ['quarter', 'quarter'],
      ['week', 'week'],
      ['week_of_year', 'week'],
      ['day_of_month', 'day'],
      ['day_of_week', 'isodow'],
      ['dow', 'isodow'],
      ['day_of_year', 'doy'],
      ['doy', 'doy'],
      ['year_of_week', 'isoyear'],
      ['yow', 'isoyear'],
      ...(type === 'timestamp'
        ? ([
            ['hour', 'hour'],
            ['minute', 'minute'],
            ['second', 'second'],
          ] as const)
        : []),
    ] as const
  ).map(([name, unit]) =>
    fn(`${name}(${type}) -> int8`, {
      duckdb: `date_part('${unit}', {0})`,
      postgres: false,
      trino: `${name}({0})`,
    }),
  ),
]);

/** Dates as Athena, Trino and Redshift have them beyond PostgreSQL. */
export const foreignDates: readonly FunctionEntry[] = [
  ...foreignUnits,
  fn('dateadd(text, int8, timestamp) -> timestamp', { duckdb: added('dateadd'), postgres: false }),
  fn('from_unixtime(float8) -> timestamptz', {
    duckdb: 'to_timestamp({0})',
    postgres: 'to_timestamp({0})',
  }),
  fn('to_unixtime(timestamptz) -> float8', {
    duckdb: '(CAST(epoch_us({0}) AS DOUBLE) / 1000000)',
    postgres: `date_part('epoch', {0})`,
  }),
  fn('to_unixtime(timestamp) -> float8', {
    duckdb: '(CAST(epoch_us({0}) AS DOUBLE) / 1000000)',
    postgres: `date_part('epoch', {0})`,
  }),
];
