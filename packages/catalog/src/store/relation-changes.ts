import { randomUUID } from 'node:crypto';
import { QueryError } from '@tributary/sql';
import type { CatalogStore, RelationName } from '../catalog-store.ts';
import type { RelationDefinition, TableDefinition } from '../definitions.ts';
import type { Write, Writer } from './catalog-writer.ts';
import { deleteGrants } from './grant-changes.ts';
import { insertPartitions } from './partition-changes.ts';
import { relationRow } from './relation-row.ts';
import {
  deleteRelations,
  findRelation,
  findTable,
  relationName,
  requireSchema,
  shown,
} from './stored-relations.ts';

async function insertRelation({ tx, record }: Writer, relation: RelationDefinition): Promise<void> {
  await tx.insertInto('tributary_relation').values(relationRow(relation)).execute();
  await record({
    kind: 'relationCreated',
    ...relationName(relation),
    detail: { id: relation.id, relation: relation.kind },
  });
}

async function updateRelation(
  { tx, record }: Writer,
  relation: RelationDefinition,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  const row = relationRow({ ...relation, version: relation.version + 1 });
  await tx
    .updateTable('tributary_relation')
    .set({ version: row.version, definition: row.definition })
    .where('id', '=', row.id)
    .execute();
  await record({ kind: 'relationChanged', ...relationName(relation), detail });
}

export function relationChanges(
  write: Write,
): Pick<
  CatalogStore,
  'createTable' | 'createView' | 'dropRelation' | 'setProperties' | 'addColumns'
> {
  const changeTable = (
    name: RelationName,
    actor: string,
    basedOn: number,
    detail: Readonly<Record<string, unknown>>,
    change: (table: TableDefinition) => TableDefinition,
  ): Promise<void> =>
    write(actor, async (writer) => {
      const table = await findTable(writer.tx, name);
      if (table.version !== basedOn)
        throw new QueryError(
          'concurrentChange',
          `table ${shown(name)} was changed by another writer`,
          {
            hint: 'Run the statement again.',
          },
        );
      await updateRelation(writer, change(table), detail);
    });

  return {
    createTable: (table, actor, ifNotExists, partitions = []) =>
      write(actor, async (writer) => {
        await requireSchema(writer.tx, table.database, table.schema);
        if ((await findRelation(writer.tx, table)) !== undefined) {
          if (ifNotExists) return false;
          throw new QueryError('duplicateTable', `relation "${table.name}" already exists`);
        }
        const definition = { ...table, id: randomUUID(), version: 1 };
        await insertRelation(writer, definition);
        await insertPartitions(writer.tx, definition, partitions, false);
        return true;
      }),

    createView: (view, actor, replace) =>
      write(actor, async (writer) => {
        await requireSchema(writer.tx, view.database, view.schema);
        const existing = await findRelation(writer.tx, view);
        if (existing === undefined) {
          await insertRelation(writer, { ...view, id: randomUUID(), version: 1 });
          return;
        }
        if (!replace)
          throw new QueryError('duplicateTable', `relation "${view.name}" already exists`);
        if (existing.kind !== 'view')
          throw new QueryError('wrongObjectType', `"${view.name}" is not a view`);
        await updateRelation(
          writer,
          { ...view, id: existing.id, version: existing.version },
          { replaced: true },
        );
      }),

    dropRelation: (name, kind, actor, ifExists) =>
      write(actor, async ({ tx, record }) => {
        const relation = await findRelation(tx, name);
        if (relation === undefined) {
          if (ifExists) return false;
          throw new QueryError('undefinedTable', `${kind} ${shown(name)} does not exist`);
        }
        if (relation.kind !== kind)
          throw new QueryError('wrongObjectType', `${shown(name)} is not a ${kind}`, {
            hint: `Use DROP ${relation.kind.toUpperCase()} to remove it.`,
          });
        await deleteRelations(tx, [relation.id]);
        await deleteGrants(tx, relation.database, relation.schema, [relation.name]);
        await record({
          kind: 'relationDropped',
          ...relationName(relation),
          detail: { id: relation.id },
        });
        return true;
      }),

    setProperties: (name, properties, actor, basedOn) =>
      changeTable(
        name,
        actor,
        basedOn,
        { properties: Object.fromEntries(properties) },
        (table) => ({
          ...table,
          properties: { ...table.properties, ...Object.fromEntries(properties) },
        }),
      ),

    addColumns: (name, columns, actor, basedOn) =>
      changeTable(
        name,
        actor,
        basedOn,
        { columns: columns.map((column) => column.name) },
        (table) => {
          const names = new Set(
            [...table.columns, ...table.partitionColumns].map((column) => column.name),
          );
          for (const column of columns) {
            if (names.has(column.name))
              throw new QueryError(
                'duplicateColumn',
                `column "${column.name}" of relation "${table.name}" already exists`,
              );
            names.add(column.name);
          }
          return { ...table, columns: [...table.columns, ...columns] };
        },
      ),
  };
}
