import { QueryError } from '../errors.ts';
import type { NumericDigits, ScalarName, ScalarType, SqlType } from '../types/sql-type.ts';

/** Scalars with one DuckDB type each. numeric depends on its digits; record stands only as a struct. */
const SCALARS: Readonly<Record<Exclude<ScalarName, 'numeric' | 'record'>, string>> = {
  bool: 'BOOLEAN',
  int2: 'SMALLINT',
  int4: 'INTEGER',
  int8: 'BIGINT',
  oid: 'UINTEGER',
  float4: 'FLOAT',
  float8: 'DOUBLE',
  text: 'VARCHAR',
  varchar: 'VARCHAR',
  bpchar: 'VARCHAR',
  char: 'VARCHAR',
  name: 'VARCHAR',
  bytea: 'BLOB',
  date: 'DATE',
  time: 'TIME',
  timetz: 'TIME WITH TIME ZONE',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMP WITH TIME ZONE',
  interval: 'INTERVAL',
  uuid: 'UUID',
  json: 'JSON',
  jsonb: 'JSON',
  regclass: 'UINTEGER',
  regtype: 'UINTEGER',
  unknown: 'VARCHAR',
  void: 'VARCHAR',
};

/**
 * DuckDB's type text in which values of `type` are held: `DECIMAL(12,2)`, `VARCHAR[]`, `STRUCT("a" INTEGER)`.
 * Throws featureNotSupported for record and for numerics that DuckDB cannot hold.
 */
export function engineType(type: SqlType): string {
  switch (type.kind) {
    case 'scalar':
      return scalarType(type);
    case 'array':
      return `${engineType(type.element)}[]`;
    case 'struct': {
      const fields = type.fields.map(
        (field) => `${quoteName(field.name)} ${engineType(field.type)}`,
      );
      return `STRUCT(${fields.join(', ')})`;
    }
    case 'map':
      return `MAP(${engineType(type.key)}, ${engineType(type.value)})`;
  }
}

/** A name in double quotes, as both engines read it. Throws invalidName for an empty name or one with NUL. */
export function quoteName(name: string): string {
  if (name === '' || name.includes('\0')) {
    throw new QueryError('invalidName', 'A name must not be empty and must not contain NUL.');
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** The digits of a numeric type: its own, else its modifier's. Throws internalError where a plan left them out. */
export function digitsOf(type: ScalarType): NumericDigits {
  const digits = type.digits ?? modifierDigits(type.typmod);
  if (digits === undefined) {
    throw new QueryError('internalError', 'A numeric type reached an engine without its digits.');
  }
  if (digits.precision > 38 || digits.scale > digits.precision || digits.scale < 0) {
    throw new QueryError(
      'featureNotSupported',
      `numeric(${digits.precision},${digits.scale}) has no exact form in the engine: use a precision of at most 38 and a scale from 0 to the precision.`,
    );
  }
  return digits;
}

function modifierDigits(typmod: number): NumericDigits | undefined {
  if (typmod < 4) return undefined;
  return { precision: (typmod - 4) >> 16, scale: (typmod - 4) & 0x7ff };
}

function scalarType(type: ScalarType): string {
  if (type.name === 'numeric') {
    const { precision, scale } = digitsOf(type);
    return `DECIMAL(${precision},${scale})`;
  }
  if (type.name === 'record') {
    throw new QueryError(
      'featureNotSupported',
      'A record without known fields cannot be computed: name its fields with ROW(...) or a composite column.',
    );
  }
  return SCALARS[type.name];
}
