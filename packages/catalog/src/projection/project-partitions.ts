import { isEmptyDomain, type Constraint } from '@tributary/sql';
import type { TableDefinition } from '../definitions.ts';
import type { PartitionSet } from './partition-set.ts';
import type { ProjectedValues } from './projected-values.ts';
import { partitionSpace } from './partition-space.ts';
import { parseProjection, type ProjectionConfig } from './projection-config.ts';

const NO_VALUES: ProjectedValues = { count: 0n, [Symbol.iterator]: () => [][Symbol.iterator]() };

/** Definitions are immutable and the catalog hands out the same one while a version stands. */
const parsed = new WeakMap<TableDefinition, ProjectionConfig>();

/**
 * The partitions that a projected table has and a constraint leaves. `now` is the statement's, in UTC. Values outside a
 * range, NULL, and values that cannot stand in a path match no partition.
 * Throws missingProjection, invalidTableProperty or injectedColumnConstraint with Athena's texts (REFERENCE 1.4), and
 * programLimitExceeded where texts without an order are too many to search.
 */
export function projectPartitions(
  table: TableDefinition,
  constraint: Constraint,
  options: { readonly now: Date },
): PartitionSet {
  let config = parsed.get(table);
  if (config === undefined) {
    config = parseProjection(table);
    parsed.set(table, config);
  }
  let considered = 1n;
  const kept = config.columns.map((column) => {
    const values = column.values(constraint.get(column.column.name), options.now);
    considered *= values.considered;
    return values.kept;
  });
  const nothing = [...constraint.values()].some(isEmptyDomain);
  return partitionSpace(considered, nothing ? [NO_VALUES] : kept, config.location);
}
