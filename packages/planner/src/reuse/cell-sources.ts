import type { TableDefinition } from '@tributary/catalog';
import type { ScanListing } from '@tributary/connectors';
import type { Found } from './cell-search.ts';
import type { CellRows, CellSource, RolledSource } from './cells-plan.ts';
import type { Service } from './shape.ts';
import type { Window } from './windows.ts';

/** What was found for windows, as what the merge reads: files by shape, and whether they are read whole. */
export function cellSources(
  { filled, rolled }: Pick<Found, 'filled' | 'rolled'>,
  table: TableDefinition,
  listing: Pick<ScanListing, 'partitions'>,
): readonly (CellSource | RolledSource)[] {
  const byFile = new Map<string, number>();
  for (const { path } of filled) byFile.set(path, (byFile.get(path) ?? 0) + 1);
  const sources = new Map<
    string,
    { service: Service; whole: boolean; rows: CellRows[]; windows: Window[] }
  >();
  const shapes = new Map<Service, string>();
  for (const { service, window, path, windowsInFile } of filled) {
    const whole = byFile.get(path) === windowsInFile;
    const shape = shapes.get(service) ?? JSON.stringify([service.shape, service.residualColumns]);
    shapes.set(service, shape);
    const key = `${whole}${shape}`;
    const source = sources.get(key) ?? { service, whole, rows: [], windows: [] };
    source.rows.push({ path, values: window.values });
    source.windows.push(window);
    sources.set(key, source);
  }
  return [
    { kind: 'rolled', paths: rolled.map(({ path }) => path) },
    ...[...sources.values()].map(({ service, whole, rows, windows }): CellSource => ({
      kind: 'cells',
      service,
      whole,
      rows,
      residualValues: new Map(
        service.residualColumns.map((name) => [name, keptValues(name, windows, table, listing)]),
      ),
    })),
  ];
}

/** The values of a partition column among the kept partitions. */
function keptValues(
  name: string,
  windows: readonly Window[],
  table: TableDefinition,
  listing: Pick<ScanListing, 'partitions'>,
): readonly (string | null)[] {
  const place = table.partitionColumns.findIndex((column) => column.name === name);
  return [
    ...new Set(
      windows.flatMap(({ partitions }) =>
        partitions.map((each) => listing.partitions[each]?.partition.values[place] ?? null),
      ),
    ),
  ];
}
