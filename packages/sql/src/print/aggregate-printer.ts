import type { ColumnId } from '../plan/expression.ts';
import type { AggregatePlan } from '../plan/plan.ts';
import { INT4 } from '../types/sql-type.ts';
import type { Block } from './block.ts';
import { canInline, change, closeBlock, isLimited } from './block.ts';
import { printAggregate } from './call-printer.ts';
import { printExpression } from './expression-printer.ts';
import { inspect, traits } from './inspection.ts';
import type { Printer } from './printer.ts';
import type { Definition, Scope } from './scope.ts';
import { columnDefinition, innerScope } from './scope.ts';

/** Adds grouping to the input's SELECT where it has none yet. */
export function aggregateBlock(
  plan: AggregatePlan,
  input: Block,
  scope: Scope,
  printer: Printer,
): Block {
  const calls = plan.aggregates.map((each) => each.call);
  const keyExpressions = plan.keys.map((key) => key.expression);
  let block = input;
  if (
    block.groupBy !== undefined ||
    block.windowed ||
    block.distinct !== 'none' ||
    isLimited(block) ||
    block.order.length > 0 ||
    !canInline(block, inspect(keyExpressions, calls), false)
  ) {
    block = closeBlock(block, 'inside', printer);
  }
  const keys = keyColumns(plan, block, scope, printer);
  block = keys.block;
  const inner = innerScope(block.definitions, scope);
  const definitions = new Map<ColumnId, Definition>();
  for (const [index, { id }] of plan.keys.entries()) {
    const key = keys.definitions[index];
    if (key === undefined) continue;
    const unset = plan.sets !== undefined && !plan.sets.some((set) => set.includes(id));
    // A key in no grouping set is NULL in every row; the engine would call the column ungrouped.
    definitions.set(id, unset ? constantDefinition(null, key, printer) : key);
  }
  for (const { id, call } of plan.aggregates) {
    if (call.kind === 'grouping') {
      definitions.set(
        id,
        plan.sets === undefined
          ? constantDefinition('0', columnDefinition('', INT4, true), printer)
          : { ...computed(groupingText(call.keys, definitions, printer)), type: call.type },
      );
      continue;
    }
    const text = printAggregate(call, inner, printer);
    const { volatile } = traits(inspect([], [call]), block.definitions);
    definitions.set(id, { ...computed(text), type: call.type, volatile });
  }
  return change(block, {
    groupBy: groupText(plan, definitions),
    definitions,
    outputs: plan.columns,
  });
}

/** GROUPING as a number: a key in no set counts as not grouped, which engines refuse to be asked. */
function groupingText(
  keys: readonly ColumnId[],
  definitions: ReadonlyMap<ColumnId, Definition>,
  printer: Printer,
): string {
  const known = keys.map((id) => definitions.get(id));
  if (known.every((key) => key?.column === true)) {
    return printer.dialect.grouping(known.map((key) => key?.text ?? ''));
  }
  const bits = known.map((key, index) => {
    const weight = 2 ** (keys.length - 1 - index);
    return key?.column === true
      ? `${printer.dialect.grouping([key.text])} * ${weight}`
      : `${weight}`;
  });
  return `(${bits.join(' + ')})`;
}

function computed(text: string): Omit<Definition, 'type'> {
  return {
    text,
    column: false,
    proven: false,
    volatile: false,
    subquery: false,
    stage: 'aggregate',
  };
}

function constantDefinition(value: string | null, like: Definition, printer: Printer): Definition {
  const text = printer.dialect.literal(value, like.type);
  return { ...like, text, column: false, constant: value };
}

/** Keys as plain columns: anything else is computed below, where no engine has to recognise it again in the select list. */
function keyColumns(
  plan: AggregatePlan,
  block: Block,
  scope: Scope,
  printer: Printer,
): { readonly block: Block; readonly definitions: readonly Definition[] } {
  const own = plan.keys.map(({ expression }) =>
    expression.kind === 'column' ? block.definitions.get(expression.id) : undefined,
  );
  if (own.every((each) => each?.column === true)) {
    return { block, definitions: own.filter((each) => each !== undefined) };
  }
  const inner = innerScope(block.definitions, scope);
  const definitions = new Map(block.definitions);
  const computedKeys = plan.keys.map(({ id, expression }) => {
    const text = printExpression(expression, inner, printer);
    const found = traits(inspect([expression]), block.definitions);
    definitions.set(id, { text, type: expression.type, column: false, proven: false, ...found });
    return { id, name: '', type: expression.type };
  });
  const outputs = [...block.outputs.filter(({ id }) => !computedKeys.some((key) => key.id === id))];
  const closed = closeBlock(
    change(block, { definitions, outputs: [...outputs, ...computedKeys] }),
    'inside',
    printer,
  );
  return {
    block: closed,
    definitions: computedKeys.flatMap(({ id }) => closed.definitions.get(id) ?? []),
  };
}

function groupText(plan: AggregatePlan, definitions: ReadonlyMap<ColumnId, Definition>): string {
  const text = (id: ColumnId): string => definitions.get(id)?.text ?? '';
  if (plan.sets === undefined) return plan.keys.map(({ id }) => text(id)).join(', ');
  const sets = plan.sets.map((set) => `(${set.map(text).join(', ')})`);
  return `GROUPING SETS (${sets.join(', ')})`;
}
