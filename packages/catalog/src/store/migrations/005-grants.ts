import type { Migration } from './migration.ts';

/** Who may read relations and use schemas, also those of sources, which have no rows of their own here. */
export const grants: Migration = {
  id: 5,
  name: 'grants',
  async apply({ db, text }) {
    await db.schema
      .createTable('tributary_grant')
      .addColumn('database_name', text, (column) => column.notNull())
      .addColumn('schema_name', text, (column) => column.notNull())
      // No relation's name is empty: that is the schema itself.
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('grantees', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('tributary_grant_key', ['database_name', 'schema_name', 'name'])
      .execute();
  },
};
