import type { CatalogStore } from '../catalog-store.ts';
import type { CatalogEvent } from '../definitions.ts';
import { createWrite } from './catalog-writer.ts';
import { grantChanges } from './grant-changes.ts';
import { partitionChanges } from './partition-changes.ts';
import { streamPartitions } from './partition-reader.ts';
import { relationChanges } from './relation-changes.ts';
import { schemaChanges } from './schema-changes.ts';
import { createSnapshotReader } from './snapshot-reader.ts';
import type { StoreConnections } from './store-connections.ts';
import { readStore } from './store-errors.ts';
import { createTimesStore } from './stored-times.ts';

/** The catalog store over a database that `migrate` has prepared. It owns the connections and closes them. */
export function createSqlCatalogStore(connections: StoreConnections): CatalogStore {
  const { reading, writing } = connections;
  const snapshots = createSnapshotReader(connections);
  const write = createWrite(writing);
  const times = createTimesStore(reading, write);
  return {
    snapshot: () => snapshots.read(),
    ...schemaChanges(write),
    ...relationChanges(write),
    ...partitionChanges(write),
    ...grantChanges(write),
    partitions: (table, constraint) => streamPartitions(reading, table, constraint),
    countPartitions: (table) =>
      readStore(async () => {
        const row = await reading
          .selectFrom('tributary_partition')
          .select((eb) => eb.fn.countAll().as('count'))
          .where('relation_id', '=', table.id)
          .executeTakeFirstOrThrow();
        return Number(row.count);
      }),

    events: (afterVersion, limit) =>
      readStore(async () => {
        const rows = await reading
          .selectFrom('tributary_event')
          .selectAll()
          .where('version', '>', afterVersion)
          .orderBy('version')
          .limit(limit)
          .execute();
        return rows.map((row): CatalogEvent => ({
          version: row.version,
          at: row.at,
          actor: row.actor,
          kind: row.kind as CatalogEvent['kind'],
          database: row.database_name,
          ...(row.schema_name === null ? {} : { schema: row.schema_name }),
          ...(row.name === null ? {} : { name: row.name }),
          ...(row.detail === null
            ? {}
            : { detail: JSON.parse(row.detail) as Readonly<Record<string, unknown>> }),
        }));
      }),

    times,
    close: async () => {
      await times.settled();
      await connections.close();
    },
  };
}
