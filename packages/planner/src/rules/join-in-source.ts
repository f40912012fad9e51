import { BOOL, mapExpressionChildren, mapPlanChildren } from '@tributary/sql';
import type { ColumnId, Expression, Plan, TableReference } from '@tributary/sql';
import { FlatJoin, isFlat } from './push/flat-join.ts';
import { SourceTrees } from './push/source-trees.ts';
import type { Rule, RuleContext } from './rule.ts';

/** A table of at least this fraction of the rows of the one it is joined to is not worth reading by itself. */
const LARGE_FRACTION = 1 / 20;

/**
 * Joins that a source can compute are brought next to each other, wherever their tables stand among those of an inner join, so
 * that they leave as one query. Only joins that find at most one row for each row of the larger side are: what comes from the
 * source is then never more rows than that side alone has, and the other side does not come at all. It is done where the other
 * side is restricted by conditions of its own, so that it takes rows away, or is large itself.
 */
export const joinInSource: Rule = {
  name: 'join-in-source',
  description: 'Bring joins that a source can compute next to each other.',
  apply(plan, context) {
    const { querySource } = context;
    if (querySource === undefined) return undefined;
    const trees = new SourceTrees(querySource);
    const rewrite = {
      plan(node: Plan): Plan {
        const regrouped = regroup(node, trees, context);
        if (regrouped !== undefined) return rewrite.plan(regrouped);
        return mapPlanChildren(node, rewrite);
      },
      expression: (each: Expression): Expression => mapExpressionChildren(each, rewrite),
    };
    const changed = rewrite.plan(plan);
    return changed === plan ? undefined : changed;
  },
};

/** Relations of one source that are joined there. `root` has at most one row of the others for each of its own. */
interface Group {
  readonly root: number;
  readonly leaves: readonly number[];
}

function regroup(node: Plan, trees: SourceTrees, context: RuleContext): Plan | undefined {
  // What a source can compute whole needs no order.
  if (!isFlat(node) || trees.owner(node) !== undefined) return undefined;
  const flat = new FlatJoin(node);
  const groups = findGroups(flat, trees, context).filter(({ leaves }) => leaves.length > 1);
  const moved = new Set<Expression>();
  const plans = groups.flatMap((group) => {
    const plan = groupPlan(flat, group, trees, moved);
    return plan === undefined ? [] : [{ group, plan }];
  });
  if (plans.length === 0) return undefined;
  // A group stands where its first relation stood.
  const relations = flat.leaves.flatMap((plan, place) => {
    const found = plans.find(({ group }) => group.leaves.includes(place));
    if (found === undefined) return [plan];
    return Math.min(...found.group.leaves) === place ? [found.plan] : [];
  });
  const [first, ...others] = relations;
  if (first === undefined) return undefined;
  const joined = others.reduce(crossJoin, first);
  const rest = flat.conditions.filter((each) => !moved.has(each));
  const filtered = filter(joined, rest);
  return asItIs(filtered, node.columns);
}

/** A projection that changes nothing but the order of columns: what is below it is not taken for a part of a join above. */
function asItIs(input: Plan, columns: Plan['columns']): Plan {
  const expressions = columns.map(({ id, type }): Expression => ({ kind: 'column', id, type }));
  return { kind: 'project', input, columns, expressions };
}

function crossJoin(left: Plan, right: Plan): Plan {
  return {
    kind: 'join',
    join: 'inner',
    left,
    right,
    lateral: false,
    columns: [...left.columns, ...right.columns],
  };
}

function filter(input: Plan, conditions: readonly Expression[]): Plan {
  const condition = conjunction(conditions);
  return condition === undefined
    ? input
    : { kind: 'filter', input, columns: input.columns, condition };
}

function conjunction(conditions: readonly Expression[]): Expression | undefined {
  const [first, ...others] = conditions;
  return first === undefined || others.length === 0
    ? first
    : { kind: 'and', args: conditions, type: BOOL };
}

/** The relations that are joined in their source, each in one group. */
function findGroups(flat: FlatJoin, trees: SourceTrees, context: RuleContext): readonly Group[] {
  const sources = flat.leaves.map((leaf) => trees.owner(leaf)?.source);
  const groups: Group[] = sources.flatMap((source, place) =>
    source === undefined ? [] : [{ root: place, leaves: [place] }],
  );
  const joins = (many: Group, one: Group): boolean =>
    sources[many.root] === sources[one.root] &&
    isOneRow(flat, many, one, context) &&
    (one.leaves.some((leaf) => isRestricted(flat, leaf)) || isLarge(flat, many, one, context));
  for (;;) {
    let pair: readonly [Group, Group] | undefined;
    for (const many of groups) {
      const one = groups.find((each) => each !== many && joins(many, each));
      if (one !== undefined) {
        pair = [many, one];
        break;
      }
    }
    if (pair === undefined) return groups;
    const [many, one] = pair;
    groups.splice(groups.indexOf(one), 1);
    groups.splice(groups.indexOf(many), 1, {
      root: many.root,
      leaves: [...many.leaves, ...one.leaves].sort((a, b) => a - b),
    });
  }
}

/** Whether equations name a key of `one`'s root by columns of `many`. */
function isOneRow(flat: FlatJoin, many: Group, one: Group, context: RuleContext): boolean {
  const root = flat.leaves[one.root];
  if (root === undefined) return false;
  const named = new Set<string>();
  let table: TableReference | undefined;
  for (const { sides } of flat.equations) {
    for (const [mine, other] of [sides, [sides[1], sides[0]] as const]) {
      if (mine.leaf !== one.root || !many.leaves.includes(other.leaf)) continue;
      const stored = storedColumn(root, mine.column);
      if (stored === undefined) continue;
      ({ table } = stored);
      named.add(stored.name);
    }
  }
  const keys = table === undefined ? [] : (context.sourceTable?.(table)?.keys ?? []);
  return keys.some((key) => key.length > 0 && key.every((name) => named.has(name)));
}

/** The table and the name there of a relation's column; undefined for computed ones, and where the relation repeats its rows. */
function storedColumn(
  plan: Plan,
  id: ColumnId,
): { readonly table: TableReference; readonly name: string } | undefined {
  switch (plan.kind) {
    case 'scan': {
      const column = plan.scanColumns.find((each) => each.id === id);
      return column === undefined ? undefined : { table: plan.table, name: column.source };
    }
    case 'filter':
      return storedColumn(plan.input, id);
    case 'project': {
      const expression = plan.expressions[plan.columns.findIndex((each) => each.id === id)];
      return expression?.kind === 'column' ? storedColumn(plan.input, expression.id) : undefined;
    }
    default:
      return undefined;
  }
}

/** Whether conditions on a relation alone leave out some of its rows. */
function isRestricted(flat: FlatJoin, leaf: number): boolean {
  const plan = flat.leaves[leaf];
  if (plan === undefined) return false;
  const own = flat.conditions.some((condition) => {
    const leaves = flat.leavesOf(condition);
    return leaves.length === 1 && leaves[0] === leaf;
  });
  return own || hasFilter(plan);
}

function hasFilter(plan: Plan): boolean {
  if (plan.kind === 'scan') return plan.constraint !== undefined && plan.constraint.size > 0;
  return plan.kind !== 'project' || hasFilter(plan.input);
}

function isLarge(flat: FlatJoin, many: Group, one: Group, context: RuleContext): boolean {
  const rows = ({ root }: Group): number | undefined => {
    const plan = flat.leaves[root];
    const table = plan === undefined ? undefined : scannedTable(plan);
    return table === undefined ? undefined : context.sourceTable?.(table)?.rows;
  };
  const [ofMany, ofOne] = [rows(many), rows(one)];
  return ofMany !== undefined && ofOne !== undefined && ofOne >= ofMany * LARGE_FRACTION;
}

function scannedTable(plan: Plan): TableReference | undefined {
  if (plan.kind === 'scan') return plan.table;
  return plan.kind === 'filter' || plan.kind === 'project' ? scannedTable(plan.input) : undefined;
}

/** The join of a group with all conditions that its source can test; those are added to `moved`. */
function groupPlan(
  flat: FlatJoin,
  { leaves }: Group,
  trees: SourceTrees,
  moved: Set<Expression>,
): Plan | undefined {
  const plans = leaves.flatMap((leaf) => flat.leaves[leaf] ?? []);
  const [first, ...others] = plans;
  if (first === undefined) return undefined;
  const joined = others.reduce(crossJoin, first);
  const inside = flat.conditions.filter((condition) => {
    const read = flat.leavesOf(condition);
    return (
      read.length > 0 &&
      read.every((leaf) => leaves.includes(leaf)) &&
      !hasClosedSubquery(condition, trees) &&
      trees.owner(filter(joined, [condition])) !== undefined
    );
  });
  const equated = flat.equations.map(({ condition }) => condition);
  // Without an equation that the source can test it would send the product.
  if (!inside.some((condition) => equated.includes(condition))) return undefined;
  inside.forEach((condition) => moved.add(condition));
  return asItIs(filter(joined, inside), joined.columns);
}

/** Whether an expression has a subquery that is computed once: its rows are better known before the join is asked for. */
function hasClosedSubquery(expression: Expression, trees: SourceTrees): boolean {
  if (expression.kind === 'subquery' && trees.isClosed(expression.plan)) return true;
  let found = false;
  mapExpressionChildren(expression, {
    plan: (each) => each,
    expression(each) {
      found ||= hasClosedSubquery(each, trees);
      return each;
    },
  });
  return found;
}
