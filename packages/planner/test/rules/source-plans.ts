import type { QueryConnector } from '@tributary/connectors';
import { rewritePlan } from '@tributary/sql';
import type { Plan } from '@tributary/sql';
import { refusal } from '../../../connectors/src/postgres/refusal.ts';
import { childPlans } from '../../src/rules/push/source-trees.ts';
import type { Rule, SourceTableFacts } from '../../src/rules/rule.ts';
import { boundQuery } from '../analyze/bound-query.ts';

const refuse = (): never => {
  throw new Error('a rule must not touch the source');
};

function connector(source: string): QueryConnector {
  return {
    kind: 'postgres',
    source,
    catalog: { source, read: refuse },
    refusal: (node) => refusal(node, source),
    text: refuse,
    run: refuse,
    close: refuse,
  };
}

/** Tables t and u are of one source that computes queries, v is of the lake. */
const SOURCES: Readonly<Record<string, string>> = { t: 'warehouse', u: 'warehouse', v: 'lake' };

/** The shape of what a rule makes of a query's plan. `tables`: what sources say of theirs. */
export async function sourcePlanAfter(
  rule: Rule,
  text: string,
  {
    sources = SOURCES,
    tables = {},
  }: {
    readonly sources?: Readonly<Record<string, string>>;
    readonly tables?: Readonly<Record<string, SourceTableFacts>>;
  } = {},
): Promise<string> {
  const plan = rewritePlan(await boundQuery(text), {
    plan: (node) =>
      node.kind === 'scan'
        ? { ...node, table: { ...node.table, source: sources[node.table.name] ?? 'lake' } }
        : node,
  });
  const after = rule.apply(plan, {
    partitionColumns: () => [],
    querySource: (name) => (name === 'lake' ? undefined : connector(name)),
    sourceTable: ({ name }) => tables[name],
  });
  return after === undefined ? 'unchanged' : shape(after);
}

/** Kinds of nodes, outermost first; what goes to a source in brackets, a table followed by the columns that its rows are chosen by. */
function shape(plan: Plan): string {
  if (plan.kind === 'remoteQuery') return `[${shape(plan.plan)}]`;
  const kept = plan.kind === 'scan' ? [...(plan.constraint?.keys() ?? [])].sort().join('') : '';
  const name = plan.kind === 'scan' ? `${plan.table.name}${kept}` : plan.kind;
  const children = childPlans(plan).map(shape);
  return children.length === 0 ? name : `${name}(${children.join(', ')})`;
}
