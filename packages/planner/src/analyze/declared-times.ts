import type { TableDefinition } from '@tributary/catalog';
import type { DeclaredTimes } from '@tributary/connectors';
import type { Constraint } from '@tributary/sql';
import { timeAxis } from '../reuse/time-axis.ts';

const MICROS_PER_MS = 1000;

/**
 * Which windows of a table hold a range of its time column, by what it declares: those whose time the range meets, as wide as the
 * declared tolerance makes it. Undefined: it declares no time column, or the constraint sets no range on it.
 */
export function declaredTimes(
  table: TableDefinition,
  constraint: Constraint,
): DeclaredTimes | undefined {
  const axis = timeAxis(table);
  const tied = axis?.tied;
  const domain = tied && constraint.get(tied.column);
  const column = table.columns.find(({ name }) => name === tied?.column);
  if (
    axis === undefined ||
    tied === undefined ||
    domain === undefined ||
    domain.nulls ||
    column?.type.kind !== 'scalar' ||
    (column.type.name !== 'timestamp' && column.type.name !== 'timestamptz')
  ) {
    return undefined;
  }
  const tolerance = tied.tolerance ?? 0;
  const ranges = domain.ranges.map(({ low, high }) => ({
    from: low === undefined ? -Infinity : Number(low.value) / MICROS_PER_MS - tolerance,
    to: high === undefined ? Infinity : Number(high.value) / MICROS_PER_MS + tolerance,
  }));
  if (ranges.some(({ from, to }) => from === -Infinity && to === Infinity)) return undefined;
  const places = axis.columns.map((name) =>
    table.partitionColumns.findIndex((each) => each.name === name),
  );
  return {
    column: tied.column,
    window(values) {
      const own = places.map((place) => values[place] ?? null);
      const span = own.includes(null) ? undefined : axis.span(own);
      return {
        id: JSON.stringify(own),
        // What has no time by its partition may have any.
        expected:
          span === undefined || ranges.some(({ from, to }) => from < span.to && to >= span.from),
      };
    },
  };
}
