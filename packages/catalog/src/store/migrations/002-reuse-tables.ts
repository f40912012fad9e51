import type { Migration } from './migration.ts';

/** The index of the reuse store. Ids are given by the owner's process, so they are unique for an owner only. */
export const reuseTables: Migration = {
  id: 2,
  name: 'reuse-tables',
  async apply({ db, text }) {
    const { schema } = db;
    await schema
      .createTable('tributary_reuse_owner')
      .addColumn('number', 'integer', (column) => column.primaryKey())
      .addColumn('folder', text, (column) => column.notNull().unique())
      .addColumn('seen_at', 'bigint', (column) => column.notNull())
      .addColumn('generation', 'integer', (column) => column.notNull())
      .execute();
    await schema
      .createTable('tributary_reuse_base')
      .addColumn('owner', 'integer', (column) => column.notNull())
      .addColumn('id', 'bigint', (column) => column.notNull())
      .addColumn('hash', text, (column) => column.notNull())
      .addColumn('text', 'text', (column) => column.notNull())
      .addColumn('table_id', text, (column) => column.notNull())
      .addColumn('table_name', text, (column) => column.notNull())
      .addPrimaryKeyConstraint('tributary_reuse_base_key', ['owner', 'id'])
      .execute();
    await schema
      .createTable('tributary_reuse_shape')
      .addColumn('owner', 'integer', (column) => column.notNull())
      .addColumn('id', 'bigint', (column) => column.notNull())
      .addColumn('base', 'bigint', (column) => column.notNull())
      .addColumn('text', 'text', (column) => column.notNull())
      .addColumn('note', 'text')
      .addColumn('used', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('tributary_reuse_shape_key', ['owner', 'id'])
      .execute();
    await schema
      .createTable('tributary_reuse_file')
      .addColumn('owner', 'integer', (column) => column.notNull())
      .addColumn('id', 'bigint', (column) => column.notNull())
      .addColumn('shape', 'bigint', (column) => column.notNull())
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('bytes', 'bigint', (column) => column.notNull())
      .addColumn('mtime_ns', text, (column) => column.notNull())
      .addColumn('ctime_ns', text, (column) => column.notNull())
      .addColumn('inode', text, (column) => column.notNull())
      .addColumn('sha256', text, (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('used_at', 'bigint', (column) => column.notNull())
      .addColumn('used', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('tributary_reuse_file_key', ['owner', 'id'])
      .execute();
    await schema
      .createTable('tributary_reuse_cell')
      .addColumn('owner', 'integer', (column) => column.notNull())
      .addColumn('id', 'bigint', (column) => column.notNull())
      .addColumn('shape', 'bigint', (column) => column.notNull())
      .addColumn('file', 'bigint', (column) => column.notNull())
      .addColumn('kind', text, (column) => column.notNull())
      .addColumn('from_ms', 'bigint')
      .addColumn('to_ms', 'bigint')
      .addColumn('version', 'text', (column) => column.notNull())
      .addColumn('detail', 'text', (column) => column.notNull())
      .addColumn('rows', 'bigint', (column) => column.notNull())
      .addColumn('verified_at', 'bigint', (column) => column.notNull())
      .addColumn('input_bytes', 'bigint', (column) => column.notNull())
      .addColumn('quarantined', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('tributary_reuse_cell_key', ['owner', 'id'])
      .execute();
    for (const [table, columns] of [
      ['base', ['owner', 'hash']],
      ['base', ['table_id']],
      ['base', ['table_name']],
      ['shape', ['owner', 'base']],
      ['cell', ['owner', 'shape', 'from_ms']],
      ['cell', ['owner', 'file']],
    ] as const)
      await schema
        .createIndex(`tributary_reuse_${table}_${columns.join('_')}`)
        .on(`tributary_reuse_${table}`)
        .columns([...columns])
        .execute();
  },
};
