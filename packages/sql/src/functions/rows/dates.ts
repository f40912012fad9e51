import { QueryError } from '../../errors.ts';
import { datePartTemplate, extractDigits, extractTemplate } from '../date-parts.ts';
import type { DatedType } from '../date-parts.ts';
import { dateUnit } from '../date-units.ts';
import type { DateUnit } from '../date-units.ts';
import type { FunctionEntry, Template, TemplateArgument } from '../function-entry.ts';
import { fn, tableFn } from '../signature.ts';
import { raise, refuse, requireConstant, reuse, reusing, reusingNulls } from '../template-parts.ts';
import { zoneText } from '../time-zones.ts';

/** Where the local clock's rules cannot change what is cut off: the offset stays. */
const WITHIN_HOUR: ReadonlySet<DateUnit> = new Set([
  'microsecond',
  'millisecond',
  'second',
  'minute',
  'hour',
]);

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
  if (!WITHIN_HOUR.has(unit))
    return `timezone(${zone}, ${truncated(unit, `timezone(${zone}, ${text})`)})`;
  if (/^'(?:UTC|GMT)'$/i.test(zone)) {
    return `timezone('UTC', date_trunc('${unit}', timezone('UTC', ${text})))`;
  }
  return reuse([text], (at) => {
    const local = `timezone(${zone}, ${at})`;
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
    duckdb: ([zone, at]) => `timezone(${zoneText(zone)}, ${at?.text ?? 'NULL'})`,
  }),
  fn('timezone(text, timestamp) -> timestamptz', {
    duckdb: ([zone, at]) => `timezone(${zoneText(zone)}, ${at?.text ?? 'NULL'})`,
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

const zeroStep = raise('invalidParameterValue', 'step size cannot equal zero');
const anyNull = (names: readonly string[]): string =>
  names.map((name) => `${name} IS NULL`).join(' OR ');

/** A list of integers from..to. DuckDB's generate_series computes in BIGINT. */
const integerSeries = (type: 'INTEGER' | 'BIGINT'): Template =>
  reusingNulls((names) => {
    const [from = '', to = '', step = '1'] = names;
    const bigint = [from, to, step].map((name) => `CAST(${name} AS BIGINT)`).join(', ');
    const list = `generate_series(${bigint})`;
    const typed = type === 'BIGINT' ? list : `CAST(${list} AS INTEGER[])`;
    const zero = names[2] === undefined ? '' : `WHEN ${step} = 0 THEN ${zeroStep} `;
    return `CASE WHEN ${anyNull(names)} THEN NULL ${zero}ELSE ${typed} END`;
  });

/** Bounds that are known need no list: the engine counts as it is asked. */
const countedSeries = (args: readonly TemplateArgument[]): string | undefined => {
  const [, , step] = args;
  if (args.some(({ constant }) => constant === undefined) || step?.constant === '0')
    return undefined;
  return `generate_series(${args.map(({ text }) => `CAST(${text} AS BIGINT)`).join(', ')})`;
};

const numericSeries: Template = (args, context) =>
  reuse(
    args.map((argument) => argument.text),
    (...names) => {
      const [from = '', to = '', step = '1'] = names;
      const type = context.engineType(context.result);
      return (
        `CASE WHEN ${anyNull(names)} THEN NULL WHEN ${step} = 0 THEN ${zeroStep} ` +
        `ELSE list_transform(generate_series(0, CAST(floor((${to} - ${from}) / ${step}) AS BIGINT)), lambda i_: CAST(${from} + i_ * ${step} AS ${type})) END`
      );
    },
  );

const zeroInterval = (step: string): string => `${step} = INTERVAL 0 DAY`;

/** PostgreSQL adds the step again and again, so month ends stick: 31 Jan, 29 Feb, 29 Mar; DuckDB does the same. */
const timestampSeries = reusingNulls(
  ([from = '', to = '', step = '']) =>
    `CASE WHEN ${anyNull([from, to, step])} THEN NULL WHEN ${zeroInterval(step)} THEN ${zeroStep} ELSE generate_series(${from}, ${to}, ${step}) END`,
);

const inZoneSeries =
  (zoneOf: (args: readonly TemplateArgument[], zone: string) => string): Template =>
  (args, context) => {
    const zone = zoneOf(args, context.timeZone);
    return reuse(
      args.slice(0, 3).map((argument) => argument.text),
      (from = '', to = '', step = '') => {
        const days = `date_part('day', ${step}) <> 0 OR date_part('month', ${step}) <> 0 OR date_part('year', ${step}) <> 0`;
        const byClock = `list_transform(generate_series(timezone('UTC', ${from}), timezone('UTC', ${to}), ${step}), lambda s_: timezone('UTC', s_))`;
        const byCalendar = `list_transform(generate_series(timezone(${zone}, ${from}), timezone(${zone}, ${to}), ${step}), lambda s_: timezone(${zone}, s_))`;
        const calendar = /^'(?:UTC|GMT)'$/i.test(zone)
          ? byClock
          : `CASE WHEN ${days} THEN ${byCalendar} ELSE ${byClock} END`;
        return `CASE WHEN ${anyNull([from, to, step])} THEN NULL WHEN ${zeroInterval(step)} THEN ${zeroStep} ELSE ${calendar} END`;
      },
    );
  };

const series = [
  ...(['int4', 'int8'] as const).flatMap((type) =>
    [`${type}, ${type}`, `${type}, ${type}, ${type}`].map((args) =>
      tableFn(`generate_series(${args}) -> ${type}`, {
        duckdb: integerSeries(type === 'int4' ? 'INTEGER' : 'BIGINT'),
        stream: countedSeries,
      }),
    ),
  ),
  tableFn('generate_series(numeric, numeric) -> numeric', { duckdb: numericSeries }),
  tableFn('generate_series(numeric, numeric, numeric) -> numeric', { duckdb: numericSeries }),
  tableFn('generate_series(timestamp, timestamp, interval) -> timestamp', {
    duckdb: timestampSeries,
  }),
  tableFn('generate_series(timestamptz, timestamptz, interval) -> timestamptz', {
    duckdb: inZoneSeries((_, zone) => zone),
    volatility: 'stable',
  }),
  tableFn('generate_series(timestamptz, timestamptz, interval, text) -> timestamptz', {
    duckdb: inZoneSeries((args) => zoneText(args[3])),
  }),
];

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

const foreign = [
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

export const dateRows: readonly FunctionEntry[] = [
  ...clocks,
  ...dateTrunc,
  ...parts,
  ...ages,
  ...makers,
  ...zones,
  ...finite,
  ...dateBin,
  ...series,
  ...overlaps,
  overlapsFor,
  ...foreign,
];
