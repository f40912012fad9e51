import type { Plan } from '@tributary/sql';
import { formatPlanTree, planTree } from '../../src/explain/plan-tree.ts';
import type { PlanTree } from '../../src/explain/plan-tree.ts';
import type { Rule, RuleContext } from '../../src/rules/rule.ts';
import { boundQuery } from '../analyze/bound-query.ts';

/** Tables t, u and v are partitioned by dt and s. */
const CONTEXT: RuleContext = { partitionColumns: () => ['dt', 's'] };

async function changed(rule: Rule, text: string): Promise<Plan | undefined> {
  return rule.apply(await boundQuery(text), CONTEXT);
}

/** The plan that a rule makes of a query's, as EXPLAIN shows it; undefined where it has nothing to do. */
export async function planAfter(rule: Rule, text: string): Promise<readonly string[] | undefined> {
  const plan = await changed(rule, text);
  return plan === undefined ? undefined : formatPlanTree(planTree(plan));
}

/** One detail of every scan, in the plan's order: `t: id#1`; undefined where the rule has nothing to do. */
export async function scansAfter(
  rule: Rule,
  text: string,
  detail: 'columns' | 'keep',
): Promise<readonly string[] | undefined> {
  const plan = await changed(rule, text);
  if (plan === undefined) return undefined;
  const found: string[] = [];
  const visit = ({ node, details, inputs }: PlanTree): void => {
    const [, name] = /^Scan lake\.public\.(\w+)/.exec(node) ?? [];
    if (name !== undefined) {
      const ahead = details['partitionPredicates'];
      const suffix = detail === 'keep' && Array.isArray(ahead) ? ` if ${ahead.join(' and ')}` : '';
      found.push(`${name}: ${shown(details[detail])}${suffix}`);
    }
    inputs.forEach(visit);
  };
  visit(planTree(plan));
  return found;
}

function shown(detail: unknown): string {
  if (typeof detail === 'string') return detail;
  if (typeof detail !== 'object' || detail === null) return 'everything';
  return Object.entries(detail)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join('; ');
}
