import { QueryError } from '../errors.ts';
import type { TemplateArgument } from '../functions/function-entry.ts';
import type { SubqueryExpression } from '../plan/expression.ts';
import { BOOL } from '../types/sql-type.ts';
import { printArgument, printCall } from './expression-printer.ts';
import type { Printer } from './printer.ts';
import type { Scope } from './scope.ts';
import { plainComparison } from './template-text.ts';

/** A subquery as a value. See `printExpression` for `filters`. */
export function printSubquery(
  expression: SubqueryExpression,
  scope: Scope,
  printer: Printer,
  filters: boolean,
): string {
  switch (expression.form) {
    case 'scalar':
      return `(${printer.query(expression.plan, scope)})`;
    case 'exists':
      return `EXISTS(${printer.query(expression.plan, scope)})`;
    case 'array':
      return `ARRAY(${printer.query(expression.plan, scope)})`;
    case 'any':
    case 'all':
      return printComparison(expression, expression.form, scope, printer, filters);
  }
}

function printComparison(
  expression: SubqueryExpression,
  form: 'any' | 'all',
  scope: Scope,
  printer: Printer,
  filters: boolean,
): string {
  const { plan, left = [], operators = [] } = expression;
  const args = left.map((each) => printArgument(each, scope, printer));
  const [only] = args;
  const [operator] = operators;
  if (only === undefined || operator === undefined || args.length !== operators.length) {
    throw new QueryError(
      'internalError',
      'A subquery comparison needs an operator for each column.',
    );
  }
  const symbol = plainComparison(printer.dialect.template(operator));
  if (args.length === 1 && symbol !== undefined) {
    return `${only.text} ${symbol} ${form.toUpperCase()} (${printer.query(plan, scope)})`;
  }
  const relation = printer.relation(plan, scope);
  const right = plan.columns.map((column, index): TemplateArgument => ({
    text: relation.columns[index] ?? '',
    type: column.type,
  }));
  const matches = printRowComparison(operators, args, right, printer);
  if (filters) {
    return form === 'any'
      ? `EXISTS(SELECT 1 FROM ${relation.text} WHERE ${matches})`
      : `NOT EXISTS(SELECT 1 FROM ${relation.text} WHERE ${matches} IS NOT TRUE)`;
  }
  // The engines' own row comparison and bool_or do not know NULL as SQL does: a match decides, then a NULL, then the default.
  const [found, decided, empty] =
    form === 'any' ? [matches, 'TRUE', 'FALSE'] : [`(NOT ${matches})`, 'FALSE', 'TRUE'];
  return `(SELECT CASE WHEN bool_or(${found}) THEN ${decided} WHEN bool_or(${matches} IS NULL) THEN NULL ELSE ${empty} END FROM ${relation.text})`;
}

/**
 * A comparison of two rows by their columns' operators, with NULL as SQL has it: `=` all, `<>` any, `<` and its kin by the first
 * column that decides.
 */
function printRowComparison(
  operators: SubqueryExpression['operators'] & object,
  left: readonly TemplateArgument[],
  right: readonly TemplateArgument[],
  printer: Printer,
): string {
  const compare = (index: number, swapped: boolean): string => {
    const entry = operators[index];
    const [a, b] = [left[index], right[index]];
    if (entry === undefined || a === undefined || b === undefined) {
      throw new QueryError('internalError', 'A row comparison lacks a column.');
    }
    return printCall(entry, swapped ? [b, a] : [a, b], BOOL, printer);
  };
  const name = operators[0]?.name ?? '=';
  if (left.length === 1) return compare(0, false);
  const pairs = left.map((_, index) => compare(index, false));
  if (name === '=') return `(${pairs.join(' AND ')})`;
  if (name === '<>') return `(${pairs.join(' OR ')})`;
  const orEqual = name.endsWith('=');
  let result = pairs.at(-1) ?? 'TRUE';
  for (let index = left.length - 2; index >= 0; index -= 1) {
    const swapped = compare(index, true);
    const own = pairs[index] ?? 'TRUE';
    // `a < b` from `<=` is NOT (b <= a); `a <= b` from `<` is NOT (b < a).
    result = orEqual
      ? `((NOT ${swapped}) OR (${own} AND ${result}))`
      : `(${own} OR ((NOT ${swapped}) AND ${result}))`;
  }
  return result;
}
