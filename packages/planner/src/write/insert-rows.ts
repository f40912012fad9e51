import { randomUUID } from 'node:crypto';
import type { RegisteredPartition, TableDefinition } from '@tributary/catalog';
import type { StagedFile } from '@tributary/connectors';
import { QueryError } from '@tributary/sql';
import type { Plan, Statement } from '@tributary/sql';
import { existingTable } from '../ddl/relation-names.ts';
import type { StatementScope } from '../service/statement-scope.ts';
import type { StatementResult } from '../session/sql-session.ts';
import { assignRows, insertTargets } from './assign-rows.ts';
import { tableLayout } from './file-layout.ts';
import { existingPlace, partitionPlace } from './partition-places.ts';
import { fileName, stageRows } from './stage-rows.ts';
import type { StagedRows } from './stage-rows.ts';
import type { FileLayout } from './file-layout.ts';
import { writableSource } from './write-access.ts';
import type { WritableSource } from './write-access.ts';

/** A table's columns as queries see them: partition columns last. */
export function columnsOf(table: Pick<TableDefinition, 'columns' | 'partitionColumns'>) {
  return [...table.columns, ...table.partitionColumns];
}

/** Staged files with their places in a table, and the partitions that are new to it. */
export async function placeRows(
  staged: StagedRows,
  table: TableDefinition,
  layout: FileLayout,
  { connector }: WritableSource,
  scope: StatementScope,
): Promise<{
  readonly files: readonly StagedFile[];
  readonly added: readonly RegisteredPartition[];
}> {
  const write = randomUUID();
  const files: StagedFile[] = [];
  const added: RegisteredPartition[] = [];
  for (const partition of staged.partitions) {
    const place = await partitionPlace(table, partition.values, connector, scope);
    if (place.added !== undefined) added.push(place.added);
    for (const { path } of partition.files) {
      files.push({ path, location: place.location, name: fileName(files.length, write, layout) });
    }
  }
  return { files, added };
}

/** Throws undefinedTable, concurrentChange where the table is another one than the statement was written for. */
async function refuseChanged(table: TableDefinition, scope: StatementScope): Promise<void> {
  const { database, schema, name, id } = table;
  const now = (await scope.services.store.snapshot()).relation(database, schema, name);
  if (now?.id !== id) {
    throw new QueryError('undefinedTable', `table "${name}" was dropped while rows were written`);
  }
  if (now.version !== table.version) {
    throw new QueryError(
      'concurrentChange',
      `table "${name}" was changed while rows were written`,
      {
        hint: 'Run the statement again.',
      },
    );
  }
}

/** Throws concurrentChange where a partition was registered meanwhile, at another place than its rows are to go. */
async function refuseMoved(
  table: TableDefinition,
  added: readonly RegisteredPartition[],
  { connector }: WritableSource,
  scope: StatementScope,
): Promise<void> {
  for (const { values, location } of added) {
    if ((await existingPlace(table, values, connector, scope)) === location) continue;
    throw new QueryError(
      'concurrentChange',
      `a partition of table "${table.name}" was registered elsewhere while rows were written`,
      { hint: 'Run the statement again.' },
    );
  }
}

/** INSERT: rows become new files of the table, visible all at once. */
export async function insertRows(
  statement: Extract<Statement, { kind: 'insert' }>,
  query: Plan,
  scope: StatementScope,
): Promise<StatementResult> {
  const table = existingTable(statement.table, scope);
  const source = writableSource(table.source, scope);
  const layout = tableLayout(table);
  const all = columnsOf(table);
  const plan = assignRows(query, insertTargets(statement, all), all, scope);
  const write = await source.writer.begin(scope.signal);
  try {
    const staged = await stageRows(plan, layout, write, scope);
    const { files, added } = await placeRows(staged, table, layout, source, scope);
    await write.publish(files, {
      location: table.location,
      mustBeEmpty: false,
      // Before the files: a partition without files has no rows, but files without their partition would stay unseen.
      prepare: async () => {
        await refuseChanged(table, scope);
        if (added.length === 0) return;
        const count = await scope.services.store.addPartitions(table, added, scope.user, true);
        if (count < added.length) await refuseMoved(table, added, source, scope);
      },
    });
    return { kind: 'command', tag: `INSERT 0 ${staged.rows}`, notices: [] };
  } finally {
    await write.discard();
  }
}
