import type { Selectable } from 'kysely';
import type { RelationDefinition } from '../definitions.ts';
import type { CatalogTables } from './tables.ts';

type RelationRow = Selectable<CatalogTables['tributary_relation']>;
type Unplaced<R> = R extends unknown
  ? Omit<R, 'id' | 'version' | 'database' | 'schema' | 'name'>
  : never;

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

/** A definition's row. */
export function relationRow(relation: RelationDefinition): RelationRow {
  const { id, version, database, schema, name, ...definition } = relation;
  return {
    id,
    database_name: database,
    schema_name: schema,
    name,
    version,
    definition: JSON.stringify(definition),
  };
}

/** The definition of a row, frozen all through. */
export function relationOfRow(row: RelationRow): RelationDefinition {
  const definition = JSON.parse(row.definition) as Unplaced<RelationDefinition>;
  return deepFreeze({
    ...definition,
    id: row.id,
    version: row.version,
    database: row.database_name,
    schema: row.schema_name,
    name: row.name,
  });
}
