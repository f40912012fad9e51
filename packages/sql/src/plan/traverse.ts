import type {
  AggregateExpression,
  Expression,
  GroupingExpression,
  SortKey,
  WindowExpression,
  WindowFrame,
} from './expression.ts';
import type { Plan } from './plan.ts';

/** What a rewrite does to the direct children of a node. Answering the same object means "unchanged". */
export interface ChildMapping {
  plan(plan: Plan): Plan;
  expression(expression: Expression): Expression;
}

function mapList<T>(list: readonly T[], map: (each: T) => T): readonly T[] {
  let changed = false;
  const result = list.map((each) => {
    const mapped = map(each);
    changed ||= mapped !== each;
    return mapped;
  });
  return changed ? result : list;
}

function mapSortKeys(keys: readonly SortKey[], mapping: ChildMapping): readonly SortKey[] {
  return mapList(keys, (key) => {
    const expression = mapping.expression(key.expression);
    return expression === key.expression ? key : { ...key, expression };
  });
}

/** Copies `node` with the changed fields only; answers `node` itself when none changed. */
function withFields<T extends object>(node: T, fields: Partial<T>): T {
  for (const key of Object.keys(fields) as (keyof T)[]) {
    if (fields[key] !== node[key]) {
      return { ...node, ...fields };
    }
  }
  return node;
}

function optional<K extends string>(
  key: K,
  value: Expression | undefined,
  mapping: ChildMapping,
): Partial<Record<K, Expression>> {
  return value === undefined
    ? {}
    : ({ [key]: mapping.expression(value) } as Partial<Record<K, Expression>>);
}

function mapFrame(frame: WindowFrame, mapping: ChildMapping): WindowFrame {
  const bound = (each: WindowFrame['start']): WindowFrame['start'] =>
    'offset' in each ? withFields(each, { offset: mapping.expression(each.offset) }) : each;
  return withFields(frame, { start: bound(frame.start), end: bound(frame.end) });
}

/** Maps the children of a call that stands in an Aggregate or Window node. */
export function mapCallChildren<
  C extends AggregateExpression | WindowExpression | GroupingExpression,
>(call: C, mapping: ChildMapping): C {
  switch (call.kind) {
    case 'grouping':
      return call;
    case 'aggregate': {
      const mapped: AggregateExpression = withFields<AggregateExpression>(call, {
        args: mapList(call.args, (each) => mapping.expression(each)),
        ...optional('filter', call.filter, mapping),
        orderBy: mapSortKeys(call.orderBy, mapping),
        withinGroup: mapSortKeys(call.withinGroup, mapping),
      });
      return mapped as C;
    }
    case 'window': {
      const mapped: WindowExpression = withFields<WindowExpression>(call, {
        args: mapList(call.args, (each) => mapping.expression(each)),
        ...optional('filter', call.filter, mapping),
        partitionBy: mapList(call.partitionBy, (each) => mapping.expression(each)),
        orderBy: mapSortKeys(call.orderBy, mapping),
        ...(call.frame === undefined ? {} : { frame: mapFrame(call.frame, mapping) }),
      });
      return mapped as C;
    }
  }
}

/** Rebuilds an expression from its mapped direct children. */
export function mapExpressionChildren(expression: Expression, mapping: ChildMapping): Expression {
  const one = (each: Expression): Expression => mapping.expression(each);
  const many = (list: readonly Expression[]): readonly Expression[] => mapList(list, one);
  switch (expression.kind) {
    case 'column':
    case 'constant':
    case 'parameter':
      return expression;
    case 'call':
    case 'and':
    case 'or':
    case 'coalesce':
    case 'greatest':
    case 'least':
      return withFields(expression, { args: many(expression.args) });
    case 'cast':
    case 'not':
    case 'nullTest':
    case 'booleanTest':
    case 'field':
      return withFields(expression, { arg: one(expression.arg) });
    case 'distinct':
    case 'nullif':
      return withFields(expression, { left: one(expression.left), right: one(expression.right) });
    case 'case':
      return withFields(expression, {
        ...optional('operand', expression.operand, mapping),
        branches: mapList(expression.branches, (branch) =>
          withFields(branch, { when: one(branch.when), then: one(branch.then) }),
        ),
        ...optional('otherwise', expression.otherwise, mapping),
      });
    case 'inList':
      return withFields(expression, { arg: one(expression.arg), list: many(expression.list) });
    case 'quantified':
      return withFields(expression, { left: one(expression.left), array: one(expression.array) });
    case 'array':
      return withFields(expression, { elements: many(expression.elements) });
    case 'row':
      return withFields(expression, { fields: many(expression.fields) });
    case 'subscript':
      return withFields(expression, { arg: one(expression.arg), index: one(expression.index) });
    case 'slice':
      return withFields(expression, {
        arg: one(expression.arg),
        ...optional('lower', expression.lower, mapping),
        ...optional('upper', expression.upper, mapping),
      });
    case 'subquery':
      return withFields(expression, {
        plan: mapping.plan(expression.plan),
        ...(expression.left === undefined ? {} : { left: many(expression.left) }),
      });
  }
}

/** Rebuilds a plan node from its mapped direct children: inputs and expressions, calls included. */
export function mapPlanChildren(plan: Plan, mapping: ChildMapping): Plan {
  const input = (each: Plan): Plan => mapping.plan(each);
  const many = (list: readonly Expression[]): readonly Expression[] =>
    mapList(list, (each) => mapping.expression(each));
  switch (plan.kind) {
    case 'commonTableScan':
    case 'remoteQuery':
      return plan;
    case 'scan':
      return plan.args === undefined ? plan : withFields(plan, { args: many(plan.args) });
    case 'filter':
      return withFields(plan, {
        input: input(plan.input),
        condition: mapping.expression(plan.condition),
      });
    case 'project':
      return withFields(plan, { input: input(plan.input), expressions: many(plan.expressions) });
    case 'join':
      return withFields(plan, {
        left: input(plan.left),
        right: input(plan.right),
        ...optional('condition', plan.condition, mapping),
      });
    case 'aggregate':
      return withFields(plan, {
        input: input(plan.input),
        keys: mapList(plan.keys, (key) =>
          withFields(key, { expression: mapping.expression(key.expression) }),
        ),
        aggregates: mapList(plan.aggregates, (each) =>
          withFields(each, { call: mapCallChildren(each.call, mapping) }),
        ),
      });
    case 'window':
      return withFields(plan, {
        input: input(plan.input),
        calls: mapList(plan.calls, (each) =>
          withFields(each, { call: mapCallChildren(each.call, mapping) }),
        ),
      });
    case 'distinct':
      return withFields(plan, {
        input: input(plan.input),
        ...(plan.on === undefined ? {} : { on: many(plan.on) }),
        ...(plan.order === undefined ? {} : { order: mapSortKeys(plan.order, mapping) }),
      });
    case 'sort':
      return withFields(plan, { input: input(plan.input), keys: mapSortKeys(plan.keys, mapping) });
    case 'limit':
      return withFields(plan, {
        input: input(plan.input),
        ...optional('limit', plan.limit, mapping),
        ...optional('offset', plan.offset, mapping),
      });
    case 'setOperation':
      return withFields(plan, { left: input(plan.left), right: input(plan.right) });
    case 'values':
      return withFields(plan, { rows: mapList(plan.rows, many) });
    case 'tableFunction':
      return withFields(plan, {
        functions: mapList(plan.functions, (each) => withFields(each, { args: many(each.args) })),
      });
    case 'with':
      return withFields(plan, {
        tables: mapList(plan.tables, (table) => withFields(table, { plan: input(table.plan) })),
        body: input(plan.body),
      });
    case 'recursive':
      return withFields(plan, { initial: input(plan.initial), step: input(plan.step) });
  }
}

/** The expressions that stand directly in a node, those of its calls included. */
export function nodeExpressions(plan: Plan): readonly Expression[] {
  return collected((mapping) => mapPlanChildren(plan, mapping));
}

/** The expressions that stand directly in a call. */
export function callExpressions(
  call: AggregateExpression | WindowExpression | GroupingExpression,
): readonly Expression[] {
  return collected((mapping) => mapCallChildren(call, mapping));
}

function collected(map: (mapping: ChildMapping) => unknown): readonly Expression[] {
  const found: Expression[] = [];
  map({
    plan: (each) => each,
    expression(each) {
      found.push(each);
      return each;
    },
  });
  return found;
}

/** Calls the visitor for every plan node and expression below (and including) `plan`, subqueries included, parents first. */
export function visitPlan(
  plan: Plan,
  visitor: {
    readonly plan?: (plan: Plan) => void;
    readonly expression?: (each: Expression) => void;
  },
): void {
  const mapping: ChildMapping = {
    plan(each) {
      visitor.plan?.(each);
      mapPlanChildren(each, mapping);
      return each;
    },
    expression(each) {
      visitor.expression?.(each);
      mapExpressionChildren(each, mapping);
      return each;
    },
  };
  mapping.plan(plan);
}

/** Rewrites bottom-up: children first, then the node itself by `rewrite`. */
export function rewritePlan(
  plan: Plan,
  rewrite: {
    readonly plan?: (plan: Plan) => Plan;
    readonly expression?: (expression: Expression) => Expression;
  },
): Plan {
  const mapping: ChildMapping = {
    plan(each) {
      const mapped = mapPlanChildren(each, mapping);
      return rewrite.plan?.(mapped) ?? mapped;
    },
    expression(each) {
      const mapped = mapExpressionChildren(each, mapping);
      return rewrite.expression?.(mapped) ?? mapped;
    },
  };
  return mapping.plan(plan);
}
