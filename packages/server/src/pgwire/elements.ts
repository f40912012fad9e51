import type { DuckDBVector } from '@duckdb/node-api';
import { DuckDBArrayVector, DuckDBListVector, DuckDBStructVector } from '@duckdb/node-api';
import type { SqlType } from '@tributary/sql';
import { QueryError } from '@tributary/sql';
import { sqlTypeOf } from './sql-type-of.ts';
import { entriesOf } from './vector-access.ts';

/** The flat vector of all elements, and where a row's elements stand in it. */
export interface Elements {
  readonly vector: DuckDBVector;
  readonly offset: (row: number) => number;
  readonly length: (row: number) => number;
}

export function elementsOf(vector: DuckDBVector): Elements {
  const list = entriesOf(vector);
  if (list instanceof DuckDBListVector) {
    return {
      vector: list.childVector,
      offset: (row) => list.getEntryOffset(row),
      length: (row) => list.getEntryLength(row),
    };
  }
  const kind = list instanceof DuckDBArrayVector ? 'fixed-size array' : 'value';
  throw new QueryError('featureNotSupported', `a ${kind} of the engine cannot be sent as an array`);
}

export function elementType(type: SqlType, vector: DuckDBVector): SqlType {
  return type.kind === 'array' ? type.element : sqlTypeOf(vector.type);
}

/** A field of a record: its own vector, with one value a row. */
export interface Field {
  readonly name: string;
  readonly type: SqlType;
  readonly vector: DuckDBVector;
}

export function fieldsOf(type: SqlType | undefined, vector: DuckDBVector): readonly Field[] {
  if (!(vector instanceof DuckDBStructVector)) return [];
  const { entryNames, entryTypes } = vector.type;
  return entryNames.map((name, index) => {
    const declared = type?.kind === 'struct' ? type.fields[index] : undefined;
    const native = entryTypes[index];
    const inferred = native === undefined ? undefined : sqlTypeOf(native);
    return {
      name: declared?.name ?? name,
      type: declared?.type ?? inferred ?? { kind: 'scalar', name: 'text', typmod: -1 },
      vector: vector.entryVectorAt(index),
    };
  });
}
