import { printDuckdb, visitPlan } from '@tributary/sql';
import type { Plan } from '@tributary/sql';
import { keyDomain } from '../execute/key-domain.ts';
import type { DynamicFilterServices } from '../execute/opening-order.ts';
import { printFacts } from '../execute/run-plan.ts';
import type { StatementScope } from './statement-scope.ts';

/** Fewer rows come as fast as keys for them are computed. */
const LARGE_ROWS = 50_000;
/** Values that choose partitions: each is looked at. */
const MOST_PARTITION_KEYS = 10_000;
/** Values that are sent to a source, in one text of a hundred kilobytes. */
const MOST_SENT_KEYS = 20_000;

/** How a statement's keys are computed and which queries they are worth it for. */
export function dynamicFilterServices(scope: StatementScope): DynamicFilterServices {
  const { engine } = scope.services;
  return {
    relationKeys: (relation, column, signal) =>
      // Its parameters are named by place; relations of loaded rows have none.
      relation.parameters.length > 0
        ? Promise.resolve(undefined)
        : keyDomain(relation, column, engine, { most: MOST_PARTITION_KEYS, signal }),
    planKeys(plan, column, relation, signal) {
      const { text, parameters } = printDuckdb(plan, { relation, ...printFacts(scope) });
      return keyDomain({ text: `(${text})`, parameters }, column, engine, {
        most: MOST_SENT_KEYS,
        signal,
      });
    },
    isLarge: (query) => estimatedRows(query.plan, scope) >= LARGE_ROWS,
    rows: (query) => estimatedRows(query.plan, scope),
  };
}

/** Rows of the largest table of a plan, as its source estimates them; 0 where it does not. */
function estimatedRows(plan: Plan, { snapshot }: StatementScope): number {
  let rows = 0;
  visitPlan(plan, {
    plan(node) {
      if (node.kind !== 'scan') return;
      const { database, schema, name } = node.table;
      const relation = snapshot.relation(database, schema, name);
      if (relation?.kind === 'sourceTable') rows = Math.max(rows, relation.estimate?.rows ?? 0);
    },
  });
  return rows;
}
