import { QueryError } from '@tributary/sql';
import type { CatalogStore } from '../catalog-store.ts';
import type { Write } from './catalog-writer.ts';
import { deleteRelations, requireSchema } from './stored-relations.ts';

export function schemaChanges(
  write: Write,
): Pick<CatalogStore, 'ensureDatabase' | 'createSchema' | 'dropSchema'> {
  return {
    ensureDatabase: (database, actor) =>
      write(actor, async ({ tx, record }) => {
        const result = await tx
          .insertInto('tributary_database')
          .values({ name: database })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (Number(result.numInsertedOrUpdatedRows ?? 0) > 0)
          await record({ kind: 'databaseCreated', database });
      }),

    createSchema: (database, schema, actor, ifNotExists, external) =>
      write(actor, async ({ tx, record }) => {
        const known = await tx
          .selectFrom('tributary_database')
          .select('name')
          .where('name', '=', database)
          .executeTakeFirst();
        if (known === undefined)
          throw new QueryError('undefinedDatabase', `database "${database}" does not exist`);
        const result = await tx
          .insertInto('tributary_schema')
          .values({
            database_name: database,
            name: schema,
            target_database: external?.database ?? null,
            target_schema: external?.schema ?? null,
          })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (Number(result.numInsertedOrUpdatedRows ?? 0) === 0) {
          if (ifNotExists) return false;
          throw new QueryError('duplicateSchema', `schema "${schema}" already exists`);
        }
        await record({
          kind: 'schemaCreated',
          database,
          schema,
          ...(external === undefined ? {} : { detail: { external } }),
        });
        return true;
      }),

    dropSchema: (database, schema, actor, { ifExists, cascade }) =>
      write(actor, async ({ tx, record }) => {
        try {
          await requireSchema(tx, database, schema);
        } catch (error) {
          if (ifExists && error instanceof QueryError && error.code === 'undefinedSchema')
            return false;
          throw error;
        }
        const rows = await tx
          .selectFrom('tributary_relation')
          .select(['id', 'name'])
          .where('database_name', '=', database)
          .where('schema_name', '=', schema)
          .execute();
        if (rows.length > 0 && !cascade)
          throw new QueryError(
            'dependentObjects',
            `cannot drop schema ${schema} because other objects depend on it`,
            {
              detail: `It holds ${rows.length} relations, among them "${rows[0]?.name ?? ''}".`,
              hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
            },
          );
        await deleteRelations(
          tx,
          rows.map((row) => row.id),
        );
        await tx
          .deleteFrom('tributary_grant')
          .where('database_name', '=', database)
          .where('schema_name', '=', schema)
          .execute();
        await tx
          .deleteFrom('tributary_schema')
          .where('database_name', '=', database)
          .where('name', '=', schema)
          .execute();
        await record({
          kind: 'schemaDropped',
          database,
          schema,
          detail: { relations: rows.map((row) => row.name) },
        });
        return true;
      }),
  };
}
