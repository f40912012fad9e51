import { QueryError } from '../../errors.ts';
import { datePartTemplate, extractDigits, extractTemplate } from '../date-parts.ts';
import type { DatedType } from '../date-parts.ts';
import { WITHIN_HOUR, dateUnit } from '../date-units.ts';
import type { DateUnit } from '../date-units.ts';
import type { FunctionEntry, TemplateArgument } from '../function-entry.ts';
import { fn } from '../signature.ts';
import { raise, requireConstant, reuse, reusing, reusingNulls } from '../template-parts.ts';
import { foreignDates } from './foreign-dates.ts';
import { seriesRows } from './series.ts';
import { isUtc, toClock, toMoment, zoneText } from '../time-zones.ts';

function truncUnit(argument: TemplateArgument | undefined, type: string): DateUnit {
  const name = requireConstant(argument, 'The unit of date_trunc()');
  const unit = dateUnit(name);
  if (unit === undefined) {
    throw new QueryError('invalidParameterValue', `unit "${name}" not recognized for type ${type}`);
  }
  const truncates =
    /^(?:microsecond|millisecond|second|minute|hour|day|week|month|quarter|year|decade|century|millennium)$/;
  if (!truncates.test(unit)) {
    throw new QueryError('invalidParameterValue', `unit "${name}" not recognized for type ${type}`);
  }
  return unit;
}

/** Centuries and millennia begin with a year one, DuckDB's with a year zero; decades before it are cut downwards. */
function truncated(unit: DateUnit, text: string): string {
  const span = unit === 'decade' ? 10 : unit === 'century' ? 100 : unit === 'millennium' ? 1000 : 0;
  const year = (at: string): string => (unit === 'decade' ? `year(${at})` : `(year(${at}) - 1)`);
  if (span === 0) return `date_trunc('${unit}', ${text})`;
  return reuse(
    [text],
    (at) =>
      `CASE WHEN isfinite(${at}) THEN date_trunc('year', ${at}) - to_years(CAST((${year(at)} % ${span} + ${span}) % ${span} AS INTEGER)) ELSE ${at} END`,
  );
}

function truncatedInZone(unit: DateUnit, text: string, zone: string): string {
  if (!WITHIN_HOUR.has(unit) || isUtc(zone)) {
    return toMoment(truncated(unit, toClock(text, zone)), zone);
  }
  return reuse([text], (at) => {
    const local = toClock(at, zone);
    return `CASE WHEN isfinite(${at}) THEN ${at} - (${local} - date_trunc('${unit}', ${local})) ELSE ${at} END`;
  });
}

const FIELD_TYPES: readonly DatedType[] = ['date', 'time', 'timestamp', 'timestamptz', 'interval'];

const parts = FIELD_TYPES.flatMap((type) => {
  const volatility = type === 'timestamptz' ? 'stable' : 'immutable';
  const value = type === 'date' ? 'CAST({1} AS DATE)' : `CAST({1} AS ${type})`;
  return [
    fn(`extract(text, ${type}) -> numeric`, {
      duckdb: extractTemplate(type),
      postgres: ([unit, at]) =>
        `extract(${requireConstant(unit, 'The field of extract()')} FROM ${value.replace('{1}', () => at?.text ?? 'NULL')})`,
      volatility,
      digits: (_, constants) => extractDigits(constants[0]),
    }),
    fn(`date_part(text, ${type}) -> float8`, { duckdb: datePartTemplate(type), volatility }),
  ];
});

const dateTrunc = [
  fn('date_trunc(text, timestamp) -> timestamp', {
    duckdb: ([unit, at]) =>
      truncated(truncUnit(unit, 'timestamp without time zone'), at?.text ?? 'NULL'),
    proven: true,
  }),
  fn('date_trunc(text, timestamptz) -> timestamptz', {
    duckdb: ([unit, at], context) =>
      truncatedInZone(
        truncUnit(unit, 'timestamp with time zone'),
        at?.text ?? 'NULL',
        context.timeZone,
      ),
    volatility: 'stable',
  }),
  fn('date_trunc(text, timestamptz, text) -> timestamptz', {
    duckdb: ([unit, at, zone]) =>
      truncatedInZone(
        truncUnit(unit, 'timestamp with time zone'),
        at?.text ?? 'NULL',
        zoneText(zone),
      ),
  }),
  fn('date_trunc(text, interval) -> interval', {
    duckdb: ([unit, at]) => {
      const found = truncUnit(unit, 'interval');
      if (found === 'week') {
        throw new QueryError('featureNotSupported', 'unit "week" not supported for type interval');
      }
      return `date_trunc('${found}', ${at?.text ?? 'NULL'})`;
    },
  }),
];

const local = 'timezone({tz}, {now})';
const clocks = [
  ...['now', 'current_timestamp', 'transaction_timestamp', 'statement_timestamp'].map((name) =>
    fn(`${name}() -> timestamptz`, {
      duckdb: '{now}',
      postgres: name === 'current_timestamp' ? 'current_timestamp' : `${name}()`,
      volatility: 'stable',
    }),
  ),
  fn('clock_timestamp() -> timestamptz', {
    duckdb: 'get_current_timestamp()',
    volatility: 'volatile',
  }),
  fn('localtimestamp() -> timestamp', {
    duckdb: local,
    postgres: 'localtimestamp',
    volatility: 'stable',
  }),
  fn('current_date() -> date', {
    duckdb: `CAST(${local} AS DATE)`,
    postgres: 'current_date',
    volatility: 'stable',
  }),
  fn('localtime() -> time', {
    duckdb: `CAST(${local} AS TIME)`,
    postgres: 'localtime',
    volatility: 'stable',
  }),
  fn('getdate() -> timestamp', { duckdb: local, postgres: 'localtimestamp', volatility: 'stable' }),
];

const ages = [
  fn('age(timestamp, timestamp) -> interval', { duckdb: 'age({0}, {1})' }),
  fn('age(timestamptz, timestamptz) -> interval', {
    duckdb: 'age(timezone({tz}, {0}), timezone({tz}, {1}))',
    volatility: 'stable',
  }),
  fn('age(timestamp) -> interval', {
    duckdb: `age(date_trunc('day', ${local}), {0})`,
    volatility: 'stable',
  }),
  fn('age(timestamptz) -> interval', {
    duckdb: `age(date_trunc('day', ${local}), timezone({tz}, {0}))`,
    volatility: 'stable',
  }),
];

const yearZero = raise('datetimeOverflow', 'date field value out of range: there is no year 0');
const shiftedYear = (year: string): string =>
  `CASE WHEN ${year} = 0 THEN ${yearZero} WHEN ${year} < 0 THEN ${year} + 1 ELSE ${year} END`;
const badTime = raise('datetimeOverflow', 'time field value out of range');
const timeGuard = (h: string, m: string, s: string): string =>
  `WHEN ${h} < 0 OR ${m} NOT BETWEEN 0 AND 59 OR NOT (${s} >= 0 AND ${s} <= 60) OR ${h} > 24 OR (${h} = 24 AND (${m} > 0 OR ${s} > 0)) THEN ${badTime}`;
const micros = (h: string, m: string, s: string): string =>
  `(CAST(${h} AS BIGINT) * 3600000000 + CAST(${m} AS BIGINT) * 60000000 + CAST(round_even(${s} * 1000000, 0) AS BIGINT))`;
const madeTimestamp = ([
  y = '',
  mo = '',
  d = '',
  h = '',
  mi = '',
  s = '',
]: readonly string[]): string =>
  `CASE ${timeGuard(h, mi, s)} ELSE CAST(make_date(${shiftedYear(y)}, ${mo}, ${d}) AS TIMESTAMP) + to_microseconds(${micros(h, mi, s)}) END`;

const makers = [
  fn('make_date(int4, int4, int4) -> date', {
    duckdb: reusing(([y = '', m = '', d = '']) => `make_date(${shiftedYear(y)}, ${m}, ${d})`),
  }),
  fn('make_time(int4, int4, float8) -> time', {
    duckdb: reusing(
      ([h = '', m = '', s = '']) =>
        `CASE ${timeGuard(h, m, s)} ELSE make_time(CAST(${micros(h, m, s)} // 3600000000 AS BIGINT), CAST(${micros(h, m, s)} // 60000000 % 60 AS BIGINT), CAST(${micros(h, m, s)} % 60000000 AS DOUBLE) / 1000000) END`,
    ),
  }),
  fn('make_timestamp(int4, int4, int4, int4, int4, float8) -> timestamp', {
    duckdb: reusing(madeTimestamp),
  }),
  fn('make_timestamptz(int4, int4, int4, int4, int4, float8) -> timestamptz', {
    duckdb: reusing((names, context) => `timezone(${context.timeZone}, ${madeTimestamp(names)})`),
    volatility: 'stable',
  }),
  fn('make_timestamptz(int4, int4, int4, int4, int4, float8, text) -> timestamptz', {
    duckdb: (args, context) => {
      const made = reusing(madeTimestamp);
      const text = typeof made === 'string' ? made : made(args.slice(0, 6), context);
      return `timezone(${zoneText(args[6])}, ${text})`;
    },
  }),
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((count) => {
    const steps = ['to_years', 'to_months', 'to_weeks', 'to_days', 'to_hours', 'to_minutes'];
    const types = ['int4', 'int4', 'int4', 'int4', 'int4', 'int4', 'float8'].slice(0, count);
    const terms = steps.slice(0, count).map((step, index) => `${step}({${index}})`);
    if (count === 7) terms.push('to_microseconds(CAST(round_even({6} * 1000000, 0) AS BIGINT))');
    return fn(`make_interval(${types.join(', ')}) -> interval`, {
      duckdb: count === 0 ? 'to_days(0)' : `(${terms.join(' + ')})`,
    });
  }),
  fn('to_timestamp(float8) -> timestamptz', {
    duckdb: reusing(
      ([s = '']) =>
        `CASE WHEN isnan(${s}) THEN ${raise('datetimeOverflow', 'timestamp cannot be NaN')} WHEN isinf(${s}) THEN CAST(CAST(${s} AS VARCHAR) || 'inity' AS TIMESTAMPTZ) ELSE to_timestamp(${s}) END`,
    ),
  }),
];

const zones = [
  fn('timezone(text, timestamptz) -> timestamp', {
    duckdb: ([zone, at]) => toClock(at?.text ?? 'NULL', zoneText(zone)),
  }),
  fn('timezone(text, timestamp) -> timestamptz', {
    duckdb: ([zone, at]) => toMoment(at?.text ?? 'NULL', zoneText(zone)),
  }),
  fn('timezone(interval, timestamptz) -> timestamp', { duckdb: `(timezone('UTC', {1}) + {0})` }),
  fn('timezone(interval, timestamp) -> timestamptz', { duckdb: `timezone('UTC', {1} - {0})` }),
];

const finite = [
  ...['date', 'timestamp', 'timestamptz'].map((type) =>
    fn(`isfinite(${type}) -> bool`, { duckdb: 'isfinite({0})', proven: true }),
  ),
  fn('isfinite(interval) -> bool', { duckdb: 'CASE WHEN {0} IS NULL THEN NULL ELSE true END' }),
];

const MONTHS_IN_STRIDE = raise(
  'featureNotSupported',
  'timestamps cannot be binned into intervals containing months or years',
);

const dateBin = (['timestamp', 'timestamptz'] as const).map((type) =>
  fn(`date_bin(interval, ${type}, ${type}) -> ${type}`, {
    duckdb: ([stride, at, origin], context) => {
      const text = requireConstant(stride, 'The stride of date_bin()');
      if (/year|mon/.test(text)) {
        // An error of the rows that have something to bin.
        return `CASE WHEN ${at?.text ?? 'NULL'} IS NOT NULL AND ${origin?.text ?? 'NULL'} IS NOT NULL THEN CAST(${MONTHS_IN_STRIDE} AS ${context.engineType(context.result)}) END`;
      }
      return reuse(
        [at?.text ?? 'NULL', origin?.text ?? 'NULL', stride?.text ?? 'NULL'],
        (t, o, s) => {
          const width = `(date_part('day', ${s}) * 86400000000 + date_part('hour', ${s}) * 3600000000 + date_part('minute', ${s}) * 60000000 + date_part('microsecond', ${s}))`;
          const passed = `(epoch_us(${t}) - epoch_us(${o}))`;
          return (
            `CASE WHEN ${width} <= 0 THEN ${raise('datetimeOverflow', 'stride must be greater than zero')} WHEN NOT isfinite(${t}) THEN ${t} ` +
            `ELSE ${t} - to_microseconds((${passed} % ${width} + ${width}) % ${width}) END`
          );
        },
      );
    },
  }),
);

/** OVERLAPS with PostgreSQL's answers for missing ends: a period with one known end is that instant and something unknown. */
function overlapText(a: string, b: string, c: string, d: string): string {
  const start = (x: string, y: string): string => `least(${x}, ${y})`;
  const end = (x: string, y: string): string =>
    `CASE WHEN ${x} IS NULL OR ${y} IS NULL THEN NULL ELSE greatest(${x}, ${y}) END`;
  return reuse([start(a, b), end(a, b), start(c, d), end(c, d)], (s1, e1, s2, e2) => {
    const after = (s?: string, otherEnd?: string, ownEnd?: string): string =>
      `CASE WHEN ${s} < ${otherEnd} THEN true WHEN ${otherEnd} IS NULL OR ${ownEnd} IS NULL THEN NULL ELSE false END`;
    return (
      `CASE WHEN ${s1} IS NULL OR ${s2} IS NULL THEN NULL WHEN ${s1} > ${s2} THEN ${after(s1, e2, e1)} ` +
      `WHEN ${s1} < ${s2} THEN ${after(s2, e1, e2)} WHEN ${e1} IS NULL OR ${e2} IS NULL THEN NULL ELSE true END`
    );
  });
}

const overlaps = ['timestamp', 'timestamptz', 'time'].map((type) =>
  fn(`overlaps(${type}, ${type}, ${type}, ${type}) -> bool`, {
    duckdb: reusingNulls(([a = '', b = '', c = '', d = '']) => overlapText(a, b, c, d)),
    postgres: '(({0}, {1}) OVERLAPS ({2}, {3}))',
    strict: false,
  }),
);
const overlapsFor = fn('overlaps(timestamp, interval, timestamp, interval) -> bool', {
  duckdb: reusingNulls(([a = '', b = '', c = '', d = '']) =>
    overlapText(a, `(${a} + ${b})`, c, `(${c} + ${d})`),
  ),
  postgres: '(({0}, {1}) OVERLAPS ({2}, {3}))',
  strict: false,
});

export const dateRows: readonly FunctionEntry[] = [
  ...clocks,
  ...dateTrunc,
  ...parts,
  ...ages,
  ...makers,
  ...zones,
  ...finite,
  ...dateBin,
  ...seriesRows,
  ...overlaps,
  overlapsFor,
  ...foreignDates,
];
