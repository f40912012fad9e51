import { listValue } from '@duckdb/node-api';
import type { TableDefinition } from '@tributary/catalog';
import { engineType, TEXT } from '@tributary/sql';
import type { Expression, Plan, PlanColumn, RelationText, ScanPlan } from '@tributary/sql';
import type { EngineValue } from '@tributary/engine';
import { columnOf } from './chain.ts';
import type { Fragment, IdSource } from './fragment.ts';
import { rolledKeys, rolledPartials } from './roll-up.ts';
import { overStored } from './shape.ts';
import type { Service } from './shape.ts';
import { codecFor, timeColumns } from './unit-plan.ts';

/** Scans of cells are scans of this source. */
export const CELLS_SOURCE = 'tributary.cells';

/** One window's rows in a file of cells. */
export interface CellRows {
  readonly path: string;
  /** The window's tuple of time values. */
  readonly values: readonly (string | null)[];
}

/** Cells of one shape that answer a part of a fragment's windows. */
export interface CellSource {
  readonly kind: 'cells';
  readonly service: Service;
  /** The files hold the given windows and no others. */
  readonly whole: boolean;
  readonly rows: readonly CellRows[];
  /** Values, in PostgreSQL's text form, that residual columns are limited to. */
  readonly residualValues: ReadonlyMap<string, readonly (string | null)[]>;
}

/** Merged cells of the fragment's own shape: each file holds exactly its windows. */
export interface RolledSource {
  readonly kind: 'rolled';
  readonly paths: readonly string[];
}

/** What the merge reads: a plan whose columns are the fragment's keys and partials, and the relations of its scans. */
export interface CellsPlan {
  readonly plan: Plan;
  /** By occurrence. */
  readonly relations: ReadonlyMap<number, RelationText<EngineValue>>;
}

/** Reads cells of one or several shapes as the columns that a fragment's merge needs. */
export function cellsPlan(
  fragment: Fragment,
  table: TableDefinition,
  sources: readonly (CellSource | RolledSource)[],
  ids: IdSource,
): CellsPlan {
  const relations = new Map<number, RelationText<EngineValue>>();
  const outputs = [
    ...fragment.keys.map(({ column }) => column),
    ...fragment.partials.map(({ column }) => column),
  ];
  const [first, ...others] = sources.filter((source) =>
    source.kind === 'rolled' ? source.paths.length > 0 : source.rows.length > 0,
  );
  if (first === undefined) {
    return { relations, plan: noRows(fragment, outputs, ids, relations) };
  }
  const read = (source: CellSource | RolledSource): Plan =>
    source.kind === 'rolled'
      ? rolledPlan(fragment, source, ids, relations)
      : sourcePlan(fragment, table, source, ids, relations);
  const all = others.reduce<Plan>(
    (left, source) => ({
      kind: 'setOperation',
      operation: 'union',
      all: true,
      left,
      right: read(source),
      columns: outputs.map((column) => ({ ...column, id: ids.next() })),
    }),
    read(first),
  );
  return {
    relations,
    plan: {
      kind: 'project',
      input: all,
      columns: outputs,
      expressions: all.columns.map(columnOf),
    },
  };
}

/** Reads a kept answer: its columns are those of the node that the fragment answers for. */
export function finalPlan(fragment: Fragment, path: string, ids: IdSource): CellsPlan {
  const { columns } = fragment.whole;
  const stored = columns.map(({ type }, place) => ({
    id: ids.next(),
    name: `a${place}`,
    type: codecFor(type).encode({ kind: 'column', id: -1, type }).type,
  }));
  const scan = cellScan(fragment, stored, ids);
  return {
    plan: {
      kind: 'project',
      input: scan,
      columns,
      expressions: stored.map((column, place) =>
        codecFor(columns[place]?.type ?? column.type).decode(columnOf(column)),
      ),
    },
    relations: new Map([[scan.occurrence, filesText(stored, [path])]]),
  };
}

/** Text that reads columns of files whole. */
function filesText(
  stored: readonly PlanColumn[],
  paths: readonly string[],
): RelationText<EngineValue> {
  const read = stored.map(({ id, name, type }) => `CAST(${name} AS ${engineType(type)}) AS c${id}`);
  return {
    text: `(SELECT ${read.length === 0 ? '1 AS one' : read.join(', ')} FROM read_parquet({0}))`,
    parameters: [listValue([...paths])],
  };
}

function cellScan(fragment: Fragment, columns: readonly PlanColumn[], ids: IdSource): ScanPlan {
  return {
    kind: 'scan',
    occurrence: ids.next(),
    table: { ...fragment.scan.table, source: CELLS_SOURCE },
    columns,
    scanColumns: columns.map(({ id, name }) => ({ id, source: name })),
  };
}

function noRows(
  fragment: Fragment,
  outputs: readonly PlanColumn[],
  ids: IdSource,
  relations: Map<number, RelationText<EngineValue>>,
): Plan {
  const scan = cellScan(fragment, outputs, ids);
  const columns = outputs.map(({ id, type }) => `CAST(NULL AS ${engineType(type)}) AS c${id}`);
  relations.set(scan.occurrence, {
    text: `(SELECT ${columns.length === 0 ? '1' : columns.join(', ')} WHERE false)`,
    parameters: [],
  });
  return scan;
}

function sourcePlan(
  fragment: Fragment,
  table: TableDefinition,
  source: CellSource,
  ids: IdSource,
  relations: Map<number, RelationText<EngineValue>>,
): Plan {
  const { shape } = source.service;
  const times = timeColumns(fragment, table);
  const stored: PlanColumn[] = [];
  const decoded = new Map<string, Expression>();
  const add = (name: string, type: PlanColumn['type'], isPartial: boolean): Expression => {
    const known = decoded.get(name);
    if (known !== undefined) return known;
    const codec = isPartial ? undefined : codecFor(type);
    const storedType =
      codec === undefined ? type : codec.encode({ kind: 'column', id: -1, type }).type;
    const column = { id: ids.next(), name, type: storedType };
    stored.push(column);
    const value = codec === undefined ? columnOf(column) : codec.decode(columnOf(column));
    decoded.set(name, value);
    return value;
  };
  const rewrite = (expression: Expression): Expression => {
    const rewritten = overStored(expression, fragment, shape, (place, each) =>
      'key' in place
        ? add(`k${place.key}`, each.type, false)
        : add(`t${place.time}`, times[place.time]?.type ?? each.type, false),
    );
    if (rewritten === undefined) throw new Error('a cell does not hold what it serves');
    return rewritten;
  };
  const outputs = [
    ...fragment.keys.map(({ expression }) => rewrite(expression)),
    ...fragment.partials.map(({ text, column }) =>
      add(`p${shape.partials.indexOf(text)}`, column.type, true),
    ),
  ];
  const conditions = [
    ...source.service.residual.map(({ expression }) => expression),
    ...fragment.timeConditions,
  ].map(rewrite);
  const scan = cellScan(fragment, stored, ids);
  relations.set(
    scan.occurrence,
    cellsText(
      source,
      table,
      times.map(({ type }) => engineType(type)),
      stored,
    ),
  );
  const [condition, ...more] = conditions;
  const filtered: Plan =
    condition === undefined
      ? scan
      : {
          kind: 'filter',
          input: scan,
          columns: scan.columns,
          condition:
            more.length === 0 ? condition : { kind: 'and', type: condition.type, args: conditions },
        };
  return {
    kind: 'project',
    input: filtered,
    expressions: outputs,
    columns: outputs.map(({ type }) => ({ id: ids.next(), name: 'cell', type })),
  };
}

function rolledPlan(
  fragment: Fragment,
  { paths }: RolledSource,
  ids: IdSource,
  relations: Map<number, RelationText<EngineValue>>,
): Plan {
  const keys = rolledKeys(fragment);
  const partials = rolledPartials(fragment);
  const placeOf = (list: readonly { readonly text: string }[], text: string): number =>
    list.findIndex((each) => each.text === text);
  const wanted = [
    ...fragment.keys.map(({ text, column }) => {
      const codec = codecFor(column.type);
      const stored = {
        id: ids.next(),
        name: `k${placeOf(keys, text)}`,
        type: codec.encode(columnOf(column)).type,
      };
      return { stored, value: codec.decode(columnOf(stored)) };
    }),
    ...fragment.partials.map(({ text, column }) => {
      const stored = { id: ids.next(), name: `p${placeOf(partials, text)}`, type: column.type };
      return { stored, value: columnOf(stored) };
    }),
  ];
  const columns = wanted.map(({ stored }) => stored);
  const scan = cellScan(fragment, columns, ids);
  relations.set(scan.occurrence, filesText(columns, paths));
  return {
    kind: 'project',
    input: scan,
    expressions: wanted.map(({ value }) => value),
    columns: wanted.map(({ value: { type } }) => ({ id: ids.next(), name: 'cell', type })),
  };
}

/** So few files of which only some windows are wanted are read one by one: a join with the windows takes as long as reading them. */
const MOST_BRANCHES = 4;

/** Text that reads the stored columns of exactly the given windows from exactly the given files. */
function cellsText(
  { rows, service, whole, residualValues }: CellSource,
  table: TableDefinition,
  timeTypes: readonly string[],
  stored: readonly PlanColumn[],
): RelationText<EngineValue> {
  const parameters: EngineValue[] = [];
  const bind = (value: EngineValue): string => `{${parameters.push(value) - 1}}`;
  const list = (values: readonly (string | null)[]): string =>
    `unnest(CAST(${bind(listValue([...values]))} AS VARCHAR[]))`;
  const residual = service.residualColumns.map((name) => {
    const key = service.shape.keys.indexOf(`{"column":${JSON.stringify(name)}}`);
    const values = residualValues.get(name) ?? [];
    const type = table.partitionColumns.find((column) => column.name === name)?.type ?? TEXT;
    const texts = values.filter((each) => each !== null);
    const nulls = values.includes(null) ? ` OR r.k${key} IS NULL` : '';
    return `(r.k${key} IN (SELECT CAST(${list(texts)} AS ${engineType(type)}))${nulls})`;
  });
  const columns = stored.map(
    ({ id, name, type }) => `CAST(r.${name} AS ${engineType(type)}) AS c${id}`,
  );
  const selected = columns.length === 0 ? '1 AS one' : columns.join(', ');
  const select = (from: string, conditions: readonly string[]): string =>
    `SELECT ${selected} FROM ${from}${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`}`;
  const paths = [...new Set(rows.map(({ path }) => path))];
  const [timeType, ...moreTimes] = timeTypes;
  if (!whole && timeType !== undefined && moreTimes.length === 0 && paths.length <= MOST_BRANCHES) {
    const branches = paths.map((path) => {
      const wanted = rows
        .filter((each) => each.path === path)
        .map(({ values }) => values[0] ?? null);
      const times = `CAST(${bind(listValue(wanted.filter((each) => each !== null)))} AS VARCHAR[])`;
      const nulls = wanted.includes(null) ? ' OR r.t0 IS NULL' : '';
      return select(`read_parquet(${bind(path)}) AS r`, [
        `(list_contains(CAST(${times} AS ${timeType}[]), r.t0)${nulls})`,
        ...residual,
      ]);
    });
    return { text: `(${branches.join(' UNION ALL ')})`, parameters };
  }
  const files = bind(listValue(paths));
  const from = whole
    ? `read_parquet(${files}) AS r`
    : `read_parquet(${files}, filename = true) AS r${wantedWindows(rows, timeTypes, list)}`;
  return { text: `(${select(from, residual)})`, parameters };
}

/** A join that leaves the rows of the given windows, each from its own file. */
export function wantedWindows(
  rows: readonly CellRows[],
  timeTypes: readonly string[],
  list: (values: readonly (string | null)[]) => string,
): string {
  const wanted = [
    `${list(rows.map(({ path }) => path))} AS f`,
    ...timeTypes.map(
      (type, place) =>
        `CAST(${list(rows.map(({ values }) => values[place] ?? null))} AS ${type}) AS t${place}`,
    ),
  ];
  const matches = [
    'r.filename = w.f',
    ...timeTypes.map((_, place) => `r.t${place} IS NOT DISTINCT FROM w.t${place}`),
  ];
  return ` JOIN (SELECT ${wanted.join(', ')}) AS w ON ${matches.join(' AND ')}`;
}
