import { formatType } from '@tributary/sql';
import type {
  AggregateExpression,
  Expression,
  GroupingExpression,
  SortKey,
  WindowExpression,
} from '@tributary/sql';

const list = (each: readonly Expression[]): string => each.map(formatExpression).join(', ');

function formatCall(name: string, kind: string, args: readonly Expression[]): string {
  if (kind !== 'operator') {
    return `${name}(${list(args)})`;
  }
  const [first, second] = args;
  if (first === undefined) {
    return name;
  }
  return second === undefined
    ? `(${name} ${formatExpression(first)})`
    : `(${formatExpression(first)} ${name} ${formatExpression(second)})`;
}

export function formatSortKeys(keys: readonly SortKey[]): string {
  return keys
    .map(
      ({ expression, descending, nullsFirst }) =>
        `${formatExpression(expression)}${descending ? ' DESC' : ''}${nullsFirst === descending ? '' : nullsFirst ? ' NULLS FIRST' : ' NULLS LAST'}`,
    )
    .join(', ');
}

/** An aggregate or window call in EXPLAIN's notation. */
export function formatAggregate(
  call: AggregateExpression | WindowExpression | GroupingExpression,
): string {
  if (call.kind === 'grouping') {
    return `grouping(${call.keys.map((key) => `#${key}`).join(', ')})`;
  }
  const parts = [
    call.kind === 'aggregate' && call.distinct ? 'DISTINCT ' : '',
    call.args.length === 0 && call.kind === 'aggregate' && call.withinGroup.length === 0
      ? '*'
      : list(call.args),
    call.orderBy.length > 0 && call.kind === 'aggregate'
      ? ` ORDER BY ${formatSortKeys(call.orderBy)}`
      : '',
  ];
  const filter =
    call.filter === undefined ? '' : ` FILTER (WHERE ${formatExpression(call.filter)})`;
  if (call.kind === 'aggregate') {
    const within =
      call.withinGroup.length === 0
        ? ''
        : ` WITHIN GROUP (ORDER BY ${formatSortKeys(call.withinGroup)})`;
    return `${call.entry.name}(${parts.join('')})${within}${filter}`;
  }
  const over = [
    call.partitionBy.length === 0 ? '' : `PARTITION BY ${list(call.partitionBy)}`,
    call.orderBy.length === 0 ? '' : `ORDER BY ${formatSortKeys(call.orderBy)}`,
  ].filter((part) => part !== '');
  return `${call.entry.name}(${parts.join('')})${filter} OVER (${over.join(' ')})`;
}

/** An expression in EXPLAIN's notation: columns as `#id`, constants as typed literals. For people and golden plans, not for engines. */
export function formatExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'column':
      return `#${expression.id}`;
    case 'constant':
      return expression.value === null
        ? `NULL::${formatType(expression.type)}`
        : `'${expression.value.replaceAll("'", "''")}'::${formatType(expression.type)}`;
    case 'parameter':
      return `$${expression.index}`;
    case 'call':
      return formatCall(expression.entry.name, expression.entry.kind, expression.args);
    case 'cast':
      return `${formatExpression(expression.arg)}::${formatType(expression.type)}`;
    case 'and':
    case 'or':
      return `(${expression.args.map(formatExpression).join(` ${expression.kind.toUpperCase()} `)})`;
    case 'not':
      return `(NOT ${formatExpression(expression.arg)})`;
    case 'nullTest':
      return `(${formatExpression(expression.arg)} IS ${expression.negated ? 'NOT ' : ''}NULL)`;
    case 'booleanTest':
      return `(${formatExpression(expression.arg)} IS ${expression.negated ? 'NOT ' : ''}${expression.test.toUpperCase()})`;
    case 'distinct':
      return `(${formatExpression(expression.left)} IS ${expression.negated ? 'NOT ' : ''}DISTINCT FROM ${formatExpression(expression.right)})`;
    case 'case': {
      const branches = expression.branches
        .map(({ when, then }) => ` WHEN ${formatExpression(when)} THEN ${formatExpression(then)}`)
        .join('');
      const operand =
        expression.operand === undefined ? '' : ` ${formatExpression(expression.operand)}`;
      const otherwise =
        expression.otherwise === undefined ? '' : ` ELSE ${formatExpression(expression.otherwise)}`;
      return `CASE${operand}${branches}${otherwise} END`;
    }
    case 'coalesce':
    case 'greatest':
    case 'least':
      return `${expression.kind}(${list(expression.args)})`;
    case 'nullif':
      return `nullif(${list([expression.left, expression.right])})`;
    case 'inList':
      return `(${formatExpression(expression.arg)} ${expression.negated ? 'NOT ' : ''}IN (${list(expression.list)}))`;
    case 'quantified':
      return `(${formatExpression(expression.left)} ${expression.operator.name} ${expression.quantifier.toUpperCase()} (${formatExpression(expression.array)}))`;
    case 'array':
      return `ARRAY[${list(expression.elements)}]`;
    case 'row':
      return `ROW(${list(expression.fields)})`;
    case 'subscript':
      return `${formatExpression(expression.arg)}[${formatExpression(expression.index)}]`;
    case 'slice': {
      const bound = (each: Expression | undefined): string =>
        each === undefined ? '' : formatExpression(each);
      return `${formatExpression(expression.arg)}[${bound(expression.lower)}:${bound(expression.upper)}]`;
    }
    case 'field':
      return `${formatExpression(expression.arg)}.${expression.name}`;
    case 'subquery': {
      const left = expression.left === undefined ? '' : `(${list(expression.left)}) `;
      const operators = (expression.operators ?? []).map((each) => each.name).join(', ');
      return `${left}${operators}${operators === '' ? '' : ' '}${expression.form.toUpperCase()} (subquery)`;
    }
  }
}
