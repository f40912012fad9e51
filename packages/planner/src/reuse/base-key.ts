import { createHash } from 'node:crypto';
import { version as engineVersion } from '@duckdb/node-api';
import type { BaseKey, TableDefinition } from '@tributary/catalog';
import type { SqlType } from '@tributary/sql';
import type { RunContext } from '../execute/run-plan.ts';
import type { Fragment } from './fragment.ts';

/** Grows when cells of older versions may not be read or merged as today's are. */
const FORMAT = 1;

/** What every cell of a table depends on besides its shape and data: the table's definition, session facts, the engine. */
export function baseOf(fragment: Fragment, table: TableDefinition, run: RunContext): BaseKey {
  const { id, columns, partitionColumns, storage, location, properties } = table;
  const text = JSON.stringify({
    format: FORMAT,
    engine: engineVersion(),
    timeZone: run.timeZone,
    // Readers under other policies must not share cells; there are no policies yet.
    policy: '',
    time: fragment.axis.columns,
    table: {
      id,
      columns: columns.map(({ name, type, hiveType }) => [name, type, hiveType]),
      partitionColumns: partitionColumns.map(({ name, type }) => [name, type]),
      storage,
      location,
      properties: Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1)),
    },
  });
  return {
    text,
    hash: createHash('sha256').update(text).digest('hex').slice(0, 32),
    table: id,
    tableName: `${table.database}.${table.schema}.${table.name}`,
  };
}

/** The time columns that a base's text names, with their places among the partition columns. Undefined: it is not one of this version's. */
export function timeColumnsOf({
  text,
}: BaseKey): readonly { readonly place: number; readonly type: SqlType }[] | undefined {
  try {
    const { format, time, table } = JSON.parse(text) as {
      format: unknown;
      time: readonly string[];
      table: { partitionColumns: readonly (readonly [string, SqlType])[] };
    };
    if (format !== FORMAT) return undefined;
    const columns = time.flatMap((name) => {
      const place = table.partitionColumns.findIndex(([each]) => each === name);
      const type = table.partitionColumns[place]?.[1];
      return type === undefined ? [] : [{ place, type }];
    });
    return columns.length === time.length ? columns : undefined;
  } catch {
    return undefined;
  }
}
