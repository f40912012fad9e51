import { engineType, quoteName } from '../../print/engine-type.ts';
import type { Expression } from '../../plan/expression.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { arrayOf, BOOL, INT4, INT8, TEXT } from '../../types/sql-type.ts';
import { argument } from '../division.ts';
import { fn } from '../signature.ts';
import { freshName, reuse, textLiteral } from '../template-parts.ts';
import type { Codec } from './decomposition.ts';
import { holds } from './value-kinds.ts';

/** Parquet's interval has milliseconds and no negative fields, so the three fields are kept as integers. */
const STORED_INTERVAL: SqlType = Object.freeze({
  kind: 'struct',
  fields: [
    { name: 'months', type: INT4 },
    { name: 'days', type: INT4 },
    { name: 'micros', type: INT8 },
  ],
});

const ENCODE = fn('encode_cell(any) -> any', {
  duckdb: (args) => encodeText(argument(args, 0).text, argument(args, 0).type),
  postgres: false,
  strict: false,
});

const DECODE = fn('decode_cell(any) -> any', {
  duckdb: (args, context) => decodeText(argument(args, 0).text, context.result),
  postgres: false,
  strict: false,
});

const IDENTITY: Codec = Object.freeze({
  encode: (value: Expression) => value,
  decode: (stored: Expression) => stored,
});

/**
 * The codec of a type, or undefined where no column of a Parquet file holds its values faithfully. Stored values of equal
 * encodings are equal values of the type; NULL is stored as NULL.
 */
export function codecOf(type: SqlType): Codec | undefined {
  const stored = storedType(type);
  if (stored === undefined) return undefined;
  if (stored === type) return IDENTITY;
  return {
    encode: (value) => ({ kind: 'call', entry: ENCODE, args: [value], type: stored }),
    decode: (value) => ({ kind: 'call', entry: DECODE, args: [value], type }),
  };
}

const ZERO_SIGN = fn('sign_of_zero(any) -> bool', { duckdb: 'signbit({0})', postgres: false });
const SPELLING = fn('spelling(any) -> text', { duckdb: 'CAST({0} AS VARCHAR)', postgres: false });

const FLOATS: ReadonlySet<string> = new Set(['float4', 'float8']);

/**
 * What tells encoded values apart that GROUP BY takes for one, though expressions over them do not: 0 and -0. Undefined where
 * values that are equal are the same.
 */
export function toldApartBy(value: Expression): Expression | undefined {
  const { type } = value;
  if (!holds(type, FLOATS)) return undefined;
  return type.kind === 'scalar'
    ? { kind: 'call', entry: ZERO_SIGN, args: [value], type: BOOL }
    : { kind: 'call', entry: SPELLING, args: [value], type: TEXT };
}

/** The type of encoded values: `type` itself where Parquet keeps it exactly; undefined without a codec. */
export function storedType(type: SqlType): SqlType | undefined {
  switch (type.kind) {
    case 'scalar':
      switch (type.name) {
        case 'interval':
          return STORED_INTERVAL;
        case 'timetz':
          // Parquet keeps the instant, not the offset.
          return TEXT;
        case 'record':
        case 'void':
          return undefined;
        case 'numeric':
          return isHeld(type) ? type : undefined;
        default:
          return type;
      }
    case 'array': {
      const element = storedType(type.element);
      if (element === undefined) return undefined;
      return element === type.element ? type : arrayOf(element);
    }
    case 'struct': {
      // Parquet has no group without fields.
      if (type.fields.length === 0) return undefined;
      const fields: { name: string; type: SqlType }[] = [];
      for (const field of type.fields) {
        const stored = storedType(field.type);
        if (stored === undefined) return undefined;
        fields.push({ name: field.name, type: stored });
      }
      const same = fields.every((field, index) => field.type === type.fields[index]?.type);
      return same ? type : Object.freeze({ kind: 'struct', fields });
    }
    case 'map': {
      const [key, value] = [storedType(type.key), storedType(type.value)];
      if (key === undefined || value === undefined) return undefined;
      return key === type.key && value === type.value
        ? type
        : Object.freeze({ kind: 'map', key, value });
    }
  }
}

/** Whether the engine has a DECIMAL for a numeric. */
function isHeld(type: SqlType): boolean {
  if (type.kind !== 'scalar') return false;
  const precision = type.digits?.precision ?? (type.typmod - 4) >> 16;
  const scale = type.digits?.scale ?? (type.typmod - 4) & 0x7ff;
  return precision >= 1 && precision <= 38 && scale <= precision;
}

/** DuckDB text of the stored form of `text`, a value of `type`. */
export function encodeText(text: string, type: SqlType): string {
  const stored = storedType(type);
  if (stored === undefined || stored === type) return text;
  switch (type.kind) {
    case 'scalar':
      return type.name === 'interval' ? intervalFields(text) : timeWithZone(text);
    case 'array':
      return eachElement(text, (element) => encodeText(element, type.element));
    case 'struct':
      return eachField(text, type, (value, index) =>
        encodeText(value, type.fields[index]?.type ?? TEXT),
      );
    case 'map':
      return eachEntry(
        text,
        (key) => encodeText(key, type.key),
        (value) => encodeText(value, type.value),
      );
  }
}

/** DuckDB text of the value of `type` that is stored as `text`. */
export function decodeText(text: string, type: SqlType): string {
  const stored = storedType(type);
  if (stored === undefined || stored === type) return text;
  switch (type.kind) {
    case 'scalar':
      return type.name === 'interval'
        ? reuse(
            [text],
            (value) =>
              `to_months(${value}.months) + to_days(${value}.days) + to_microseconds(${value}.micros)`,
          )
        : `CAST(${text} AS ${engineType(type)})`;
    case 'array':
      return eachElement(text, (element) => decodeText(element, type.element));
    case 'struct':
      return eachField(text, type, (value, index) =>
        decodeText(value, type.fields[index]?.type ?? TEXT),
      );
    case 'map':
      return eachEntry(
        text,
        (key) => decodeText(key, type.key),
        (value) => decodeText(value, type.value),
      );
  }
}

function intervalFields(text: string): string {
  return reuse([text], (value) => {
    const part = (name: string): string => `datepart('${name}', ${value})`;
    const months = `CAST((${part('year')} * 12 + ${part('month')}) AS INTEGER)`;
    const micros = `(${part('hour')} * 3600000000 + ${part('minute')} * 60000000 + ${part('microsecond')})`;
    const fields = `{'months': ${months}, 'days': CAST(${part('day')} AS INTEGER), 'micros': ${micros}}`;
    return `CASE WHEN ${value} IS NOT NULL THEN ${fields} END`;
  });
}

/** The engine's own text leaves out the seconds of some offsets. */
function timeWithZone(text: string): string {
  return reuse([text], (value) => {
    const offset = `datepart('timezone', ${value})`;
    const sign = `CASE WHEN ${offset} < 0 THEN '-' ELSE '+' END`;
    const parts = [`${offset} // 3600`, `${offset} // 60 % 60`, `${offset} % 60`];
    const zone = parts.map((part) => `abs(${part})`).join(', ');
    return `CAST(CAST(${value} AS TIME) AS VARCHAR) || ${sign} || format('{:02d}:{:02d}:{:02d}', ${zone})`;
  });
}

/** `text` with `map` applied to every element of the list; a NULL list stays NULL. */
export function eachElement(text: string, map: (element: string) => string): string {
  const element = freshName([text, map('')]);
  return `list_transform(${text}, lambda ${element}: ${map(element)})`;
}

function eachField(
  text: string,
  type: Extract<SqlType, { kind: 'struct' }>,
  map: (value: string, index: number) => string,
): string {
  return reuse([text], (value) => {
    const fields = type.fields.map(
      ({ name }, index) =>
        `${quoteName(name)} := ${map(`struct_extract(${value}, ${textLiteral(name)})`, index)}`,
    );
    return `CASE WHEN ${value} IS NOT NULL THEN struct_pack(${fields.join(', ')}) END`;
  });
}

function eachEntry(
  text: string,
  key: (text: string) => string,
  value: (text: string) => string,
): string {
  return reuse([text], (map) => {
    const entry = freshName([map, key(''), value('')]);
    const pair = `{'key': ${key(`${entry}.key`)}, 'value': ${value(`${entry}.value`)}}`;
    const entries = `list_transform(map_entries(${map}), lambda ${entry}: ${pair})`;
    return `CASE WHEN ${map} IS NOT NULL THEN map_from_entries(${entries}) END`;
  });
}
