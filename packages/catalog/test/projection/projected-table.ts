import { scalar, type ScalarName, type SqlType } from '@tributary/sql';
import type { TableDefinition } from '../../src/definitions.ts';

export function typed(name: ScalarName): SqlType {
  return scalar(name);
}

/** A table partitioned by the given columns with projection enabled. */
export function projectedTable(
  columns: Readonly<Record<string, SqlType>>,
  properties: Readonly<Record<string, string>>,
): TableDefinition {
  return {
    kind: 'table',
    id: 't1',
    database: 'lake',
    schema: 'db',
    name: 't',
    version: 1,
    source: 'lake',
    columns: [{ name: 'x', type: scalar('int8') }],
    partitionColumns: Object.entries(columns).map(([name, type]) => ({ name, type })),
    storage: { format: 'parquet' },
    location: 's3://bucket/t/',
    properties: { 'projection.enabled': 'true', ...properties },
  };
}
