import { parseTimestamp } from '../datetime-format.ts';
import { intervalText } from '../formats/interval-text.ts';
import { momentText, needsZone } from '../formats/moment-text.ts';
import type { FunctionEntry, Template } from '../function-entry.ts';
import { toCharNumber } from '../formats/to-char-number.ts';
import { numberFormat } from '../number-format.ts';
import { fn } from '../signature.ts';
import {
  raise,
  refuse,
  requireConstant,
  reuse,
  reuseOutside,
  textLiteral,
} from '../template-parts.ts';
import { fixedZoneName, toClock } from '../time-zones.ts';

const timestampText: Template = ([at, format]) => {
  const pattern = requireConstant(format, 'The format of to_char()');
  return reuse([at?.text ?? 'NULL'], (clock) =>
    momentText({ clock, offset: undefined, zone: undefined }, pattern),
  );
};

const momentTemplate: Template = ([at, format], context) => {
  const pattern = requireConstant(format, 'The format of to_char()');
  const moment = at?.text ?? 'NULL';
  const zone = fixedZoneName(context.timeZone);
  if (!needsZone(pattern)) {
    return reuse([toClock(moment, context.timeZone)], (clock) =>
      momentText({ clock, offset: undefined, zone }, pattern),
    );
  }
  return reuse([moment], (instant) =>
    reuse([toClock(instant, context.timeZone)], (clock) => {
      const offset = `((epoch_us(${clock}) - epoch_us(${instant})) // 1000000)`;
      return momentText({ clock, offset, zone }, pattern);
    }),
  );
};

const intervalTemplate: Template = ([span, format]) => {
  const pattern = requireConstant(format, 'The format of to_char()');
  return reuse([span?.text ?? 'NULL'], (value) => intervalText(value, pattern));
};

const parsedTimestamp =
  (wrap: (text: string, zone: string) => string): Template =>
  ([text, format], context) => {
    const pattern = requireConstant(format, 'The format');
    return reuseOutside(text?.text ?? 'NULL', (value) =>
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
  fn('to_char(timestamptz, text) -> text', { duckdb: momentTemplate, ...stable }),
  fn('to_char(interval, text) -> text', { duckdb: intervalTemplate, ...stable }),
  fn('to_char(int4, text) -> text', { duckdb: toCharNumber.int4, ...stable }),
  fn('to_char(int8, text) -> text', { duckdb: toCharNumber.int8, ...stable }),
  fn('to_char(numeric, text) -> text', { duckdb: toCharNumber.numeric, ...stable }),
  fn('to_char(float4, text) -> text', { duckdb: toCharNumber.float4, ...stable }),
  fn('to_char(float8, text) -> text', { duckdb: toCharNumber.float8, ...stable }),
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
