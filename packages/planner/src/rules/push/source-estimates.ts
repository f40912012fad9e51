import { visitPlan } from '@tributary/sql';
import type { AggregatePlan, ColumnId, Expression, Plan, ScanPlan } from '@tributary/sql';
import { expressionColumns } from '../../analyze/predicate.ts';
import type { RuleContext } from '../rule.ts';

/** Rows of all tables that a plan reads, as their sources guess. */
export function scannedRows(plan: Plan, context: RuleContext): number {
  let rows = 0;
  visitPlan(plan, {
    plan(node) {
      if (node.kind === 'scan') rows += context.sourceTable?.(node.table)?.rows ?? 0;
    },
  });
  return rows;
}

/**
 * How many groups of an aggregation may come of every range of a scan's column: as many as its keys have values together, those
 * that follow from the column aside.
 */
export function repeatedGroups(
  { input, keys }: AggregatePlan,
  ranged: { readonly scan: ScanPlan; readonly column: string },
  context: RuleContext,
): number {
  const stored = storedColumns(input);
  const counted = new Map<ColumnId, number>();
  for (const { expression } of keys) {
    const read = storedOf(expression, stored);
    if (read === undefined) return Number.POSITIVE_INFINITY;
    const isRanged = read.every(
      ({ scan, name }) => scan.occurrence === ranged.scan.occurrence && name === ranged.column,
    );
    if (isRanged) continue;
    for (const { id, scan, name } of read) {
      const facts = context.sourceTable?.(scan.table);
      counted.set(id, facts?.distinct?.[name] ?? facts?.rows ?? Number.POSITIVE_INFINITY);
    }
  }
  return [...counted.values()].reduce((product, values) => product * values, 1);
}

interface StoredColumn {
  readonly id: ColumnId;
  readonly scan: ScanPlan;
  readonly name: string;
}

type Definitions = ReadonlyMap<ColumnId, StoredColumn | Expression>;

/** What a plan's columns are: columns of tables, or expressions over others. */
function storedColumns(plan: Plan): Definitions {
  const found = new Map<ColumnId, StoredColumn | Expression>();
  visitPlan(plan, {
    plan(node) {
      if (node.kind === 'scan') {
        for (const { id, source } of node.scanColumns) {
          found.set(id, { id, scan: node, name: source });
        }
      }
      if (node.kind === 'project') {
        node.expressions.forEach((expression, place) => {
          const id = node.columns[place]?.id;
          const same = expression.kind === 'column' && expression.id === id;
          if (id !== undefined && !same) found.set(id, expression);
        });
      }
    },
  });
  return found;
}

/** The columns of tables that an expression follows from; undefined where it follows from others. */
function storedOf(
  expression: Expression,
  definitions: Definitions,
): readonly StoredColumn[] | undefined {
  const found: StoredColumn[] = [];
  for (const id of expressionColumns(expression)) {
    const definition = definitions.get(id);
    if (definition === undefined) return undefined;
    const columns = 'scan' in definition ? [definition] : storedOf(definition, definitions);
    if (columns === undefined) return undefined;
    found.push(...columns);
  }
  return found;
}
