import { decomposeAggregate } from '@tributary/sql';
import type { AggregatePlan, Decomposition, Expression, Plan, PlanColumn } from '@tributary/sql';
import type { IdSource } from '../../reuse/fragment.ts';

/** An aggregation as one of partial results, and what makes the answer of them. */
export interface PartialAggregation {
  readonly partial: AggregatePlan;
  /** The aggregation's own columns, over a plan that outputs those of `partial`, each group in one row. */
  finish(input: Plan): Plan;
  /** Likewise where groups may have several rows, each of other rows of the input. */
  merge(input: Plan): Plan;
}

/**
 * Computes each aggregate from partial results that are aggregates themselves: an average from a sum and a count. A source may be
 * proven to compute those alike where it is not for the whole. Undefined where some aggregate has none, or keeps its input's values.
 */
export function partialAggregation(
  node: AggregatePlan,
  ids: IdSource,
): PartialAggregation | undefined {
  const keyColumns = node.columns.slice(0, node.keys.length);
  const partials: AggregatePlan['aggregates'][number][] = [];
  const columns: PlanColumn[] = [...keyColumns];
  const calls: { readonly decomposition: Decomposition; readonly stored: readonly PlanColumn[] }[] =
    [];
  const byText = new Map<string, PlanColumn>();
  for (const { call } of node.aggregates) {
    if (call.kind === 'grouping') return undefined;
    const decomposition = decomposeAggregate(call);
    if (!isExact(decomposition)) return undefined;
    const stored = decomposition.partials.map((each) => {
      const text = JSON.stringify(each);
      const known = byText.get(text);
      if (known !== undefined) return known;
      const column: PlanColumn = { id: ids.next(), name: 'partial', type: each.type };
      byText.set(text, column);
      columns.push(column);
      partials.push({ id: column.id, call: each });
      return column;
    });
    calls.push({ decomposition, stored });
  }
  const finished = (
    input: Plan,
    keys: readonly PlanColumn[],
    partialsOf: (place: number) => readonly PlanColumn[],
  ): Plan => ({
    kind: 'project',
    input,
    columns: node.columns,
    expressions: [
      ...keys.map(columnOf),
      ...calls.map(({ decomposition }, place) =>
        decomposition.finish(partialsOf(place).map(columnOf)),
      ),
    ],
  });
  return {
    partial: { ...node, aggregates: partials, columns },
    finish: (input) => finished(input, keyColumns, (place) => calls[place]?.stored ?? []),
    merge(input) {
      const keys = keyColumns.map((column) => ({ ...column, id: ids.next() }));
      const rolled = calls.map(({ decomposition, stored }) =>
        decomposition.rollUp(stored.map(columnOf)).map((call) => ({
          call,
          column: { id: ids.next(), name: 'partial', type: call.type },
        })),
      );
      const merged: AggregatePlan = {
        kind: 'aggregate',
        input,
        keys: keys.map(({ id }, place) => ({
          id,
          expression: columnOf(columnAt(keyColumns, place)),
        })),
        aggregates: rolled.flat().map(({ call, column }) => ({ id: column.id, call })),
        columns: [...keys, ...rolled.flat().map(({ column }) => column)],
      };
      return finished(merged, keys, (place) => (rolled[place] ?? []).map(({ column }) => column));
    },
  };
}

function columnAt(columns: readonly PlanColumn[], place: number): PlanColumn {
  const column = columns[place];
  if (column === undefined) throw new Error(`an aggregation has no key ${place}`);
  return column;
}

function isExact(found: ReturnType<typeof decomposeAggregate>): found is Decomposition {
  return !('reason' in found) && found.exactness === 'exact' && found.size === 'constant';
}

function columnOf({ id, type }: PlanColumn): Expression {
  return { kind: 'column', id, type };
}
