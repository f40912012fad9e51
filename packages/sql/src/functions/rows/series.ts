import type { FunctionEntry, Template, TemplateArgument } from '../function-entry.ts';
import { tableFn } from '../signature.ts';
import { raise, reuse, reusingNulls } from '../template-parts.ts';
import { isUtc, zoneText } from '../time-zones.ts';

const zeroStep = raise('invalidParameterValue', 'step size cannot equal zero');
/** Items that one list may hold: the engine's memory limit does not count lists (some 70 bytes an item, while they are made). */
const LONGEST_LIST = 10_000_000;
const tooLong = raise(
  'programLimitExceeded',
  `a list of more than ${LONGEST_LIST} values is too large: only a series whose integer bounds are constants may be longer`,
);

/** A list of so many items, refused where they are too many. */
export function boundedList(count: string, list: string): string {
  return `CASE WHEN ${count} > ${LONGEST_LIST} THEN ${tooLong} ELSE ${list} END`;
}

/** Steps between two integers. `step` is not zero. */
export function integerSteps(from: string, to: string, step: string): string {
  return `(CAST(${to} AS HUGEINT) - ${from}) // ${step}`;
}

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
    return `CASE WHEN ${anyNull(names)} THEN NULL ${zero}ELSE ${boundedList(integerSteps(from, to, step), typed)} END`;
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
      const steps = `floor((${to} - ${from}) / ${step})`;
      const list = `list_transform(generate_series(0, CAST(${steps} AS BIGINT)), lambda i_: CAST(${from} + i_ * ${step} AS ${type}))`;
      return `CASE WHEN ${anyNull(names)} THEN NULL WHEN ${step} = 0 THEN ${zeroStep} ELSE ${boundedList(steps, list)} END`;
    },
  );

/** Steps between two moments, months taken for 30 days. */
const momentSteps = (from: string, to: string, step: string): string =>
  `(epoch(${to}) - epoch(${from})) / epoch(${step})`;

const zeroInterval = (step: string): string => `${step} = INTERVAL 0 DAY`;

/** PostgreSQL adds the step again and again, so month ends stick: 31 Jan, 29 Feb, 29 Mar; DuckDB does the same. */
const timestampSeries = reusingNulls(
  ([from = '', to = '', step = '']) =>
    `CASE WHEN ${anyNull([from, to, step])} THEN NULL WHEN ${zeroInterval(step)} THEN ${zeroStep} ELSE ${boundedList(momentSteps(from, to, step), `generate_series(${from}, ${to}, ${step})`)} END`,
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
        const calendar = isUtc(zone)
          ? byClock
          : `CASE WHEN ${days} THEN ${byCalendar} ELSE ${byClock} END`;
        return `CASE WHEN ${anyNull([from, to, step])} THEN NULL WHEN ${zeroInterval(step)} THEN ${zeroStep} ELSE ${boundedList(momentSteps(from, to, step), calendar)} END`;
      },
    );
  };

/** generate_series. */
export const seriesRows: readonly FunctionEntry[] = [
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
