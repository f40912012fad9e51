import type { Partition } from '@tributary/catalog';
import { QueryError } from '@tributary/sql';
import type { ScanStatistics } from '../connector.ts';
import { TimeSlice } from './cancellation.ts';

/** Most partitions in one call of a scan's `keepPartitions`. */
export const partitionBatch = 10_000;

export interface SelectionOptions {
  readonly keepPartitions?:
    ((partitions: readonly Partition[]) => Promise<readonly boolean[]>) | undefined;
  readonly maxPartitions: number;
  readonly signal: AbortSignal;
  readonly statistics: ScanStatistics;
  /** `schema.table`, for messages. */
  readonly table: string;
}

/**
 * The candidates that a scan keeps, in order. Counts `partitionsKept`.
 * Throws programLimitExceeded above `maxPartitions`, as Athena does.
 */
export async function selectPartitions(
  candidates: Iterable<Partition> | AsyncIterable<Partition>,
  options: SelectionOptions,
): Promise<readonly Partition[]> {
  const slice = new TimeSlice(options.signal);
  const kept: Partition[] = [];
  let batch: Partition[] = [];
  const flush = async () => {
    const verdicts = await options.keepPartitions?.(batch);
    batch.forEach((partition, index) => {
      if (verdicts === undefined || verdicts[index] === true) kept.push(partition);
    });
    batch = [];
    if (kept.length > options.maxPartitions) throw tooMany(options);
    if (slice.due) await slice.next();
  };
  const add = (partition: Partition) => batch.push(partition) >= partitionBatch;
  // for await over a synchronous iterable costs a turn of the microtask queue for each partition.
  if (Symbol.iterator in candidates) {
    for (const partition of candidates) if (add(partition)) await flush();
  } else {
    for await (const partition of candidates) if (add(partition)) await flush();
  }
  await flush();
  options.statistics.partitionsKept = BigInt(kept.length);
  return kept;
}

function tooMany(options: SelectionOptions): QueryError {
  return new QueryError(
    'programLimitExceeded',
    `The query reads more than ${options.maxPartitions} partitions of table ${options.table}.`,
    { hint: 'Narrow the conditions on the partition columns.' },
  );
}
