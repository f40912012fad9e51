import type { ColumnDefinition, TableDefinition } from '@tributary/catalog';
import { codecOf, toldApartBy } from '@tributary/sql';
import type {
  AggregatePlan,
  Codec,
  ColumnId,
  Expression,
  Plan,
  PlanColumn,
  ScanPlan,
} from '@tributary/sql';
import { expressionColumns } from '../analyze/predicate.ts';
import { columnNames } from './cell-columns.ts';
import { columnOf } from './chain.ts';
import type { CellPartial, Fragment, IdSource } from './fragment.ts';
import { firstRows } from './first-rows.ts';
import { shapeOf } from './shape.ts';

/** The plan whose rows a scan unit writes. */
export interface UnitPlan {
  readonly plan: Plan;
  /** Its only scan: the windowed occurrence, with the columns that the cells need. */
  readonly scan: ScanPlan;
  /** Names in the file, by the plan's columns: `t<place>` time columns, `k<place>` keys, `p<place>` partials. */
  readonly names: readonly string[];
}

/** The definitions of the axis' columns. */
export function timeColumns(
  fragment: Pick<Fragment, 'axis'>,
  table: TableDefinition,
): readonly ColumnDefinition[] {
  return fragment.axis.columns.flatMap(
    (name) => table.partitionColumns.find((column) => column.name === name) ?? [],
  );
}

/** A type's codec. Callers have checked that there is one. */
export function codecFor(type: Parameters<typeof codecOf>[0]): Codec {
  const codec = codecOf(type);
  if (codec === undefined) throw new Error('a cell column has a type without a codec');
  return codec;
}

/** Whether every column of a fragment's cells has a type that files keep exactly. */
export function hasCodecs(fragment: Fragment, table: TableDefinition): boolean {
  return [
    ...timeColumns(fragment, table).map(({ type }) => type),
    ...fragment.keys.map(({ column }) => column.type),
  ].every((type) => codecOf(type) !== undefined);
}

/** The rows that a fragment's cells are made of, and the columns that they are grouped by. */
export interface UnitScan {
  /** The windowed occurrence, with the columns that the cells need and no constraint. */
  readonly scan: ScanPlan;
  /** The scan behind the fragment's filters. */
  readonly filtered: Plan;
  /** Time columns, then the shape's keys. Over the scan's columns. */
  readonly keys: readonly { readonly column: PlanColumn; readonly expression: Expression }[];
  readonly partials: readonly CellPartial[];
}

export function unitScan(fragment: Fragment, table: TableDefinition, ids: IdSource): UnitScan {
  const shape = shapeOf(fragment);
  const names = columnNames(fragment.scan);
  const times = timeColumns(fragment, table);
  const keys = shape.keys.flatMap((text) => fragment.keys.find((key) => key.text === text) ?? []);
  const partials = shape.partials.flatMap(
    (text) => fragment.partials.find((partial) => partial.text === text) ?? [],
  );
  const used = usedColumns([
    ...fragment.filters.map(({ expression }) => expression),
    ...keys.map(({ expression }) => expression),
    ...partials.flatMap(({ call }) => [
      ...call.args,
      ...(call.filter === undefined ? [] : [call.filter]),
      ...[...call.orderBy, ...call.withinGroup].map(({ expression }) => expression),
    ]),
    ...(fragment.order?.keys ?? []).map(({ expression }) => expression),
  ]);
  const timeScan = times.map(({ name, type }) => {
    const known = fragment.scan.columns.find(({ id }) => names.get(id) === name);
    return known ?? { id: ids.next(), name, type };
  });
  const columns = [
    ...fragment.scan.columns.filter(({ id }) => used.has(id) && !timeScan.some((t) => t.id === id)),
    ...timeScan,
  ];
  const { constraint: _, partitionPredicates: __, ...plain } = fragment.scan;
  const scan: ScanPlan = {
    ...plain,
    columns,
    scanColumns: columns.map(({ id, name }) => ({ id, source: names.get(id) ?? name })),
  };
  const [first, ...more] = fragment.filters.map(({ expression }) => expression);
  const filtered: Plan =
    first === undefined
      ? scan
      : {
          kind: 'filter',
          input: scan,
          columns,
          condition:
            more.length === 0 ? first : { kind: 'and', type: first.type, args: [first, ...more] },
        };
  const timeKeys = timeScan.map((column) => ({
    column: { ...column, id: ids.next() },
    expression: columnOf(column),
  }));
  const grouped = [
    ...timeKeys,
    ...keys.map((key) => ({
      column: { ...key.column, id: ids.next() },
      expression: key.expression,
    })),
  ];
  return { scan, filtered, keys: grouped, partials };
}

/** The rows of a fragment itself: of its own range too. */
export function rowsOfFragment(
  fragment: Fragment,
  table: TableDefinition,
  ids: IdSource,
): { readonly scan: ScanPlan; readonly plan: Plan } {
  const { scan, filtered } = unitScan(fragment, table, ids);
  const [condition, ...more] = fragment.timeConditions;
  return {
    scan,
    plan:
      condition === undefined
        ? filtered
        : {
            kind: 'filter',
            input: filtered,
            columns: filtered.columns,
            condition:
              more.length === 0
                ? condition
                : { kind: 'and', type: condition.type, args: fragment.timeConditions },
          },
  };
}

/** What computes a fragment's cells over some windows: all rows of the windows, grouped by the window too. */
export function unitPlan(fragment: Fragment, table: TableDefinition, ids: IdSource): UnitPlan {
  const { scan, filtered, keys: wanted, partials } = unitScan(fragment, table, ids);
  const times = fragment.axis.columns.length;
  const keyed = wanted.map(({ column }) => column);
  const fileNames = [
    ...wanted.slice(0, times).map((_, place) => `t${place}`),
    ...wanted.slice(times).map((_, place) => `k${place}`),
  ];
  if (fragment.form !== 'groups') {
    const projected: Plan = {
      kind: 'project',
      input: filtered,
      columns: keyed,
      expressions: wanted.map(({ expression }) => expression),
    };
    const rows =
      fragment.order === undefined
        ? projected
        : firstRows(fragment.order, filtered, wanted, times, ids);
    return { scan, names: fileNames, plan: encoded(rows, keyed, ids) };
  }
  const grouping = storedGrouping(wanted, ids);
  const partialColumns = partials.map(({ column }) => ({ ...column, id: ids.next() }));
  const aggregated: Plan = {
    kind: 'aggregate',
    input: filtered,
    keys: grouping.keys,
    aggregates: partials.map(({ call }, place) => ({ id: partialColumns[place]?.id ?? -1, call })),
    columns: [...grouping.columns, ...partialColumns],
  };
  const written = [...grouping.columns.slice(0, wanted.length), ...partialColumns];
  return {
    scan,
    names: [...fileNames, ...partials.map((_, place) => `p${place}`)],
    plan: {
      kind: 'project',
      input: aggregated,
      expressions: written.map(columnOf),
      columns: written.map(({ type }) => ({ id: ids.next(), name: 'stored', type })),
    },
  };
}

/**
 * Groups by keys in the form that files keep, told apart wherever an expression over them might tell: cells are grouped no coarser
 * than anything asked of them. The first columns are the keys'.
 */
export function storedGrouping(
  keys: readonly { readonly expression: Expression }[],
  ids: IdSource,
): Pick<AggregatePlan, 'keys' | 'columns'> {
  const encoded = keys.map(({ expression }) => codecFor(expression.type).encode(expression));
  const apart = encoded.flatMap((each) => toldApartBy(each) ?? []);
  const columns = [...encoded, ...apart].map(({ type }) => ({ id: ids.next(), name: 'key', type }));
  return {
    columns,
    keys: [...encoded, ...apart].map((expression, place) => ({
      id: columns[place]?.id ?? -1,
      expression,
    })),
  };
}

/** Rows in the form that files keep. */
function encoded(input: Plan, keys: readonly PlanColumn[], ids: IdSource): Plan {
  const expressions = keys.map((column) => codecFor(column.type).encode(columnOf(column)));
  return {
    kind: 'project',
    input,
    expressions,
    columns: expressions.map(({ type }) => ({ id: ids.next(), name: 'stored', type })),
  };
}

function usedColumns(expressions: readonly Expression[]): ReadonlySet<ColumnId> {
  return new Set(expressions.flatMap((each) => [...expressionColumns(each)]));
}
