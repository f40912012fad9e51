import { QueryError } from '../errors.ts';
import type { TemplateArgument } from '../functions/function-entry.ts';
import type {
  AggregateExpression,
  Expression,
  FrameBound,
  SortKey,
  WindowExpression,
  WindowFrame,
} from '../plan/expression.ts';
import {
  printArgument,
  printConjuncts,
  printExpression,
  printSortKey,
} from './expression-printer.ts';
import type { Printer } from './printer.ts';
import type { Scope } from './scope.ts';
import { applyTemplate, entryLabel } from './template-text.ts';
import { placeCallParts, protect } from './text-shape.ts';

/** An aggregate with DISTINCT, ORDER BY, WITHIN GROUP and FILTER, as an operand. */
export function printAggregate(
  written: AggregateExpression,
  scope: Scope,
  printer: Printer,
): string {
  const call = printer.dialect.name === 'duckdb' ? ascendingQuantile(written) : written;
  const args = callArguments(call, scope, printer);
  const withinGroup = keptKeys(call.withinGroup, call);
  const sorted = withinGroup.map((key) => printArgument(key.expression, scope, printer));
  const within =
    withinGroup.length === 0 ? '' : ` WITHIN GROUP (${orderBy(withinGroup, scope, printer)})`;
  return place(call, args, sorted, printer, {
    distinct: call.distinct,
    // Constants order nothing, and DuckDB refuses them or takes them for positions.
    order: orderBy(
      keptKeys(call.orderBy, call).filter(({ expression }) => expression.kind !== 'constant'),
      scope,
      printer,
    ),
    suffix: within + filter(call, scope, printer),
  });
}

/** DuckDB keeps DESC as the sign of a quantile's fraction, which 0 has not: the same value from the other end. */
function ascendingQuantile(call: AggregateExpression): AggregateExpression {
  const [fraction] = call.args;
  const [key] = call.withinGroup;
  if (call.entry.name !== 'percentile_cont' || fraction?.kind !== 'constant') return call;
  if (key?.descending !== true || fraction.type.kind !== 'scalar' || fraction.value === null) {
    return call;
  }
  return {
    ...call,
    args: [{ ...fraction, value: String(1 - Number(fraction.value)) }],
    withinGroup: [{ ...key, descending: false }],
  };
}

/** A window call with its FILTER and OVER, as an operand. */
export function printWindowCall(call: WindowExpression, scope: Scope, printer: Printer): string {
  const args = callArguments(call, scope, printer);
  const partition = call.partitionBy
    .map((each) => printExpression(each, scope, printer))
    .map((text, index) => (index === 0 ? `PARTITION BY ${text}` : text))
    .join(', ');
  const frame = call.frame === undefined ? '' : printFrame(call.frame, scope, printer);
  const window = [partition, orderBy(call.orderBy, scope, printer), frame]
    .filter((part) => part !== '')
    .join(' ');
  return place(call, args, [], printer, {
    distinct: false,
    order: '',
    suffix: `${filter(call, scope, printer)} OVER (${window})`,
  });
}

/** Engines compute what an aggregate takes for rows that FILTER drops too: there what could fail is not computed. */
function whereKept(expression: Expression, filter: Expression | undefined): Expression {
  if (filter === undefined || expression.kind === 'column' || expression.kind === 'constant') {
    return expression;
  }
  return { kind: 'case', type: expression.type, branches: [{ when: filter, then: expression }] };
}

function keptKeys(
  keys: readonly SortKey[],
  { filter: kept }: AggregateExpression,
): readonly SortKey[] {
  return keys.map((key) => ({ ...key, expression: whereKept(key.expression, kept) }));
}

function callArguments(
  call: AggregateExpression | WindowExpression,
  scope: Scope,
  printer: Printer,
): readonly TemplateArgument[] {
  return call.args.map((arg) => {
    const printed = printArgument(arg, scope, printer);
    return call.filter === undefined || printed.constant !== undefined
      ? printed
      : printArgument(whereKept(arg, call.filter), scope, printer);
  });
}

function place(
  call: AggregateExpression | WindowExpression,
  args: readonly TemplateArgument[],
  sorted: readonly TemplateArgument[],
  printer: Printer,
  parts: { readonly distinct: boolean; readonly order: string; readonly suffix: string },
): string {
  const template = printer.dialect.template(call.entry);
  const context = printer.templateContext(call.type);
  // `{*}` of an ordered-set aggregate are the direct arguments; by number a template reaches the sorted values too.
  const direct =
    typeof template === 'string' && sorted.length > 0
      ? template.replaceAll('{*}', args.map((_, index) => `{${index}}`).join(', '))
      : template;
  const text = applyTemplate(direct, [...args, ...sorted], context);
  const placed = placeCallParts(text, parts);
  if (placed === undefined) {
    throw new QueryError(
      'featureNotSupported',
      `${entryLabel(call.entry)} does not take DISTINCT, ORDER BY, FILTER or OVER here.`,
    );
  }
  return protect(printer.checked(placed));
}

function orderBy(keys: readonly SortKey[], scope: Scope, printer: Printer): string {
  const texts = keys.map((key) => printSortKey(key, scope, printer));
  return texts.length === 0 ? '' : `ORDER BY ${texts.join(', ')}`;
}

function filter(
  call: AggregateExpression | WindowExpression,
  scope: Scope,
  printer: Printer,
): string {
  if (call.filter === undefined) return '';
  return ` FILTER (WHERE ${printConjuncts(call.filter, scope, printer).join(' AND ')})`;
}

function printFrame(frame: WindowFrame, scope: Scope, printer: Printer): string {
  const bound = (each: FrameBound): string => {
    switch (each.kind) {
      case 'unboundedPreceding':
        return 'UNBOUNDED PRECEDING';
      case 'unboundedFollowing':
        return 'UNBOUNDED FOLLOWING';
      case 'currentRow':
        return 'CURRENT ROW';
      case 'preceding':
      case 'following':
        return `${printExpression(each.offset, scope, printer)} ${each.kind.toUpperCase()}`;
    }
  };
  const exclude = { currentRow: 'CURRENT ROW', group: 'GROUP', ties: 'TIES' } as const;
  const excluded = frame.exclude === undefined ? '' : ` EXCLUDE ${exclude[frame.exclude]}`;
  return `${frame.unit.toUpperCase()} BETWEEN ${bound(frame.start)} AND ${bound(frame.end)}${excluded}`;
}
