import { visitPlan } from '@tributary/sql';
import type { ColumnId, Domain, Expression, Plan, ScanPlan } from '@tributary/sql';
import { expressionColumns } from '../analyze/predicate.ts';
import { canonicalText } from './canonical-text.ts';
import { valuesOf } from './chain.ts';
import type { ChainOutput } from './chain.ts';
import type { CellFilter, CellKey, Fragment } from './fragment.ts';
import type { TimeAxis } from './time-axis.ts';

/** The table's names of a scan's columns. */
export function columnNames(scan: ScanPlan): ReadonlyMap<ColumnId, string> {
  return new Map(scan.scanColumns.map(({ id, source }) => [id, source]));
}

/** Whether an expression over a scan's columns reads time columns at most, which every cell has. */
export function isTimeOnly(expression: Expression, scan: ScanPlan, axis: TimeAxis): boolean {
  const names = columnNames(scan);
  return [...expressionColumns(expression)].every((id) =>
    axis.columns.includes(names.get(id) ?? ''),
  );
}

/** Chain outputs that the rest of the core, or expressions above it, refer to. */
export function neededColumns(
  outputs: ReadonlyMap<ColumnId, ChainOutput>,
  rest: Plan,
  expressions: readonly Expression[],
): readonly ChainOutput[] {
  const needed = new Set<ColumnId>();
  const visitor = {
    expression(each: Expression): void {
      if (each.kind === 'column' && outputs.has(each.id)) needed.add(each.id);
    },
  };
  visitPlan(rest, visitor);
  visitPlan(valuesOf(expressions), visitor);
  return [...needed].flatMap((id) => outputs.get(id) ?? []);
}

/** The keys of cells that give these columns. */
export function cellKeys(
  scan: ScanPlan,
  axis: TimeAxis,
  needed: readonly ChainOutput[],
): readonly CellKey[] {
  const names = columnNames(scan);
  return needed.map(({ column, expression }) => ({
    column,
    expression,
    text: canonicalText(expression, names),
    timeOnly: isTimeOnly(expression, scan, axis),
  }));
}

/** What the cells' rows fulfil, apart from what chooses windows. */
export function cellConditions(
  scan: ScanPlan,
  axis: TimeAxis,
  conjuncts: readonly Expression[],
): Pick<Fragment, 'filters' | 'timeConditions' | 'domains'> {
  const names = columnNames(scan);
  const filters = new Map<string, CellFilter>();
  const timeConditions: Expression[] = [];
  for (const expression of conjuncts) {
    if (isTimeOnly(expression, scan, axis)) {
      timeConditions.push(expression);
    } else {
      const text = canonicalText(expression, names);
      filters.set(text, { text, expression });
    }
  }
  const domains = new Map<string, Domain>();
  for (const [name, domain] of scan.constraint ?? []) {
    if (axis.partitionColumns.includes(name) && !axis.columns.includes(name)) {
      domains.set(name, domain);
    }
  }
  return {
    filters: [...filters.values()].sort((a, b) => (a.text < b.text ? -1 : 1)),
    timeConditions,
    domains,
  };
}
