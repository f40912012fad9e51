import { randomUUID } from 'node:crypto';
import { QueryError } from '@tributary/sql';
import type { Constraint } from '@tributary/sql';
import type { Kysely, Transaction } from 'kysely';
import type { CatalogStore, RelationName } from '../catalog-store.ts';
import type {
  CatalogEvent,
  RegisteredPartition,
  RelationDefinition,
  TableDefinition,
} from '../definitions.ts';
import { partitionConditions, maySatisfy } from './partition-filter.ts';
import { partitionKey, partitionValues } from './partition-key.ts';
import { relationOfRow, relationRow } from './relation-row.ts';
import { createSnapshotReader } from './snapshot-reader.ts';
import { againstStore } from './store-errors.ts';
import type { CatalogTables } from './tables.ts';

/** Rows in one INSERT or DELETE: well under both engines' limits on parameters. */
const WRITE_BATCH = 500;
const READ_BATCH = 5_000;

type NewEvent = Omit<CatalogEvent, 'version' | 'at' | 'actor'>;

/** A writer's transaction: it alone writes until it ends. */
interface Writer {
  readonly tx: Transaction<CatalogTables>;
  /** Appends the change's event and bumps the catalog's version. Called once by a transaction that changes something. */
  readonly record: (event: NewEvent) => Promise<void>;
}

function shown({ database, schema, name }: RelationName): string {
  return `"${database}.${schema}.${name}"`;
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  const result: T[][] = [];
  for (let at = 0; at < all.length; at += size) result.push(all.slice(at, at + size));
  return result;
}

/** The catalog store over a database that `migrate` has prepared. It owns `db` and closes it. */
export function createSqlCatalogStore(db: Kysely<CatalogTables>): CatalogStore {
  const snapshots = createSnapshotReader(db);

  const write = <T>(actor: string, work: (writer: Writer) => Promise<T>): Promise<T> =>
    againstStore(() =>
      db.transaction().execute(async (tx) => {
        // The row's lock is what makes writers on PostgreSQL wait for each other.
        const { version } = await tx
          .updateTable('tributary_state')
          .set((eb) => ({ version: eb.ref('version') }))
          .where('id', '=', 1)
          .returning('version')
          .executeTakeFirstOrThrow();
        const record = async (event: NewEvent): Promise<void> => {
          await tx
            .updateTable('tributary_state')
            .set({ version: version + 1 })
            .where('id', '=', 1)
            .execute();
          await tx
            .insertInto('tributary_event')
            .values({
              version: version + 1,
              at: new Date().toISOString(),
              actor,
              kind: event.kind,
              database_name: event.database,
              schema_name: event.schema ?? null,
              name: event.name ?? null,
              detail: event.detail === undefined ? null : JSON.stringify(event.detail),
            })
            .execute();
        };
        return work({ tx, record });
      }),
    );

  const find = async (
    tx: Kysely<CatalogTables>,
    { database, schema, name }: RelationName,
  ): Promise<RelationDefinition | undefined> => {
    const row = await tx
      .selectFrom('tributary_relation')
      .selectAll()
      .where('database_name', '=', database)
      .where('schema_name', '=', schema)
      .where('name', '=', name)
      .executeTakeFirst();
    return row && relationOfRow(row);
  };
  const findTable = async (
    tx: Kysely<CatalogTables>,
    name: RelationName,
  ): Promise<TableDefinition> => {
    const relation = await find(tx, name);
    if (relation === undefined)
      throw new QueryError('undefinedTable', `table ${shown(name)} does not exist`);
    if (relation.kind !== 'table')
      throw new QueryError('wrongObjectType', `${shown(name)} is not a table`);
    return relation;
  };
  const requireSchema = async (
    tx: Kysely<CatalogTables>,
    database: string,
    schema: string,
  ): Promise<void> => {
    const row = await tx
      .selectFrom('tributary_schema')
      .select('name')
      .where('database_name', '=', database)
      .where('name', '=', schema)
      .executeTakeFirst();
    if (row === undefined)
      throw new QueryError('undefinedSchema', `schema "${database}.${schema}" does not exist`);
  };
  const insert = async ({ tx, record }: Writer, relation: RelationDefinition): Promise<void> => {
    await tx.insertInto('tributary_relation').values(relationRow(relation)).execute();
    await record({
      kind: 'relationCreated',
      ...placeOf(relation),
      detail: { id: relation.id, relation: relation.kind },
    });
  };
  const update = async (
    { tx, record }: Writer,
    relation: RelationDefinition,
    detail: Readonly<Record<string, unknown>>,
  ): Promise<void> => {
    const row = relationRow({ ...relation, version: relation.version + 1 });
    await tx
      .updateTable('tributary_relation')
      .set({ version: row.version, definition: row.definition })
      .where('id', '=', row.id)
      .execute();
    await record({ kind: 'relationChanged', ...placeOf(relation), detail });
  };
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
      await update(writer, change(table), detail);
    });

  return {
    snapshot: () => snapshots.read(),

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

    createSchema: (database, schema, actor, ifNotExists) =>
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
          .values({ database_name: database, name: schema })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (Number(result.numInsertedOrUpdatedRows ?? 0) === 0) {
          if (ifNotExists) return false;
          throw new QueryError('duplicateSchema', `schema "${schema}" already exists`);
        }
        await record({ kind: 'schemaCreated', database, schema });
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
        await dropRows(
          tx,
          rows.map((row) => row.id),
        );
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

    createTable: (table, actor, ifNotExists) =>
      write(actor, async (writer) => {
        await requireSchema(writer.tx, table.database, table.schema);
        if ((await find(writer.tx, table)) !== undefined) {
          if (ifNotExists) return false;
          throw new QueryError('duplicateTable', `relation "${table.name}" already exists`);
        }
        await insert(writer, { ...table, id: randomUUID(), version: 1 });
        return true;
      }),

    createView: (view, actor, replace) =>
      write(actor, async (writer) => {
        await requireSchema(writer.tx, view.database, view.schema);
        const existing = await find(writer.tx, view);
        if (existing === undefined) {
          await insert(writer, { ...view, id: randomUUID(), version: 1 });
          return;
        }
        if (!replace)
          throw new QueryError('duplicateTable', `relation "${view.name}" already exists`);
        if (existing.kind !== 'view')
          throw new QueryError('wrongObjectType', `"${view.name}" is not a view`);
        await update(
          writer,
          { ...view, id: existing.id, version: existing.version },
          { replaced: true },
        );
      }),

    dropRelation: (name, kind, actor, ifExists) =>
      write(actor, async ({ tx, record }) => {
        const relation = await find(tx, name);
        if (relation === undefined) {
          if (ifExists) return false;
          throw new QueryError('undefinedTable', `${kind} ${shown(name)} does not exist`);
        }
        if (relation.kind !== kind)
          throw new QueryError('wrongObjectType', `${shown(name)} is not a ${kind}`, {
            hint: `Use DROP ${relation.kind.toUpperCase()} to remove it.`,
          });
        await dropRows(tx, [relation.id]);
        await record({
          kind: 'relationDropped',
          ...placeOf(relation),
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

    addPartitions: (name, partitions, actor, ifNotExists) =>
      write(actor, async ({ tx, record }) => {
        const table = await findTable(tx, name);
        let added = 0;
        for (const batch of chunks(partitions, WRITE_BATCH)) {
          const result = await tx
            .insertInto('tributary_partition')
            .values(batch.map((partition) => partitionRow(table, partition)))
            .onConflict((conflict) => conflict.doNothing())
            .executeTakeFirst();
          const inserted = Number(result.numInsertedOrUpdatedRows ?? 0);
          if (inserted < batch.length && !ifNotExists)
            throw new QueryError(
              'duplicateObject',
              `a partition of ${shown(name)} already exists`,
              {
                hint: 'Use ADD IF NOT EXISTS PARTITION to keep those that exist.',
              },
            );
          added += inserted;
        }
        if (added > 0)
          await record({ kind: 'partitionsAdded', ...placeOf(table), detail: { count: added } });
        return added;
      }),

    dropPartitions: (name, values, actor, ifExists) =>
      write(actor, async ({ tx, record }) => {
        const table = await findTable(tx, name);
        let dropped = 0;
        const keys = [...new Set(values.map((one) => checkedKey(table, one)))];
        for (const batch of chunks(keys, WRITE_BATCH)) {
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
            ...placeOf(table),
            detail: { count: dropped },
          });
        return dropped;
      }),

    partitions: (table, constraint) => streamPartitions(db, table, constraint),

    countPartitions: (table) =>
      againstStore(async () => {
        const row = await db
          .selectFrom('tributary_partition')
          .select((eb) => eb.fn.countAll().as('count'))
          .where('relation_id', '=', table.id)
          .executeTakeFirstOrThrow();
        return Number(row.count);
      }),

    events: (afterVersion, limit) =>
      againstStore(async () => {
        const rows = await db
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

    close: () => db.destroy(),
  };
}

function placeOf({ database, schema, name }: RelationName): RelationName {
  return { database, schema, name };
}

async function dropRows(tx: Kysely<CatalogTables>, ids: readonly string[]): Promise<void> {
  for (const batch of chunks(ids, WRITE_BATCH)) {
    await tx.deleteFrom('tributary_partition').where('relation_id', 'in', batch).execute();
    await tx.deleteFrom('tributary_relation').where('id', 'in', batch).execute();
  }
}

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

/** One batch in memory at a time. A partition registered or dropped meanwhile may or may not be seen. */
async function* streamPartitions(
  db: Kysely<CatalogTables>,
  table: TableDefinition,
  constraint: Constraint,
): AsyncGenerator<RegisteredPartition> {
  let after = '';
  for (;;) {
    const from = after;
    const rows = await againstStore(() =>
      db
        .selectFrom('tributary_partition')
        .select(['partition_key', 'location'])
        .where('relation_id', '=', table.id)
        .where('partition_key', '>', from)
        .where((eb) => eb.and(partitionConditions(table, constraint, eb)))
        .orderBy('partition_key')
        .limit(READ_BATCH)
        .execute(),
    );
    for (const row of rows) {
      const values = partitionValues(row.partition_key);
      if (maySatisfy(table, constraint, values)) yield { values, location: row.location };
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < READ_BATCH) return;
    after = last.partition_key;
  }
}
