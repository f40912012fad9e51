import type { Expression, Plan, ScalarName } from '@tributary/sql';

/** Types whose values have one text, whatever a session asks for. */
const ONE_TEXT: ReadonlySet<ScalarName> = new Set([
  'bool',
  'int2',
  'int4',
  'int8',
  'oid',
  'text',
  'varchar',
  'name',
]);
/** More rows than a client writes by hand are the engine's to stream. */
const MOST_ROWS = 100;

type Row = readonly (string | null)[];

/**
 * The rows of a plan that says them itself, in PostgreSQL's text form; undefined for all others. What tools send to see whether
 * anybody is there (SELECT 1) needs no engine.
 */
export function constantRows(plan: Plan): readonly Row[] | undefined {
  switch (plan.kind) {
    case 'values':
      return plan.rows.length > MOST_ROWS ? undefined : every(plan.rows, texts);
    case 'project': {
      // What stands above the rows must not depend on them.
      const input = constantRows(plan.input);
      const row = input === undefined ? undefined : texts(plan.expressions);
      return row === undefined ? undefined : input?.map(() => row);
    }
    default:
      return undefined;
  }
}

function texts(expressions: readonly Expression[]): Row | undefined {
  return every(expressions, textOf);
}

function textOf(expression: Expression): string | null | undefined {
  const { type } = expression;
  if (expression.kind !== 'constant' || type.kind !== 'scalar' || !ONE_TEXT.has(type.name)) {
    return undefined;
  }
  const { value } = expression;
  return type.name === 'bool' && value !== null ? value.slice(0, 1) : value;
}

function every<T, U>(all: readonly T[], each: (one: T) => U | undefined): readonly U[] | undefined {
  const results: U[] = [];
  for (const one of all) {
    const result = each(one);
    if (result === undefined) return undefined;
    results.push(result);
  }
  return results;
}
