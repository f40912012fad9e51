import type { LocationTemplate } from './location-template.ts';
import type { Partition, PartitionSet } from './partition-set.ts';
import type { ProjectedValues } from './projected-values.ts';

/** The product of the columns' kept values, produced in partition column order as it is iterated; the first column varies slowest. */
export function partitionSpace(
  considered: bigint,
  columns: readonly ProjectedValues[],
  location: LocationTemplate,
): PartitionSet {
  const kept = columns.reduce((product, { count }) => product * count, 1n);
  return {
    considered,
    kept,
    *[Symbol.iterator]() {
      if (kept > 0n) yield* product(columns, location, [], []);
    },
  };
}

function* product(
  columns: readonly ProjectedValues[],
  location: LocationTemplate,
  values: readonly string[],
  rendered: readonly string[],
): Generator<Partition> {
  const column = columns[values.length];
  if (column === undefined) {
    yield { values, location: location(rendered) };
    return;
  }
  const innermost = values.length + 1 === columns.length;
  for (const next of column) {
    const nextValues = [...values, next.value];
    const nextRendered = [...rendered, next.rendered];
    if (innermost) yield { values: nextValues, location: location(nextRendered) };
    else yield* product(columns, location, nextValues, nextRendered);
  }
}
