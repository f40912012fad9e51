import type { DuckDBType } from '@duckdb/node-api';
import { DuckDBListType, DuckDBTypeId } from '@duckdb/node-api';
import type { ScalarName, SqlType } from '@tributary/sql';
import { arrayOf, scalar } from '@tributary/sql';

const SCALARS: ReadonlyMap<DuckDBTypeId, ScalarName> = new Map([
  [DuckDBTypeId.BOOLEAN, 'bool'],
  [DuckDBTypeId.TINYINT, 'int2'],
  [DuckDBTypeId.SMALLINT, 'int2'],
  [DuckDBTypeId.INTEGER, 'int4'],
  [DuckDBTypeId.BIGINT, 'int8'],
  [DuckDBTypeId.UTINYINT, 'int2'],
  [DuckDBTypeId.USMALLINT, 'int4'],
  [DuckDBTypeId.UINTEGER, 'int8'],
  [DuckDBTypeId.UBIGINT, 'numeric'],
  [DuckDBTypeId.HUGEINT, 'numeric'],
  [DuckDBTypeId.DECIMAL, 'numeric'],
  [DuckDBTypeId.FLOAT, 'float4'],
  [DuckDBTypeId.DOUBLE, 'float8'],
  [DuckDBTypeId.BLOB, 'bytea'],
  [DuckDBTypeId.DATE, 'date'],
  [DuckDBTypeId.TIME, 'time'],
  [DuckDBTypeId.TIME_TZ, 'timetz'],
  [DuckDBTypeId.TIMESTAMP, 'timestamp'],
  [DuckDBTypeId.TIMESTAMP_TZ, 'timestamptz'],
  [DuckDBTypeId.INTERVAL, 'interval'],
  [DuckDBTypeId.UUID, 'uuid'],
]);

/** The type a value of the engine has for clients where no plan says it: fields of an anonymous record. */
export function sqlTypeOf(type: DuckDBType): SqlType {
  if (type instanceof DuckDBListType) return arrayOf(sqlTypeOf(type.valueType));
  if (type.typeId === DuckDBTypeId.STRUCT) return scalar('record');
  if (type.typeId === DuckDBTypeId.MAP) return scalar('json');
  return scalar(SCALARS.get(type.typeId) ?? 'text');
}
