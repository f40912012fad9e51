import { mapCallChildren, mapExpressionChildren, mapPlanChildren } from '@tributary/sql';
import type { ChildMapping, ColumnId, Expression, Plan, PlanColumn } from '@tributary/sql';
import type { Rule } from './rule.ts';

/**
 * The ids that rows or values depend on. What a projection, aggregate or window call computes counts only when its own id is
 * needed; everything else in the plan counts as it stands.
 */
function neededColumns(plan: Plan): ReadonlySet<ColumnId> {
  const roots: ColumnId[] = [];
  const reads = new Map<ColumnId, ColumnId[]>();
  const need = (columns: readonly PlanColumn[]): void => {
    roots.push(...columns.map((column) => column.id));
  };
  const collector = (into: ColumnId[]): ChildMapping => {
    const mapping: ChildMapping = {
      plan: visit,
      expression(each) {
        if (each.kind === 'column') {
          into.push(each.id);
        } else if (each.kind === 'subquery' && each.form !== 'exists') {
          need(each.plan.columns);
        }
        return mapExpressionChildren(each, mapping);
      },
    };
    return mapping;
  };
  const computes = (id: ColumnId, collect: (mapping: ChildMapping) => void): void => {
    const ids = reads.get(id) ?? [];
    collect(collector(ids));
    reads.set(id, ids);
  };
  const always = collector(roots);

  function visit(node: Plan): Plan {
    switch (node.kind) {
      case 'project':
        node.columns.forEach((column, index) => {
          const expression = node.expressions[index];
          if (expression !== undefined) {
            computes(column.id, (mapping) => mapping.expression(expression));
          }
        });
        visit(node.input);
        return node;
      case 'aggregate':
        node.keys.forEach((key) => always.expression(key.expression));
        node.aggregates.forEach(({ id, call }) => {
          computes(id, (mapping) => mapCallChildren(call, mapping));
        });
        visit(node.input);
        return node;
      case 'window':
        node.calls.forEach(({ id, call }) => {
          computes(id, (mapping) => mapCallChildren(call, mapping));
        });
        visit(node.input);
        return node;
      case 'commonTableScan':
        node.columns.forEach((column, index) => {
          const source = node.sources[index];
          if (source !== undefined) {
            computes(column.id, () => undefined);
            reads.get(column.id)?.push(source);
          }
        });
        return node;
      case 'distinct':
        need(node.input.columns);
        break;
      case 'setOperation':
        need(node.left.columns);
        need(node.right.columns);
        break;
      case 'recursive':
        need(node.columns);
        need(node.initial.columns);
        need(node.step.columns);
        break;
      case 'scan':
      case 'remoteQuery':
      case 'filter':
      case 'join':
      case 'sort':
      case 'limit':
      case 'values':
      case 'tableFunction':
      case 'with':
        break;
    }
    mapPlanChildren(node, always);
    return node;
  }

  need(plan.columns);
  visit(plan);
  const needed = new Set<ColumnId>();
  for (let id = roots.pop(); id !== undefined; id = roots.pop()) {
    if (!needed.has(id)) {
      needed.add(id);
      roots.push(...(reads.get(id) ?? []));
    }
  }
  return needed;
}

/** Rebuilds the plan with the needed columns only; the columns of every other node follow from its children again. */
function keepColumns(plan: Plan, needed: ReadonlySet<ColumnId>): Plan {
  const mapping: ChildMapping = {
    plan: (node) => keepOwnColumns(mapPlanChildren(node, mapping), needed),
    expression: (each: Expression) => mapExpressionChildren(each, mapping),
  };
  return mapping.plan(plan);
}

function sameColumns(a: readonly PlanColumn[], b: readonly PlanColumn[]): boolean {
  return a.length === b.length && a.every((column, index) => column.id === b[index]?.id);
}

function keepOwnColumns(node: Plan, needed: ReadonlySet<ColumnId>): Plan {
  const isKept = (index: number): boolean => {
    const column = node.columns[index];
    return column !== undefined && needed.has(column.id);
  };
  const withColumns = (columns: readonly PlanColumn[]): Plan =>
    sameColumns(columns, node.columns) ? node : { ...node, columns };
  const kept = node.columns.filter((_, index) => isKept(index));
  const same = kept.length === node.columns.length;
  switch (node.kind) {
    case 'scan':
      return same
        ? node
        : {
            ...node,
            columns: kept,
            scanColumns: node.scanColumns.filter((column) => needed.has(column.id)),
          };
    case 'project':
      return same
        ? node
        : {
            ...node,
            columns: kept,
            expressions: node.expressions.filter((_, index) => isKept(index)),
          };
    case 'commonTableScan':
      return same
        ? node
        : { ...node, columns: kept, sources: node.sources.filter((_, index) => isKept(index)) };
    case 'aggregate': {
      const keys = new Set(node.keys.map((key) => key.id));
      const columns = node.columns.filter((each) => keys.has(each.id) || needed.has(each.id));
      return columns.length === node.columns.length
        ? node
        : {
            ...node,
            aggregates: node.aggregates.filter((each) => needed.has(each.id)),
            columns,
          };
    }
    case 'window': {
      const calls = node.calls.filter((each) => needed.has(each.id));
      const ids = new Set(calls.map((each) => each.id));
      const columns = [...node.input.columns, ...node.columns.filter(({ id }) => ids.has(id))];
      return sameColumns(columns, node.columns) ? node : { ...node, calls, columns };
    }
    case 'filter':
    case 'sort':
    case 'limit':
    case 'distinct':
      return withColumns(node.input.columns);
    case 'join':
      return withColumns(
        node.join === 'semi' || node.join === 'anti'
          ? node.left.columns
          : [...node.left.columns, ...node.right.columns],
      );
    case 'with':
      return withColumns(node.body.columns);
    case 'remoteQuery': {
      const pruned = prunedQuery(node.plan, kept);
      if (pruned === node.plan) return node;
      return {
        ...node,
        plan: pruned,
        columns: kept,
        ...(node.windows === undefined
          ? {}
          : {
              windows: {
                ...node.windows,
                plans: node.windows.plans.map((each) => prunedQuery(each, kept)),
              },
            }),
      };
    }
    case 'setOperation':
    case 'values':
    case 'tableFunction':
    case 'recursive':
      return node;
  }
}

/** A plan of its own, with nothing but the given columns of it. */
function prunedQuery(plan: Plan, columns: readonly PlanColumn[]): Plan {
  const narrow: Plan = sameColumns(columns, plan.columns)
    ? plan
    : {
        kind: 'project',
        input: plan,
        columns,
        expressions: columns.map(({ id, type }) => ({ kind: 'column', id, type })),
      };
  return keepColumns(narrow, neededColumns(narrow));
}

/** Drops columns and computations that nothing reads, so that scans fetch only what is used. */
export const pruneColumns: Rule = {
  name: 'prune-columns',
  description: 'Read only the columns that the statement uses.',
  apply(plan) {
    const pruned = keepColumns(plan, neededColumns(plan));
    return pruned === plan ? undefined : pruned;
  },
};
