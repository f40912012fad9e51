import {
  INT8,
  callExpressions,
  decomposeAggregate,
  functionsNamed,
  ignoresRepetition,
  mapCallChildren,
  repeatedAggregate,
} from '@tributary/sql';
import type {
  AggregateExpression,
  AggregatePlan,
  ColumnId,
  Decomposition,
  Expression,
  Plan,
  PlanColumn,
  ScanPlan,
  SqlType,
  ValueFacts,
} from '@tributary/sql';
import { expressionColumns, isRepeatable, isVolatile } from '../analyze/predicate.ts';
import { canonicalText } from './canonical-text.ts';
import { columnOf, fillHole, isOwn, overScan, splitCore, valuesOf } from './chain.ts';
import type { ChainOutput, SplitCore } from './chain.ts';
import type {
  CellPartial,
  Fragment,
  FragmentFacts,
  FragmentValue,
  IdSource,
  MeasuredValue,
} from './fragment.ts';
import {
  cellConditions,
  cellKeys,
  columnNames,
  isTimeOnly,
  neededColumns,
} from './cell-columns.ts';
import type { BypassReason } from './reasons.ts';
import type { TimeAxis } from './time-axis.ts';

type Refusal = { readonly reason: BypassReason; readonly detail?: string };

/** How one aggregate call of the fragment is answered over cells. */
interface MergedCall {
  /** Aggregates over the rest, their columns, and the call's value from these. */
  readonly aggregates: AggregatePlan['aggregates'];
  readonly columns: readonly PlanColumn[];
  readonly finish: Expression;
}

const NOTHING = valuesOf([]);

/** Measured where only the number of rows matters. */
const ROWS: MeasuredValue = {
  text: 'rows',
  expression: { kind: 'constant', type: INT8, value: '0' },
};

/** The fragment of an Aggregate over a core, with the aggregation of one occurrence's own columns below the core's joins. */
export function aggregateFragment(
  node: AggregatePlan,
  scan: ScanPlan,
  axis: TimeAxis,
  ids: IdSource,
  facts?: FragmentFacts,
): Fragment | Refusal {
  const split = splitCore(node.input, scan);
  if (isVolatile(split.rest) || isVolatile({ ...node, input: NOTHING })) {
    return { reason: 'volatile' };
  }
  const builder = new AggregateBuilder(node, split, ids, facts);
  const keys = node.keys.map((key) => ({
    ...key,
    expression: builder.keyExpression(key.expression, key.id, axis),
  }));
  const calls: MergedCall[] = [];
  for (const each of node.aggregates) {
    const merged = builder.mergedCall(each.id, each.call);
    if ('reason' in merged) return merged;
    calls.push(merged);
  }
  const needed = neededColumns(builder.outputs, split.rest, [
    ...keys.map(({ expression }) => expression),
    ...calls.flatMap(({ aggregates }) => aggregates.flatMap(({ call }) => callExpressions(call))),
  ]);
  const conditions = cellConditions(scan, axis, split.chain.conjuncts);
  return {
    whole: node,
    form: 'groups',
    scan,
    axis,
    ...conditions,
    keys: cellKeys(scan, axis, needed),
    partials: builder.partials,
    size: builder.size,
    exactness: builder.exactness,
    values: builder.values,
    rollUp: (columns) => builder.rollUp(columns),
    measured: [...builder.measured.values()],
    ...finalText(node, split),
    refine(measured) {
      const refined = aggregateFragment(node, scan, axis, ids, measured);
      if ('reason' in refined) throw new Error('a fragment vanished when it was measured');
      return refined;
    },
    merge(cells) {
      const input = fillHole(split.rest, split.hole, cells);
      const keyColumns = node.columns.slice(0, node.keys.length);
      const merged: Plan = {
        ...node,
        input,
        keys,
        columns: [...keyColumns, ...calls.flatMap(({ columns }) => columns)],
        aggregates: calls.flatMap(({ aggregates }) => aggregates),
      };
      return {
        kind: 'project',
        input: merged,
        columns: node.columns,
        expressions: [...keyColumns.map(columnOf), ...calls.map(({ finish }) => finish)],
      };
    },
  };
}

/** The text of an aggregation of one occurrence's own columns. */
function finalText(node: AggregatePlan, { rest, hole, chain }: SplitCore): { finalText?: string } {
  const { outputs, scan } = chain;
  const names = columnNames(scan);
  const isFinal = (expression: Expression): boolean =>
    expressionColumns(expression).size === 0
      ? isRepeatable(expression)
      : isOwn(expression, outputs);
  const calls = node.aggregates.map(({ call }) => call);
  const expressions = [
    ...node.keys.map(({ expression }) => expression),
    ...calls.flatMap(callExpressions),
  ];
  if (rest !== hole || !expressions.every(isFinal)) return {};
  const place = new Map(node.keys.map(({ id }, index) => [id, index]));
  const text = JSON.stringify({
    keys: node.keys.map(({ expression }) => canonicalText(overScan(expression, outputs), names)),
    sets: node.sets?.map((set) => set.map((id) => place.get(id))),
    calls: calls.map((call) =>
      call.kind === 'grouping'
        ? { grouping: call.keys.map((id) => place.get(id)) }
        : canonicalText(
            mapCallChildren(call, {
              plan: (plan) => plan,
              expression: (each) => overScan(each, outputs),
            }),
            names,
          ),
    ),
  });
  return { finalText: text };
}

class AggregateBuilder {
  readonly outputs: Map<ColumnId, ChainOutput>;
  readonly partials: CellPartial[] = [];
  size: Decomposition['size'] = 'constant';
  exactness: Decomposition['exactness'] = 'exact';
  readonly #node: AggregatePlan;
  readonly #scan: ScanPlan;
  readonly #ids: IdSource;
  readonly #names: ReadonlyMap<ColumnId, string>;
  readonly #byText = new Map<string, CellPartial>();
  readonly measured = new Map<string, MeasuredValue>();
  readonly values: FragmentValue[] = [];
  readonly #decompositions: {
    readonly texts: readonly string[];
    readonly decomposition: Decomposition;
  }[] = [];
  readonly #facts: FragmentFacts | undefined;

  constructor(
    node: AggregatePlan,
    split: SplitCore,
    ids: IdSource,
    facts: FragmentFacts | undefined,
  ) {
    this.#facts = facts;
    this.#node = node;
    this.#scan = split.chain.scan;
    this.outputs = new Map(split.chain.outputs);
    this.#ids = ids;
    this.#names = columnNames(this.#scan);
  }

  /** A computed key of the occurrence's own columns is computed in the cell; keys of the time alone at the merge. */
  keyExpression(expression: Expression, id: ColumnId, axis: TimeAxis): Expression {
    if (expression.kind === 'column' || !isOwn(expression, this.outputs)) return expression;
    const own = overScan(expression, this.outputs);
    if (isTimeOnly(own, this.#scan, axis)) return expression;
    const column = { id: this.#ids.next(), name: `key${id}`, type: expression.type };
    this.outputs.set(column.id, { column, expression: own });
    return columnOf(column);
  }

  mergedCall(
    id: ColumnId,
    call: AggregatePlan['aggregates'][number]['call'],
  ): MergedCall | Refusal {
    const column = this.#node.columns.find((each) => each.id === id);
    if (column === undefined) throw new Error(`aggregate ${id} has no column`);
    const asItIs: MergedCall = {
      aggregates: [{ id, call }],
      columns: [column],
      finish: columnOf(column),
    };
    if (call.kind === 'grouping') return asItIs;
    const { filter, ...unfiltered } = call;
    const values = callExpressions(unfiltered);
    const [own, others] = this.#splitFilter(filter);
    const columns = new Set(values.flatMap((each) => [...expressionColumns(each)]));
    if (
      [...columns].every((each) => this.outputs.has(each)) &&
      values.every((each) => this.#isOwnOrConstant(each))
    ) {
      return this.#decomposed(column, withFilter(unfiltered, own), others);
    }
    if (ignoresRepetition(call)) return asItIs;
    return this.#repeated(column, unfiltered, own, others);
  }

  #isOwnOrConstant(expression: Expression): boolean {
    return expressionColumns(expression).size === 0
      ? isRepeatable(expression)
      : isOwn(expression, this.outputs);
  }

  /** An aggregate of joined rows: each stands for the rows of the occurrence that its group has. */
  #repeated(
    column: PlanColumn,
    call: AggregateExpression,
    own: readonly Expression[],
    others: readonly Expression[],
  ): MergedCall | Refusal {
    const entry = functionsNamed('count').find(({ args }) => args.length === 0);
    if (entry === undefined) throw new Error('the function catalog lacks count(*)');
    const { filter: _, ...plain } = call;
    const everyRow = { ...plain, entry, type: INT8, args: [], orderBy: [], withinGroup: [] };
    const rows = this.#stored(withFilter(everyRow, own));
    if ('reason' in rows) return rows;
    const [times] = rows.columns;
    const repeated = times && repeatedAggregate(withFilter(call, others), columnOf(times));
    if (repeated === undefined) return { reason: 'join_aggregate', detail: call.entry.name };
    const columns = this.#columnsFor(column, repeated.aggregates);
    return {
      columns,
      aggregates: repeated.aggregates.map((each, place) => ({
        id: columns[place]?.id ?? -1,
        call: each,
      })),
      finish: repeated.finish(columns.map(columnOf)),
    };
  }

  #splitFilter(
    filter: Expression | undefined,
  ): readonly [own: readonly Expression[], others: readonly Expression[]] {
    if (filter === undefined) return [[], []];
    const all = filter.kind === 'and' ? filter.args : [filter];
    const own = all.filter((each) => isOwn(each, this.outputs));
    return [own, all.filter((each) => !own.includes(each))];
  }

  #decomposed(
    column: PlanColumn,
    call: AggregateExpression,
    others: readonly Expression[],
  ): MergedCall | Refusal {
    const stored = this.#stored(call);
    if ('reason' in stored) return stored;
    const rolled = stored.decomposition.rollUp(stored.columns.map(columnOf));
    const columns = this.#columnsFor(column, rolled);
    return {
      columns,
      aggregates: rolled.map((each, index) => ({
        id: columns[index]?.id ?? -1,
        call: withFilter(each, others),
      })),
      finish: stored.decomposition.finish(columns.map(columnOf)),
    };
  }

  /** Has the cells hold a call's partials. */
  #stored(
    call: AggregateExpression,
  ): { readonly decomposition: Decomposition; readonly columns: readonly PlanColumn[] } | Refusal {
    const overScanned = mapCallChildren(call, {
      plan: (plan) => plan,
      expression: (each) => overScan(each, this.outputs),
    });
    const decomposition = decomposeAggregate(overScanned, this.#valueFacts(overScanned));
    if ('reason' in decomposition) return decomposition;
    if (decomposition.size === 'input') this.size = 'input';
    if (this.exactness !== 'nondeterministic' && decomposition.exactness !== 'exact') {
      this.exactness = decomposition.exactness;
    }
    const stored = decomposition.partials.map((partial) => this.#partial(partial));
    this.#decompositions.push({ texts: stored.map(({ text }) => text), decomposition });
    this.values.push({
      call: overScanned,
      partials: stored.map(({ text }) => text),
      exactness: decomposition.exactness,
      finish: (rolledUp) => decomposition.finish(rolledUp),
    });
    return { decomposition, columns: stored.map(({ column }) => column) };
  }

  #columnsFor({ name }: PlanColumn, calls: readonly AggregateExpression[]): readonly PlanColumn[] {
    return calls.map(({ type }) => ({ id: this.#ids.next(), name, type }));
  }

  rollUp(columns: ReadonlyMap<string, Expression>): ReadonlyMap<string, AggregateExpression> {
    const rolled = new Map<string, AggregateExpression>();
    for (const { texts, decomposition } of this.#decompositions) {
      const merged = decomposition.rollUp(texts.flatMap((text) => columns.get(text) ?? []));
      texts.forEach((text, place) => {
        const call = merged[place];
        if (call !== undefined) rolled.set(text, call);
      });
    }
    return rolled;
  }

  /** What is known of a DISTINCT integer argument; what is not is asked for. */
  #valueFacts({ args: [value], distinct, entry }: AggregateExpression): ValueFacts {
    if (value === undefined) return {};
    const rowsPerGroup =
      this.#facts === undefined ? {} : { rowsPerGroup: this.#facts.rowsPerGroup };
    if (entry.name === 'approx_count_distinct' && this.#node.keys.length > 0) {
      this.measured.set(ROWS.text, ROWS);
      return rowsPerGroup;
    }
    if (!distinct || !isInteger(value.type)) return {};
    const text = canonicalText(value, this.#names);
    this.measured.set(text, { text, expression: value });
    const integerRange = this.#facts?.ranges.get(text);
    return integerRange === undefined ? {} : { integerRange, ...rowsPerGroup };
  }

  #partial(call: AggregateExpression): CellPartial {
    const text = canonicalText(call, this.#names);
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const partial = {
      text,
      call,
      column: { id: this.#ids.next(), name: 'partial', type: call.type },
    };
    this.#byText.set(text, partial);
    this.partials.push(partial);
    return partial;
  }
}

function isInteger(type: SqlType): boolean {
  return type.kind === 'scalar' && ['int2', 'int4', 'int8'].includes(type.name);
}

function withFilter(
  call: AggregateExpression,
  conditions: readonly Expression[],
): AggregateExpression {
  const all = [...(call.filter === undefined ? [] : [call.filter]), ...conditions];
  const [first] = all;
  if (first === undefined) return call;
  return {
    ...call,
    filter: all.length === 1 ? first : { kind: 'and', type: first.type, args: all },
  };
}
