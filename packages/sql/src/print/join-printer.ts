import type { JoinPlan, Plan } from '../plan/plan.ts';
import type { Block } from './block.ts';
import { change, closeBlock, isPure, sourceBlock } from './block.ts';
import { printConjuncts } from './expression-printer.ts';
import { inspect } from './inspection.ts';
import type { Printer } from './printer.ts';
import type { Scope } from './scope.ts';
import { innerScope } from './scope.ts';

/** The sides of a join are flattened into one FROM where each is nothing but tables and conditions. */
export function joinBlock(
  plan: JoinPlan,
  scope: Scope,
  printer: Printer,
  build: (plan: Plan, scope: Scope) => Block,
): Block {
  const { join, lateral } = plan;
  const movesToOn = join === 'right';
  const left = side(build(plan.left, scope), join === 'full', movesToOn, printer);
  const rightScope = lateral ? innerScope(left.definitions, scope) : scope;
  let right = side(
    build(plan.right, rightScope),
    join === 'full',
    join !== 'inner' && join !== 'right',
    printer,
  );
  if (lateral && (right.item !== 'derived' || right.where.length > 0)) {
    right = closeBlock(right, 'drop', printer);
  }
  const definitions = new Map([...right.definitions, ...left.definitions]);
  const conditions = plan.condition === undefined ? [] : [plan.condition];
  const inner = innerScope(definitions, scope);
  const conjuncts = conditions.flatMap((each) => printConjuncts(each, inner, printer));
  const { subquery } = inspect(conditions);

  if (join === 'semi' || join === 'anti') {
    const on = [...conjuncts, ...right.where];
    if (printer.dialect.semiJoin && !lateral && !subquery) {
      const word = join === 'semi' ? 'SEMI JOIN' : 'ANTI JOIN';
      const from = `${left.from} ${word} ${rightItem(right, lateral)} ON ${all(on)}`;
      return change(left, { from, item: 'join', order: [], outputs: plan.columns });
    }
    const where = on.length === 0 ? '' : ` WHERE ${all(on)}`;
    const exists = `EXISTS(SELECT 1 FROM ${right.from}${where})`;
    return change(left, {
      where: [...left.where, join === 'semi' ? exists : `(NOT ${exists})`],
      whereSubquery: true,
      order: [],
      outputs: plan.columns,
    });
  }

  const where: string[] = [];
  const on: string[] = [];
  (movesToOn ? on : where).push(...left.where);
  (join === 'inner' || join === 'right' ? where : on).push(...right.where);
  // Engines restrict subqueries in ON; an inner join's condition may as well stand in WHERE.
  (join === 'inner' && subquery ? where : on).unshift(...conjuncts);
  const cross = join === 'inner' && on.length === 0;
  const word = cross ? 'CROSS' : join.toUpperCase();
  const tail = cross ? '' : ` ON ${all(on)}`;
  return sourceBlock({
    from: `${left.from} ${word} JOIN ${rightItem(right, lateral)}${tail}`,
    item: 'join',
    where,
    whereSubquery: left.whereSubquery || right.whereSubquery || subquery,
    definitions,
    outputs: plan.columns,
  });
}

/** A side as tables and conditions. Conditions that would stand in ON must be free of subqueries; a full join takes none. */
function side(block: Block, bare: boolean, toOn: boolean, printer: Printer): Block {
  const fits = isPure(block) && !(bare && block.where.length > 0) && !(toOn && block.whereSubquery);
  return fits ? block : closeBlock(block, 'drop', printer);
}

function rightItem(right: Block, lateral: boolean): string {
  if (lateral) return `LATERAL ${right.from}`;
  return right.item === 'join' ? `(${right.from})` : right.from;
}

function all(conjuncts: readonly string[]): string {
  return conjuncts.length === 0 ? 'TRUE' : conjuncts.join(' AND ');
}
