import type { Expression, JoinPlan, Plan } from '@tributary/sql';
import { BOOL, visitPlan } from '@tributary/sql';
import { reference } from './bind-columns.ts';
import type { QueryLevel } from './bind-state.ts';
import { newColumn } from './bind-state.ts';

interface Reads {
  readonly subquery: boolean;
  readonly columns: ReadonlySet<number>;
}

function reads(expression: Expression): Reads {
  let subquery = false;
  const columns = new Set<number>();
  visitPlan(
    { kind: 'values', columns: [], rows: [[expression]] },
    {
      expression(each) {
        if (each.kind === 'column') columns.add(each.id);
        if (each.kind === 'subquery') subquery = true;
      },
    },
  );
  return { subquery, columns };
}

function withValue(level: QueryLevel, side: Plan, value: Expression): [Plan, Expression] {
  const column = { id: newColumn(level), name: '', type: BOOL };
  return [
    {
      kind: 'project',
      input: side,
      columns: [...side.columns, column],
      expressions: [...side.columns.map(reference), value],
    },
    reference(column),
  ];
}

/**
 * An outer join with its condition. What the condition asks of one side by a subquery is computed as a column of that side,
 * because engines take no subquery in an outer join's ON.
 */
export function joinOn(level: QueryLevel, join: JoinPlan, condition: Expression): JoinPlan {
  if (join.join === 'inner' || !reads(condition).subquery) return { ...join, condition };
  let { left, right } = join;
  const lefts = new Set(left.columns.map(({ id }) => id));
  const rights = new Set(right.columns.map(({ id }) => id));
  const conjuncts = condition.kind === 'and' ? condition.args : [condition];
  const args = conjuncts.map((conjunct) => {
    const { subquery, columns } = reads(conjunct);
    if (!subquery) return conjunct;
    const ofLeft = [...columns].some((id) => lefts.has(id));
    const ofRight = [...columns].some((id) => rights.has(id));
    if (ofLeft && ofRight) return conjunct;
    const [side, value] = withValue(level, ofRight ? right : left, conjunct);
    if (ofRight) right = side;
    else left = side;
    return value;
  });
  const [only] = args;
  return {
    ...join,
    left,
    right,
    columns: [...left.columns, ...right.columns],
    condition: args.length === 1 && only !== undefined ? only : { kind: 'and', type: BOOL, args },
  };
}
