/**
 * PostgreSQL's types as the plan sees them. A type is a frozen value: compare with `sameType`, never by identity.
 */
export type ScalarName =
  | 'bool'
  | 'int2'
  | 'int4'
  | 'int8'
  | 'oid'
  | 'float4'
  | 'float8'
  | 'numeric'
  | 'text'
  | 'varchar'
  | 'bpchar'
  | 'char'
  | 'name'
  | 'bytea'
  | 'date'
  | 'time'
  | 'timetz'
  | 'timestamp'
  | 'timestamptz'
  | 'interval'
  | 'uuid'
  | 'json'
  | 'jsonb'
  | 'regclass'
  | 'regtype'
  | 'unknown'
  | 'void'
  | 'record';

/** How an engine stores a numeric: DECIMAL(precision, scale) with precision at most 38. */
export interface NumericDigits {
  readonly precision: number;
  readonly scale: number;
  /** The scale is an upper bound chosen by us: PostgreSQL would show no trailing zeros (text or float to numeric). */
  readonly dynamic?: true;
}

export interface ScalarType {
  readonly kind: 'scalar';
  readonly name: ScalarName;
  /** PostgreSQL's type modifier as clients see it (varchar(n): n + 4, numeric(p,s): (p << 16 | s) + 4), -1 for none. */
  readonly typmod: number;
  /** Only for numeric: its representation in engines. Always set on bound plan columns and expressions. */
  readonly digits?: NumericDigits;
}

export interface ArrayType {
  readonly kind: 'array';
  readonly element: SqlType;
}

/** Fields with names: a Hive struct, which clients see as json, or a row of SQL. `(column).field` reads a field. */
export interface StructType {
  readonly kind: 'struct';
  /** A row that a statement made (ROW(...), a table's name): clients see it as a record. */
  readonly row?: true;
  readonly fields: readonly { readonly name: string; readonly type: SqlType }[];
}

/** Hive map. Clients see it as json; `column['key']` reads a value. */
export interface MapType {
  readonly kind: 'map';
  readonly key: SqlType;
  readonly value: SqlType;
}

export type SqlType = ScalarType | ArrayType | StructType | MapType;

/** A scalar type without a modifier, or with PostgreSQL's typmod. */
export function scalar(name: ScalarName, typmod = -1): ScalarType {
  return Object.freeze({ kind: 'scalar', name, typmod });
}

/** The type of ROW(...) and of whole rows. */
export function rowType(fields: StructType['fields']): StructType {
  return Object.freeze({ kind: 'struct', row: true, fields });
}

/** numeric(precision, scale) as declared; clients see the modifier. */
export function numericType(precision: number, scale: number): ScalarType {
  return Object.freeze({
    kind: 'scalar',
    name: 'numeric',
    typmod: ((precision << 16) | scale) + 4,
    digits: Object.freeze({ precision, scale }),
  });
}

/** numeric without a declared modifier whose values fit DECIMAL(precision, scale): the type of expressions. */
export function numericResult(digits: NumericDigits): ScalarType {
  return Object.freeze({ kind: 'scalar', name: 'numeric', typmod: -1, digits });
}

export function arrayOf(element: SqlType): ArrayType {
  return Object.freeze({ kind: 'array', element });
}

/** Equal up to modifiers and numeric digits: what overload resolution compares. */
export function sameType(a: SqlType, b: SqlType): boolean {
  switch (a.kind) {
    case 'scalar':
      return b.kind === 'scalar' && a.name === b.name;
    case 'array':
      return b.kind === 'array' && sameType(a.element, b.element);
    case 'struct':
      return (
        b.kind === 'struct' &&
        a.fields.length === b.fields.length &&
        a.fields.every((field, index) => {
          const other = b.fields[index];
          return (
            other !== undefined && field.name === other.name && sameType(field.type, other.type)
          );
        })
      );
    case 'map':
      return b.kind === 'map' && sameType(a.key, b.key) && sameType(a.value, b.value);
  }
}

export const BOOL = scalar('bool');
export const INT2 = scalar('int2');
export const INT4 = scalar('int4');
export const INT8 = scalar('int8');
export const OID = scalar('oid');
export const FLOAT4 = scalar('float4');
export const FLOAT8 = scalar('float8');
export const NUMERIC = scalar('numeric');
export const TEXT = scalar('text');
export const VARCHAR = scalar('varchar');
export const BPCHAR = scalar('bpchar');
export const NAME = scalar('name');
export const BYTEA = scalar('bytea');
export const DATE = scalar('date');
export const TIME = scalar('time');
export const TIMETZ = scalar('timetz');
export const TIMESTAMP = scalar('timestamp');
export const TIMESTAMPTZ = scalar('timestamptz');
export const INTERVAL = scalar('interval');
export const UUID = scalar('uuid');
export const JSON_TYPE = scalar('json');
export const JSONB = scalar('jsonb');
export const UNKNOWN = scalar('unknown');
export const VOID = scalar('void');
export const RECORD = scalar('record');
