import { QueryError } from '../errors.ts';
import type { Expression, SortKey } from '../plan/expression.ts';
import type { DistinctPlan, LimitPlan, SortPlan } from '../plan/plan.ts';
import type { Block, OrderKey } from './block.ts';
import { canInline, change, closeBlock, isLimited, sortsByOutputs, usesWindow } from './block.ts';
import { printExpression } from './expression-printer.ts';
import { inspect, traits } from './inspection.ts';
import type { Printer } from './printer.ts';
import type { Scope } from './scope.ts';
import { innerScope } from './scope.ts';

function orderKeys(
  keys: readonly SortKey[],
  block: Block,
  scope: Scope,
  printer: Printer,
): readonly OrderKey[] {
  const inner = innerScope(block.definitions, scope);
  return keys.flatMap((key): OrderKey[] => {
    const { expression } = key;
    const own = expression.kind === 'column' ? block.definitions.get(expression.id) : undefined;
    // A constant orders nothing, and a bare literal would be read as a column's number or refused.
    if (expression.kind === 'constant' || own?.constant !== undefined) return [];
    const text = own?.text ?? printExpression(expression, inner, printer);
    const { volatile, stage } = own ?? traits(inspect([expression]), block.definitions);
    const direction = `${key.descending ? ' DESC' : ' ASC'} NULLS ${key.nullsFirst ? 'FIRST' : 'LAST'}`;
    const id = own === undefined || expression.kind !== 'column' ? {} : { id: expression.id };
    return [{ text, ...id, volatile, stage, type: expression.type, direction }];
  });
}

/** Bare columns cost nothing to sort by: the select list names them. */
function computedKeys(keys: readonly SortKey[]): readonly Expression[] {
  return keys.map((key) => key.expression).filter((expression) => expression.kind !== 'column');
}

/** DISTINCT and DISTINCT ON. */
export function distinctBlock(
  plan: DistinctPlan,
  input: Block,
  scope: Scope,
  printer: Printer,
): Block {
  const { on, order = [] } = plan;
  let block = input;
  if (block.distinct !== 'none' || isLimited(block) || block.qualify.length > 0) {
    block = closeBlock(block, 'drop', printer);
  }
  if (on === undefined) return change(block, { distinct: 'all', order: [] });
  const inspection = inspect([...on, ...order.map((key) => key.expression)]);
  if (usesWindow(block, inspection) || !canInline(block, inspection, true)) {
    block = closeBlock(block, 'drop', printer);
  }
  const inner = innerScope(block.definitions, scope);
  const groups = on.map((each) => printExpression(each, inner, printer));
  const keys = orderKeys(order, block, scope, printer);
  if (printer.dialect.nativeRowSelection) {
    // As the sort keys are printed, or PostgreSQL does not see that they are the same.
    const sorted = on.map(({ type }, index) =>
      printer.dialect.sortValue(groups[index] ?? '', type),
    );
    return change(block, { distinct: { on: sorted }, order: keys });
  }
  const by = groups.length === 0 ? '' : `PARTITION BY ${groups.join(', ')}`;
  const window = `${by} ${windowOrder(keys, printer)}`.trim();
  return change(block, {
    qualify: [`row_number() OVER (${window}) = 1`],
    windowed: true,
    order: keys,
  });
}

function windowOrder(keys: readonly OrderKey[], printer: Printer): string {
  const texts = keys.map((key) => printer.dialect.sortValue(key.text, key.type) + key.direction);
  return texts.length === 0 ? '' : `ORDER BY ${texts.join(', ')}`;
}

/** ORDER BY. */
export function sortBlock(plan: SortPlan, input: Block, scope: Scope, printer: Printer): Block {
  let block = input;
  if (
    isLimited(block) ||
    typeof block.distinct === 'object' ||
    !canInline(block, inspect(computedKeys(plan.keys)), true)
  ) {
    block = closeBlock(block, 'drop', printer);
  }
  let keys = orderKeys(plan.keys, block, scope, printer);
  if (block.distinct === 'all' && !sortsByOutputs(block, keys, printer)) {
    block = closeBlock(block, 'drop', printer);
    keys = orderKeys(plan.keys, block, scope, printer);
  }
  return change(block, { order: keys });
}

/** LIMIT, OFFSET and WITH TIES. */
export function limitBlock(plan: LimitPlan, input: Block, scope: Scope, printer: Printer): Block {
  const limit = rowCount(plan.limit, 'LIMIT', scope, printer);
  const offset = rowCount(plan.offset, 'OFFSET', scope, printer);
  const byRank = plan.withTies && !printer.dialect.nativeRowSelection;
  let block = input;
  if (
    isLimited(block) ||
    (byRank && (block.distinct !== 'none' || block.order.some((key) => key.stage === 'window')))
  ) {
    block = closeBlock(block, 'keep', printer);
  }
  if (!byRank) return change(block, { limit, offset, withTies: plan.withTies });
  if (limit === undefined) {
    throw new QueryError(
      'invalidRowCountInLimit',
      'row count cannot be null in FETCH FIRST ... WITH TIES clause',
    );
  }
  const window = `OVER (${windowOrder(block.order, printer)})`;
  const last = offset === undefined ? limit : `${limit} + ${offset}`;
  const skipped = offset === undefined ? [] : [`row_number() ${window} > ${offset}`];
  return change(block, {
    qualify: [...block.qualify, `rank() ${window} <= ${last}`, ...skipped],
    windowed: true,
  });
}

/** A row count as text; undefined where it is absent or NULL, which means no limit. */
function rowCount(
  expression: Expression | undefined,
  word: 'LIMIT' | 'OFFSET',
  scope: Scope,
  printer: Printer,
): string | undefined {
  if (expression === undefined) return undefined;
  if (expression.kind !== 'constant') return printExpression(expression, scope, printer);
  if (expression.value === null) return undefined;
  if (/^\d+$/.test(expression.value)) return expression.value;
  throw new QueryError(
    word === 'LIMIT' ? 'invalidRowCountInLimit' : 'invalidRowCountInOffset',
    `${word} must not be negative`,
    expression.position === undefined ? {} : { position: expression.position },
  );
}
