import type { Migration } from './migration.ts';

/** What files tell of their rows' times, by place and version. */
export const fileTimes: Migration = {
  id: 4,
  name: 'file-times',
  async apply({ db: { schema }, text }) {
    await schema
      .createTable('tributary_file_times')
      .addColumn('time_column', text, (column) => column.notNull())
      .addColumn('place', text, (column) => column.notNull())
      .addColumn('version', text, (column) => column.notNull())
      .addColumn('times', text, (column) => column.notNull())
      .addColumn('seen_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('tributary_file_times_key', ['time_column', 'place'])
      .execute();
    await schema
      .createIndex('tributary_file_times_seen_at')
      .on('tributary_file_times')
      .columns(['seen_at'])
      .execute();
  },
};
