import type { Engine } from '@tributary/engine';
import { QueryError, TEXT, coerce, isQueryError, printDuckdbExpression } from '@tributary/sql';
import type { Expression } from '@tributary/sql';

export interface EvaluationContext {
  readonly engine: Engine;
  readonly timeZone: string;
  readonly now: string;
  readonly signal: AbortSignal;
}

/** Engine text of an expression that reads no table: subqueries that scan are refused. */
export function printConstantExpression(
  expression: Expression,
  context: Pick<EvaluationContext, 'timeZone' | 'now'>,
): string {
  return printDuckdbExpression<never>(expression, {
    ...context,
    relation() {
      throw new QueryError('internalError', 'a constant expression cannot read a table');
    },
  }).text;
}

async function evaluateTogether(
  texts: readonly string[],
  context: EvaluationContext,
): Promise<readonly (string | null)[]> {
  const [row] = await context.engine.rows(`SELECT ${texts.join(', ')}`, [], {
    signal: context.signal,
  });
  if (row === undefined) {
    throw new QueryError('internalError', 'constant evaluation answered no row');
  }
  return row.map((value) => (typeof value === 'string' ? value : null));
}

/**
 * Values of expressions without columns, in PostgreSQL's text form, by one engine statement. An expression that fails (1/0) is
 * answered as undefined: it may stand where it is never reached.
 */
export async function evaluateConstants(
  expressions: readonly Expression[],
  context: EvaluationContext,
): Promise<readonly (string | null | undefined)[]> {
  const texts = expressions.map((each) =>
    printConstantExpression(coerce(each, TEXT, 'explicit'), context),
  );
  try {
    return await evaluateTogether(texts, context);
  } catch (error) {
    if (!isQueryError(error) || error.code === 'queryCanceled') {
      throw error;
    }
  }
  const results: (string | null | undefined)[] = [];
  for (const text of texts) {
    try {
      results.push((await evaluateTogether([text], context))[0]);
    } catch (error) {
      if (!isQueryError(error) || error.code === 'queryCanceled') {
        throw error;
      }
      results.push(undefined);
    }
  }
  return results;
}
