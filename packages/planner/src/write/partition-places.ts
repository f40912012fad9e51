import { escapeHivePath, isProjected } from '@tributary/catalog';
import type { RegisteredPartition, TableDefinition } from '@tributary/catalog';
import type { Connector } from '@tributary/connectors';
import {
  HIVE_DEFAULT_PARTITION,
  QueryError,
  nullDomain,
  parseDomainValue,
  parseLiteral,
  valuesDomain,
} from '@tributary/sql';
import type { Domain } from '@tributary/sql';
import type { StatementScope } from '../service/statement-scope.ts';

/** Where a partition's files go. */
export interface PartitionPlace {
  readonly location: string;
  /** To be registered. */
  readonly added?: RegisteredPartition;
}

/** `dt=2024-01-01/app=7/` */
export function hiveFolders(names: readonly string[], values: readonly (string | null)[]): string {
  return names
    .map(
      (name, at) =>
        `${escapeHivePath(name)}=${escapeHivePath(values[at] ?? HIVE_DEFAULT_PARTITION)}/`,
    )
    .join('');
}

/** Throws invalidParameterValue: Hive writes NULL for an empty text, which it is not. */
export function refuseEmptyValue(
  values: readonly (string | null)[],
  names: readonly string[],
): void {
  const at = values.indexOf('');
  if (at >= 0) {
    throw new QueryError(
      'invalidParameterValue',
      `an empty text cannot name a partition (column "${names[at] ?? ''}")`,
      { hint: "Write NULL, or another text: nullif(column, '')." },
    );
  }
}

function shown(table: TableDefinition, values: readonly (string | null)[]): string {
  return table.partitionColumns.map(({ name }, at) => `${name}=${values[at] ?? 'NULL'}`).join('/');
}

/** Where the table looks for rows with these partition values (PostgreSQL's text form); undefined: nowhere. */
export async function existingPlace(
  table: TableDefinition,
  values: readonly (string | null)[],
  connector: Connector,
  scope: StatementScope,
): Promise<string | undefined> {
  const constraint = new Map<string, Domain>();
  for (const [at, { name, type }] of table.partitionColumns.entries()) {
    const text = values[at] ?? null;
    const value = text === null ? undefined : parseDomainValue(text, type);
    if (text !== null && value === undefined) return undefined;
    constraint.set(name, value === undefined ? nullDomain(type) : valuesDomain(type, [value]));
  }
  for await (const { location } of connector.partitions(table, constraint, scope)) return location;
  return undefined;
}

/**
 * Where rows with these partition values go: where the table's projection, or the partition that is registered, looks for them, else
 * to a new partition in Hive's layout.
 *
 * @throws QueryError invalidParameterValue for values that the table would never look for, or a place outside the source's root.
 */
export async function partitionPlace(
  table: TableDefinition,
  folderValues: readonly (string | null)[],
  connector: Connector,
  scope: StatementScope,
): Promise<PartitionPlace> {
  const names = table.partitionColumns.map(({ name }) => name);
  if (names.length === 0) return { location: table.location };
  refuseEmptyValue(folderValues, names);
  const values = table.partitionColumns.map(({ type }, at) => {
    const value = folderValues[at] ?? null;
    return value === null ? null : parseLiteral(value, type, scope);
  });
  const existing = await existingPlace(table, values, connector, scope);
  if (existing !== undefined) return { location: await connector.resolveLocation(existing) };
  if (isProjected(table)) {
    throw new QueryError(
      'invalidParameterValue',
      `partition ${shown(table, values)} lies outside the projection of table "${table.name}": its rows would never be found`,
      { hint: 'Widen the projection: ALTER TABLE .. SET TBLPROPERTIES, or leave these rows out.' },
    );
  }
  const location = await connector.resolveLocation(
    table.location + hiveFolders(names, folderValues),
  );
  return { location, added: { values, location } };
}
