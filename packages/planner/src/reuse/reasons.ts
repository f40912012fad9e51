/** Why a block of a statement ran whole instead of from cells. The list is fixed: people and metrics rely on it. */
export type BypassReason =
  | 'volatile'
  | 'correlated'
  | 'no_time_column'
  | 'join_form'
  | 'join_aggregate'
  | 'aggregate_not_mergeable'
  | 'type_without_codec'
  | 'partial_too_large'
  | 'not_versioned'
  | 'too_many_windows'
  | 'store_failed'
  | 'evaluation_error'
  | 'data_changing';

/** What each reason means, for EXPLAIN and docs/reuse.md. */
export const BYPASS_REASONS: Readonly<Record<BypassReason, string>> = {
  volatile: 'a volatile function takes part',
  correlated: 'its rows depend on columns of a statement around it',
  no_time_column: 'the table has no time column that windows could be cut along',
  join_form: 'the table stands on the side of an outer join that is padded with NULLs',
  join_aggregate: 'an aggregate over columns of a joined table needs each joined row',
  aggregate_not_mergeable: 'an aggregate cannot be merged from parts',
  type_without_codec: 'a value of a type that cells cannot keep exactly takes part',
  partial_too_large: 'the parts would be nearly as large as the data itself',
  not_versioned: 'the source cannot prove which version of the data it holds',
  too_many_windows: 'the range has more windows than one statement may have',
  store_failed: 'the store could not be written',
  evaluation_error: 'computing a part raised an error that the statement itself may not raise',
  data_changing: 'the data changed while it was read',
};
