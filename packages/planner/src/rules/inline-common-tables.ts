import { mapExpressionChildren, mapPlanChildren, visitPlan } from '@tributary/sql';
import type {
  ChildMapping,
  CommonTable,
  CommonTableScanPlan,
  Plan,
  RecursivePlan,
} from '@tributary/sql';
import { isVolatile } from '../analyze/predicate.ts';
import type { Rule } from './rule.ts';

/** Common tables that are put into one another at most: engines and rules take long over deep statements. */
const MAX_HEIGHT = 12;

/**
 * Puts a common table where its only reference stands, as PostgreSQL does: unless it is MATERIALIZED, recursive or volatile, or the
 * reference stands in a recursive step, which runs again and again. What stands above the reference and what stands in the common
 * table are one block then.
 */
export const inlineCommonTables: Rule = {
  name: 'inline-common-tables',
  description: 'Read a common table where it is referred to, if that is one place.',
  apply(plan) {
    const inlined = tablesOf(plan);
    if (inlined.size === 0) return undefined;
    const mapping: ChildMapping = {
      plan(node) {
        if (node.kind === 'with') {
          const tables = node.tables
            .filter(({ id }) => !inlined.has(id))
            .map((each): CommonTable => ({ ...each, plan: mapping.plan(each.plan) }));
          const body = mapping.plan(node.body);
          return tables.length === 0 ? body : { ...node, tables, body };
        }
        const table = node.kind === 'commonTableScan' ? inlined.get(node.table) : undefined;
        return table === undefined
          ? mapPlanChildren(node, mapping)
          : selected(node as CommonTableScanPlan, mapping.plan(table.plan));
      },
      expression: (each) => mapExpressionChildren(each, mapping),
    };
    return mapping.plan(plan);
  },
};

/** The common tables to inline, by id. */
function tablesOf(plan: Plan): ReadonlyMap<number, CommonTable> {
  const references = new Map<number, number>();
  const candidates = new Map<number, CommonTable>();
  const count = (node: Plan, by: number): void => {
    if (node.kind === 'commonTableScan') {
      references.set(node.table, (references.get(node.table) ?? 0) + by);
    }
  };
  visitPlan(plan, {
    plan(node) {
      count(node, 1);
      if (node.kind === 'recursive') visitPlan(node.step, { plan: (each) => count(each, 1) });
      if (node.kind !== 'with') return;
      for (const table of node.tables) {
        if (table.materialized !== true && !isRecursive(table.plan) && !isVolatile(table.plan)) {
          candidates.set(table.id, table);
        }
      }
    },
  });
  const once = new Map([...candidates].filter(([id]) => references.get(id) === 1));
  const heights = new Map<number, number>();
  const height = (id: number): number => {
    const table = once.get(id);
    const known = table === undefined ? 0 : heights.get(id);
    if (table === undefined || known !== undefined) return known ?? 0;
    const below = Math.max(0, ...referencesOf(table.plan).map(height));
    // One that is left where it is begins anew.
    const own = below < MAX_HEIGHT ? below + 1 : 0;
    heights.set(id, own);
    return own;
  };
  return new Map([...once].filter(([id]) => height(id) > 0));
}

function referencesOf(plan: Plan): readonly number[] {
  const found: number[] = [];
  visitPlan(plan, {
    plan(node) {
      if (node.kind === 'commonTableScan') found.push(node.table);
    },
  });
  return found;
}

function isRecursive(plan: Plan): plan is RecursivePlan {
  return plan.kind === 'recursive';
}

/** The common table's rows under the columns of a reference. */
function selected({ columns, sources }: CommonTableScanPlan, input: Plan): Plan {
  return {
    kind: 'project',
    input,
    columns,
    expressions: columns.map(({ type }, place) => ({
      kind: 'column',
      id: sources[place] ?? -1,
      type,
    })),
  };
}
