import {
  nodeExpressions,
  visitPlan,
  type ColumnId,
  type Constraint,
  type Domain,
  type Expression,
  type Plan,
  type RemoteQueryPlan,
  type ScanPlan,
} from '@tributary/sql';
import { closureOf, columnDomain, rejectsNulls } from './closure.ts';
import {
  expressionColumns,
  isRepeatable,
  predicateColumns,
  substitutePredicate,
  type Predicate,
} from './predicate.ts';
import {
  columnExpression,
  conditionFacts,
  isMembership,
  learnCommonTables,
  rowFacts,
  type CommonFacts,
} from './row-facts.ts';

/** What a statement's predicates leave of one scan. */
export interface ScanConstraint {
  /** Domains by source column name. Rows outside cannot matter to the statement's result. */
  readonly constraint: Constraint;
  /** Conjuncts over this scan's columns alone that the domains do not express completely. */
  readonly residual: readonly Expression[];
}

/**
 * Derives from every predicate of a plan what it leaves of each scan, by occurrence: through projections, joins, grouping keys,
 * set operations, common tables and subqueries, and along equalities. Never past a limit. The predicates stay in the plan. Of a
 * query to a source the constraint goes by its columns' ids.
 *
 * @param needed what holds of every row of the plan that matters
 */
export function constraints(
  plan: Plan,
  needed: readonly Predicate[] = [],
): ReadonlyMap<number, ScanConstraint> {
  const walk = new ConstraintWalk();
  walk.plan(plan, needed);
  return walk.found;
}

type Predicates = readonly Predicate[];

/** One walk over a plan, top-down. `needed` holds of every row of a node that matters above it. */
class ConstraintWalk {
  readonly found = new Map<number, ScanConstraint>();
  private readonly common: CommonFacts = new Map();
  /** What each reference to a common table needs of its rows. */
  private readonly references = new Map<number, Predicates[]>();

  plan(plan: Plan, needed: Predicates): void {
    switch (plan.kind) {
      case 'remoteQuery':
        this.found.set(plan.occurrence, queryConstraint(plan, needed));
        return;
      case 'scan':
        this.found.set(plan.occurrence, scanConstraint(plan, needed));
        return;
      case 'filter': {
        const inner = [...needed, ...conditionFacts(plan.condition, this.common)];
        this.expressions([plan.condition], inner);
        this.plan(plan.input, inner);
        return;
      }
      case 'project': {
        const inner = throughProjection(plan, needed);
        this.expressions(plan.expressions, inner);
        this.plan(plan.input, inner);
        return;
      }
      case 'join':
        this.join(plan, needed);
        return;
      case 'aggregate':
        this.aggregate(plan, needed);
        return;
      case 'window': {
        const keys = commonPartitionKeys(plan);
        const inner = onlyAbout(needed, plan, keys);
        this.expressions(nodeExpressions(plan), inner);
        this.plan(plan.input, inner);
        return;
      }
      case 'distinct': {
        const on =
          plan.on && new Set(plan.on.flatMap((each) => (each.kind === 'column' ? [each.id] : [])));
        const inner = on === undefined ? needed : onlyAbout(needed, plan, on);
        this.expressions(nodeExpressions(plan), inner);
        this.plan(plan.input, inner);
        return;
      }
      case 'sort':
        this.expressions(nodeExpressions(plan), needed);
        this.plan(plan.input, needed);
        return;
      case 'limit':
        this.plan(plan.input, onlyAbout(needed, plan, new Set()));
        return;
      case 'setOperation':
        for (const side of [plan.left, plan.right]) {
          const replacements = new Map<ColumnId, Expression>();
          plan.columns.forEach((column, index) => {
            const source = side.columns[index];
            if (source !== undefined) replacements.set(column.id, columnExpression(source));
          });
          this.plan(
            side,
            needed.map((each) => substitutePredicate(each, replacements)),
          );
        }
        return;
      case 'values':
      case 'tableFunction':
        this.expressions(nodeExpressions(plan), needed);
        return;
      case 'with':
        this.with(plan, needed);
        return;
      case 'commonTableScan': {
        const replacements = new Map<ColumnId, Expression>();
        plan.columns.forEach((column, index) => {
          const id = plan.sources[index];
          if (id !== undefined)
            replacements.set(column.id, { kind: 'column', id, type: column.type });
        });
        const list = this.references.get(plan.table) ?? [];
        list.push(referenceNeeds(plan, needed, replacements));
        this.references.set(plan.table, list);
        return;
      }
      case 'recursive':
        // Every row may lead to others.
        this.plan(plan.initial, []);
        this.plan(plan.step, []);
    }
  }

  private join(plan: Extract<Plan, { kind: 'join' }>, needed: Predicates): void {
    const left = idsOf(plan.left);
    const right = idsOf(plan.right);
    const without = (ids: ReadonlySet<ColumnId>): Predicates =>
      needed.filter((each) => !mentions(each, ids));
    const condition = conditionFacts(plan.condition, this.common);
    const leftFacts = rowFacts(plan.left, this.common);
    const rightFacts = rowFacts(plan.right, this.common);
    let toLeft: Predicates;
    let toRight: Predicates;
    switch (effectiveJoin(plan, needed, left, right)) {
      case 'inner':
        toLeft = [...needed, ...condition, ...rightFacts];
        toRight = [...needed, ...condition, ...leftFacts];
        break;
      case 'semi':
        toLeft = [...needed, ...condition, ...rightFacts];
        toRight = [...needed, ...condition, ...leftFacts];
        break;
      case 'anti':
        toLeft = needed;
        toRight = [...needed, ...condition, ...leftFacts];
        break;
      case 'left':
        toLeft = needed;
        // A right row that is dropped must not leave its left row unmatched: only what concerns the left passes.
        toRight = [...without(right), ...condition, ...leftFacts];
        break;
      case 'right':
        toLeft = [...without(left), ...condition, ...rightFacts];
        toRight = needed;
        break;
      case 'full':
        toLeft = without(new Set([...left, ...right]));
        toRight = toLeft;
        break;
    }
    if (plan.condition !== undefined) this.expressions([plan.condition], []);
    this.plan(plan.left, toLeft);
    this.plan(plan.right, toRight);
  }

  private aggregate(plan: Extract<Plan, { kind: 'aggregate' }>, needed: Predicates): void {
    const replacements = new Map<ColumnId, Expression>();
    for (const { id, expression } of plan.keys) {
      const inEverySet = plan.sets?.every((set) => set.includes(id)) ?? true;
      if (inEverySet && isRepeatable(expression)) replacements.set(id, expression);
    }
    const inner = onlyAbout(needed, plan, new Set(replacements.keys())).map((each) =>
      substitutePredicate(each, replacements),
    );
    this.expressions(nodeExpressions(plan), inner);
    this.plan(plan.input, inner);
  }

  private with(plan: Extract<Plan, { kind: 'with' }>, needed: Predicates): void {
    learnCommonTables(plan, this.common);
    this.plan(plan.body, needed);
    // A later table may refer to an earlier one, so that its references are known first.
    for (const table of [...plan.tables].reverse()) {
      const references = this.references.get(table.id) ?? [];
      const [only] = references;
      this.plan(
        table.plan,
        references.length === 1 && only !== undefined
          ? only
          : references.some((list) => list.length === 0)
            ? []
            : [{ kind: 'any', alternatives: references }],
      );
    }
  }

  /** Walks the subqueries in expressions that are evaluated for rows of which `outer` holds. */
  private expressions(expressions: readonly Expression[], outer: Predicates): void {
    const conditions = new Set(
      outer.flatMap((each) => (each.kind === 'holds' ? [each.expression] : [])),
    );
    const visit = (expression: Expression): void => {
      visitPlan(
        { kind: 'values', columns: [], rows: [[expression]] },
        {
          expression: (each) => {
            if (each.kind === 'subquery') subqueries.add(each);
          },
        },
      );
    };
    const subqueries = new Set<Extract<Expression, { kind: 'subquery' }>>();
    expressions.forEach(visit);
    for (const subquery of topmost(subqueries)) {
      // Where `x IN (subquery)` must be true, only the subquery's rows that equal x matter.
      const member = conditions.has(subquery) && isMembership(subquery);
      const equal = member
        ? (subquery.left ?? []).flatMap((left, index): Predicates => {
            const column = subquery.plan.columns[index];
            if (column === undefined || !isRepeatable(left)) return [];
            return [{ kind: 'same', left: columnExpression(column), right: left }];
          })
        : [];
      this.plan(subquery.plan, [...outer, ...equal]);
    }
  }
}

/** Subqueries that stand in no other of the set: those inside are met when the walk enters the outer one. */
function topmost(
  subqueries: ReadonlySet<Extract<Expression, { kind: 'subquery' }>>,
): readonly Extract<Expression, { kind: 'subquery' }>[] {
  const inner = new Set<Expression>();
  for (const { plan } of subqueries) {
    visitPlan(plan, {
      expression: (each) => {
        if (each.kind === 'subquery') inner.add(each);
      },
    });
  }
  return [...subqueries].filter((each) => !inner.has(each));
}

function idsOf(plan: Plan): ReadonlySet<ColumnId> {
  return new Set(plan.columns.map(({ id }) => id));
}

function mentions(predicate: Predicate, ids: ReadonlySet<ColumnId>): boolean {
  for (const id of predicateColumns(predicate)) if (ids.has(id)) return true;
  return false;
}

/** Drops what concerns columns of the node other than the given ones; what concerns other rows only stays true. */
function onlyAbout(needed: Predicates, plan: Plan, allowed: ReadonlySet<ColumnId>): Predicates {
  const dropped = new Set(plan.columns.flatMap(({ id }) => (allowed.has(id) ? [] : [id])));
  return needed.filter((each) => !mentions(each, dropped));
}

function throughProjection(
  plan: Extract<Plan, { kind: 'project' }>,
  needed: Predicates,
): Predicates {
  const replacements = new Map<ColumnId, Expression>();
  const opaque = new Set<ColumnId>();
  plan.columns.forEach(({ id }, index) => {
    const expression = plan.expressions[index];
    if (expression !== undefined && isRepeatable(expression)) replacements.set(id, expression);
    else opaque.add(id);
  });
  return needed
    .filter((each) => !mentions(each, opaque))
    .map((each) => substitutePredicate(each, replacements));
}

/** An outer join whose NULL-extended rows are filtered out again is as good as the narrower join. */
function effectiveJoin(
  { join }: Extract<Plan, { kind: 'join' }>,
  needed: Predicates,
  left: ReadonlySet<ColumnId>,
  right: ReadonlySet<ColumnId>,
): Extract<Plan, { kind: 'join' }>['join'] {
  if (join === 'left') return rejectsNulls(needed, right) ? 'inner' : 'left';
  if (join === 'right') return rejectsNulls(needed, left) ? 'inner' : 'right';
  if (join !== 'full') return join;
  const keepsLeft = rejectsNulls(needed, left);
  const keepsRight = rejectsNulls(needed, right);
  if (keepsLeft) return keepsRight ? 'inner' : 'left';
  return keepsRight ? 'right' : 'full';
}

function commonPartitionKeys(plan: Extract<Plan, { kind: 'window' }>): ReadonlySet<ColumnId> {
  const [first, ...others] = plan.calls.map(
    ({ call }) =>
      new Set(call.partitionBy.flatMap((each) => (each.kind === 'column' ? [each.id] : []))),
  );
  if (first === undefined) return idsOf(plan.input);
  return new Set([...first].filter((id) => others.every((keys) => keys.has(id))));
}

/** What one reference needs of a common table's rows, in the common table's own columns. */
function referenceNeeds(
  plan: Extract<Plan, { kind: 'commonTableScan' }>,
  needed: Predicates,
  replacements: ReadonlyMap<ColumnId, Expression>,
): Predicates {
  const own = idsOf(plan);
  const needs: Predicate[] = [];
  for (const each of needed) {
    if ([...predicateColumns(each)].every((id) => own.has(id)) && mentions(each, own)) {
      needs.push(substitutePredicate(each, replacements));
    }
  }
  // Equalities with other tables do not leave the reference, but what they say of its columns does.
  plan.columns.forEach((column) => {
    const domain = columnDomain(needed, columnExpression(column));
    const expression = replacements.get(column.id);
    if (domain !== undefined && expression !== undefined) {
      needs.push({ kind: 'within', expression, domain });
    }
  });
  return needs;
}

function queryConstraint(query: RemoteQueryPlan, needed: Predicates): ScanConstraint {
  const closure = closureOf(needed);
  const constraint = new Map<string, Domain>();
  for (const { id, type } of query.columns) {
    const domain = closure.impossible
      ? { type, ranges: [], nulls: false }
      : closure.columns.get(id);
    if (domain !== undefined) constraint.set(String(id), domain);
  }
  return { constraint, residual: [] };
}

function scanConstraint(scan: ScanPlan, needed: Predicates): ScanConstraint {
  const closure = closureOf(needed);
  const constraint = new Map<string, Domain>();
  const own = idsOf(scan);
  const residual: Expression[] = [];
  if (closure.impossible) {
    for (const { id, source } of scan.scanColumns) {
      const type = scan.columns.find((column) => column.id === id)?.type;
      if (type !== undefined) constraint.set(source, { type, ranges: [], nulls: false });
    }
    return { constraint, residual };
  }
  for (const { id, source } of scan.scanColumns) {
    const domain = closure.columns.get(id);
    if (domain !== undefined) constraint.set(source, domain);
  }
  needed.forEach((each, index) => {
    if (each.kind !== 'holds' || closure.isExact(index) || !isRepeatable(each.expression)) return;
    const columns = expressionColumns(each.expression);
    if (columns.size > 0 && [...columns].every((id) => own.has(id))) residual.push(each.expression);
  });
  return { constraint, residual };
}
