import { escapeHivePath } from '@tributary/catalog';
import type { RegisteredPartition, TableDefinition } from '@tributary/catalog';
import { QueryError, isQueryError, parseLiteral } from '@tributary/sql';
import type { PartitionSpec, Statement } from '@tributary/sql';
import { refuseHiddenLocation } from '../access/hidden-locations.ts';
import type { Notice } from '../session/sql-session.ts';
import type { StatementScope } from '../service/statement-scope.ts';
import { existingTable, sourceOf } from './relation-names.ts';

type StatementOf<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

const HIVE_NULL = '__HIVE_DEFAULT_PARTITION__';
const BATCH = 1000;

/** Values of a specification in partition column order; every column must be named once. */
function specValues(
  spec: PartitionSpec,
  table: TableDefinition,
  scope: StatementScope,
): readonly (string | null)[] {
  const byName = new Map(spec.map(({ column, value }) => [column.toLowerCase(), value]));
  const names = table.partitionColumns.map(({ name }) => name);
  if (names.length === 0) {
    throw new QueryError('wrongObjectType', `table "${table.name}" is not partitioned`);
  }
  const wrong = [...byName.keys()].find((name) => !names.includes(name));
  if (wrong !== undefined || byName.size !== names.length || spec.length !== names.length) {
    throw new QueryError(
      'invalidColumnReference',
      `a partition of "${table.name}" is named by exactly (${names.join(', ')})`,
    );
  }
  return table.partitionColumns.map(({ name, type }) => {
    const value = byName.get(name) ?? null;
    return value === null || value === HIVE_NULL ? null : parseLiteral(value, type, scope);
  });
}

/** Hive's own place of a partition: `<table>/<column>=<value>/...`. */
function defaultLocation(table: TableDefinition, spec: PartitionSpec): string {
  const byName = new Map(spec.map(({ column, value }) => [column.toLowerCase(), value]));
  const segments = table.partitionColumns.map(
    ({ name }) => `${name}=${escapeHivePath(byName.get(name) ?? HIVE_NULL)}/`,
  );
  return `${table.location}${segments.join('')}`;
}

function projectionNotice(table: TableDefinition): readonly Notice[] {
  return table.properties['projection.enabled']?.trim().toLowerCase() === 'true'
    ? [
        {
          severity: 'WARNING',
          sqlstate: '01000',
          message: `table "${table.name}" uses partition projection: registered partitions are ignored while it is enabled`,
        },
      ]
    : [];
}

/**
 * A folder's values as their columns' types print them (`month=01` of an integer column is 1), since queries ask for them so.
 * What does not read as its type stays as it is.
 */
function foldedValues(
  values: readonly (string | null)[],
  table: TableDefinition,
  scope: StatementScope,
): readonly (string | null)[] {
  return table.partitionColumns.map(({ type }, index) => {
    const value = values[index] ?? null;
    if (value === null) return null;
    try {
      return parseLiteral(value, type, scope);
    } catch (error) {
      if (isQueryError(error)) return value;
      throw error;
    }
  });
}

/** ALTER TABLE .. ADD PARTITION. */
export async function addPartitions(
  statement: StatementOf<'addPartitions'>,
  scope: StatementScope,
): Promise<readonly Notice[]> {
  const table = existingTable(statement.table, scope);
  const connector = sourceOf(table, scope);
  const partitions: RegisteredPartition[] = [];
  for (const { spec, location } of statement.partitions) {
    const place = await connector.resolveLocation(location ?? defaultLocation(table, spec));
    refuseHiddenLocation(place, scope);
    partitions.push({ values: specValues(spec, table, scope), location: place });
  }
  await scope.services.store.addPartitions(table, partitions, scope.user, statement.ifNotExists);
  return projectionNotice(table);
}

/** ALTER TABLE .. DROP PARTITION. */
export async function dropPartitions(
  statement: StatementOf<'dropPartitions'>,
  scope: StatementScope,
): Promise<readonly Notice[]> {
  const table = existingTable(statement.table, scope);
  await scope.services.store.dropPartitions(
    table,
    statement.specs.map((spec) => specValues(spec, table, scope)),
    scope.user,
    statement.ifExists,
  );
  return projectionNotice(table);
}

/** MSCK REPAIR TABLE: registers the Hive-style folders found below the table's location. */
export async function repairTable(
  statement: StatementOf<'repairTable'>,
  scope: StatementScope,
): Promise<readonly Notice[]> {
  const table = existingTable(statement.table, scope);
  if (table.partitionColumns.length === 0) {
    throw new QueryError('wrongObjectType', `table "${table.name}" has no partition columns`);
  }
  const connector = sourceOf(table, scope);
  let added = 0;
  let batch: RegisteredPartition[] = [];
  const flush = async (): Promise<void> => {
    added += await scope.services.store.addPartitions(table, batch, scope.user, true);
    batch = [];
  };
  for await (const partition of connector.discoverPartitions(table, scope)) {
    batch.push({ ...partition, values: foldedValues(partition.values, table, scope) });
    if (batch.length >= BATCH) {
      await flush();
    }
  }
  if (batch.length > 0) {
    await flush();
  }
  return [
    {
      severity: 'INFO',
      sqlstate: '00000',
      message: `${added} partitions added to ${table.name}`,
    },
    ...projectionNotice(table),
  ];
}
