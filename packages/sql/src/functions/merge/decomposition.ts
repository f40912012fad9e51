import type { AggregateExpression, Expression } from '../../plan/expression.ts';

/**
 * How an aggregate call over a union of disjoint sets of rows follows from partial results over each set: what cells hold and
 * how they are merged. Partials are plain columns whose types Parquet keeps exactly (a codec is part of the partial's own
 * calls); rolling partials up gives partials of the same kind again, any number of times; `finish` makes the call's value.
 *
 * For every split of the rows: finish(rollUp(partials of each set)) equals the call over all rows, also over no set at all.
 */
export interface Decomposition {
  /** Aggregate calls over the fragment's input; each gives one partial column. The call's FILTER and DISTINCT are inside. */
  readonly partials: readonly AggregateExpression[];
  /** Merges partial columns (given in the order of `partials`, over any rows) into columns of the same types. */
  rollUp(columns: readonly Expression[]): readonly AggregateExpression[];
  /** The call's value, of the call's type, from rolled-up columns. Over no rows the columns are NULL. */
  finish(columns: readonly Expression[]): Expression;
  /** How a recomputed answer compares: `tolerance`: the last digits of floats differ; `nondeterministic`: any valid answer. */
  readonly exactness: 'exact' | 'tolerance' | 'nondeterministic';
  /** How large a partial is against its input: `constant`, or `input` where it holds values of the rows themselves. */
  readonly size: 'constant' | 'input';
}

/** Why an aggregate call has no decomposition. */
export interface NotDecomposable {
  readonly reason: 'aggregate_not_mergeable' | 'type_without_codec' | 'volatile';
  /** The call by name, for EXPLAIN. */
  readonly detail: string;
}

/** What of the data chooses the form of partials that hold values. Absent: keys as they are. */
export interface ValueFacts {
  /** Inclusive bounds of an integer argument's values, where known: allows a bitmap. */
  readonly integerRange?: { readonly low: bigint; readonly high: bigint };
  /** About how many input rows one partial stands for, where known: a set of few values is kept as a list. */
  readonly rowsPerGroup?: number;
}

/**
 * How a value of a type is kept in a Parquet file of cells: `encode` gives a value whose engine type Parquet keeps exactly,
 * `decode` the value again. Identity for most types.
 */
export interface Codec {
  encode(value: Expression): Expression;
  decode(stored: Expression): Expression;
}
