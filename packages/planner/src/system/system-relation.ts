import { listValue } from '@duckdb/node-api';
import type { EngineValue } from '@tributary/engine';
import { QueryError, engineType } from '@tributary/sql';
import type { ColumnId, SqlType } from '@tributary/sql';

/** A relation whose rows the server makes itself: values in PostgreSQL's text form, one array a row. */
export interface SystemRows {
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/**
 * Engine text and parameters of such a relation: one list of texts a column, unnested side by side and cast, so that no value
 * ever becomes text of a statement.
 */
export function systemRelation(
  data: SystemRows,
  wanted: readonly { readonly id: ColumnId; readonly source: string }[],
): { readonly text: string; readonly parameters: readonly EngineValue[] } {
  const columns = wanted.map(({ id, source }) => {
    const index = data.columns.findIndex((column) => column.name === source);
    const column = data.columns[index];
    if (column === undefined) {
      throw new QueryError('internalError', `system relation has no column "${source}"`);
    }
    return { id, index, type: column.type };
  });
  const texts = (index: number): EngineValue =>
    listValue(data.rows.map((row) => row[index] ?? null));
  // Without columns only the number of rows counts: any list of that length will do.
  const lists =
    columns.length === 0
      ? [listValue(data.rows.map(() => ''))]
      : columns.map(({ index }) => texts(index));
  const inner = lists
    .map((_, place) => `unnest(CAST({${place}} AS VARCHAR[])) AS v${place}`)
    .join(', ');
  const outer =
    columns.length === 0
      ? 'v0'
      : columns
          .map(({ id, type }, place) => `CAST(v${place} AS ${engineType(type)}) AS c${id}`)
          .join(', ');
  return { text: `(SELECT ${outer} FROM (SELECT ${inner}))`, parameters: lists };
}
