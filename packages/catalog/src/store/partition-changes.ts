import { QueryError } from '@tributary/sql';
import type { CatalogStore } from '../catalog-store.ts';
import type { RegisteredPartition, TableDefinition } from '../definitions.ts';
import { writeBatches } from './catalog-writer.ts';
import type { Write, Writer } from './catalog-writer.ts';
import { partitionKey } from './partition-key.ts';
import { findTable, relationName, shown } from './stored-relations.ts';

/** The key of values that fit the table's partition columns. */
function checkedKey(table: TableDefinition, values: readonly (string | null)[]): string {
  if (values.length !== table.partitionColumns.length)
    throw new QueryError(
      'invalidParameterValue',
      `table "${table.name}" has ${table.partitionColumns.length} partition columns, the partition names ${values.length}`,
    );
  if (values.some((value) => value?.includes('\0')))
    throw new QueryError('characterNotInRepertoire', 'a partition value holds a NUL character');
  return partitionKey(values);
}

function partitionRow(table: TableDefinition, { values, location }: RegisteredPartition) {
  return {
    relation_id: table.id,
    partition_key: checkedKey(table, values),
    value_0: values[0] ?? null,
    value_1: values[1] ?? null,
    value_2: values[2] ?? null,
    value_3: values[3] ?? null,
    location,
  };
}

/** Answers how many were new. Throws duplicateObject on an existing one unless `ifNotExists`. */
export async function insertPartitions(
  tx: Writer['tx'],
  table: TableDefinition,
  partitions: readonly RegisteredPartition[],
  ifNotExists: boolean,
): Promise<number> {
  let added = 0;
  for await (const batch of writeBatches(partitions)) {
    const result = await tx
      .insertInto('tributary_partition')
      .values(batch.map((partition) => partitionRow(table, partition)))
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    const inserted = Number(result.numInsertedOrUpdatedRows ?? 0);
    if (inserted < batch.length && !ifNotExists)
      throw new QueryError('duplicateObject', `a partition of ${shown(table)} already exists`, {
        hint: 'Use ADD IF NOT EXISTS PARTITION to keep those that exist.',
      });
    added += inserted;
  }
  return added;
}

export function partitionChanges(
  write: Write,
): Pick<CatalogStore, 'addPartitions' | 'dropPartitions'> {
  return {
    addPartitions: (name, partitions, actor, ifNotExists) =>
      write(actor, async ({ tx, record }) => {
        const table = await findTable(tx, name);
        const added = await insertPartitions(tx, table, partitions, ifNotExists);
        if (added > 0)
          await record({
            kind: 'partitionsAdded',
            ...relationName(table),
            detail: { count: added },
          });
        return added;
      }),

    dropPartitions: (name, values, actor, ifExists) =>
      write(actor, async ({ tx, record }) => {
        const table = await findTable(tx, name);
        let dropped = 0;
        const keys = [...new Set(values.map((one) => checkedKey(table, one)))];
        for await (const batch of writeBatches(keys)) {
          const result = await tx
            .deleteFrom('tributary_partition')
            .where('relation_id', '=', table.id)
            .where('partition_key', 'in', batch)
            .executeTakeFirst();
          const deleted = Number(result.numDeletedRows);
          if (deleted < batch.length && !ifExists)
            throw new QueryError(
              'undefinedObject',
              `a partition of ${shown(name)} does not exist`,
              {
                hint: 'Use DROP IF EXISTS PARTITION to skip those that do not exist.',
              },
            );
          dropped += deleted;
        }
        if (dropped > 0)
          await record({
            kind: 'partitionsDropped',
            ...relationName(table),
            detail: { count: dropped },
          });
        return dropped;
      }),
  };
}
