import { mapExpressionChildren, mapPlanChildren } from '@tributary/sql';
import type { ChildMapping, ColumnId, Domain, Expression, Plan, ScanPlan } from '@tributary/sql';
import { restrictTruth } from '../analyze/restrict-expression.ts';
import { both } from '../analyze/restriction.ts';
import { NOT_TRUE } from '../analyze/truth.ts';
import type { Rule, RuleContext } from './rule.ts';

/** Domains that hold of columns in every row of a node. */
type Known = ReadonlyMap<ColumnId, Domain>;

const NOTHING: Known = new Map();

/** What a scan guarantees: its partitions were chosen by these domains, and a partition column is the same in all its rows. */
function scanFacts(scan: ScanPlan, partitionColumns: readonly string[]): Known {
  const known = new Map<ColumnId, Domain>();
  for (const { id, source } of scan.scanColumns) {
    const domain = scan.constraint?.get(source);
    if (domain !== undefined && partitionColumns.includes(source)) {
      known.set(id, domain);
    }
  }
  return known;
}

/** Whether no row that fits the domains can fail the predicate. */
function isImplied(predicate: Expression, known: Known): boolean {
  const fails = restrictTruth(predicate, NOT_TRUE);
  return both({ columns: known, exact: false, impossible: false }, fails).impossible;
}

function remaining(condition: Expression, known: Known): Expression | undefined {
  const conjuncts = condition.kind === 'and' ? condition.args : [condition];
  const kept = conjuncts.filter((each) => !isImplied(each, known));
  const [only] = kept;
  if (kept.length === conjuncts.length) {
    return condition;
  }
  return kept.length > 1 ? { ...condition, kind: 'and', args: kept } : only;
}

/** Rewrites bottom-up; `facts` answers what holds of a rewritten node's rows. */
function dropImplied(plan: Plan, context: RuleContext): Plan {
  const facts = new Map<Plan, Known>();
  const known = (node: Plan): Known => facts.get(node) ?? NOTHING;
  const mapping: ChildMapping = {
    plan(node) {
      const mapped = mapPlanChildren(node, mapping);
      const result = mapped.kind === 'filter' ? filtered(mapped, known(mapped.input)) : mapped;
      if (!facts.has(result)) {
        facts.set(result, factsOf(result, known, context));
      }
      return result;
    },
    expression: (each) => mapExpressionChildren(each, mapping),
  };
  return mapping.plan(plan);
}

function filtered(node: Extract<Plan, { kind: 'filter' }>, known: Known): Plan {
  if (known.size === 0) {
    return node;
  }
  const condition = remaining(node.condition, known);
  if (condition === undefined) {
    return node.input;
  }
  return condition === node.condition ? node : { ...node, condition };
}

/** Which of the inputs' facts hold of a node's own rows: those of a side that a join pads with NULLs do not. */
function factsOf(node: Plan, known: (node: Plan) => Known, context: RuleContext): Known {
  switch (node.kind) {
    case 'scan':
      return scanFacts(node, context.partitionColumns(node.table));
    case 'filter':
    case 'project':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'window':
      return known(node.input);
    case 'join':
      switch (node.join) {
        case 'inner':
          return new Map([...known(node.left), ...known(node.right)]);
        case 'left':
        case 'semi':
        case 'anti':
          return known(node.left);
        case 'right':
          return known(node.right);
        case 'full':
          return NOTHING;
      }
      break;
    case 'with':
      return known(node.body);
    case 'aggregate':
    case 'setOperation':
    case 'values':
    case 'tableFunction':
    case 'remoteQuery':
    case 'commonTableScan':
    case 'recursive':
      return NOTHING;
  }
}

/** Drops predicates that every row of the chosen partitions fulfils, so that nothing is computed a row for what a folder says. */
export const dropImpliedPredicates: Rule = {
  name: 'drop-implied-predicates',
  description: 'Do not test rows for what the choice of partitions guarantees.',
  apply(plan, context) {
    const dropped = dropImplied(plan, context);
    return dropped === plan ? undefined : dropped;
  },
};
