import { formatTimestamp, parseTimestamp } from '../datetime-format.ts';
import type { FunctionEntry, Template } from '../function-entry.ts';
import { formatNumber, numberFormat } from '../number-format.ts';
import { fn } from '../signature.ts';
import { raise, refuse, requireConstant, reuse, textLiteral } from '../template-parts.ts';
import { toClock } from '../time-zones.ts';

const timestampText: Template = ([at, format], context) => {
  const pattern = requireConstant(format, 'The format of to_char()');
  const zoned = at?.type.kind === 'scalar' && at.type.name === 'timestamptz';
  const text = at?.text ?? 'NULL';
  return reuse([zoned ? toClock(text, context.timeZone) : text], (local) =>
    formatTimestamp(local, pattern),
  );
};

/** Integers and numerics round half away from zero; floats as printf does. */
const numberText =
  (float: boolean): Template =>
  ([value, format]) => {
    const parsed = numberFormat(requireConstant(format, 'The format of to_char()'));
    const scale = parsed.decimals?.length ?? 0;
    return reuse([value?.text ?? 'NULL'], (x) => {
      const digits = float
        ? `printf('%.${scale}f', abs(${x}))`
        : `CAST(CAST(abs(CAST(${x} AS DECIMAL(38,${Math.max(scale, decimalScale(value?.type))}))) AS DECIMAL(38,${scale})) AS VARCHAR)`;
      const text = reuse([digits], (d) =>
        formatNumber(
          parsed,
          float ? `${x} < 0` : `(${x} < 0 AND regexp_matches(${d}, '[1-9]'))`,
          d,
        ),
      );
      if (!float) return `CASE WHEN ${x} IS NOT NULL THEN ${text} END`;
      const odd = raise('featureNotSupported', 'to_char() of NaN and infinity is not supported');
      return `CASE WHEN ${x} IS NULL THEN NULL WHEN NOT isfinite(${x}) THEN ${odd} ELSE ${text} END`;
    });
  };

function decimalScale(type: { kind: string; digits?: { scale: number } } | undefined): number {
  return type?.digits?.scale ?? 0;
}

const parsedTimestamp =
  (wrap: (text: string, zone: string) => string): Template =>
  ([text, format], context) => {
    const pattern = requireConstant(format, 'The format');
    return reuse([text?.text ?? 'NULL'], (value) =>
      wrap(`(${parseTimestamp(value, pattern)})`, context.timeZone),
    );
  };

const parsedNumber: Template = ([text, format], context) => {
  const parsed = numberFormat(requireConstant(format, 'The format of to_number()'));
  const width = parsed.groups.join('').length;
  const decimals = parsed.decimals?.length ?? 0;
  const shape = `[-+]?[0-9]{1,${width}}${decimals === 0 ? '' : `(?:\\.[0-9]{0,${decimals}})?`}`;
  return reuse([`replace(${text?.text ?? 'NULL'}, ',', '')`], (value) => {
    const failed = raise(
      'featureNotSupported',
      'to_number() reads only texts that have exactly the format',
    );
    return `CASE WHEN ${value} IS NULL THEN NULL WHEN regexp_full_match(${value}, ${textLiteral(shape)}) THEN CAST(${value} AS ${context.engineType(context.result)}) ELSE ${failed} END`;
  });
};

/** Trino's date_format takes MySQL's codes. */
const MYSQL_CODES: Readonly<Record<string, string>> = {
  a: '%a',
  b: '%b',
  c: '%-m',
  d: '%d',
  e: '%-d',
  f: '%f',
  H: '%H',
  h: '%I',
  I: '%I',
  i: '%M',
  j: '%j',
  k: '%-H',
  l: '%-I',
  M: '%B',
  m: '%m',
  p: '%p',
  r: '%I:%M:%S %p',
  S: '%S',
  s: '%S',
  T: '%H:%M:%S',
  W: '%A',
  Y: '%Y',
  y: '%y',
  '%': '%%',
};

const dateFormat: Template = ([at, format]) => {
  const pattern = requireConstant(format, 'The format of date_format()');
  const strftime = pattern.replace(
    /%(.?)/g,
    (_, code: string) => MYSQL_CODES[code] ?? refuse(`date_format() does not support %${code}.`),
  );
  return `strftime(${at?.text ?? 'NULL'}, ${textLiteral(strftime)})`;
};

const stable = { volatility: 'stable' } as const;

export const formattingRows: readonly FunctionEntry[] = [
  fn('to_char(timestamp, text) -> text', { duckdb: timestampText, ...stable }),
  fn('to_char(timestamptz, text) -> text', { duckdb: timestampText, ...stable }),
  fn('to_char(int4, text) -> text', { duckdb: numberText(false), ...stable }),
  fn('to_char(int8, text) -> text', { duckdb: numberText(false), ...stable }),
  fn('to_char(numeric, text) -> text', { duckdb: numberText(false), ...stable }),
  fn('to_char(float8, text) -> text', { duckdb: numberText(true), ...stable }),
  fn('to_date(text, text) -> date', {
    duckdb: parsedTimestamp((at) => `CAST(${at} AS DATE)`),
    ...stable,
  }),
  fn('to_timestamp(text, text) -> timestamptz', {
    duckdb: parsedTimestamp((at, zone) => `timezone(${zone}, ${at})`),
    ...stable,
  }),
  fn('to_number(text, text) -> numeric', {
    duckdb: parsedNumber,
    digits: (_, [, format]) => {
      if (format === undefined) return { precision: 38, scale: 10, dynamic: true };
      const parsed = numberFormat(format);
      const scale = parsed.decimals?.length ?? 0;
      return { precision: parsed.groups.join('').length + scale, scale, dynamic: true };
    },
    ...stable,
  }),
  fn('date_format(timestamp, text) -> text', { duckdb: dateFormat, postgres: false }),
];
