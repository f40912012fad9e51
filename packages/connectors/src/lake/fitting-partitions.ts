import type { Partition, RegisteredPartition, TableDefinition } from '@tributary/catalog';
import { domainContains, parseDomainValue } from '@tributary/sql';
import type { Constraint } from '@tributary/sql';
import type { ScanStatistics } from '../connector.ts';

/** Whether a partition's values lie in the constraint's domains: planning relies on it, so the store's word is not enough. */
function fits(table: TableDefinition, constraint: Constraint, { values }: Partition): boolean {
  return table.partitionColumns.every(({ name, type }, index) => {
    const domain = constraint.get(name);
    if (domain === undefined) return true;
    const text = values[index] ?? null;
    const value = text === null ? null : parseDomainValue(text, type);
    return value !== undefined && domainContains(domain, value);
  });
}

/** The registered partitions whose values lie in the constraint's domains; counts all. */
export async function* fitting(
  table: TableDefinition,
  constraint: Constraint,
  partitions: AsyncIterable<RegisteredPartition>,
  statistics: ScanStatistics,
): AsyncGenerator<Partition> {
  for await (const partition of partitions) {
    statistics.partitionsConsidered += 1n;
    if (fits(table, constraint, partition)) yield partition;
  }
}
