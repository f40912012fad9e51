import { NO_GRANTS } from '@tributary/catalog';
import type {
  CatalogSnapshot,
  RelationDefinition,
  TableDefinition,
  ViewDefinition,
} from '@tributary/catalog';
import type { TestTable } from './tables.ts';

/** A catalog over test tables in the database `main`, with more relations where a test names them. */
export function snapshotOf(
  tables: readonly TestTable[],
  extra: readonly RelationDefinition[] = [],
): CatalogSnapshot {
  const relations: RelationDefinition[] = [
    ...tables.map((table) => lakeTable('main', table.schema, table)),
    ...extra,
  ];
  const databases = [...new Set(['main', ...relations.map((each) => each.database)])].sort();
  const inSchema = (database: string, schema: string): RelationDefinition[] =>
    relations
      .filter((each) => each.database === database && each.schema === schema)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  const schemas = (database: string): string[] =>
    [
      ...new Set(relations.filter((each) => each.database === database).map((each) => each.schema)),
    ].sort();
  return {
    version: 1,
    grants: NO_GRANTS,
    databases: () => databases,
    schemas,
    hasSchema: (database, schema) => schemas(database).includes(schema),
    relation: (database, schema, name) =>
      inSchema(database, schema).find((each) => each.name === name),
    relations: inSchema,
  };
}

export function lakeTable(
  database: string,
  schema: string,
  table: Pick<TestTable, 'name' | 'columns'>,
): TableDefinition {
  return {
    kind: 'table',
    id: `${database}.${schema}.${table.name}`,
    database,
    schema,
    name: table.name,
    columns: table.columns,
    partitionColumns: [],
    source: 'lake',
    storage: { format: 'parquet' },
    location: `/lake/${table.name}/`,
    properties: {},
    version: 1,
  };
}

export function view(
  name: string,
  columns: readonly string[],
  text: string,
  options: Partial<ViewDefinition> = {},
): ViewDefinition {
  return {
    kind: 'view',
    id: `view.${name}`,
    database: 'main',
    schema: 'public',
    name,
    columns: columns.map((column) => ({
      name: column,
      type: { kind: 'scalar', name: 'text', typmod: -1 },
    })),
    text,
    searchPath: ['public'],
    version: 1,
    ...options,
  };
}
