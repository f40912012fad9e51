import type { TableDefinition } from '@tributary/catalog';
import { INT8 } from '@tributary/sql';
import type {
  Decomposition,
  Expression,
  LimitPlan,
  Plan,
  PlanColumn,
  ScanPlan,
  SortPlan,
  SqlType,
} from '@tributary/sql';
import { columnOf } from './chain.ts';
import type { Fragment, IdSource } from './fragment.ts';
import { rowsOfFragment } from './unit-plan.ts';

/** What a fragment's answer over some windows can be compared by, without the rest of the statement. */
interface ComparedAnswer {
  readonly plan: Plan;
  /** How many of the first columns tell rows apart; the others are values of the row that these name. */
  readonly keys: number;
}

/** A statement's plan that holds two answers, one below the other, and the text that counts the rows that differ. */
export interface Comparison {
  readonly plan: Plan;
  /** The occurrence of the table itself, whose rows the one answer is computed from. */
  readonly scan: ScanPlan;
  /** Answers one number. */
  text(both: string): string;
}

/** Floating-point values that differ by less than this part are the same: sums depend on the order of their rows. */
const TOLERANCE = 1e-6;

/**
 * Compares what cells answer (`cells`: a plan of a fragment's keys and partials over some windows) with what the rows of these windows
 * answer, by another way: the aggregates are computed from the rows as if there were no partials. Values that may differ
 * from one computation to the next are left out; of first rows only what they are ordered by is compared.
 */
export function compareAnswers(
  fragment: Fragment,
  table: TableDefinition,
  cells: Plan,
  ids: IdSource,
): Comparison {
  const { scan, plan: rows } = rowsOfFragment(fragment, table, ids);
  const answers =
    fragment.form === 'groups'
      ? [groupsOfCells(fragment, cells, ids), groupsOfRows(fragment, rows, ids)]
      : [cells, keysOf(fragment, rows)].map((each) =>
          fragment.form === 'top' ? firstOf(fragment, each, ids) : listed(fragment, each),
        );
  const values = fragment.form === 'groups' ? fragment.values : [];
  return { scan, ...comparison(answers, values, ids) };
}

/** Whether a kept answer's rows are told apart by its keys alone, so that it can be compared. */
export function isComparableWhole({ whole }: Fragment): boolean {
  return whole.kind === 'aggregate' && whole.sets === undefined;
}

/** Compares a kept answer (`final`: a plan of the columns of what the fragment answers for) with what the rows themselves answer. */
export function compareWhole(
  { whole, scan, values }: Fragment,
  final: Plan,
  ids: IdSource,
): Comparison {
  if (whole.kind !== 'aggregate') throw new Error('only aggregations are kept as answers');
  const keys = whole.keys.length;
  const answers = [final, whole].map((plan): ComparedAnswer => ({ plan, keys }));
  return { scan, ...comparison(answers, values, ids) };
}

function comparison(
  [one, other]: readonly ComparedAnswer[],
  values: Fragment['values'],
  ids: IdSource,
): Omit<Comparison, 'scan'> {
  if (one === undefined || other === undefined) throw new Error('two answers are compared');
  const side: PlanColumn = { id: ids.next(), name: 'side', type: INT8 };
  const columns = [side, ...one.plan.columns.map((column) => ({ ...column, id: ids.next() }))];
  const plan: Plan = {
    kind: 'setOperation',
    operation: 'union',
    all: true,
    left: marked(one.plan, '0', ids),
    right: marked(other.plan, '1', ids),
    columns,
  };
  const names = columns.map(({ id }) => `c${id}`);
  const [sideName = '', ...others] = names;
  const keys = others.slice(0, one.keys);
  const differences = values.flatMap(({ exactness, call: { type } }, place) => {
    const name = others[one.keys + place] ?? '';
    const [here, there] = [0, 1].map(
      (each) => `first(${name}) FILTER (WHERE ${sideName} = ${each})`,
    );
    return differs(here ?? '', there ?? '', exactness, type);
  });
  const counts = [0, 1].map((each) => `count(*) FILTER (WHERE ${sideName} = ${each})`);
  const having = [counts.join(' <> '), ...differences].join(' OR ');
  return {
    plan,
    text: (both) =>
      `SELECT count(*) FROM (SELECT 1 FROM (${both})${keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`} HAVING ${having})`,
  };
}

function differs(
  here: string,
  there: string,
  exactness: Decomposition['exactness'],
  type: SqlType,
): readonly string[] {
  if (exactness === 'exact') return [`${here} IS DISTINCT FROM ${there}`];
  const isFloat = type.kind === 'scalar' && (type.name === 'float4' || type.name === 'float8');
  if (exactness === 'nondeterministic' || !isFloat) return [];
  return [
    `coalesce(isfinite(${here}) AND isfinite(${there}) AND abs(${here} - ${there}) > ${TOLERANCE} * greatest(1, abs(${here}), abs(${there})), false)`,
  ];
}

function marked(plan: Plan, side: string, ids: IdSource): Plan {
  const expressions: readonly Expression[] = [
    { kind: 'constant', type: INT8, value: side },
    ...plan.columns.map(columnOf),
  ];
  return {
    kind: 'project',
    input: plan,
    expressions,
    columns: expressions.map(({ type }) => ({ id: ids.next(), name: 'compared', type })),
  };
}

/** Groups with the values that are finished from rolled up partials. */
function groupsOfCells(fragment: Fragment, cells: Plan, ids: IdSource): ComparedAnswer {
  const rolled = fragment.rollUp(
    new Map(fragment.partials.map(({ text, column }) => [text, columnOf(column)])),
  );
  const columns = new Map<string, PlanColumn>();
  const keys = fragment.keys.map(({ column }) => ({ ...column, id: ids.next() }));
  const aggregates = [...rolled].map(([text, call]) => {
    const column = { id: ids.next(), name: 'rolled', type: call.type };
    columns.set(text, column);
    return { id: column.id, call };
  });
  const grouped: Plan = {
    kind: 'aggregate',
    input: cells,
    keys: fragment.keys.map(({ column }, place) => ({
      id: keys[place]?.id ?? -1,
      expression: columnOf(column),
    })),
    aggregates,
    columns: [...keys, ...columns.values()],
  };
  const expressions = [
    ...keys.map(columnOf),
    ...fragment.values.map((value) =>
      value.finish(value.partials.flatMap((text) => columns.get(text) ?? []).map(columnOf)),
    ),
  ];
  return {
    keys: keys.length,
    plan: {
      kind: 'project',
      input: grouped,
      expressions,
      columns: expressions.map(({ type }) => ({ id: ids.next(), name: 'answer', type })),
    },
  };
}

/** Groups with the values that the aggregates themselves have. */
function groupsOfRows({ keys, values }: Fragment, rows: Plan, ids: IdSource): ComparedAnswer {
  const columns = keys.map(({ column }) => ({ ...column, id: ids.next() }));
  const aggregates = values.map(({ call }) => ({ id: ids.next(), call }));
  return {
    keys: keys.length,
    plan: {
      kind: 'aggregate',
      input: rows,
      keys: keys.map(({ expression }, place) => ({ id: columns[place]?.id ?? -1, expression })),
      aggregates,
      columns: [
        ...columns,
        ...aggregates.map(({ id, call: { type } }) => ({ id, name: 'answer', type })),
      ],
    },
  };
}

/** Rows as cells would give them. */
function keysOf({ keys }: Fragment, rows: Plan): Plan {
  return {
    kind: 'project',
    input: rows,
    expressions: keys.map(({ expression }) => expression),
    columns: keys.map(({ column }) => column),
  };
}

function listed({ keys }: Fragment, input: Plan): ComparedAnswer {
  const columns = keys.map(({ column }) => column);
  return {
    keys: columns.length,
    plan: { kind: 'project', input, columns, expressions: columns.map(columnOf) },
  };
}

/** What the first rows are ordered by. */
function firstOf({ whole, order }: Fragment, cells: Plan, ids: IdSource): ComparedAnswer {
  const sort = (whole as LimitPlan).input as SortPlan;
  const first: Plan = {
    kind: 'limit',
    withTies: false,
    limit: { kind: 'constant', type: INT8, value: String(order?.count ?? 0) },
    input: {
      ...sort,
      input: {
        kind: 'project',
        input: cells,
        columns: sort.input.columns,
        expressions: sort.input.columns.map(columnOf),
      },
    },
    columns: sort.columns,
  };
  const expressions = sort.keys.map(({ expression }) => expression);
  return {
    keys: expressions.length,
    plan: {
      kind: 'project',
      input: first,
      expressions,
      columns: expressions.map(({ type }) => ({ id: ids.next(), name: 'key', type })),
    },
  };
}
