import { functionsNamed, operatorsNamed } from '../../src/functions/catalog.ts';
import type { FunctionEntry } from '../../src/functions/function-entry.ts';
import type {
  AggregateExpression,
  ColumnExpression,
  ConstantExpression,
  Expression,
  SortKey,
  SubqueryExpression,
  WindowExpression,
} from '../../src/plan/expression.ts';
import type { Plan, PlanColumn, ScanPlan, ValuesPlan } from '../../src/plan/plan.ts';
import { BOOL, INT4, INT8, sameType, TEXT } from '../../src/types/sql-type.ts';
import type { SqlType } from '../../src/types/sql-type.ts';

/** Small builders of plans for printer tests. Column ids are given by the test. */
export function column(id: number, type: SqlType = INT4): ColumnExpression {
  return { kind: 'column', id, type };
}

export function constant(value: string | null, type: SqlType): ConstantExpression {
  return { kind: 'constant', value, type };
}

export function int(value: number | null): ConstantExpression {
  return constant(value === null ? null : String(value), INT4);
}

export function text(value: string | null): ConstantExpression {
  return constant(value, TEXT);
}

export function output(id: number, type: SqlType = INT4): PlanColumn {
  return { id, name: `n${id}`, type };
}

/** The overload of an operator whose arguments are exactly these types. */
export function operator(symbol: string, left: SqlType, right: SqlType = left): FunctionEntry {
  return exactly(operatorsNamed(symbol, 2), symbol, [left, right]);
}

/** The overload of a function whose arguments are exactly these types, or polymorphic. */
export function named(name: string, args: readonly SqlType[]): FunctionEntry {
  return exactly(functionsNamed(name), name, args);
}

function exactly(
  entries: readonly FunctionEntry[],
  name: string,
  args: readonly SqlType[],
): FunctionEntry {
  const fits = (entry: FunctionEntry): boolean =>
    entry.args.length === args.length &&
    entry.args.every((declared, index) => {
      const arg = args[index];
      return typeof declared === 'string' || (arg !== undefined && sameType(declared, arg));
    });
  const found = entries.find(fits);
  if (found === undefined) throw new Error(`no ${name} of ${JSON.stringify(args)}`);
  return found;
}

/** `left symbol right` over one type. */
export function compare(symbol: string, left: Expression, right: Expression): Expression {
  const entry = operator(symbol, left.type, right.type);
  return { kind: 'call', entry, args: [left, right], type: BOOL };
}

export function equal(left: Expression, right: Expression): Expression {
  return compare('=', left, right);
}

export function add(left: Expression, right: Expression): Expression {
  const entry = operator('+', left.type, right.type);
  return { kind: 'call', entry, args: [left, right], type: left.type };
}

export function callOf(name: string, args: readonly Expression[], type: SqlType): Expression {
  const entry = named(
    name,
    args.map((arg) => arg.type),
  );
  return { kind: 'call', entry, args, type };
}

export function and(...args: readonly Expression[]): Expression {
  return { kind: 'and', args, type: BOOL };
}

export function or(...args: readonly Expression[]): Expression {
  return { kind: 'or', args, type: BOOL };
}

export function not(arg: Expression): Expression {
  return { kind: 'not', arg, type: BOOL };
}

export function isNull(arg: Expression, negated = false): Expression {
  return { kind: 'nullTest', arg, negated, type: BOOL };
}

/** int4 rows under these ids. */
export function values(
  ids: readonly number[],
  ...rows: readonly (readonly (number | null)[])[]
): ValuesPlan {
  return {
    kind: 'values',
    columns: ids.map((id) => output(id)),
    rows: rows.map((row) => row.map(int)),
  };
}

export const ONE_ROW: ValuesPlan = { kind: 'values', columns: [], rows: [[]] };

let occurrences = 0;

/** A scan of a table whose columns are named by letters: ids become `a`, `b`, .. in order. */
export function scan(name: string, columns: readonly PlanColumn[]): ScanPlan {
  occurrences += 1;
  return {
    kind: 'scan',
    occurrence: occurrences,
    table: { database: 'db', schema: 's', name, id: name, source: 'lake' },
    columns,
    scanColumns: columns.map(({ id }, index) => ({
      id,
      source: String.fromCharCode(97 + index),
    })),
  };
}

export function filter(input: Plan, condition: Expression): Plan {
  return { kind: 'filter', input, condition, columns: input.columns };
}

/** Each pair is an output id and its expression. */
export function project(input: Plan, ...pairs: readonly (readonly [number, Expression])[]): Plan {
  return {
    kind: 'project',
    input,
    expressions: pairs.map(([, expression]) => expression),
    columns: pairs.map(([id, expression]) => output(id, expression.type)),
  };
}

export function join(
  kind: 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti',
  left: Plan,
  right: Plan,
  condition?: Expression,
  lateral = false,
): Plan {
  const columns =
    kind === 'semi' || kind === 'anti' ? left.columns : [...left.columns, ...right.columns];
  return {
    kind: 'join',
    join: kind,
    left,
    right,
    columns,
    lateral,
    ...(condition === undefined ? {} : { condition }),
  };
}

export function key(expression: Expression, descending = false, nullsFirst = descending): SortKey {
  return { expression, descending, nullsFirst };
}

export function sort(input: Plan, ...keys: readonly SortKey[]): Plan {
  return { kind: 'sort', input, keys, columns: input.columns };
}

export function limit(input: Plan, count?: number, offset?: number, withTies = false): Plan {
  return {
    kind: 'limit',
    input,
    columns: input.columns,
    withTies,
    ...(count === undefined ? {} : { limit: constant(String(count), INT8) }),
    ...(offset === undefined ? {} : { offset: constant(String(offset), INT8) }),
  };
}

export function distinct(
  input: Plan,
  on?: readonly Expression[],
  order?: readonly SortKey[],
): Plan {
  return {
    kind: 'distinct',
    input,
    columns: input.columns,
    ...(on === undefined ? {} : { on }),
    ...(order === undefined ? {} : { order }),
  };
}

export function setOperation(
  operation: 'union' | 'intersect' | 'except',
  all: boolean,
  left: Plan,
  right: Plan,
  columns: readonly PlanColumn[],
): Plan {
  return { kind: 'setOperation', operation, all, left, right, columns };
}

export function aggregateCall(
  name: string,
  args: readonly Expression[],
  type: SqlType,
  parts: Partial<AggregateExpression> = {},
): AggregateExpression {
  const types = [...args, ...(parts.withinGroup ?? []).map((each) => each.expression)];
  return {
    kind: 'aggregate',
    entry: named(
      name,
      types.map((arg) => arg.type),
    ),
    args,
    distinct: false,
    orderBy: [],
    withinGroup: [],
    type,
    ...parts,
  };
}

export function windowCall(
  name: string,
  args: readonly Expression[],
  type: SqlType,
  parts: Partial<WindowExpression> = {},
): WindowExpression {
  return {
    kind: 'window',
    entry: named(
      name,
      args.map((arg) => arg.type),
    ),
    args,
    partitionBy: [],
    orderBy: [],
    type,
    ...parts,
  };
}

export function aggregate(
  input: Plan,
  keys: readonly (readonly [number, Expression])[],
  calls: readonly (readonly [
    number,
    Extract<Plan, { kind: 'aggregate' }>['aggregates'][number]['call'],
  ])[],
  sets?: readonly (readonly number[])[],
): Plan {
  return {
    kind: 'aggregate',
    input,
    keys: keys.map(([id, expression]) => ({ id, expression })),
    aggregates: calls.map(([id, call]) => ({ id, call })),
    columns: [
      ...keys.map(([id, expression]) => output(id, expression.type)),
      ...calls.map(([id, call]) => output(id, call.type)),
    ],
    ...(sets === undefined ? {} : { sets }),
  };
}

export function window(
  input: Plan,
  ...calls: readonly (readonly [number, WindowExpression])[]
): Plan {
  return {
    kind: 'window',
    input,
    calls: calls.map(([id, call]) => ({ id, call })),
    columns: [...input.columns, ...calls.map(([id, call]) => output(id, call.type))],
  };
}

export function subquery(
  form: SubqueryExpression['form'],
  plan: Plan,
  type: SqlType,
  parts: Partial<SubqueryExpression> = {},
): SubqueryExpression {
  return { kind: 'subquery', form, plan, type, ...parts };
}
