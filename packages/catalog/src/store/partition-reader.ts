import { setImmediate } from 'node:timers/promises';
import type { Constraint } from '@tributary/sql';
import type { Kysely } from 'kysely';
import type { RegisteredPartition, TableDefinition } from '../definitions.ts';
import { maySatisfy, partitionConditions } from './partition-filter.ts';
import { partitionValues } from './partition-key.ts';
import { readStore } from './store-errors.ts';
import type { CatalogTables } from './tables.ts';

const READ_BATCH = 2_000;

/** One batch in memory at a time. A partition registered or dropped meanwhile may or may not be seen. */
export async function* streamPartitions(
  db: Kysely<CatalogTables>,
  table: TableDefinition,
  constraint: Constraint,
): AsyncGenerator<RegisteredPartition> {
  let after = '';
  for (;;) {
    const from = after;
    const rows = await readStore(() =>
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
    // The embedded engine answers without a turn of the event loop: others have theirs here.
    await setImmediate();
  }
}
