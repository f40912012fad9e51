import { visitPlan } from '@tributary/sql';
import type {
  CallExpression,
  ColumnId,
  Expression,
  Plan,
  PlanColumn,
  ScanPlan,
} from '@tributary/sql';
import { expressionColumns, isRepeatable, substituteColumns } from '../analyze/predicate.ts';

/**
 * What a statement needs of one occurrence of a table by that table's columns alone: filters, and computed columns. `outputs` are
 * the columns that the rest of the core may refer to, as expressions over the scan's columns.
 */
export interface Chain {
  readonly scan: ScanPlan;
  /** Over the scan's columns; all hold for every row. */
  readonly conjuncts: readonly Expression[];
  readonly outputs: ReadonlyMap<ColumnId, ChainOutput>;
}

export interface ChainOutput {
  readonly column: PlanColumn;
  /** Over the scan's columns. */
  readonly expression: Expression;
}

/** A core cut in two: the chain of one occurrence, and the rest, in which `hole` stands where the chain was. */
export interface SplitCore {
  readonly chain: Chain;
  readonly rest: Plan;
  readonly hole: Plan;
}

type Descent = 'filter' | 'project' | 'join';

/** Occurrences in a core whose rows each take part as they are: not on a side that is padded with NULLs or only tested. */
export function coreScans(core: Plan): readonly ScanPlan[] {
  switch (core.kind) {
    case 'scan':
      return [core];
    case 'filter':
    case 'project':
      return coreScans(core.input);
    case 'join':
      return [
        ...(keepsLeft(core) ? coreScans(core.left) : []),
        ...(keepsRight(core) ? coreScans(core.right) : []),
      ];
    default:
      return [];
  }
}

function keepsLeft({ join }: Extract<Plan, { kind: 'join' }>): boolean {
  return join === 'inner' || join === 'left' || join === 'semi' || join === 'anti';
}

function keepsRight({ join, lateral }: Extract<Plan, { kind: 'join' }>): boolean {
  return (join === 'inner' || join === 'right') && !lateral;
}

class CoreSplit {
  readonly hole: Plan = { kind: 'values', columns: [], rows: [] };
  readonly conjuncts: Expression[] = [];
  readonly outputs = new Map<ColumnId, ChainOutput>();
  readonly #scan: ScanPlan;

  constructor(scan: ScanPlan) {
    this.#scan = scan;
    for (const column of scan.columns) {
      this.outputs.set(column.id, { column, expression: columnOf(column) });
    }
  }

  /** The plan without the chain. */
  descend(node: Plan): Plan {
    if (node === this.#scan) {
      return this.hole;
    }
    switch (node.kind as Descent) {
      case 'filter':
        return this.#filter(node as Extract<Plan, { kind: 'filter' }>);
      case 'project':
        return this.#project(node as Extract<Plan, { kind: 'project' }>);
      case 'join':
        return this.#join(node as Extract<Plan, { kind: 'join' }>);
    }
  }

  #filter(node: Extract<Plan, { kind: 'filter' }>): Plan {
    const input = this.descend(node.input);
    const condition = this.#take(node.condition);
    return condition === undefined ? input : { ...node, input, condition };
  }

  #project(node: Extract<Plan, { kind: 'project' }>): Plan {
    const input = this.descend(node.input);
    const own = new Map<ColumnId, ChainOutput>();
    const expressions = node.expressions.map((expression, index) => {
      const column = node.columns[index];
      if (column === undefined || !(this.isOwn(expression) || isFixed(expression))) {
        return expression;
      }
      own.set(column.id, { column, expression: this.overScan(expression) });
      return columnOf(column);
    });
    for (const [id, output] of own) {
      this.outputs.set(id, output);
    }
    return input === this.hole && own.size === node.columns.length
      ? this.hole
      : { ...node, input, expressions };
  }

  #join(node: Extract<Plan, { kind: 'join' }>): Plan {
    const onLeft = contains(node.left, this.#scan);
    const left = onLeft ? this.descend(node.left) : node.left;
    const right = onLeft ? node.right : this.descend(node.right);
    const filters = node.join === 'inner' || node.join === 'semi';
    const condition =
      node.condition === undefined || !filters ? node.condition : this.#take(node.condition);
    const { condition: _, ...others } = node;
    if (condition === undefined && (node.join === 'semi' || node.condition !== undefined)) {
      // A join whose whole condition moved keeps its form with a condition that always holds.
      return { ...others, left, right, condition: TRUE };
    }
    return { ...others, left, right, ...(condition === undefined ? {} : { condition }) };
  }

  /** Moves the conjuncts that the chain can test into it; answers what is left. */
  #take(condition: Expression): Expression | undefined {
    const all = condition.kind === 'and' ? condition.args : [condition];
    const left = all.filter((each) => !this.isOwn(each));
    for (const each of all) {
      if (this.isOwn(each)) {
        this.conjuncts.push(...conjunctsOf(this.overScan(each)));
      }
    }
    const [only] = left;
    if (left.length === all.length) {
      return condition;
    }
    return left.length > 1 ? { kind: 'and', type: condition.type, args: left } : only;
  }

  isOwn(expression: Expression): boolean {
    return isOwn(expression, this.outputs);
  }

  overScan(expression: Expression): Expression {
    return overScan(expression, this.outputs);
  }
}

const TRUE: Expression = {
  kind: 'constant',
  type: { kind: 'scalar', name: 'bool', typmod: -1 },
  value: 'true',
};

function conjunctsOf(expression: Expression): readonly Expression[] {
  return expression.kind === 'and' ? expression.args.flatMap(conjunctsOf) : [expression];
}

/** Whether an expression reads columns of the chain, nothing else, and gives the same value each time. */
export function isOwn(
  expression: Expression,
  outputs: ReadonlyMap<ColumnId, ChainOutput>,
): boolean {
  const columns = expressionColumns(expression);
  return (
    columns.size > 0 &&
    [...columns].every((id) => outputs.has(id)) &&
    isRepeatable(expression) &&
    !dependsOnNow(expression)
  );
}

/** Whether an expression gives one value for all rows. */
function isFixed(expression: Expression): boolean {
  return expressionColumns(expression).size === 0 && isRepeatable(expression);
}

/** An expression over chain outputs as one over the scan's columns. */
export function overScan(
  expression: Expression,
  outputs: ReadonlyMap<ColumnId, ChainOutput>,
): Expression {
  return substituteColumns(
    expression,
    new Map([...outputs].map(([id, output]) => [id, output.expression])),
  );
}

/** Functions of a row that also read the statement's clock (`age(timestamp)`): what they give is not the same tomorrow. */
function dependsOnNow(expression: Expression): boolean {
  return someCall(valuesOf([expression]), ({ entry }) => {
    const template = entry.templates.duckdb;
    return (
      (typeof template === 'string' && template.includes('{now}')) ||
      (entry.name === 'age' && entry.args.length === 1)
    );
  });
}

function someCall(plan: Plan, test: (call: CallExpression) => boolean): boolean {
  let found = false;
  visitPlan(plan, {
    expression(each) {
      found ||= each.kind === 'call' && test(each);
    },
  });
  return found;
}

/** Expressions as a plan, to walk over them. */
export function valuesOf(expressions: readonly Expression[]): Plan {
  return { kind: 'values', columns: [], rows: [expressions] };
}

export function columnOf({ id, type }: PlanColumn): Expression {
  return { kind: 'column', id, type };
}

function contains(plan: Plan, scan: ScanPlan): boolean {
  return coreScans(plan).includes(scan);
}

/** Cuts the chain of `scan`, one of `coreScans(core)`, out of a core. */
export function splitCore(core: Plan, scan: ScanPlan): SplitCore {
  const split = new CoreSplit(scan);
  const rest = split.descend(core);
  return {
    chain: { scan, conjuncts: split.conjuncts, outputs: split.outputs },
    rest,
    hole: split.hole,
  };
}

/** The rest with `plan` in the place of the hole, and every node's columns as they follow from it. */
export function fillHole(rest: Plan, hole: Plan, plan: Plan): Plan {
  const fill = (node: Plan): Plan => {
    if (node === hole) {
      return plan;
    }
    switch (node.kind) {
      case 'filter': {
        const input = fill(node.input);
        return input === node.input ? node : { ...node, input, columns: input.columns };
      }
      case 'project': {
        const input = fill(node.input);
        if (input === node.input) return node;
        // What is above merges columns of the cells that no projection names.
        const named = new Set(node.columns.map(({ id }) => id));
        const passed = plan.columns.filter(({ id }) => !named.has(id));
        return {
          ...node,
          input,
          columns: [...node.columns, ...passed],
          expressions: [...node.expressions, ...passed.map(columnOf)],
        };
      }
      case 'join': {
        const left = fill(node.left);
        const right = fill(node.right);
        if (left === node.left && right === node.right) {
          return node;
        }
        const columns =
          node.join === 'semi' || node.join === 'anti'
            ? left.columns
            : [...left.columns, ...right.columns];
        return { ...node, left, right, columns };
      }
      default:
        return node;
    }
  };
  return fill(rest);
}

/** The sub-plans that hang off the way from the rest's root to the hole. */
export function otherSides(rest: Plan, hole: Plan): readonly Plan[] {
  if (rest === hole) {
    return [];
  }
  switch (rest.kind) {
    case 'filter':
    case 'project':
      return otherSides(rest.input, hole);
    case 'join': {
      const onLeft = reaches(rest.left, hole);
      return onLeft
        ? [...otherSides(rest.left, hole), rest.right]
        : [rest.left, ...otherSides(rest.right, hole)];
    }
    default:
      return [];
  }
}

/** The nodes on the way from the rest's root to the hole, without it. */
export function nodesAbove(rest: Plan, hole: Plan): readonly Plan[] {
  if (rest === hole) {
    return [];
  }
  switch (rest.kind) {
    case 'filter':
    case 'project':
      return [rest, ...nodesAbove(rest.input, hole)];
    case 'join':
      return [rest, ...nodesAbove(reaches(rest.left, hole) ? rest.left : rest.right, hole)];
    default:
      return [];
  }
}

function reaches(plan: Plan, hole: Plan): boolean {
  if (plan === hole) {
    return true;
  }
  switch (plan.kind) {
    case 'filter':
    case 'project':
      return reaches(plan.input, hole);
    case 'join':
      return reaches(plan.left, hole) || reaches(plan.right, hole);
    default:
      return false;
  }
}
