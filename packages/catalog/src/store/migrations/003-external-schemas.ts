import type { Migration } from './migration.ts';

/** Schemas that show the relations of a source's schema under a name of their own. */
export const externalSchemas: Migration = {
  id: 3,
  name: 'external-schemas',
  async apply({ db, text }) {
    for (const column of ['target_database', 'target_schema']) {
      await db.schema.alterTable('tributary_schema').addColumn(column, text).execute();
    }
  },
};
