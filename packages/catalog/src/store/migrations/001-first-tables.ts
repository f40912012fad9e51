import { sql } from 'kysely';
import type { Migration } from './migration.ts';

export const firstTables: Migration = {
  id: 1,
  name: 'first-tables',
  async apply({ db, text }) {
    const { schema } = db;
    await schema
      .createTable('tributary_state')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('version', 'integer', (column) => column.notNull())
      .execute();
    await sql`insert into tributary_state (id, version) values (1, 0)`.execute(db);
    await schema
      .createTable('tributary_database')
      .addColumn('name', text, (column) => column.primaryKey())
      .execute();
    await schema
      .createTable('tributary_schema')
      .addColumn('database_name', text, (column) =>
        column.notNull().references('tributary_database.name'),
      )
      .addColumn('name', text, (column) => column.notNull())
      .addPrimaryKeyConstraint('tributary_schema_key', ['database_name', 'name'])
      .execute();
    await schema
      .createTable('tributary_relation')
      .addColumn('id', text, (column) => column.primaryKey())
      .addColumn('database_name', text, (column) => column.notNull())
      .addColumn('schema_name', text, (column) => column.notNull())
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('definition', 'text', (column) => column.notNull())
      .addUniqueConstraint('tributary_relation_name', ['database_name', 'schema_name', 'name'])
      .addForeignKeyConstraint(
        'tributary_relation_schema',
        ['database_name', 'schema_name'],
        'tributary_schema',
        ['database_name', 'name'],
      )
      .execute();
    await schema
      .createTable('tributary_partition')
      .addColumn('relation_id', text, (column) =>
        column.notNull().references('tributary_relation.id').onDelete('cascade'),
      )
      .addColumn('partition_key', text, (column) => column.notNull())
      .addColumn('value_0', text)
      .addColumn('value_1', text)
      .addColumn('value_2', text)
      .addColumn('value_3', text)
      .addColumn('location', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('tributary_partition_key', ['relation_id', 'partition_key'])
      .execute();
    for (const column of ['value_0', 'value_1'])
      await schema
        .createIndex(`tributary_partition_${column}`)
        .on('tributary_partition')
        .columns(['relation_id', column])
        .execute();
    await schema
      .createTable('tributary_event')
      .addColumn('version', 'integer', (column) => column.primaryKey())
      .addColumn('at', 'text', (column) => column.notNull())
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('database_name', text, (column) => column.notNull())
      .addColumn('schema_name', text)
      .addColumn('name', text)
      .addColumn('detail', 'text')
      .execute();
  },
};
