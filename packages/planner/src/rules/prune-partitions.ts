import { intersectDomains, rangesDomain, rewritePlan, visitPlan } from '@tributary/sql';
import type { Constraint, Expression, ScanPlan, ValueRange } from '@tributary/sql';
import { constraints } from '../analyze/constraints.ts';
import type { Rule, TimeTie } from './rule.ts';

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
        const constraint = withTiedTime(found.constraint, context.timeTie?.(node.table));
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

const MICROS_PER_MS = 1000n;
const MICROS_PER_DAY = 86_400_000_000n;

/** A range of the time column leaves a range of days, as wide as the declared tolerance makes it. */
function withTiedTime(constraint: Constraint, tie: TimeTie | undefined): Constraint {
  const times = tie && constraint.get(tie.column);
  if (tie === undefined || times === undefined || times.nulls) {
    return constraint;
  }
  const tolerance = BigInt(Math.ceil(tie.tolerance)) * MICROS_PER_MS;
  const day = (bound: ValueRange['low'], shift: bigint): ValueRange['low'] =>
    bound === undefined || typeof bound.value !== 'bigint'
      ? undefined
      : { value: floorDiv(bound.value + shift, MICROS_PER_DAY), inclusive: true };
  const days = rangesDomain(
    tie.partition.type,
    times.ranges.map(({ low, high }) => {
      const [first, last] = [day(low, -tolerance), day(high, tolerance)];
      return {
        ...(first === undefined ? {} : { low: first }),
        ...(last === undefined ? {} : { high: last }),
      };
    }),
  );
  // Rows without a day may have any time.
  const left = { ...days, nulls: true };
  const known = constraint.get(tie.partition.name);
  return new Map([
    ...constraint,
    [tie.partition.name, known === undefined ? left : intersectDomains(known, left)],
  ]);
}

function floorDiv(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

function partitionColumnIds(scan: ScanPlan, names: readonly string[]): ReadonlySet<number> {
  const partition = new Set(names);
  return new Set(
    scan.scanColumns.filter(({ source }) => partition.has(source)).map(({ id }) => id),
  );
}
