import { NO_GRANTS } from '@tributary/catalog';
import type {
  CatalogSnapshot,
  ColumnDefinition,
  RelationDefinition,
  SourceTableDefinition,
  TableDefinition,
  ViewDefinition,
} from '@tributary/catalog';

type Databases = Readonly<Record<string, Readonly<Record<string, readonly RelationDefinition[]>>>>;

/** A catalog of given relations by database and schema. */
export function snapshotOf(version: number, databases: Databases): CatalogSnapshot {
  const inSchema = (database: string, schema: string): readonly RelationDefinition[] =>
    databases[database]?.[schema] ?? [];
  return {
    version,
    grants: NO_GRANTS,
    databases: () => Object.keys(databases).sort(),
    schemas: (database) => Object.keys(databases[database] ?? {}).sort(),
    hasSchema: (database, schema) => databases[database]?.[schema] !== undefined,
    relation: (database, schema, name) =>
      inSchema(database, schema).find((each) => each.name === name),
    relations: inSchema,
  };
}

type Facts = Partial<Pick<RelationDefinition, 'comment' | 'version' | 'id'>>;

export function table(
  name: string,
  columns: readonly ColumnDefinition[],
  facts: Facts & { readonly partitionColumns?: readonly ColumnDefinition[] } = {},
): TableDefinition {
  return {
    kind: 'table',
    id: name,
    version: 1,
    database: 'lake',
    schema: 'default',
    name,
    columns,
    source: 'lake',
    partitionColumns: [],
    storage: { format: 'parquet' },
    location: `s3://bucket/${name}/`,
    properties: {},
    ...facts,
  };
}

export function view(
  name: string,
  columns: readonly ColumnDefinition[],
  facts: Facts = {},
): ViewDefinition {
  return {
    kind: 'view',
    id: name,
    version: 1,
    database: 'main',
    schema: 'public',
    name,
    columns,
    text: 'select 1',
    searchPath: [],
    ...facts,
  };
}

/** A table of a PostgreSQL source, `warehouse`. */
export function sourceTable(
  name: string,
  columns: readonly ColumnDefinition[],
  facts: Facts & Partial<Pick<SourceTableDefinition, 'keys' | 'estimate' | 'form'>> = {},
): SourceTableDefinition {
  return {
    kind: 'sourceTable',
    id: `warehouse:${name}`,
    version: 1,
    database: 'warehouse',
    schema: 'public',
    name,
    columns,
    source: 'warehouse',
    form: 'table',
    keys: [],
    ...facts,
  };
}
