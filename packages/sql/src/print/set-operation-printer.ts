import type { Plan, PlanColumn, RecursivePlan, SetOperationPlan } from '../plan/plan.ts';
import type { Block } from './block.ts';
import { definitionOf, renderBlock, sourceBlock } from './block.ts';
import { columnName } from './printer.ts';
import type { Printer } from './printer.ts';
import { columnDefinition } from './scope.ts';

/** `(a) UNION ALL (b)`; a chain of one operation stays flat. */
export function setOperationBlock(
  plan: SetOperationPlan,
  printer: Printer,
  build: (plan: Plan) => Block,
): Block {
  const arms: Plan[] = [];
  let left: Plan = plan;
  while (
    left.kind === 'setOperation' &&
    left.operation === plan.operation &&
    left.all === plan.all
  ) {
    arms.unshift(left.right);
    left = left.left;
  }
  arms.unshift(left);
  const word = ` ${plan.operation.toUpperCase()}${plan.all ? ' ALL' : ''} `;
  const raw = arms.map((arm) => armText(arm, plan.columns, printer, build)).join(word);
  const relation = printer.relationName();
  const definitions = new Map(
    plan.columns.map(({ id, type }) => [
      id,
      columnDefinition(`${relation}.${columnName(id)}`, type, true),
    ]),
  );
  return sourceBlock({
    from: `(${raw}) AS ${relation}`,
    item: 'derived',
    definitions,
    outputs: plan.columns,
    raw,
  });
}

/** The body of a recursive common table. */
export function recursiveText(
  plan: RecursivePlan,
  printer: Printer,
  build: (plan: Plan) => Block,
): string {
  const [initial, step] = [plan.initial, plan.step].map((arm) =>
    armText(arm, plan.columns, printer, build),
  );
  return `${initial} UNION ${plan.all ? 'ALL ' : ''}${step}`;
}

/** An input under the result's names and exactly in its types. */
function armText(
  arm: Plan,
  columns: readonly PlanColumn[],
  printer: Printer,
  build: (plan: Plan) => Block,
): string {
  const block = build(arm);
  const outputs = columns.map(({ id, type }, index) => ({
    name: columnName(id),
    definition: definitionOf(block, arm.columns[index]?.id ?? id),
    exact: type,
  }));
  return `(${renderBlock(block, outputs, printer)})`;
}
