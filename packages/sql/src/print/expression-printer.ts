import { QueryError } from '../errors.ts';
import type { FunctionEntry, TemplateArgument } from '../functions/function-entry.ts';
import type { CaseExpression, Expression, SortKey } from '../plan/expression.ts';
import type { SqlType } from '../types/sql-type.ts';
import { BOOL } from '../types/sql-type.ts';
import type { Printer } from './printer.ts';
import { columnName } from './printer.ts';
import type { Scope } from './scope.ts';
import { printSubquery } from './subquery-printer.ts';
import { applyTemplate, plainComparison } from './template-text.ts';
import { protect } from './text-shape.ts';

/**
 * An expression as an operand of the dialect. `filters`: the caller does not tell NULL from FALSE (WHERE, ON, HAVING, FILTER,
 * WHEN), which allows cheaper forms.
 */
export function printExpression(
  expression: Expression,
  scope: Scope,
  printer: Printer,
  filters = false,
): string {
  return protect(printer.checked(printBare(expression, scope, printer, filters)));
}

/** The conjuncts of a condition, each an operand. */
export function printConjuncts(
  condition: Expression,
  scope: Scope,
  printer: Printer,
): readonly string[] {
  return condition.kind === 'and'
    ? condition.args.flatMap((arg) => printConjuncts(arg, scope, printer))
    : [printExpression(condition, scope, printer, true)];
}

/** `x ASC NULLS LAST`: every key says its direction and place of NULLs, so that no setting matters. */
export function printSortKey(key: SortKey, scope: Scope, printer: Printer): string {
  const text = printExpression(key.expression, scope, printer);
  // The engine refuses a bare literal as a key, because in a SELECT it would be a column's number.
  return sortText(text.startsWith("'") ? `CAST(${text} AS VARCHAR)` : text, key, printer);
}

/** A printed key with its direction. */
export function sortText(text: string, key: SortKey, printer: Printer): string {
  const value = printer.dialect.sortValue(text, key.expression.type);
  const direction = key.descending ? 'DESC' : 'ASC';
  return `${value} ${direction} NULLS ${key.nullsFirst ? 'FIRST' : 'LAST'}`;
}

/** An expression as a template takes it. */
export function printArgument(
  expression: Expression,
  scope: Scope,
  printer: Printer,
): TemplateArgument {
  const text = printExpression(expression, scope, printer);
  const constant = constantOf(expression, scope);
  return { text, type: expression.type, ...(constant === undefined ? {} : { constant }) };
}

function constantOf(expression: Expression, scope: Scope): string | undefined {
  if (expression.kind === 'constant') return expression.value ?? undefined;
  if (expression.kind === 'column') return scope.find(expression.id)?.constant ?? undefined;
  return undefined;
}

/** A call of an entry over printed arguments, as an operand. */
export function printCall(
  entry: FunctionEntry,
  args: readonly TemplateArgument[],
  result: SqlType,
  printer: Printer,
): string {
  const template = printer.dialect.template(entry);
  return protect(applyTemplate(template, args, printer.templateContext(result)));
}

/** The expression as exactly the engine type of `type`. */
export function printAs(
  expression: Expression,
  type: SqlType,
  scope: Scope,
  printer: Printer,
): string {
  const text = printExpression(expression, scope, printer);
  const { dialect } = printer;
  const wanted = dialect.typeName(type);
  return dialect.typeName(expression.type) === wanted ? text : `CAST(${text} AS ${wanted})`;
}

function printBare(
  expression: Expression,
  scope: Scope,
  printer: Printer,
  filters: boolean,
): string {
  const { dialect } = printer;
  const one = (each: Expression): string => printExpression(each, scope, printer);
  const argument = (each: Expression): TemplateArgument => printArgument(each, scope, printer);
  const arms = (list: readonly Expression[]): string =>
    list.map((each) => printAs(each, expression.type, scope, printer)).join(', ');
  switch (expression.kind) {
    case 'column': {
      const found = scope.find(expression.id);
      if (found === undefined) {
        throw new QueryError(
          'internalError',
          `The plan refers to ${columnName(expression.id)}, which no enclosing node outputs.`,
        );
      }
      return found.text;
    }
    case 'constant':
      return dialect.literal(expression.value, expression.type);
    case 'parameter':
      return dialect.parameter(expression.index, expression.type);
    case 'call':
      return printCall(expression.entry, expression.args.map(argument), expression.type, printer);
    case 'cast': {
      const template = dialect.castTemplate(
        expression.arg.type,
        expression.type,
        expression.context,
      );
      const context = printer.templateContext(expression.type);
      return applyTemplate(template, [argument(expression.arg)], context);
    }
    case 'and':
    case 'or':
      return printLogic(
        expression.kind,
        expression.args.map((arg) => printExpression(arg, scope, printer, filters)),
      );
    case 'not':
      return `NOT ${one(expression.arg)}`;
    case 'nullTest':
      return printNullTest(expression.arg, expression.negated, one);
    case 'booleanTest': {
      const test = expression.test === 'unknown' ? 'NULL' : expression.test.toUpperCase();
      return `${one(expression.arg)} IS ${expression.negated ? 'NOT ' : ''}${test}`;
    }
    case 'distinct':
      return printDistinctFrom(
        argument(expression.left),
        argument(expression.right),
        expression.equals,
        expression.negated,
        printer,
      );
    case 'case':
      return printCase(expression, scope, printer);
    case 'coalesce':
      return `COALESCE(${arms(expression.args)})`;
    case 'greatest':
    case 'least':
      return dialect.extreme(expression.kind, arms(expression.args), expression.type);
    case 'nullif': {
      const left = argument(expression.left);
      const right = argument(expression.right);
      if (plainComparison(dialect.template(expression.equals)) === '=') {
        const text = `NULLIF(${left.text}, ${right.text})`;
        return `CAST(${text} AS ${dialect.typeName(expression.type)})`;
      }
      const equal = printCall(expression.equals, [left, right], BOOL, printer);
      return `CASE WHEN ${equal} THEN NULL ELSE ${left.text} END`;
    }
    case 'inList': {
      const { arg, list, negated } = expression;
      const value = (each: Expression): string => dialect.comparable(one(each), each.type);
      return `${value(arg)} ${negated ? 'NOT ' : ''}IN (${list.map(value).join(', ')})`;
    }
    case 'quantified': {
      const left = argument(expression.left);
      const { array, operator, quantifier } = expression;
      if (array.type.kind !== 'array') {
        throw new QueryError('internalError', 'ANY and ALL need an array.');
      }
      return dialect.quantified({
        left,
        array: argument(array),
        elementType: array.type.element,
        entry: operator,
        quantifier,
        compare: (value, right) => printCall(operator, [value, right], BOOL, printer),
      });
    }
    case 'array': {
      const element = expression.type.kind === 'array' ? expression.type.element : expression.type;
      const texts = expression.elements.map((each) => printAs(each, element, scope, printer));
      return dialect.array(texts, expression.type);
    }
    case 'row':
      return dialect.row(expression.fields.map(one), expression.type);
    case 'subscript':
      return dialect.subscript(argument(expression.arg), argument(expression.index));
    case 'slice':
      return dialect.slice(
        argument(expression.arg),
        expression.lower === undefined ? undefined : argument(expression.lower),
        expression.upper === undefined ? undefined : argument(expression.upper),
      );
    case 'field':
      return dialect.field(one(expression.arg), expression.name);
    case 'subquery':
      return printSubquery(expression, scope, printer, filters);
  }
}

/** `a AND b`; without arguments the operation's neutral value. */
function printLogic(kind: 'and' | 'or', texts: readonly string[]): string {
  if (texts.length === 0) return kind === 'and' ? 'TRUE' : 'FALSE';
  return texts.join(kind === 'and' ? ' AND ' : ' OR ');
}

/** A row is NULL when all its fields are, and NOT NULL when none is. */
function printNullTest(
  arg: Expression,
  negated: boolean,
  one: (each: Expression) => string,
): string {
  const test = `IS ${negated ? 'NOT ' : ''}NULL`;
  if (arg.kind !== 'row') return `${one(arg)} ${test}`;
  return arg.fields.length === 0
    ? 'TRUE'
    : arg.fields.map((field) => `${one(field)} ${test}`).join(' AND ');
}

function printDistinctFrom(
  left: TemplateArgument,
  right: TemplateArgument,
  equals: FunctionEntry,
  negated: boolean,
  printer: Printer,
): string {
  if (plainComparison(printer.dialect.template(equals)) === '=') {
    return `${left.text} IS ${negated ? 'NOT ' : ''}DISTINCT FROM ${right.text}`;
  }
  const equal = printCall(equals, [left, right], BOOL, printer);
  const [same, other] = negated ? ['IS NULL', equal] : ['IS NOT NULL', `NOT ${equal}`];
  const missing = negated ? 'FALSE' : 'TRUE';
  return `CASE WHEN ${left.text} IS NULL THEN ${right.text} ${same} WHEN ${right.text} IS NULL THEN ${missing} ELSE ${other} END`;
}

function printCase(expression: CaseExpression, scope: Scope, printer: Printer): string {
  const { operand, branches, otherwise, type } = expression;
  const { dialect } = printer;
  const compared = (each: Expression): string =>
    dialect.comparable(printExpression(each, scope, printer), each.type);
  const head = operand === undefined ? '' : ` ${compared(operand)}`;
  const whens = branches.map(({ when, then }) => {
    const test =
      operand === undefined ? printExpression(when, scope, printer, true) : compared(when);
    return ` WHEN ${test} THEN ${printAs(then, type, scope, printer)}`;
  });
  const last = otherwise === undefined ? '' : ` ELSE ${printAs(otherwise, type, scope, printer)}`;
  return `CASE${head}${whens.join('')}${last} END`;
}
