import { formatType, mapExpressionChildren, mapPlanChildren } from '@tributary/sql';
import type {
  Constraint,
  Domain,
  Expression,
  Plan,
  RemoteQueryPlan,
  ScanPlan,
  ValueRange,
} from '@tributary/sql';
import { formatAggregate, formatExpression, formatSortKeys } from './format-expression.ts';

/** A plan node as data: what EXPLAIN (FORMAT JSON) answers and the text form is made from. */
export interface PlanTree {
  readonly node: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly inputs: readonly PlanTree[];
}

/** Adds to a scan's details what its source tells. */
export type ScanDetails = (scan: ScanPlan | RemoteQueryPlan) => Readonly<Record<string, unknown>>;

const columnList = (plan: Plan): string =>
  plan.columns.map(({ id, name }) => `${name}#${id}`).join(', ');

function formatRange(range: ValueRange): string {
  const { low, high } = range;
  if (low !== undefined && high !== undefined && low.value === high.value) {
    return String(low.value);
  }
  const from = low === undefined ? '(-∞' : `${low.inclusive ? '[' : '('}${String(low.value)}`;
  const to = high === undefined ? '∞)' : `${String(high.value)}${high.inclusive ? ']' : ')'}`;
  return `${from}, ${to}`;
}

const SHOWN_RANGES = 6;

/** A domain in interval notation; dates and timestamps by their text form. */
export function formatDomain(
  domain: Domain,
  text: (domain: Domain) => Domain = (each) => each,
): string {
  const { ranges, nulls } = text(domain);
  const shown = ranges.slice(0, SHOWN_RANGES).map(formatRange);
  if (ranges.length > SHOWN_RANGES) {
    shown.push(`and ${ranges.length - SHOWN_RANGES} more`);
  }
  if (nulls) {
    shown.push('NULL');
  }
  return shown.length === 0 ? 'nothing' : shown.join(' or ');
}

function constraintDetails(constraint: Constraint | undefined): Record<string, string> {
  return Object.fromEntries(
    [...(constraint ?? [])].map(([name, domain]) => [name, formatDomain(readable(domain))]),
  );
}

/** Dates and timestamps are kept as counts; people read them as dates. */
function readable(domain: Domain): Domain {
  if (domain.type.kind !== 'scalar') {
    return domain;
  }
  const { name } = domain.type;
  const perDay = name === 'date' ? 86_400_000n : undefined;
  if (perDay === undefined && name !== 'timestamp' && name !== 'timestamptz') {
    return domain;
  }
  const show = (value: ValueRange['low']): ValueRange['low'] => {
    if (value === undefined || typeof value.value !== 'bigint') {
      return value;
    }
    const ms = perDay === undefined ? value.value / 1000n : value.value * perDay;
    const date = new Date(Number(ms));
    return Number.isNaN(date.getTime())
      ? value
      : {
          ...value,
          value: perDay === undefined ? date.toISOString() : date.toISOString().slice(0, 10),
        };
  };
  return {
    ...domain,
    ranges: domain.ranges.map(({ low, high }) => {
      const shownLow = show(low);
      const shownHigh = show(high);
      return {
        ...(shownLow === undefined ? {} : { low: shownLow }),
        ...(shownHigh === undefined ? {} : { high: shownHigh }),
      };
    }),
  };
}

function nodeName(plan: Plan): string {
  switch (plan.kind) {
    case 'scan':
      return `Scan ${plan.table.database}.${plan.table.schema}.${plan.table.name}`;
    case 'join': {
      const lateral = plan.lateral ? 'Lateral ' : '';
      const cross = plan.condition === undefined && plan.join === 'inner' ? 'Cross' : undefined;
      return `${lateral}${cross ?? plan.join.replace(/^./, (first) => first.toUpperCase())} Join`;
    }
    case 'remoteQuery':
      return `Remote Query ${plan.source}`;
    case 'setOperation':
      return `${plan.operation.replace(/^./, (first) => first.toUpperCase())}${plan.all ? ' All' : ''}`;
    case 'commonTableScan':
      return `Common Table Scan ${plan.name}`;
    case 'tableFunction':
      return `Table Function ${plan.functions.map(({ entry }) => entry.name).join(', ')}`;
    default:
      return plan.kind.replace(/^./, (first) => first.toUpperCase());
  }
}

function nodeDetails(plan: Plan, scanDetails: ScanDetails): Record<string, unknown> {
  switch (plan.kind) {
    case 'scan':
      return {
        columns: columnList(plan),
        ...(plan.constraint === undefined || plan.constraint.size === 0
          ? {}
          : { keep: constraintDetails(plan.constraint) }),
        ...(plan.partitionPredicates === undefined
          ? {}
          : { partitionPredicates: plan.partitionPredicates.map(formatExpression) }),
        ...scanDetails(plan),
      };
    case 'filter':
      return { condition: formatExpression(plan.condition) };
    case 'project':
      return {
        columns: plan.columns.map(({ id, name }, index) => {
          const expression = plan.expressions[index];
          return expression === undefined || (expression.kind === 'column' && expression.id === id)
            ? `${name}#${id}`
            : `${name}#${id} = ${formatExpression(expression)}`;
        }),
      };
    case 'join':
      return plan.condition === undefined ? {} : { condition: formatExpression(plan.condition) };
    case 'aggregate':
      return {
        ...(plan.keys.length === 0
          ? {}
          : {
              keys: plan.keys.map(
                ({ id, expression }) => `#${id} = ${formatExpression(expression)}`,
              ),
            }),
        ...(plan.sets === undefined
          ? {}
          : { sets: plan.sets.map((set) => `(${set.map((id) => `#${id}`).join(', ')})`) }),
        ...(plan.aggregates.length === 0
          ? {}
          : {
              aggregates: plan.aggregates.map(
                ({ id, call }) => `#${id} = ${formatAggregate(call)}`,
              ),
            }),
      };
    case 'window':
      return { calls: plan.calls.map(({ id, call }) => `#${id} = ${formatAggregate(call)}`) };
    case 'distinct':
      return plan.on === undefined ? {} : { on: plan.on.map(formatExpression) };
    case 'sort':
      return { keys: formatSortKeys(plan.keys) };
    case 'limit':
      return {
        ...(plan.limit === undefined ? {} : { limit: formatExpression(plan.limit) }),
        ...(plan.offset === undefined ? {} : { offset: formatExpression(plan.offset) }),
        ...(plan.withTies ? { withTies: true } : {}),
      };
    case 'values':
      return { rows: plan.rows.length };
    case 'tableFunction':
      return {
        calls: plan.functions.map(
          ({ entry, args }) => `${entry.name}(${args.map(formatExpression).join(', ')})`,
        ),
      };
    case 'setOperation':
      return {
        columns: plan.columns.map(({ id, name, type }) => `${name}#${id} ${formatType(type)}`),
      };
    case 'with':
      return { tables: plan.tables.map(({ name }) => name) };
    case 'remoteQuery':
      return { columns: columnList(plan), ...scanDetails(plan) };
    case 'commonTableScan':
    case 'recursive':
      return {};
  }
}

/** The plan as a tree of data; subqueries hang below the node whose expressions hold them. */
export function planTree(plan: Plan, scanDetails: ScanDetails = () => ({})): PlanTree {
  const inputs: PlanTree[] = [];
  const collect = {
    plan(each: Plan): Plan {
      inputs.push(planTree(each, scanDetails));
      return each;
    },
    expression(each: Expression): Expression {
      collectSubqueries(each, (sub) => {
        const tree = planTree(sub, scanDetails);
        inputs.push({ ...tree, node: `Subquery: ${tree.node}` });
      });
      return each;
    },
  };
  mapPlanChildren(plan, collect);
  return { node: nodeName(plan), details: nodeDetails(plan, scanDetails), inputs };
}

function collectSubqueries(expression: Expression, found: (plan: Plan) => void): void {
  const mapping = {
    plan(each: Plan): Plan {
      found(each);
      return each;
    },
    expression(each: Expression): Expression {
      mapExpressionChildren(each, mapping);
      return each;
    },
  };
  mapping.expression(expression);
}

/** The tree as indented lines, one a node, its details below it. */
export function formatPlanTree(tree: PlanTree, depth = 0): readonly string[] {
  const indent = '  '.repeat(depth);
  const lines = [`${indent}${depth === 0 ? '' : '-> '}${tree.node}`];
  const detailIndent = `${indent}${depth === 0 ? '  ' : '     '}`;
  for (const [key, value] of Object.entries(tree.details)) {
    lines.push(`${detailIndent}${key}: ${formatDetail(value)}`);
  }
  return [...lines, ...tree.inputs.flatMap((input) => formatPlanTree(input, depth + 1))];
}

function formatDetail(value: unknown): string {
  if (Array.isArray(value)) {
    return value.map(formatDetail).join(', ');
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, each]) => `${key} ${formatDetail(each)}`)
      .join('; ');
  }
  return String(value);
}
