import { QueryError } from '@tributary/sql';
import type { Kysely } from 'kysely';
import type { RelationName } from '../catalog-store.ts';
import type { RelationDefinition, TableDefinition } from '../definitions.ts';
import type { GrantTarget } from '../grants.ts';
import { writeBatches } from './catalog-writer.ts';
import { relationOfRow } from './relation-row.ts';
import type { CatalogTables } from './tables.ts';

/** A name as messages show it. */
export function shown({ database, schema, name }: RelationName): string {
  return `"${database}.${schema}.${name}"`;
}

export function relationName({ database, schema, name }: RelationName): RelationName {
  return { database, schema, name };
}

/** @throws QueryError undefinedSchema. */
export async function requireSchema(
  tx: Kysely<CatalogTables>,
  database: string,
  schema: string,
): Promise<void> {
  const row = await tx
    .selectFrom('tributary_schema')
    .select('name')
    .where('database_name', '=', database)
    .where('name', '=', schema)
    .executeTakeFirst();
  if (row === undefined)
    throw new QueryError('undefinedSchema', `schema "${database}.${schema}" does not exist`);
}

export async function findRelation(
  tx: Kysely<CatalogTables>,
  { database, schema, name }: RelationName,
): Promise<RelationDefinition | undefined> {
  const row = await tx
    .selectFrom('tributary_relation')
    .selectAll()
    .where('database_name', '=', database)
    .where('schema_name', '=', schema)
    .where('name', '=', name)
    .executeTakeFirst();
  return row && relationOfRow(row);
}

/** @throws QueryError undefinedSchema, undefinedTable. */
export async function requireTarget(
  tx: Kysely<CatalogTables>,
  { database, schema, name }: GrantTarget,
): Promise<void> {
  if (name === undefined) {
    await requireSchema(tx, database, schema);
  } else if ((await findRelation(tx, { database, schema, name })) === undefined) {
    throw new QueryError(
      'undefinedTable',
      `relation ${shown({ database, schema, name })} does not exist`,
    );
  }
}

/** @throws QueryError undefinedTable, wrongObjectType. */
export async function findTable(
  tx: Kysely<CatalogTables>,
  name: RelationName,
): Promise<TableDefinition> {
  const relation = await findRelation(tx, name);
  if (relation === undefined)
    throw new QueryError('undefinedTable', `table ${shown(name)} does not exist`);
  if (relation.kind !== 'table')
    throw new QueryError('wrongObjectType', `${shown(name)} is not a table`);
  return relation;
}

/** Deletes relations with their partitions. */
export async function deleteRelations(
  tx: Kysely<CatalogTables>,
  ids: readonly string[],
): Promise<void> {
  for await (const batch of writeBatches(ids)) {
    await tx.deleteFrom('tributary_partition').where('relation_id', 'in', batch).execute();
    await tx.deleteFrom('tributary_relation').where('id', 'in', batch).execute();
  }
}
