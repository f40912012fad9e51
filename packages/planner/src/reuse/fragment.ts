import type {
  AggregateExpression,
  ColumnId,
  Decomposition,
  Domain,
  Expression,
  Plan,
  PlanColumn,
  ScanPlan,
  SortKey,
} from '@tributary/sql';
import type { BoundsPartials } from './tied-time.ts';
import type { TimeAxis } from './time-axis.ts';

/** A condition on the rows of cells, with its canonical text. */
export interface CellFilter {
  readonly text: string;
  /** Over the scan's columns. */
  readonly expression: Expression;
}

/** A column of the chain that something above it needs. */
export interface CellKey {
  /** The column that the plan above refers to. */
  readonly column: PlanColumn;
  /** Over the scan's columns. */
  readonly expression: Expression;
  readonly text: string;
  /** It reads time columns alone, which every cell has. */
  readonly timeOnly: boolean;
}

/** A partial column: its text names the aggregate call and which of its partials. */
export interface CellPartial {
  readonly column: PlanColumn;
  /** Over the scan's columns. */
  readonly call: AggregateExpression;
  readonly text: string;
}

/** An aggregate of a fragment. Its value comes from the rows themselves, or from its partials rolled up. */
export interface FragmentValue {
  /** Over the scan's columns. */
  readonly call: AggregateExpression;
  /** Texts of its partials. */
  readonly partials: readonly string[];
  readonly exactness: Decomposition['exactness'];
  /** The value from the rolled up partials, in the order of their texts. */
  finish(rolledUp: readonly Expression[]): Expression;
}

export interface MeasuredValue {
  readonly text: string;
  /** Over the scan's columns. */
  readonly expression: Expression;
}

/** The rows of a top-N fragment: the first `count` in this order, a window. */
export interface CellOrder {
  /** Over the scan's columns. */
  readonly keys: readonly SortKey[];
  readonly count: number;
  readonly text: string;
}

/**
 * The largest part of a plan around one occurrence of a table whose answer over a range can be merged from its answers over
 * windows. `groups`: rows grouped by keys, with partials. `rows`: the filtered rows. `top`: the first rows of an order.
 */
export interface Fragment {
  /** The node that it answers for, as it stands in the plan: what runs where cells do not pay. */
  readonly whole: Plan;
  readonly form: 'groups' | 'rows' | 'top';
  readonly scan: ScanPlan;
  readonly axis: TimeAxis;
  /** Conditions on the rows of every cell, without those on time columns alone. */
  readonly filters: readonly CellFilter[];
  /** What partition columns without time must lie in, beyond the filters: by the statement's other conditions. */
  readonly domains: ReadonlyMap<string, Domain>;
  /** Conditions on time columns alone: they choose windows. Over the scan's columns. */
  readonly timeConditions: readonly Expression[];
  readonly keys: readonly CellKey[];
  readonly partials: readonly CellPartial[];
  readonly order?: CellOrder;
  /** Whether partials or rows hold values of the data themselves, so that they may be as large as it. */
  readonly size: 'constant' | 'input';
  readonly exactness: Decomposition['exactness'];
  /** The aggregates that the partials are of. */
  readonly values: readonly FragmentValue[];
  /** Merges partial columns into the same partials, by their texts, from the columns that hold them. */
  rollUp(columns: ReadonlyMap<string, Expression>): ReadonlyMap<string, AggregateExpression>;
  /** Which partials tell the bounds of the rows' time column. */
  readonly bounds?: BoundsPartials;
  /** Integer expressions whose bounds would allow smaller partials. */
  readonly measured: readonly MeasuredValue[];
  /** The fragment with partials in the form that suits the data. */
  refine(facts: FragmentFacts): Fragment;
  /**
   * Canonical text of all that makes the answer from the rows of the cells, where nothing but the windowed occurrence takes part: the
   * answer itself can be kept. Its columns are those of `whole`.
   */
  readonly finalText?: string;
  /** The answer over cells: `cells` outputs the keys' and the partials' columns. */
  merge(cells: Plan): Plan;
}

/** What of the data chooses the form of a fragment's partials. */
export interface FragmentFacts {
  /** Bounds of integer values, by the canonical text of the expression. */
  readonly ranges: ReadonlyMap<string, { readonly low: bigint; readonly high: bigint }>;
  /** Rows that a group of a window has on average. */
  readonly rowsPerGroup: number;
}

/** Ids that a statement's plan does not use yet. */
export interface IdSource {
  next(): ColumnId;
}
