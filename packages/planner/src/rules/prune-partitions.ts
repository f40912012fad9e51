import { rewritePlan, visitPlan } from '@tributary/sql';
import type { Expression, ScanPlan } from '@tributary/sql';
import { constraints } from '../analyze/constraints.ts';
import type { Rule } from './rule.ts';

/** Only immutable and stable calls over the given columns may be evaluated ahead, per partition. */
function dependsOnlyOn(expression: Expression, columns: ReadonlySet<number>): boolean {
  let found = false;
  let only = true;
  visitPlan(
    { kind: 'values', columns: [], rows: [[expression]] },
    {
      expression(each) {
        switch (each.kind) {
          case 'column':
            found = true;
            only &&= columns.has(each.id);
            break;
          case 'call':
            only &&= each.entry.volatility !== 'volatile';
            break;
          case 'subquery':
          case 'parameter':
            only = false;
            break;
          default:
            break;
        }
      },
    },
  );
  return found && only;
}

/** Tells each scan what the statement's predicates leave of its columns; connectors prune partitions and files by it. */
export const prunePartitions: Rule = {
  name: 'prune-partitions',
  description: 'Read only the partitions that the predicates leave.',
  apply(plan, context) {
    const byOccurrence = constraints(plan);
    let changed = false;
    const pruned = rewritePlan(plan, {
      plan(node) {
        if (node.kind !== 'scan') {
          return node;
        }
        const found = byOccurrence.get(node.occurrence);
        if (found === undefined) {
          return node;
        }
        const predicates = found.residual.filter((each) =>
          dependsOnlyOn(each, partitionColumnIds(node, context.partitionColumns(node.table))),
        );
        const { constraint } = found;
        if (constraint.size === 0 && predicates.length === 0) {
          return node;
        }
        changed = true;
        return {
          ...node,
          constraint,
          ...(predicates.length === 0 ? {} : { partitionPredicates: predicates }),
        };
      },
    });
    return changed ? pruned : undefined;
  },
};

function partitionColumnIds(scan: ScanPlan, names: readonly string[]): ReadonlySet<number> {
  const partition = new Set(names);
  return new Set(
    scan.scanColumns.filter(({ source }) => partition.has(source)).map(({ id }) => id),
  );
}
