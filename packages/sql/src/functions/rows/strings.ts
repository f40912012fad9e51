import type { FunctionEntry, Template, TemplateArgument } from '../function-entry.ts';
import { quoteIdent, quoteLiteral } from '../quote-text.ts';
import { fn, op } from '../signature.ts';
import {
  raise,
  refuse,
  requireConstant,
  reuse,
  reusing,
  reusingNulls,
  textLiteral,
  reuseOutside,
} from '../template-parts.ts';
import { formatTemplate } from '../text-format.ts';
import { textOutput } from '../text-output.ts';

const negativeLength = raise('substringError', 'negative substring length not allowed');

/** Characters from `start` (1-based, may lie before the text) for `length`. */
const substringFor = ([text, start, length]: readonly string[]): string =>
  `CASE WHEN ${length} < 0 THEN ${negativeLength} ELSE substring(${text}, greatest(CAST(${start} AS BIGINT), 1), ` +
  `greatest(CAST(${start} AS BIGINT) + ${length} - greatest(CAST(${start} AS BIGINT), 1), 0)) END`;

const overlay = (text: string, by: string, start: string, length: string): string =>
  `CASE WHEN ${start} <= 0 THEN ${negativeLength} WHEN CAST(${start} AS BIGINT) + ${length} > 2147483647 THEN ${raise('numericOutOfRange', 'integer out of range')} ELSE left(${text}, ${start} - 1) || ${by} || ` +
  `substring(${text}, greatest(CAST(${start} AS BIGINT) + ${length}, 1)) END`;

/** Characters that one call may make: the engine's memory limit does not count single values (PostgreSQL allows 1 GB). */
const LONGEST_TEXT = 64 * 1024 * 1024;
const FEW_REPETITIONS = 1000;
const tooLong = raise('programLimitExceeded', 'requested length too large');

/** A count that is refused above a limit. */
const bounded = (count: TemplateArgument, limit: number): string =>
  count.constant !== undefined && Number(count.constant) <= limit
    ? count.text
    : reuse([count.text], (n) => `CASE WHEN ${n} > ${limit} THEN ${tooLong} ELSE ${n} END`);

const repeated: Template = ([text, count]) => {
  if (text === undefined || count === undefined) return refuse('repeat needs a text and a count');
  if (text.constant !== undefined) {
    const limit = Math.floor(LONGEST_TEXT / Math.max(1, text.constant.length));
    return `repeat(${text.text}, ${bounded(count, limit)})`;
  }
  if (count.constant !== undefined && Number(count.constant) <= FEW_REPETITIONS) {
    return `repeat(${text.text}, ${count.text})`;
  }
  return reuse(
    [text.text, count.text],
    (t, n) =>
      `CASE WHEN CAST(length(${t}) AS BIGINT) * ${n} > ${LONGEST_TEXT} THEN ${tooLong} ELSE repeat(${t}, ${n}) END`,
  );
};

/** lpad and rpad: an empty fill pads nothing, but still cuts. A NULL length stays NULL (greatest would skip it). */
const pad =
  (name: 'lpad' | 'rpad'): Template =>
  ([text, size, fill]) => {
    const inner = (t: string, n: string, f: string): string =>
      `CASE WHEN ${f} = '' THEN left(${t}, ${n} * CAST(${n} > 0 AS INTEGER)) ELSE ${name}(${t}, ${n} * CAST(${n} > 0 AS INTEGER), ${f}) END`;
    const filled = fill?.constant ?? (fill === undefined ? ' ' : undefined);
    if (text === undefined || size === undefined)
      return refuse(`${name} needs a text and a length`);
    if (filled !== undefined && filled !== '') {
      return `${name}(${text.text}, ${bounded(size, LONGEST_TEXT)}, ${textLiteral(filled)})`;
    }
    return reuse([text.text, bounded(size, LONGEST_TEXT), fill?.text ?? `' '`], inner);
  };

/** The engine's capital of ß is ẞ; in PostgreSQL (C.UTF-8) it has none. A letter that no text uses stands for it. */
const upperCase = (text: string): string =>
  `replace(upper(replace(${text}, 'ß', chr(57344))), chr(57344), 'ß')`;

/** What stands between the words of most texts. */
const SEPARATORS = [' ', '-', "''", '.', ',', '_', '/'];
/** Stands behind every character that is no letter or digit. No word ends with a part of it. */
const END = 'chr(1) || chr(2)';

/**
 * Words are runs of letters and digits; everything between them stays. The text is split behind each character that is none. Where
 * that is a few usual ones only, no regular expression finds them: its matches cost the engine several times as much as all of the
 * rest. One lambda stands around both ways, for it is slow below CASE.
 */
const words = (text: string): string => {
  const usual = SEPARATORS.reduce(
    (inner, separator) => `replace(${inner}, '${separator}', '${separator}' || ${END})`,
    text,
  );
  const any = `regexp_replace(${text}, '([^\\p{L}\\p{Nd}])', '\\1' || ${END}, 'g')`;
  const isUsual = `regexp_full_match(${text}, '[A-Za-z0-9${SEPARATORS.filter((each) => each !== '-').join('')}-]*')`;
  const pieces = `string_split(CASE WHEN ${isUsual} THEN ${usual} ELSE ${any} END, ${END})`;
  return `array_to_string(list_transform(${pieces}, lambda w_: ${upperCase('left(w_, 1)')} || lower(substr(w_, 2))), '')`;
};

const concatTemplate: Template = (args, context) =>
  `concat(${args.map((argument) => textOutput(argument, context)).join(', ')})`;

const concatWs: Template = ([separator, ...rest], context) =>
  `concat_ws(${[separator?.text ?? 'NULL', ...rest.map((argument) => textOutput(argument, context))].join(', ')})`;

/** encode(): base64 has a line break after every 76 characters, as PostgreSQL writes it. */
const encodeTemplate: Template = ([data, format]) => {
  const value = data?.text ?? 'NULL';
  switch (requireConstant(format, 'The format of encode()').toLowerCase()) {
    case 'hex':
      return `lower(hex(${value}))`;
    case 'base64':
      return `regexp_replace(to_base64(${value}), '([^\\n]{76})', '\\1' || chr(10), 'g')`;
    case 'escape':
      return refuse(`encode(.., 'escape') is not supported.`, 'Use hex or base64.');
    default:
      return raise('invalidParameterValue', 'unrecognized encoding');
  }
};

const decodeTemplate: Template = ([data, format]) => {
  const value = data?.text ?? 'NULL';
  const clean = `regexp_replace(${value}, '[ \\t\\r\\n]', '', 'g')`;
  switch (requireConstant(format, 'The format of decode()').toLowerCase()) {
    case 'hex':
      return reuse(
        [value],
        (text) =>
          `CASE WHEN regexp_full_match(${text}, '(?:[ \\n\\r\\t]|[0-9a-fA-F]{2})*') ` +
          `THEN unhex(regexp_replace(${text}, '[ \\t\\r\\n]', '', 'g')) ` +
          `WHEN ${text} IS NOT NULL THEN ${raise('invalidParameterValue', 'invalid hexadecimal data')} END`,
      );
    case 'base64':
      return reuse(
        [clean],
        (text) =>
          `CASE WHEN regexp_full_match(${text}, '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?') ` +
          `THEN from_base64(${text}) ELSE ${raise('invalidParameterValue', 'invalid base64 sequence')} END`,
      );
    case 'escape':
      return refuse(`decode(.., 'escape') is not supported.`, 'Use hex or base64.');
    default:
      return raise('invalidParameterValue', 'unrecognized encoding');
  }
};

/** Only UTF8: text is UTF-8 everywhere else. */
const onlyUtf8 =
  (text: string): Template =>
  ([data, encoding]) => {
    const name = requireConstant(encoding, 'The encoding').toLowerCase().replaceAll(/[-_]/g, '');
    if (name !== 'utf8' && name !== 'unicode') refuse('Only the encoding UTF8 is supported.');
    return text.replace('{0}', () => data?.text ?? 'NULL');
  };

const stringToArray: Template = ([text, delimiter, nullText]) => {
  const split = (value: string): string => {
    if (delimiter?.constant !== undefined) {
      return delimiter.constant === ''
        ? `[${value}]`
        : `string_split(${value}, ${textLiteral(delimiter.constant)})`;
    }
    const by = delimiter?.text ?? 'NULL';
    return `CASE WHEN ${by} IS NULL THEN string_split(${value}, '') WHEN ${by} = '' THEN [${value}] ELSE string_split(${value}, ${by}) END`;
  };
  return reuse([text?.text ?? 'NULL'], (value) => {
    const parts = `CASE WHEN ${value} IS NULL THEN NULL WHEN ${value} = '' THEN CAST([] AS VARCHAR[]) ELSE ${split(value)} END`;
    return nullText === undefined
      ? parts
      : `list_transform(${parts}, lambda p_: CASE WHEN p_ IS NOT DISTINCT FROM ${nullText.text} THEN NULL ELSE p_ END)`;
  });
};

const trims = (
  [
    ['btrim', 'trim'],
    ['ltrim', 'ltrim'],
    ['rtrim', 'rtrim'],
  ] as const
).flatMap(([name, engine]) => [
  // Most texts have no space at their ends: to see that takes a tenth of the time.
  fn(`${name}(text) -> text`, {
    duckdb: reusingNulls(
      ([text = '']) =>
        `CASE WHEN starts_with(${text}, ' ') OR ends_with(${text}, ' ') THEN ${engine}(${text}, ' ') ELSE ${text} END`,
    ),
    proven: true,
  }),
  fn(`${name}(text, text) -> text`, { duckdb: `${engine}({0}, {1})`, proven: true }),
]);

const substrings = ['substring', 'substr'].flatMap((name) => [
  fn(`${name}(text, int4) -> text`, {
    duckdb: reusing(
      ([text, start]) => `substring(${text}, CASE WHEN ${start} < 1 THEN 1 ELSE ${start} END)`,
    ),
    proven: true,
  }),
  fn(`${name}(text, int4, int4) -> text`, { duckdb: reusing(substringFor), proven: true }),
]);

const lengths = ['length', 'char_length', 'character_length'].map((name) =>
  fn(`${name}(text) -> int4`, { duckdb: 'CAST(length({0}) AS INTEGER)', proven: true }),
);

export const stringRows: readonly FunctionEntry[] = [
  op('text || text -> text', { duckdb: '({0} || {1})', proven: true }),
  ...lengths,
  fn('length(bytea) -> int4', { duckdb: 'CAST(octet_length({0}) AS INTEGER)', proven: true }),
  fn('len(text) -> int4', { duckdb: 'CAST(length({0}) AS INTEGER)', postgres: 'length({0})' }),
  fn('octet_length(text) -> int4', { duckdb: 'CAST(strlen({0}) AS INTEGER)', proven: true }),
  fn('octet_length(bytea) -> int4', { duckdb: 'CAST(octet_length({0}) AS INTEGER)', proven: true }),
  fn('bit_length(text) -> int4', { duckdb: 'CAST(strlen({0}) * 8 AS INTEGER)', proven: true }),
  fn('bit_length(bytea) -> int4', {
    duckdb: 'CAST(octet_length({0}) * 8 AS INTEGER)',
    proven: true,
  }),
  fn('lower(text) -> text', { duckdb: 'lower({0})' }),
  fn('upper(text) -> text', { duckdb: upperCase('{0}') }),
  fn('initcap(text) -> text', { duckdb: ([text]) => reuseOutside(text?.text ?? 'NULL', words) }),
  ...trims,
  ...substrings,
  fn('left(text, int4) -> text', { duckdb: 'left({0}, {1})', proven: true }),
  fn('right(text, int4) -> text', { duckdb: 'right({0}, {1})', proven: true }),
  fn('position(text, text) -> int4', {
    duckdb: 'CAST(strpos({0}, {1}) AS INTEGER)',
    postgres: 'strpos({0}, {1})',
    proven: true,
  }),
  fn('strpos(text, text) -> int4', { duckdb: 'CAST(strpos({0}, {1}) AS INTEGER)', proven: true }),
  fn('charindex(text, text) -> int4', {
    duckdb: 'CAST(strpos({1}, {0}) AS INTEGER)',
    postgres: 'strpos({1}, {0})',
  }),
  fn('overlay(text, text, int4) -> text', {
    duckdb: reusing(([text = '', by = '', start = '']) =>
      overlay(text, by, start, `length(${by})`),
    ),
    proven: true,
  }),
  fn('overlay(text, text, int4, int4) -> text', {
    duckdb: reusing(([text = '', by = '', start = '', size = '']) =>
      overlay(text, by, start, size),
    ),
    proven: true,
  }),
  fn('replace(text, text, text) -> text', { duckdb: 'replace({0}, {1}, {2})', proven: true }),
  fn('translate(text, text, text) -> text', { duckdb: 'translate({0}, {1}, {2})', proven: true }),
  fn('repeat(text, int4) -> text', { duckdb: repeated }),
  fn('reverse(text) -> text', {
    duckdb: `array_to_string(list_reverse(string_split({0}, '')), '')`,
    proven: true,
  }),
  fn('lpad(text, int4) -> text', { duckdb: pad('lpad') }),
  fn('lpad(text, int4, text) -> text', { duckdb: pad('lpad') }),
  fn('rpad(text, int4) -> text', { duckdb: pad('rpad') }),
  fn('rpad(text, int4, text) -> text', { duckdb: pad('rpad') }),
  fn('split_part(text, text, int4) -> text', {
    duckdb: reusing(
      ([text, by, field]) =>
        `CASE WHEN ${field} = 0 THEN ${raise('invalidParameterValue', 'field position must not be zero')} ` +
        `WHEN ${by} = '' THEN CASE WHEN ${field} IN (1, -1) THEN ${text} ELSE '' END ` +
        `ELSE split_part(${text}, ${by}, ${field}) END`,
    ),
    proven: true,
  }),
  fn('concat(variadic any) -> text', {
    duckdb: concatTemplate,
    strict: false,
    volatility: 'stable',
  }),
  fn('concat_ws(text, variadic any) -> text', {
    duckdb: concatWs,
    strict: false,
    volatility: 'stable',
  }),
  fn('format(text) -> text', { duckdb: formatTemplate, strict: false, volatility: 'stable' }),
  fn('format(text, variadic any) -> text', {
    duckdb: formatTemplate,
    strict: false,
    volatility: 'stable',
  }),
  fn('ascii(text) -> int4', { duckdb: 'ascii({0})', proven: true }),
  fn('chr(int4) -> text', {
    duckdb: reusing(
      ([code]) =>
        `CASE WHEN ${code} = 0 THEN ${raise('programLimitExceeded', 'null character not permitted')} ` +
        `WHEN ${code} < 0 THEN ${raise('invalidParameterValue', 'character number must be positive')} ` +
        `WHEN ${code} > 1114111 OR ${code} BETWEEN 55296 AND 57343 THEN ${raise('programLimitExceeded', 'requested character not valid for encoding')} ` +
        `ELSE chr(${code}) END`,
    ),
    proven: true,
  }),
  fn('md5(text) -> text', { duckdb: 'md5({0})', proven: true }),
  fn('md5(bytea) -> text', { duckdb: 'md5({0})', proven: true }),
  fn('sha256(bytea) -> bytea', { duckdb: 'unhex(sha256({0}))', proven: true }),
  fn('encode(bytea, text) -> text', { duckdb: encodeTemplate, proven: true }),
  fn('decode(text, text) -> bytea', { duckdb: decodeTemplate, proven: true }),
  fn('convert_from(bytea, name) -> text', {
    duckdb: onlyUtf8('decode({0})'),
    volatility: 'stable',
  }),
  fn('convert_to(text, name) -> bytea', { duckdb: onlyUtf8('encode({0})'), volatility: 'stable' }),
  fn('quote_ident(text) -> text', {
    duckdb: reusing(([text = '']) => quoteIdent(text)),
    proven: true,
  }),
  fn('quote_literal(text) -> text', {
    duckdb: reusing(([text = '']) => quoteLiteral(text)),
    proven: true,
  }),
  fn('quote_nullable(text) -> text', {
    duckdb: reusingNulls(([text = '']) => `coalesce(${quoteLiteral(text)}, 'NULL')`),
    strict: false,
    proven: true,
  }),
  fn('starts_with(text, text) -> bool', { duckdb: 'starts_with({0}, {1})', proven: true }),
  op('text ^@ text -> bool', { duckdb: 'starts_with({0}, {1})', proven: true }),
  fn('string_to_array(text, text) -> text[]', {
    duckdb: stringToArray,
    strict: false,
    proven: true,
  }),
  fn('string_to_array(text, text, text) -> text[]', {
    duckdb: stringToArray,
    strict: false,
    proven: true,
  }),
  fn('to_hex(int4) -> text', { duckdb: `lower(to_hex({0} & 4294967295))`, proven: true }),
  fn('to_hex(int8) -> text', { duckdb: 'lower(to_hex({0}))', proven: true }),
];
