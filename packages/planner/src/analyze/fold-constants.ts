import {
  formatDomainValue,
  mapExpressionChildren,
  mapPlanChildren,
  parseDomainValue,
  rewritePlan,
  type ChildMapping,
  type Expression,
  type Plan,
  type ScalarName,
  type SqlType,
} from '@tributary/sql';
import { foldLocally } from './fold-locally.ts';

/**
 * Values of expressions without columns, in PostgreSQL's text form and in order; undefined where an expression could not be
 * evaluated (1/0 may stand where it is never reached).
 */
export type EvaluateConstants = (
  expressions: readonly Expression[],
) => Promise<readonly (string | null | undefined)[]>;

/**
 * Replaces constant subexpressions by their values: those of immutable and stable functions, now() being frozen for the
 * statement. Common date and integer arithmetic is done here; the rest is given to `evaluate` once, together.
 */
export async function foldConstants(plan: Plan, evaluate: EvaluateConstants): Promise<Plan> {
  const folded = rewritePlan(plan, { expression: foldHere });
  const wanted = new Set<Expression>();
  const collector: ChildMapping = {
    plan: (each) => mapPlanChildren(each, collector),
    expression: (each) => {
      if (each.kind !== 'constant' && isFoldable(each.type) && isConstant(each)) wanted.add(each);
      else mapExpressionChildren(each, collector);
      return each;
    },
  };
  collector.plan(folded);
  if (wanted.size === 0) return folded;
  const expressions = [...wanted];
  const values = await evaluate(expressions);
  const constants = new Map<Expression, Expression>();
  expressions.forEach((expression, index) => {
    const value = canonical(values[index], expression.type);
    if (value !== undefined) constants.set(expression, constant(expression, value));
  });
  const replacer: ChildMapping = {
    plan: (each) => mapPlanChildren(each, replacer),
    expression: (each) => constants.get(each) ?? mapExpressionChildren(each, replacer),
  };
  return replacer.plan(folded);
}

function foldHere(expression: Expression): Expression {
  const value = foldLocally(expression);
  return value === undefined ? expression : constant(expression, value);
}

function constant({ type, position }: Expression, value: string | null): Expression {
  return { kind: 'constant', type, value, ...(position === undefined ? {} : { position }) };
}

/** No columns, parameters, subqueries or volatile calls. */
function isConstant(expression: Expression): boolean {
  switch (expression.kind) {
    case 'column':
    case 'parameter':
    case 'subquery':
      return false;
    case 'call':
      if (expression.entry.volatility === 'volatile') return false;
      break;
    default:
      break;
  }
  let constantChildren = true;
  mapExpressionChildren(expression, {
    plan: (each) => each,
    expression: (each) => {
      constantChildren &&= isConstant(each);
      return each;
    },
  });
  return constantChildren;
}

const FOLDABLE: readonly ScalarName[] = [
  'bool',
  'int2',
  'int4',
  'int8',
  'float4',
  'float8',
  'numeric',
  'text',
  'varchar',
  'bpchar',
  'name',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'interval',
  'uuid',
  'json',
  'jsonb',
];

/** Types whose text form is read back as the same value; arrays of instants with a zone depend on the session's. */
export function isFoldable(type: SqlType): boolean {
  if (type.kind === 'array') {
    const { element } = type;
    return element.kind === 'scalar' && element.name !== 'timestamptz' && isFoldable(element);
  }
  return type.kind === 'scalar' && FOLDABLE.includes(type.name);
}

/** A value that the engine gave as text, as a constant of its type; undefined where the text cannot be read. */
export function constantOfText(
  text: string | null,
  type: SqlType,
  position?: number,
): Expression | undefined {
  const value = canonical(text, type);
  return value === undefined
    ? undefined
    : { kind: 'constant', type, value, ...(position === undefined ? {} : { position }) };
}

/** Constants are in UTC, whatever the session's zone. */
function canonical(text: string | null | undefined, type: SqlType): string | null | undefined {
  if (typeof text !== 'string' || type.kind !== 'scalar' || type.name !== 'timestamptz') {
    return text;
  }
  const value = parseDomainValue(text, type);
  return value === undefined ? undefined : formatDomainValue(value, type);
}
