import { visitPlan } from '@tributary/sql';
import type { ColumnId, Expression, Plan } from '@tributary/sql';
import { expressionColumns } from '../../analyze/predicate.ts';

/** Two columns of different relations that a condition equates. */
export interface Equation {
  readonly condition: Expression;
  readonly sides: readonly [EquatedColumn, EquatedColumn];
}

export interface EquatedColumn {
  /** Place of the relation. */
  readonly leaf: number;
  readonly column: ColumnId;
}

/** Inner joins and filters over them as a list of relations and one of conditions that all hold. */
export class FlatJoin {
  readonly leaves: Plan[] = [];
  readonly conditions: Expression[] = [];
  readonly equations: readonly Equation[];
  readonly #leafOf = new Map<ColumnId, number>();

  constructor(node: FlatNode) {
    this.#collect(node);
    this.equations = this.conditions.flatMap((condition) => this.#equation(condition) ?? []);
  }

  /** Places of the relations that an expression reads. */
  leavesOf(expression: Expression): readonly number[] {
    const found = new Set<number>();
    for (const id of expressionColumns(expression)) {
      const leaf = this.#leafOf.get(id);
      if (leaf !== undefined) found.add(leaf);
    }
    return [...found];
  }

  #equation(condition: Expression): Equation | undefined {
    if (condition.kind !== 'call' || condition.entry.name !== '=') return undefined;
    const [left, right] = condition.args.map((arg): EquatedColumn | undefined => {
      const leaf = arg.kind === 'column' ? this.#leafOf.get(arg.id) : undefined;
      return leaf === undefined || arg.kind !== 'column' ? undefined : { leaf, column: arg.id };
    });
    return left === undefined || right === undefined || left.leaf === right.leaf
      ? undefined
      : { condition, sides: [left, right] };
  }

  #collect(node: Plan): void {
    if (!isFlat(node)) {
      for (const { id } of node.columns) this.#leafOf.set(id, this.leaves.length);
      this.leaves.push(node);
    } else if (node.kind === 'filter') {
      this.conditions.push(...conjunctsOf(node.condition));
      this.#collect(node.input);
    } else {
      if (node.condition !== undefined) this.conditions.push(...conjunctsOf(node.condition));
      this.#collect(node.left);
      this.#collect(node.right);
    }
  }
}

export type FlatNode = Extract<Plan, { kind: 'filter' | 'join' }>;

/** Inner joins, and filters over them. */
export function isFlat(node: Plan): node is FlatNode {
  if (node.kind === 'filter') return isFlat(node.input);
  return node.kind === 'join' && node.join === 'inner' && !node.lateral;
}

/** The largest flat joins of a plan. */
export function flatJoins(plan: Plan): readonly FlatJoin[] {
  const nodes: FlatNode[] = [];
  const inside = new Set<Plan>();
  visitPlan(plan, {
    plan(node) {
      if (!isFlat(node)) return;
      nodes.push(node);
      for (const child of node.kind === 'filter' ? [node.input] : [node.left, node.right]) {
        inside.add(child);
      }
    },
  });
  return nodes.filter((node) => !inside.has(node)).map((node) => new FlatJoin(node));
}

function conjunctsOf(condition: Expression): readonly Expression[] {
  return condition.kind === 'and' ? condition.args.flatMap(conjunctsOf) : [condition];
}
