import {
  BOOL,
  INT8,
  firstRowsBy,
  functionsNamed,
  operatorsNamed,
  sameValue,
  sortKeyOf,
} from '@tributary/sql';
import type { Expression, Plan, PlanColumn, SortKey } from '@tributary/sql';
import { expressionColumns } from '../analyze/predicate.ts';
import { columnOf } from './chain.ts';
import type { Fragment, IdSource } from './fragment.ts';

/** First rows that the engine may choose in memory, window by window. */
const FEW_FIRST = 1_000;

/**
 * An order's keys; as one where few rows are wanted: by one key the engine keeps each window's first rows while it reads, by several
 * it sorts all rows.
 */
function firstBy({ keys, count }: NonNullable<Fragment['order']>): readonly SortKey[] {
  const expression = count > FEW_FIRST || keys.length < 2 ? undefined : sortKeyOf(keys);
  return expression === undefined ? keys : [{ expression, descending: false, nullsFirst: false }];
}

/** The first rows of each window in an order. */
export function firstRows(
  order: NonNullable<Fragment['order']>,
  rows: Plan,
  wanted: readonly { readonly column: PlanColumn; readonly expression: Expression }[],
  times: number,
  ids: IdSource,
): Plan {
  const rowNumber = functionsNamed('row_number').find(({ kind }) => kind === 'window');
  const atMost = operatorsNamed('<=', 2).find(({ args }) =>
    args.every(
      (type) => typeof type === 'object' && type.kind === 'scalar' && type.name === 'int8',
    ),
  );
  if (rowNumber === undefined || atMost === undefined) {
    throw new Error('the function catalog lacks row_number() or int8 <= int8');
  }
  const partitionBy = wanted.slice(0, times).map(({ expression }) => expression);
  const input = likelyRows(
    order,
    rows,
    wanted.map(({ expression }) => expression),
    partitionBy,
    ids,
  );
  const place: PlanColumn = { id: ids.next(), name: 'place', type: INT8 };
  const numbered: Plan = {
    kind: 'window',
    input,
    columns: [...input.columns, place],
    calls: [
      {
        id: place.id,
        call: {
          kind: 'window',
          type: INT8,
          entry: rowNumber,
          args: [],
          partitionBy,
          orderBy: firstBy(order),
        },
      },
    ],
  };
  return {
    kind: 'project',
    columns: wanted.map(({ column }) => column),
    expressions: wanted.map(({ expression }) => expression),
    input: {
      kind: 'filter',
      columns: numbered.columns,
      input: numbered,
      condition: {
        kind: 'call',
        type: BOOL,
        entry: atMost,
        args: [columnOf(place), { kind: 'constant', type: INT8, value: String(order.count) }],
      },
    },
  };
}

/** A projection to the columns that expressions read, to which more may be added. */
function neededRows(
  input: Plan,
  expressions: readonly Expression[],
): { kind: 'project'; input: Plan; columns: PlanColumn[]; expressions: Expression[] } {
  const used = new Set(expressions.flatMap((each) => [...expressionColumns(each)]));
  const columns = input.columns.filter(({ id }) => used.has(id));
  return { kind: 'project', input, columns, expressions: columns.map(columnOf) };
}

/**
 * Rows that may be among the first of their window: where the order begins with a number or a time, those that reach the last of its
 * first values there. To compare all rows by all keys takes longer than to read them; to hold them and compare one key hardly counts.
 */
function likelyRows(
  order: NonNullable<Fragment['order']>,
  rows: Plan,
  needed: readonly Expression[],
  times: readonly Expression[],
  ids: IdSource,
): Plan {
  const [key, ...others] = order.keys;
  const first = key && others.length > 0 ? firstRowsBy(key, order.count) : undefined;
  if (key === undefined || first === undefined || order.count > FEW_FIRST || order.count === 0) {
    return rows;
  }
  const made = ({ type }: Expression): PlanColumn => ({ id: ids.next(), name: 'first', type });
  const kept = neededRows(rows, [...order.keys.map(({ expression }) => expression), ...needed]);
  /** The column that an expression is, or one that holds it. */
  const held = (expression: Expression): PlanColumn => {
    const known = kept.columns.find(
      ({ id }) => expression.kind === 'column' && expression.id === id,
    );
    if (known !== undefined) return known;
    const column = made(expression);
    kept.columns.push(column);
    kept.expressions.push(expression);
    return column;
  };
  const value = held(key.expression);
  const timeValues = times.map(held);
  const table = { id: ids.next(), name: 'rows', plan: kept, materialized: true };
  const scan = (columns: readonly PlanColumn[], sources: readonly PlanColumn[]): Plan => ({
    kind: 'commonTableScan',
    table: table.id,
    name: table.name,
    columns,
    sources: sources.map(({ id }) => id),
  });
  const valueBelow = made(key.expression);
  const timesBelow = times.map(made);
  const timeKeys = times.map(made);
  const limit = made(key.expression);
  const limits: Plan = {
    kind: 'aggregate',
    input: scan([valueBelow, ...timesBelow], [value, ...timeValues]),
    keys: timeKeys.map(({ id }, place) => ({
      id,
      expression: columnOf(timesBelow[place] ?? valueBelow),
    })),
    aggregates: [{ id: limit.id, call: first.limit(columnOf(valueBelow)) }],
    columns: [...timeKeys, limit],
  };
  const joined: Plan = {
    kind: 'join',
    join: 'inner',
    left: scan(kept.columns, kept.columns),
    right: limits,
    lateral: false,
    columns: [...kept.columns, ...limits.columns],
    condition: {
      kind: 'and',
      type: BOOL,
      args: [
        ...timeKeys.map((time, place) =>
          sameValue(columnOf(timeValues[place] ?? time), columnOf(time)),
        ),
        first.reaches(columnOf(value), columnOf(limit)),
      ],
    },
  };
  return { kind: 'with', tables: [table], body: joined, columns: joined.columns };
}
