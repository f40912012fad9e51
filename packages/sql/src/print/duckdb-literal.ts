import { QueryError } from '../errors.ts';
import type { ScalarType, SqlType } from '../types/sql-type.ts';
import { parseArrayText } from './array-text.ts';
import type { ArrayText } from './array-text.ts';
import { digitsOf, engineType } from './engine-type.ts';
import { parseIntervalText } from './interval-text.ts';

/** A string in single quotes, as both engines read it. Throws characterNotInRepertoire for NUL. */
export function quoteText(value: string): string {
  if (value.includes('\0')) {
    throw new QueryError('characterNotInRepertoire', 'A text value must not contain NUL.');
  }
  return `'${value.replaceAll("'", "''")}'`;
}

/**
 * A constant in DuckDB's text, of exactly `engineType(type)`. `value` is PostgreSQL's text output form in UTC and ISO style,
 * null is NULL. Independent of session settings. Throws featureNotSupported for values that DuckDB cannot hold.
 */
export function duckdbLiteral(value: string | null, type: SqlType): string {
  if (value === null) return `CAST(NULL AS ${engineType(type)})`;
  switch (type.kind) {
    case 'scalar':
      return scalarLiteral(value, type);
    case 'array':
      return arrayLiteral(parseArrayText(value), type.element);
    case 'struct':
    case 'map':
      return `CAST(CAST(${quoteText(value)} AS JSON) AS ${engineType(type)})`;
  }
}

function arrayLiteral(members: ArrayText, element: SqlType): string {
  const texts = members.map((member) => {
    if (typeof member === 'string' || member === null) return duckdbLiteral(member, element);
    if (element.kind === 'array') return arrayLiteral(member, element.element);
    throw new QueryError('featureNotSupported', 'Multidimensional arrays are not supported.');
  });
  return `CAST([${texts.join(', ')}] AS ${engineType(element)}[])`;
}

function scalarLiteral(value: string, type: ScalarType): string {
  switch (type.name) {
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'char':
    case 'name':
    case 'unknown':
    case 'void':
      return quoteText(value);
    case 'bool':
      if (value === 't' || value === 'true') return 'TRUE';
      if (value === 'f' || value === 'false') return 'FALSE';
      throw malformed(value, type);
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
    case 'regclass':
    case 'regtype':
      // Cast although it is digits: DuckDB lets a bare integer literal take on the other operand's narrower type.
      if (!/^-?\d+$/.test(value)) throw malformed(value, type);
      return `CAST(${value} AS ${engineType(type)})`;
    case 'numeric':
      return numericLiteral(value, type);
    case 'interval': {
      const { months, days, microseconds } = parseIntervalText(value);
      return `(to_months(${months}) + to_days(${days}) + to_microseconds(${microseconds}))`;
    }
    case 'bytea':
      if (!/^\\x(?:[0-9a-fA-F]{2})*$/.test(value)) throw malformed(value, type);
      return `CAST('${value.slice(2).replace(/../g, '\\x$&')}' AS BLOB)`;
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return `CAST(${quoteText(engineEra(value))} AS ${engineType(type)})`;
    case 'float4':
    case 'float8':
    case 'time':
    case 'timetz':
    case 'uuid':
    case 'json':
    case 'jsonb':
    case 'record':
      return `CAST(${quoteText(value)} AS ${engineType(type)})`;
  }
}

/** `0044-03-15 10:00:00 BC` is `0044-03-15 (BC) 10:00:00` to DuckDB. */
function engineEra(value: string): string {
  return value.endsWith(' BC') ? value.slice(0, -3).replace(/^(\S+)/, '$1 (BC)') : value;
}

function numericLiteral(value: string, type: ScalarType): string {
  const match = /^-?(\d+)(?:\.(\d+))?$/.exec(value);
  if (match === null) {
    if (/^(NaN|-?Infinity)$/i.test(value)) {
      throw new QueryError('featureNotSupported', `numeric ${value} is not supported.`);
    }
    throw malformed(value, type);
  }
  const { precision, scale } = digitsOf(type);
  const whole = (match[1] ?? '').replace(/^0+/, '').length;
  const fraction = (match[2] ?? '').replace(/0+$/, '').length;
  if (whole > precision - scale || fraction > scale) {
    throw new QueryError(
      'numericOutOfRange',
      `numeric ${value} does not fit numeric(${precision},${scale}).`,
    );
  }
  return `CAST('${value}' AS ${engineType(type)})`;
}

function malformed(value: string, type: ScalarType): QueryError {
  return new QueryError(
    'internalError',
    `A constant of type ${type.name} is not in its text form: ${quoteText(value)}.`,
  );
}
