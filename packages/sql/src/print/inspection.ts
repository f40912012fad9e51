import { QueryError } from '../errors.ts';
import type {
  AggregateExpression,
  ColumnId,
  Expression,
  GroupingExpression,
  WindowExpression,
} from '../plan/expression.ts';
import { mapCallChildren, mapExpressionChildren } from '../plan/traverse.ts';
import type { ChildMapping } from '../plan/traverse.ts';
import type { Definition } from './scope.ts';

/** Shared parts count each time: text is made for each. */
const MAX_NODES = 4_000_000;

/** What printing needs to know of expressions before it repeats or moves their text. */
export interface Inspection {
  /** How often each column stands outside subqueries. */
  readonly uses: ReadonlyMap<ColumnId, number>;
  readonly volatile: boolean;
  readonly subquery: boolean;
}

type Call = AggregateExpression | WindowExpression | GroupingExpression;

/** Inspects expressions and calls together. */
export function inspect(
  expressions: readonly Expression[],
  calls: readonly Call[] = [],
): Inspection {
  const uses = new Map<ColumnId, number>();
  let volatile = false;
  let subquery = false;
  let visited = 0;
  const mapping: ChildMapping = {
    plan(plan) {
      subquery = true;
      return plan;
    },
    expression(expression) {
      visited += 1;
      if (visited > MAX_NODES) {
        throw new QueryError(
          'statementTooComplex',
          `An expression has more than ${MAX_NODES} parts: split the statement into smaller ones.`,
        );
      }
      if (expression.kind === 'column') {
        uses.set(expression.id, (uses.get(expression.id) ?? 0) + 1);
      }
      if (expression.kind === 'call' && expression.entry.volatility === 'volatile') volatile = true;
      mapExpressionChildren(expression, mapping);
      return expression;
    },
  };
  for (const expression of expressions) mapping.expression(expression);
  for (const call of calls) mapCallChildren(call, mapping);
  return { uses, volatile, subquery };
}

const STAGES = ['row', 'aggregate', 'window'] as const;

/** Volatility, subqueries and stage of an expression over these definitions. */
export function traits(
  inspection: Inspection,
  definitions: ReadonlyMap<ColumnId, Definition>,
): Pick<Definition, 'volatile' | 'subquery' | 'stage'> {
  let { volatile, subquery } = inspection;
  let stage: Definition['stage'] = 'row';
  for (const id of inspection.uses.keys()) {
    const used = definitions.get(id);
    if (used === undefined) continue;
    volatile ||= used.volatile;
    subquery ||= used.subquery;
    if (STAGES.indexOf(used.stage) > STAGES.indexOf(stage)) stage = used.stage;
  }
  return { volatile, subquery, stage };
}
