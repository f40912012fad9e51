import { QueryError } from '../errors.ts';
import type { ScalarName, ScalarType, SqlType } from './sql-type.ts';
import { arrayOf, numericType, scalar } from './sql-type.ts';

/** pg_type's facts about a type. `length` is typlen: -1 for values of varying length. */
export interface TypeInfo {
  readonly oid: number;
  readonly arrayOid: number;
  readonly category: string;
  readonly preferred: boolean;
  readonly length: number;
}

interface ScalarInfo extends TypeInfo {
  readonly label: string;
}

function info(
  oid: number,
  arrayOid: number,
  category: string,
  length: number,
  label: string,
  preferred = false,
): ScalarInfo {
  return { oid, arrayOid, category, preferred, length, label };
}

/** From pg_type of PostgreSQL 18. */
const SCALARS: Readonly<Record<ScalarName, ScalarInfo>> = {
  bool: info(16, 1000, 'B', 1, 'boolean', true),
  bytea: info(17, 1001, 'U', -1, 'bytea'),
  char: info(18, 1002, 'Z', 1, '"char"'),
  name: info(19, 1003, 'S', 64, 'name'),
  int8: info(20, 1016, 'N', 8, 'bigint'),
  int2: info(21, 1005, 'N', 2, 'smallint'),
  int4: info(23, 1007, 'N', 4, 'integer'),
  text: info(25, 1009, 'S', -1, 'text', true),
  oid: info(26, 1028, 'N', 4, 'oid', true),
  json: info(114, 199, 'U', -1, 'json'),
  float4: info(700, 1021, 'N', 4, 'real'),
  float8: info(701, 1022, 'N', 8, 'double precision', true),
  unknown: info(705, 0, 'X', -2, 'unknown'),
  bpchar: info(1042, 1014, 'S', -1, 'character'),
  varchar: info(1043, 1015, 'S', -1, 'character varying'),
  date: info(1082, 1182, 'D', 4, 'date'),
  time: info(1083, 1183, 'D', 8, 'time without time zone'),
  timestamp: info(1114, 1115, 'D', 8, 'timestamp without time zone'),
  timestamptz: info(1184, 1185, 'D', 8, 'timestamp with time zone', true),
  interval: info(1186, 1187, 'T', 16, 'interval', true),
  timetz: info(1266, 1270, 'D', 12, 'time with time zone'),
  numeric: info(1700, 1231, 'N', -1, 'numeric'),
  regclass: info(2205, 2210, 'N', 4, 'regclass'),
  regtype: info(2206, 2211, 'N', 4, 'regtype'),
  record: info(2249, 2287, 'P', -1, 'record'),
  void: info(2278, 0, 'P', 4, 'void'),
  uuid: info(2950, 2951, 'U', 16, 'uuid'),
  jsonb: info(3802, 3807, 'U', -1, 'jsonb'),
};

/** All types by oid. */
export const TYPES: ReadonlyMap<number, SqlType> = new Map(
  (Object.entries(SCALARS) as [ScalarName, ScalarInfo][]).flatMap(([name, row]) => {
    const own: [number, SqlType] = [row.oid, scalar(name)];
    return row.arrayOid === 0
      ? [own]
      : [own, [row.arrayOid, arrayOf(scalar(name))] as [number, SqlType]];
  }),
);

/** Facts of a type as clients see it: rows are record, Hive's struct and map are json, an array of arrays is the array of the innermost type. */
export function typeInfo(type: SqlType): TypeInfo {
  switch (type.kind) {
    case 'scalar':
      return SCALARS[type.name];
    case 'array': {
      const element = innermost(type);
      const { arrayOid } = typeInfo(element);
      return { oid: arrayOid, arrayOid: 0, category: 'A', preferred: false, length: -1 };
    }
    case 'struct':
      return type.row === true ? SCALARS.record : SCALARS.json;
    case 'map':
      return SCALARS.json;
  }
}

/** The element type below all array levels. */
export function innermost(type: SqlType): SqlType {
  return type.kind === 'array' ? innermost(type.element) : type;
}

/** The type of an oid; undefined for oids outside the listed types (0 is "not given"). */
export function typeFromOid(oid: number): SqlType | undefined {
  return TYPES.get(oid);
}

const INTERVAL_FIELDS: ReadonlyMap<number, string> = new Map([
  [4, ' year'],
  [2, ' month'],
  [8, ' day'],
  [1024, ' hour'],
  [2048, ' minute'],
  [4096, ' second'],
  [6, ' year to month'],
  [1032, ' day to hour'],
  [3080, ' day to minute'],
  [7176, ' day to second'],
  [3072, ' hour to minute'],
  [7168, ' hour to second'],
  [6144, ' minute to second'],
]);

function formatScalar(type: ScalarType): string {
  const { label } = SCALARS[type.name];
  const { typmod } = type;
  if (typmod < 0) return label;
  switch (type.name) {
    case 'varchar':
    case 'bpchar':
      return `${label}(${typmod - 4})`;
    case 'numeric': {
      const modifier = numericModifier(typmod);
      return `${label}(${modifier.precision},${modifier.scale})`;
    }
    case 'time':
    case 'timetz':
    case 'timestamp':
    case 'timestamptz':
      return label.replace(/^(time|timestamp)/, `$1(${typmod})`);
    case 'interval': {
      const fields = INTERVAL_FIELDS.get((typmod >> 16) & 0x7fff) ?? '';
      const precision = typmod & 0xffff;
      return `${label}${fields}${precision === 0xffff ? '' : `(${precision})`}`;
    }
    default:
      return label;
  }
}

/** PostgreSQL's format_type: `character varying(10)`, `integer[]`. */
export function formatType(type: SqlType): string {
  switch (type.kind) {
    case 'scalar':
      return formatScalar(type);
    case 'array':
      return `${formatType(innermost(type))}[]`;
    case 'struct':
    case 'map':
      return typeLabel(type);
  }
}

/** format_type without the modifier, as error messages name types. */
export function typeLabel(type: SqlType): string {
  switch (type.kind) {
    case 'scalar':
      return SCALARS[type.name].label;
    case 'array':
      return `${typeLabel(innermost(type))}[]`;
    case 'struct':
      return type.row === true ? SCALARS.record.label : SCALARS.json.label;
    case 'map':
      return SCALARS.json.label;
  }
}

/** Precision and scale of a numeric's modifier; the scale may be negative (PostgreSQL 15). */
export function numericModifier(typmod: number): {
  readonly precision: number;
  readonly scale: number;
} {
  const packed = typmod - 4;
  const scale = packed & 0x7ff;
  return { precision: (packed >> 16) & 0xffff, scale: scale > 1000 ? scale - 2048 : scale };
}

function lengthModifier(name: ScalarName, typmods: readonly number[]): number {
  const [length] = typmods;
  if (length === undefined) return -1;
  const label = name === 'bpchar' ? 'char' : 'varchar';
  if (typmods.length > 1) throw new QueryError('invalidParameterValue', 'invalid type modifier');
  if (length < 1) {
    throw new QueryError('invalidParameterValue', `length for type ${label} must be at least 1`);
  }
  if (length > 10485760) {
    throw new QueryError(
      'invalidParameterValue',
      `length for type ${label} cannot exceed 10485760`,
    );
  }
  return length + 4;
}

function numericFrom(typmods: readonly number[]): SqlType {
  const [precision, scale = 0] = typmods;
  if (precision === undefined) return scalar('numeric');
  if (typmods.length > 2)
    throw new QueryError('invalidParameterValue', 'invalid NUMERIC type modifier');
  if (precision < 1 || precision > 1000) {
    throw new QueryError(
      'invalidParameterValue',
      `NUMERIC precision ${precision} must be between 1 and 1000`,
    );
  }
  if (scale < -1000 || scale > 1000) {
    throw new QueryError(
      'invalidParameterValue',
      `NUMERIC scale ${scale} must be between -1000 and 1000`,
    );
  }
  if (precision > 38 || scale < 0 || scale > precision) {
    throw new QueryError(
      'featureNotSupported',
      `numeric(${precision},${scale}) is not supported: the precision may be at most 38, the scale from 0 to the precision`,
    );
  }
  return numericType(precision, scale);
}

function withModifier(name: ScalarName, typmods: readonly number[]): SqlType {
  switch (name) {
    case 'numeric':
      return numericFrom(typmods);
    case 'varchar':
    case 'bpchar':
      return scalar(name, lengthModifier(name, typmods));
    case 'time':
    case 'timetz':
    case 'timestamp':
    case 'timestamptz': {
      const [precision = -1] = typmods;
      // PostgreSQL reduces a larger precision to 6 with a warning.
      return scalar(name, Math.min(precision, 6));
    }
    case 'interval': {
      const [range, precision = 0xffff] = typmods;
      if (range === undefined) return scalar(name);
      const bounded = precision === 0xffff ? precision : Math.min(precision, 6);
      if (range === 0x7fff && bounded === 0xffff) return scalar(name);
      return scalar(name, (range << 16) | bounded);
    }
    default:
      if (typmods.length > 0) {
        throw new QueryError(
          'syntaxError',
          `type modifier is not allowed for type "${SCALARS[name].label}"`,
        );
      }
      return scalar(name);
  }
}

/** Names beside pg_type's that statements write; the grammar has already folded `integer`, `character varying` and such. */
const ALIASES: Readonly<Record<string, ScalarName>> = {
  int: 'int4',
  integer: 'int4',
  bigint: 'int8',
  smallint: 'int2',
  real: 'float4',
  decimal: 'numeric',
  boolean: 'bool',
  character: 'bpchar',
};

/**
 * The type of a name as libpg-query's TypeName gives it (`['pg_catalog', 'int4']`, `['text']`), its modifiers as written and its
 * array dimensions. Throws undefinedObject (42704) for an unknown type, invalidParameterValue for a bad modifier.
 */
export function typeFromName(
  names: readonly string[],
  typmods: readonly number[],
  arrayDims: number,
): SqlType {
  const name = names.at(-1) ?? '';
  const schema = names.length > 1 ? names.at(-2) : 'pg_catalog';
  // `_int4` is how catalogs name the array type.
  const isArrayName = name.startsWith('_') && name.slice(1) in SCALARS;
  const base = isArrayName ? name.slice(1) : name;
  const found = base in SCALARS ? (base as ScalarName) : ALIASES[base];
  if (schema !== 'pg_catalog' || found === undefined) {
    throw new QueryError('undefinedObject', `type "${names.join('.')}" does not exist`);
  }
  const element = withModifier(found, typmods);
  let type: SqlType = element;
  // PostgreSQL has one array type whatever the number of dimensions; values nest as deep as they are written.
  if (arrayDims > 0 || isArrayName) type = arrayOf(type);
  return type;
}
