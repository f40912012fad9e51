import {
  formatDomainValue,
  mapExpressionChildren,
  mapPlanChildren,
  sameDomain,
  visitPlan,
} from '@tributary/sql';
import type {
  ChildMapping,
  CommonTable,
  Expression,
  Plan,
  ScanPlan,
  SubqueryExpression,
} from '@tributary/sql';
import { sampleValue } from '../execute/dynamic-filters.ts';
import { SourceTrees } from '../rules/push/source-trees.ts';
import { constraints } from './constraints.ts';
import { isFoldable } from './fold-constants.ts';
import { expressionColumns, isRepeatable, isVolatile } from './predicate.ts';
import { isMembership } from './row-facts.ts';

/** A subquery without columns of the statement around it, whose value says what of other tables need not be read. */
export interface LeadingSubquery {
  readonly expression: SubqueryExpression;
  /** The subquery's rows, with the common tables that it reads. */
  readonly plan: Plan;
}

/** Subqueries that are tried at most: each costs a walk over the statement. */
const MOST_TRIED = 16;

/**
 * The outermost subqueries that are worth running before the rest of their statement: scalar ones, and those by which membership
 * is tested, that would narrow what is kept of a table by the columns it is pruned by. Whether they do is tried with some value.
 *
 * @param prunedBy names of the columns that choose what is read of a table; none for other relations
 * @param fold folds what has become constant
 */
export async function leadingSubqueries(
  plan: Plan,
  prunedBy: (scan: ScanPlan) => readonly string[],
  fold: (plan: Plan) => Promise<Plan>,
): Promise<readonly LeadingSubquery[]> {
  const candidates = candidatesOf(plan).slice(0, MOST_TRIED);
  if (candidates.length === 0 || !scansOf(plan).some((scan) => prunedBy(scan).length > 0)) {
    return [];
  }
  const before = constraints(plan);
  const leading: LeadingSubquery[] = [];
  for (const candidate of candidates) {
    const type = typeOf(candidate.expression);
    const value = type && sampleValue(type);
    if (type === undefined || value === undefined) continue;
    const sample: Expression = { kind: 'constant', type, value: formatDomainValue(value, type) };
    const tried = await fold(
      withValues(plan, new Map([[candidate.expression, valueOf(candidate.expression, [sample])]])),
    );
    const after = constraints(tried);
    const narrowed = scansOf(plan).some((scan) => {
      const names = prunedBy(scan);
      const [old, now] = [before.get(scan.occurrence), after.get(scan.occurrence)];
      const decided = (residual: readonly Expression[] = []): number =>
        residual.filter((each) => isAbout(each, scan, names)).length;
      return (
        decided(now?.residual) > decided(old?.residual) ||
        names.some((name) => {
          const [wide, narrow] = [old?.constraint.get(name), now?.constraint.get(name)];
          return narrow !== undefined && (wide === undefined || !sameDomain(wide, narrow));
        })
      );
    });
    if (narrowed) leading.push(candidate);
  }
  return leading;
}

/** A plan with subqueries replaced by what they are known to be. */
export function withValues(plan: Plan, values: ReadonlyMap<Expression, Expression>): Plan {
  const mapping: ChildMapping = {
    plan: (each) => mapPlanChildren(each, mapping),
    expression: (each) => values.get(each) ?? mapExpressionChildren(each, mapping),
  };
  return mapping.plan(plan);
}

/** A leading subquery as an expression over its values: one of a scalar, all distinct ones of a membership. */
export function valueOf(
  { form, type, left }: SubqueryExpression,
  values: readonly Expression[],
): Expression {
  const [first] = values;
  if (form === 'scalar' && first !== undefined) return first;
  const [arg] = left ?? [];
  return arg === undefined || first === undefined
    ? { kind: 'constant', type, value: form === 'scalar' ? null : 'false' }
    : { kind: 'inList', type, arg, list: values, negated: false };
}

/** The type of a leading subquery's values; undefined where they cannot be told as constants. */
function typeOf({ plan }: SubqueryExpression): Expression['type'] | undefined {
  const [column, ...others] = plan.columns;
  return column === undefined || others.length > 0 || !isFoldable(column.type)
    ? undefined
    : column.type;
}

function candidatesOf(plan: Plan): readonly LeadingSubquery[] {
  const trees = new SourceTrees(() => undefined);
  const found: LeadingSubquery[] = [];
  const tables = new Map<number, CommonTable>();
  const mapping: ChildMapping = {
    plan(node) {
      if (node.kind === 'with') for (const table of node.tables) tables.set(table.id, table);
      return mapPlanChildren(node, mapping);
    },
    expression(each) {
      const closed = each.kind === 'subquery' ? withTables(each.plan, tables) : undefined;
      if (
        each.kind === 'subquery' &&
        closed !== undefined &&
        (each.form === 'scalar' || (isMembership(each) && each.left?.length === 1)) &&
        typeOf(each) !== undefined &&
        scansOf(closed).length > 0 &&
        !isVolatile(closed) &&
        trees.isClosed(closed)
      ) {
        found.push({ expression: each, plan: closed });
        return each;
      }
      return mapExpressionChildren(each, mapping);
    },
  };
  mapping.plan(plan);
  return found;
}

/** A plan under the common tables that it reads of those around it. */
function withTables(plan: Plan, around: ReadonlyMap<number, CommonTable>): Plan {
  const wanted = new Set<number>();
  const collect = (part: Plan): void => {
    visitPlan(part, {
      plan(node) {
        const table = node.kind === 'commonTableScan' ? around.get(node.table) : undefined;
        if (table === undefined || wanted.has(table.id)) return;
        wanted.add(table.id);
        collect(table.plan);
      },
    });
  };
  collect(plan);
  const tables = [...around.values()].filter(({ id }) => wanted.has(id));
  return tables.length === 0 ? plan : { kind: 'with', tables, body: plan, columns: plan.columns };
}

function isAbout(expression: Expression, scan: ScanPlan, names: readonly string[]): boolean {
  const columns = [...expressionColumns(expression)];
  return (
    columns.length > 0 &&
    isRepeatable(expression) &&
    columns.every((id) =>
      names.includes(scan.scanColumns.find((column) => column.id === id)?.source ?? ''),
    )
  );
}

function scansOf(plan: Plan): readonly ScanPlan[] {
  const scans: ScanPlan[] = [];
  visitPlan(plan, {
    plan(node) {
      if (node.kind === 'scan') scans.push(node);
    },
  });
  return scans;
}
