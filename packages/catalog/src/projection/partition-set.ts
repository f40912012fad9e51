/** One partition: its values and the folder that holds its files. */
export interface Partition {
  /** In partition column order; PostgreSQL text form of the column's type, null for the Hive default partition. */
  readonly values: readonly (string | null)[];
  /** Absolute, ends in `/`. */
  readonly location: string;
}

/**
 * The partitions that a constraint leaves, as a lazy product: building it costs the columns' own value sets at most,
 * iterating costs what is taken.
 */
export interface PartitionSet extends Iterable<Partition> {
  /** All partitions the table declares (injected columns count as their asked values). */
  readonly considered: bigint;
  /** Those the constraint leaves. */
  readonly kept: bigint;
}
