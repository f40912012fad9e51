import type { ColumnDefinition, Partition } from '@tributary/catalog';
import type { Domain } from '@tributary/sql';
import type { DeclaredTimes, ScanRequest, ScanStatistics } from '../connector.ts';
import type { StoreContext, StoredFile } from './file-store.ts';
import type { FileTimes, PlacedFiles } from './file-times.ts';
import type { Times } from './parquet/read-times.ts';

/** Partitions and their files: a file's `location` is a place in `partitions`. */
export interface FoundFiles {
  readonly partitions: readonly Partition[];
  readonly files: readonly StoredFile[];
  readonly statistics: ScanStatistics;
}

/** A range of a table's time column, whose files can tell their times. */
export interface TimeRange {
  readonly declared: DeclaredTimes;
  readonly column: ColumnDefinition;
  readonly domain: Domain;
}

/** The range that a request sets on its table's time column; undefined where there is none, or files tell no times. */
export function timeRange({ table, times, constraint }: ScanRequest): TimeRange | undefined {
  const column = table.columns.find(({ name }) => name === times?.column);
  const domain = times && constraint.get(times.column);
  return table.storage.format !== 'parquet' ||
    times === undefined ||
    column === undefined ||
    domain === undefined ||
    domain.nulls
    ? undefined
    : { declared: times, column, domain };
}

/**
 * Leaves out the windows that are declared to have no row of a range, and whose files say the same. What a declaration promises is never
 * believed: each window that it would leave out is looked at, once for each version of its files.
 */
export async function leaveOutTimes(
  found: FoundFiles,
  { declared, column, domain }: TimeRange,
  times: FileTimes,
  context: StoreContext,
): Promise<FoundFiles> {
  const windows = found.partitions.map(({ values }) => declared.window(values));
  const files = new Map<number, StoredFile[]>();
  for (const file of found.files) {
    if (windows[file.location]?.expected !== false) continue;
    const own = files.get(file.location);
    if (own === undefined) files.set(file.location, [file]);
    else own.push(file);
  }
  const looked = [...files.keys()];
  const tell = await times.of(
    column,
    looked.map((at): PlacedFiles => ({
      location: found.partitions[at]?.location ?? '',
      files: files.get(at) ?? [],
    })),
    context,
  );
  const widened = new Set<string>();
  looked.forEach((at, index) => {
    const id = windows[at]?.id;
    if (id !== undefined && mayLieIn(tell[index] ?? 'unknown', domain)) widened.add(id);
  });
  found.statistics.windowsWidened += widened.size;
  return keepPartitions(
    found,
    windows.map(({ id, expected }) => expected || widened.has(id)),
  );
}

function mayLieIn(times: Times, { ranges }: Domain): boolean {
  if (typeof times === 'string') return times === 'unknown';
  return ranges.some(
    ({ low, high }) =>
      (low === undefined || typeof low.value !== 'bigint' || times.high >= low.value) &&
      (high === undefined || typeof high.value !== 'bigint' || times.low <= high.value),
  );
}

function keepPartitions(found: FoundFiles, kept: readonly boolean[]): FoundFiles {
  if (kept.every((each) => each)) return found;
  const places = new Map<number, number>();
  kept.forEach((each, at) => {
    if (each) places.set(at, places.size);
  });
  found.statistics.partitionsKept = BigInt(places.size);
  return {
    partitions: found.partitions.filter((_, at) => kept[at]),
    files: found.files.flatMap((file) => {
      const location = places.get(file.location);
      return location === undefined ? [] : [{ ...file, location }];
    }),
    statistics: found.statistics,
  };
}
