import type { DuckDBType } from '@duckdb/node-api';
import { DuckDBDecimalType, DuckDBTypeId } from '@duckdb/node-api';
import { TEXT_WIDTH } from './text-heap.ts';

/** Offset and length of a list's items. */
export const LIST_WIDTH = 16;

const WIDTHS: ReadonlyMap<DuckDBTypeId, number> = new Map([
  [DuckDBTypeId.BOOLEAN, 1],
  [DuckDBTypeId.SMALLINT, 2],
  [DuckDBTypeId.INTEGER, 4],
  [DuckDBTypeId.UINTEGER, 4],
  [DuckDBTypeId.BIGINT, 8],
  [DuckDBTypeId.FLOAT, 4],
  [DuckDBTypeId.DOUBLE, 8],
  [DuckDBTypeId.DATE, 4],
  [DuckDBTypeId.TIME, 8],
  [DuckDBTypeId.TIME_TZ, 8],
  [DuckDBTypeId.TIMESTAMP, 8],
  [DuckDBTypeId.TIMESTAMP_TZ, 8],
  [DuckDBTypeId.INTERVAL, 16],
  [DuckDBTypeId.UUID, 16],
  [DuckDBTypeId.VARCHAR, TEXT_WIDTH],
  [DuckDBTypeId.BLOB, TEXT_WIDTH],
  [DuckDBTypeId.LIST, LIST_WIDTH],
]);

/** Bytes of a value in a vector of the engine; undefined for types whose values are not laid out here. */
export function valueWidth(type: DuckDBType): number | undefined {
  if (type instanceof DuckDBDecimalType) {
    return type.width <= 4 ? 2 : type.width <= 9 ? 4 : type.width <= 18 ? 8 : 16;
  }
  return WIDTHS.get(type.typeId);
}
