import { mapExpressionChildren, mapPlanChildren } from '@tributary/sql';
import type { Expression, Plan } from '@tributary/sql';
import type { QueryConnector } from '@tributary/connectors';

/** The plans directly below a node: its inputs and the subqueries in its expressions. */
export function childPlans(node: Plan): readonly Plan[] {
  const found: Plan[] = [];
  const mapping = {
    plan(each: Plan): Plan {
      found.push(each);
      return each;
    },
    expression(each: Expression): Expression {
      mapExpressionChildren(each, mapping);
      return each;
    },
  };
  mapPlanChildren(node, mapping);
  return found;
}

interface TreeFacts {
  /** Names of the sources of the scans; `undefined` among them for tables that no query source has. */
  readonly sources: ReadonlySet<string | undefined>;
  /** Ids that the tree outputs anywhere. */
  readonly defined: ReadonlySet<number>;
  /** Columns referred to that the tree itself does not have: those of an enclosing query. */
  readonly free: ReadonlySet<number>;
  /** Common tables read that are defined outside. */
  readonly freeTables: ReadonlySet<number>;
}

/** What the trees of one plan read and refer to, each looked at once. */
export class SourceTrees {
  readonly #querySource: (name: string) => QueryConnector | undefined;
  readonly #facts = new Map<Plan, TreeFacts>();
  readonly #refusals = new Map<Plan, string | undefined>();

  constructor(querySource: (name: string) => QueryConnector | undefined) {
    this.#querySource = querySource;
  }

  /** The source that can compute the tree by itself; undefined where none can. */
  owner(tree: Plan): QueryConnector | undefined {
    const { sources, free, freeTables } = this.#factsOf(tree);
    const [only, ...others] = sources;
    if (only === undefined || others.length > 0 || free.size > 0 || freeTables.size > 0) {
      return undefined;
    }
    const connector = this.#querySource(only);
    return connector === undefined || this.#refusal(tree, connector) !== undefined
      ? undefined
      : connector;
  }

  /** Whether the tree can be computed apart from the rest of its plan. */
  isClosed(tree: Plan): boolean {
    const { free, freeTables } = this.#factsOf(tree);
    return free.size === 0 && freeTables.size === 0;
  }

  /** The query source that a scan's table belongs to. */
  sourceOf(scan: Extract<Plan, { kind: 'scan' }>): QueryConnector | undefined {
    return this.#querySource(scan.table.source);
  }

  #refusal(tree: Plan, connector: QueryConnector): string | undefined {
    // A tree has one owner at most, so that the answer is for that one.
    if (this.#refusals.has(tree)) return this.#refusals.get(tree);
    let refusal = this.#isNestedLoop(tree)
      ? 'it would run once a row there'
      : connector.refusal(tree);
    for (const child of childPlans(tree)) refusal ??= this.#refusal(child, connector);
    if (this.#factsOf(tree).sources.size > 0) this.#refusals.set(tree, refusal);
    return refusal;
  }

  /**
   * A value or relation computed anew for each row of another one: sources do just that, while the engine turns it into a join.
   */
  #isNestedLoop(node: Plan): boolean {
    if (node.kind === 'join' && node.lateral) return this.#isCorrelated(node.right);
    let found = false;
    const mapping = {
      plan: (each: Plan): Plan => each,
      expression: (each: Expression): Expression => {
        found ||=
          each.kind === 'subquery' && each.form === 'scalar' && this.#isCorrelated(each.plan);
        mapExpressionChildren(each, mapping);
        return each;
      },
    };
    mapPlanChildren(node, mapping);
    return found;
  }

  #isCorrelated(tree: Plan): boolean {
    return this.#factsOf(tree).free.size > 0;
  }

  #factsOf(tree: Plan): TreeFacts {
    const known = this.#facts.get(tree);
    if (known !== undefined) return known;
    const facts = this.#collect(tree);
    this.#facts.set(tree, facts);
    return facts;
  }

  #collect(tree: Plan): TreeFacts {
    const sources = new Set<string | undefined>();
    const defined = new Set(tree.columns.map(({ id }) => id));
    const referred = new Set(ownReferences(tree));
    const tables = new Set<number>();
    if (tree.kind === 'scan') {
      sources.add(this.sourceOf(tree) === undefined ? undefined : tree.table.source);
    } else if (tree.kind === 'remoteQuery') {
      sources.add(undefined);
    } else if (tree.kind === 'commonTableScan') {
      tables.add(tree.table);
    }
    for (const child of childPlans(tree)) {
      const facts = this.#factsOf(child);
      facts.sources.forEach((each) => sources.add(each));
      facts.defined.forEach((each) => defined.add(each));
      facts.free.forEach((each) => referred.add(each));
      facts.freeTables.forEach((each) => tables.add(each));
    }
    if (tree.kind === 'with') for (const { id } of tree.tables) tables.delete(id);
    const free = new Set([...referred].filter((id) => !defined.has(id)));
    return { sources, defined, free, freeTables: tables };
  }
}

/** Ids of columns in the node's own expressions, without those inside subqueries. */
function ownReferences(node: Plan): readonly number[] {
  const ids: number[] = [];
  const mapping = {
    plan: (each: Plan): Plan => each,
    expression(each: Expression): Expression {
      if (each.kind === 'column') ids.push(each.id);
      mapExpressionChildren(each, mapping);
      return each;
    },
  };
  mapPlanChildren(node, mapping);
  return ids;
}
