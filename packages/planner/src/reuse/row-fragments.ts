import { visitPlan } from '@tributary/sql';
import type { DistinctPlan, LimitPlan, Plan, ScanPlan, SortPlan } from '@tributary/sql';
import { canonicalText } from './canonical-text.ts';
import { cellConditions, cellKeys, columnNames, neededColumns } from './cell-columns.ts';
import { isVolatile } from '../analyze/predicate.ts';
import { columnOf, fillHole, isOwn, overScan, splitCore, valuesOf } from './chain.ts';
import type { SplitCore } from './chain.ts';
import type { Fragment } from './fragment.ts';
import type { BypassReason } from './reasons.ts';
import type { TimeAxis } from './time-axis.ts';

type Refusal = { readonly reason: BypassReason; readonly detail?: string };

/** Rows that a top-N fragment keeps of each window at most. */
const MAX_TOP = 10_000n;

/** Rows have one form, whatever they hold. */
const UNMEASURED: Pick<Fragment, 'rollUp' | 'measured' | 'refine' | 'values'> = {
  values: [],
  rollUp: () => new Map(),
  measured: [],
  refine() {
    throw new Error('a fragment of rows has nothing to measure');
  },
};

/** DISTINCT does not care how often a row stands there: cells hold the distinct rows of the occurrence's own columns. */
export function distinctFragment(
  node: DistinctPlan,
  scan: ScanPlan,
  axis: TimeAxis,
): Fragment | Refusal {
  const split = splitCore(node.input, scan);
  if (isVolatile(split.rest) || isVolatile({ ...node, input: valuesOf([]) })) {
    return { reason: 'volatile' };
  }
  const above = [
    ...node.columns.map(columnOf),
    ...(node.on ?? []),
    ...(node.order ?? []).map(({ expression }) => expression),
  ];
  const needed = neededColumns(split.chain.outputs, split.rest, above);
  return {
    whole: node,
    form: 'groups',
    scan,
    axis,
    ...cellConditions(scan, axis, split.chain.conjuncts),
    keys: cellKeys(scan, axis, needed),
    partials: [],
    size: 'input',
    exactness: 'exact',
    ...UNMEASURED,
    merge: (cells) => ({
      ...node,
      input: selectColumns(node.input, fillHole(split.rest, split.hole, cells)),
    }),
  };
}

/** Filters and projections of one occurrence: cells hold the rows that are left. */
export function rowsFragment(node: Plan, scan: ScanPlan, axis: TimeAxis): Fragment | Refusal {
  const split = splitCore(node, scan);
  if (split.rest !== split.hole) {
    return { reason: readsOuter(split) ? 'correlated' : 'volatile' };
  }
  const conditions = cellConditions(scan, axis, split.chain.conjuncts);
  if (conditions.filters.length === 0) {
    // A copy of the data would be no smaller than the data.
    return { reason: 'partial_too_large' };
  }
  return {
    whole: node,
    form: 'rows',
    scan,
    axis,
    ...conditions,
    keys: cellKeys(scan, axis, outputsOf(node, split)),
    partials: [],
    size: 'input',
    exactness: 'exact',
    ...UNMEASURED,
    merge: (cells) => selectColumns(node, cells),
  };
}

/** Whether something above the chain reads columns that are not the chain's: of a statement around it. */
function readsOuter({ rest, chain }: SplitCore): boolean {
  let found = false;
  visitPlan(rest, {
    expression(each) {
      found ||= each.kind === 'column' && !chain.outputs.has(each.id);
    },
  });
  return found;
}

/** The first rows in an order, of one occurrence alone: the winners of each window hold the winners of all. */
export function topFragment(node: LimitPlan, scan: ScanPlan, axis: TimeAxis): Fragment | Refusal {
  const sort = node.input as SortPlan;
  const split = splitCore(sort.input, scan);
  const count = rowCount(node);
  if (count === undefined || split.rest !== split.hole) {
    return { reason: 'partial_too_large', detail: 'limit' };
  }
  const { outputs } = split.chain;
  const keys = sort.keys.filter(({ expression }) => expression.kind !== 'constant');
  if (!keys.every(({ expression }) => isOwn(expression, outputs))) {
    return { reason: 'volatile' };
  }
  const names = columnNames(scan);
  const ordered = keys.map((key) => ({ ...key, expression: overScan(key.expression, outputs) }));
  const text = ordered
    .map(
      ({ expression, descending, nullsFirst }) =>
        `${canonicalText(expression, names)} ${descending} ${nullsFirst}`,
    )
    .join(', ');
  return {
    whole: node,
    form: 'top',
    scan,
    axis,
    ...cellConditions(scan, axis, split.chain.conjuncts),
    keys: cellKeys(
      scan,
      axis,
      neededColumns(outputs, valuesOf([]), [
        ...sort.input.columns.map(columnOf),
        ...keys.map(({ expression }) => expression),
      ]),
    ),
    partials: [],
    order: { keys: ordered, count, text },
    size: 'constant',
    exactness: 'nondeterministic',
    ...UNMEASURED,
    merge: (cells) => ({
      ...node,
      input: { ...sort, input: selectColumns(sort.input, cells) },
    }),
  };
}

/** Cells may give more columns than the plan above expects. */
function selectColumns(wanted: Plan, cells: Plan): Plan {
  return {
    kind: 'project',
    input: cells,
    columns: wanted.columns,
    expressions: wanted.columns.map(columnOf),
  };
}

function outputsOf(node: Plan, split: SplitCore) {
  return node.columns.flatMap(({ id }) => split.chain.outputs.get(id) ?? []);
}

/** LIMIT plus OFFSET, where both are constants and ties do not count. */
function rowCount({ limit, offset, withTies }: LimitPlan): number | undefined {
  const value = (each: LimitPlan['limit']): bigint | undefined =>
    each === undefined
      ? 0n
      : each.kind === 'constant' && each.value !== null
        ? BigInt(each.value)
        : undefined;
  const [first, skipped] = [limit === undefined ? undefined : value(limit), value(offset)];
  if (withTies || first === undefined || skipped === undefined) return undefined;
  const count = first + skipped;
  return first < 0n || skipped < 0n || count > MAX_TOP ? undefined : Number(count);
}
