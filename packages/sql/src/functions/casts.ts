import { QueryError } from '../errors.ts';
import type { CastContext } from '../plan/expression.ts';
import type { ScalarName, ScalarType, SqlType } from '../types/sql-type.ts';
import { sameType, TEXT } from '../types/sql-type.ts';
import { typeLabel } from '../types/type-info.ts';
import { applyTemplate } from '../print/template-text.ts';
import { castContext } from './cast-contexts.ts';
import { timestampText, timestamptzText, typeNameText } from './cast-texts.ts';
import { arrayText, rowText } from './composite-text.ts';
import { decimalOfText, decimalOfFloat } from './decimal-reader.ts';
import { argument } from './division.ts';
import { reuse } from './template-parts.ts';
import type { Template, TemplateArgument, TemplateContext, Templates } from './function-entry.ts';
import { toClock, toMoment } from './time-zones.ts';

/** One cast. The templates' `{0}` is the value, `{type}` the target's engine type; `result` has the target's modifier. */
export interface CastEntry {
  readonly from: SqlType;
  readonly to: SqlType;
  /** The least context that allows the cast. */
  readonly context: CastContext;
  readonly templates: Templates;
}

const PLAIN = 'CAST({0} AS {type})';

/**
 * How a value of `from` becomes one of `to`; undefined where PostgreSQL has no such cast. Without a DuckDB template the
 * cast is known to resolution but cannot be computed.
 */
export function castEntry(from: SqlType, to: SqlType): CastEntry | undefined {
  const context = castContext(from, to);
  if (context === undefined) return undefined;
  const duckdb = duckdbCast(from, to);
  return {
    from,
    to,
    context,
    templates: { ...(duckdb === undefined ? {} : { duckdb }), postgres: PLAIN, trino: PLAIN },
  };
}

function duckdbCast(from: SqlType, to: SqlType): Template | undefined {
  if (from.kind === 'scalar' && to.kind === 'scalar') return scalarCast(from, to);
  if (from.kind === 'array' && to.kind === 'array') return arrayCast(from.element, to.element);
  if (from.kind === 'array') return isText(to) ? cut(arrayText(from.element), to) : undefined;
  if (from.kind === 'struct' || from.kind === 'map') {
    if (sameType(from, to)) return '{0}';
    if (to.kind !== 'scalar') return undefined;
    if (to.name === 'json' || to.name === 'jsonb') return 'to_json({0})';
    if (!isText(to)) return undefined;
    if (from.kind === 'struct' && from.row === true) return cut(rowText(from.fields), to);
    return limited('CAST(to_json({0}) AS VARCHAR)', to);
  }
  return undefined;
}

function isText(type: SqlType): type is ScalarType {
  return type.kind === 'scalar' && STRINGS.has(type.name);
}

const STRINGS: ReadonlySet<ScalarName> = new Set(['text', 'varchar', 'bpchar', 'name', 'char']);
const INTEGERS: ReadonlySet<ScalarName> = new Set([
  'int2',
  'int4',
  'int8',
  'oid',
  'regclass',
  'regtype',
]);
const FLOATS: ReadonlySet<ScalarName> = new Set(['float4', 'float8']);

/** The value's text cut (and for bpchar padded) to the string type's length, as explicit casts do. */
function limited(text: string, to: ScalarType): string {
  const length = to.typmod - 4;
  switch (to.name) {
    case 'varchar':
      return length < 0 ? text : `left(${text}, ${length})`;
    case 'bpchar':
      return length < 0 ? text : `rpad(left(${text}, ${length}), ${length}, ' ')`;
    case 'name':
      return `left(${text}, 63)`;
    case 'char':
      return `left(${text}, 1)`;
    default:
      return text;
  }
}

function cut(text: Template, to: ScalarType): Template {
  return (args, context) => limited(applyTemplate(text, args, context), to);
}

function scalarCast(from: ScalarType, to: ScalarType): Template | undefined {
  if (STRINGS.has(to.name)) {
    const text = textOf(from);
    return text === undefined ? undefined : rewrap(text, to);
  }
  if (STRINGS.has(from.name) || from.name === 'unknown') return fromText(to);
  if (INTEGERS.has(to.name)) return toInteger(from, to);
  switch (to.name) {
    case 'numeric':
      return toNumeric(from);
    case 'float4':
    case 'float8':
      return from.name === 'jsonb' ? JSON_NUMBER : PLAIN;
    case 'bool':
      return from.name === 'jsonb' ? "CAST(({0} ->> '$') AS BOOLEAN)" : PLAIN;
    case 'json':
    case 'jsonb':
      return '{0}';
    case 'date':
      return from.name === 'timestamptz'
        ? (args, { timeZone }) => `CAST(${toClock(argument(args, 0).text, timeZone)} AS DATE)`
        : PLAIN;
    case 'timestamp':
      return from.name === 'timestamptz'
        ? (args, { timeZone }) => rounded(toClock(argument(args, 0).text, timeZone), to)
        : rounded(fromTemporal(from, to), to);
    case 'timestamptz':
      return from.name === 'timestamptz'
        ? rounded('{0}', to)
        : (args, { timeZone }) =>
            rounded(toMoment(`CAST(${argument(args, 0).text} AS TIMESTAMP)`, timeZone), to);
    case 'time':
    case 'timetz':
      if (from.name === 'timestamptz') {
        return (args, context) =>
          `CAST(${toClock(argument(args, 0).text, context.timeZone)} AS ${context.engineType(context.result)})`;
      }
      if (from.name === 'interval') {
        return "CAST((TIMESTAMP '2000-01-01 00:00:00' + {0}) AS {type})";
      }
      return from.name === to.name ? '{0}' : PLAIN;
    case 'interval':
      return from.name === 'time' ? 'to_microseconds(epoch_us({0}))' : '{0}';
    case 'bytea':
      return from.name === 'bytea' ? '{0}' : undefined;
    default:
      return from.name === to.name ? '{0}' : undefined;
  }
}

function fromTemporal(from: ScalarType, to: ScalarType): string {
  return from.name === to.name ? '{0}' : PLAIN;
}

const JSON_NUMBER = "CAST(({0} ->> '$') AS {type})";

/** timestamp(p): rounded, half up, to p places of a second. */
function rounded(text: string, to: ScalarType): string {
  if (to.typmod < 0 || to.typmod >= 6) return text;
  const make = to.name === 'timestamptz' ? 'make_timestamptz' : 'make_timestamp';
  return `${make}(CAST(round(CAST(epoch_us(${text}) AS DECIMAL(20,0)), ${to.typmod - 6}) AS BIGINT))`;
}

function toInteger(from: ScalarType, to: ScalarType): Template | undefined {
  if (from.name === to.name) return '{0}';
  if (FLOATS.has(from.name)) return 'CAST(round_even({0}, 0) AS {type})';
  if (from.name === 'jsonb') return "CAST(CAST(({0} ->> '$') AS DECIMAL(38,10)) AS {type})";
  if (from.name === 'char') return 'CAST(ord({0}) AS {type})';
  if (from.name === 'bytea') return undefined;
  return PLAIN;
}

function toNumeric(from: ScalarType): Template {
  // PostgreSQL takes the digits that a float surely has: FLT_DIG and DBL_DIG.
  if (from.name === 'float8') return decimalOfFloat((value) => `printf('%.15g', ${value})`);
  if (from.name === 'float4') {
    return decimalOfFloat((value) => `printf('%.6g', CAST(${value} AS DOUBLE))`);
  }
  if (from.name === 'jsonb') {
    return (args, context) => decimalOfText(`(${argument(args, 0).text} ->> '$')`, context);
  }
  return PLAIN;
}

/** A template with its text cut to the target's length. */
function rewrap(text: Template, to: ScalarType): Template {
  return typeof text === 'string'
    ? limited(text, to)
    : (args, context) => limited(text(args, context), to);
}

/** PostgreSQL's text output of a value. */
function textOf(from: ScalarType): Template | undefined {
  switch (from.name) {
    case 'bpchar':
      return "rtrim({0}, ' ')";
    case 'text':
    case 'varchar':
    case 'name':
    case 'char':
    case 'unknown':
      return '{0}';
    case 'float4':
    case 'float8':
      return floatText(from.name);
    case 'numeric':
      return numericText(from);
    case 'bytea':
      return "('\\x' || lower(hex({0})))";
    case 'date':
      return "replace(CAST({0} AS VARCHAR), '(BC)', 'BC')";
    case 'timestamp':
      return timestampText;
    case 'timestamptz':
      return timestamptzText;
    case 'interval':
      return intervalText;
    case 'regtype':
      return typeNameText;
    case 'void':
    case 'record':
      return undefined;
    default:
      return 'CAST({0} AS VARCHAR)';
  }
}

/** DuckDB prints a decimal without digits before its point as `.5`. */
function numericText({ digits }: ScalarType): string {
  if (digits === undefined || digits.scale === 0) return 'CAST({0} AS VARCHAR)';
  const text =
    digits.precision === digits.scale
      ? "regexp_replace(CAST({0} AS VARCHAR), '^(-?)\\.', '\\10.')"
      : 'CAST({0} AS VARCHAR)';
  return digits.dynamic === true ? `regexp_replace(${text}, '\\.?0+$', '')` : text;
}

/**
 * DuckDB prints 1.0 and inf where PostgreSQL prints 1 and Infinity, and takes an exponent from 1e16 on where PostgreSQL takes it
 * from 1e15 (float4: 1e6) on.
 */
function floatText(name: 'float4' | 'float8'): Template {
  const words = (text: string): string =>
    `replace(replace(replace(CAST(${text} AS VARCHAR), 'inf', 'Infinity'), '-nan', 'NaN'), 'nan', 'NaN')`;
  if (name === 'float8') {
    return (args) => {
      const scientific = `regexp_replace(${words(args[0]?.text ?? 'NULL')}, '^(-?\\d)(\\d{15})\\.0$', '\\1.\\2e+15')`;
      return `regexp_replace(regexp_replace(${scientific}, '\\.?0*e', 'e'), '\\.0$', '')`;
    };
  }
  return (args) =>
    reuse([words(args[0]?.text ?? 'NULL')], (text) => {
      const digits = `regexp_replace(regexp_replace(${text}, '^(-?\\d)(\\d*)\\.(\\d*)$', '\\1.\\2\\3'), '\\.?0+$', '')`;
      const exponent = `printf('e+%02d', strpos(ltrim(${text}, '-'), '.') - 2)`;
      return `CASE WHEN regexp_full_match(${text}, '-?\\d{7,}\\.\\d+') THEN ${digits} || ${exponent} ELSE regexp_replace(${text}, '\\.0$', '') END`;
    });
}

/** DuckDB says month for mon, -1 year for -1 years, and gives no sign to a positive field after a negative one. */
const intervalText =
  "regexp_replace(regexp_replace(replace(CAST({0} AS VARCHAR), ' month', ' mon'), '-1 (year|mon|day)\\b', '-1 \\1s', 'g'), '(-\\d+ [a-z]+) (\\d)', '\\1 +\\2', 'g')";

/** PostgreSQL's text input. DuckDB reads '1.5' as an integer and knows fewer words for booleans. */
function fromText(to: ScalarType): Template | undefined {
  switch (to.name) {
    case 'bool':
      return "CAST(regexp_replace(regexp_replace(lower(trim({0})), '^(t|tr|tru|true|y|ye|yes|on|1)$', 'true'), '^(f|fa|fal|fals|false|n|no|of|off|0)$', 'false') AS BOOLEAN)";
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
      return "CAST(regexp_replace({0}, '^(.*[.eE].*)$', '\"\\1\"') AS {type})";
    case 'bytea':
      return "CASE WHEN {0} LIKE '\\x%' THEN unhex(substr({0}, 3)) ELSE encode({0}) END";
    case 'timestamp':
      return rounded('CAST({0} AS TIMESTAMP)', to);
    case 'timestamptz':
      return rounded(
        "CASE WHEN regexp_matches({0}, ':\\d\\d.*(Z|[+-]\\d\\d(:?\\d\\d)?|[A-Za-z_/]+)$') THEN CAST({0} AS TIMESTAMPTZ) ELSE CAST({0} AS TIMESTAMP) AT TIME ZONE {tz} END",
        to,
      );
    case 'interval':
      // DuckDB takes no plus sign before a field.
      return "CAST(replace({0}, '+', '') AS {type})";
    case 'numeric':
      return (args, context) => decimalOfText(argument(args, 0).text, context);
    case 'regclass':
    case 'regtype':
    case 'void':
    case 'record':
      return undefined;
    default:
      return PLAIN;
  }
}

function arrayCast(from: SqlType, to: SqlType): Template | undefined {
  if (sameType(from, to) && !hasModifier(to)) return '{0}';
  const element = duckdbCast(from, to);
  if (element === undefined) return undefined;
  return (args, context) =>
    `list_transform(${args[0]?.text ?? 'NULL'}, lambda tributary_x: ${applyTemplate(element, [{ text: 'tributary_x', type: from }], { ...context, result: to })})`;
}

function hasModifier(type: SqlType): boolean {
  return type.kind === 'scalar' && (type.typmod >= 0 || type.name === 'numeric');
}

/** A printed value in PostgreSQL's text form (its output function), as DuckDB text. */
export function textForm(value: TemplateArgument, context: TemplateContext): string {
  const template = duckdbCast(value.type, TEXT);
  if (template === undefined) {
    throw new QueryError(
      'featureNotSupported',
      `a value of type ${typeLabel(value.type)} has no text form here`,
    );
  }
  return applyTemplate(template, [value], { ...context, result: TEXT });
}
