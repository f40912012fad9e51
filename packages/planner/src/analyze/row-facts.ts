import {
  parseDomainValue,
  unionDomains,
  valuesDomain,
  type ColumnId,
  type Domain,
  type Expression,
  type Plan,
  type PlanColumn,
} from '@tributary/sql';
import { columnDomain } from './closure.ts';
import { conjuncts, isRepeatable, type Predicate } from './predicate.ts';

export function columnExpression({
  id,
  type,
}: PlanColumn): Extract<Expression, { kind: 'column' }> {
  return { kind: 'column', id, type };
}

/** What is known of common tables' rows: domains of their columns by id. */
export type CommonFacts = Map<number, ReadonlyMap<ColumnId, Domain>>;

/**
 * What holds of every row that a plan outputs, by its filters, joins and values. Ids of columns inside the plan occur too: each
 * output row has rows inside it that fulfil all of it together.
 */
export function rowFacts(plan: Plan, common: CommonFacts): readonly Predicate[] {
  switch (plan.kind) {
    case 'filter':
      return [...rowFacts(plan.input, common), ...conditionFacts(plan.condition, common)];
    case 'project':
      return [
        ...rowFacts(plan.input, common),
        ...plan.columns.flatMap((column, index) => {
          const expression = plan.expressions[index];
          return expression === undefined || isColumn(expression, column.id)
            ? []
            : sameAs(column, expression);
        }),
      ];
    case 'join': {
      const left = (): readonly Predicate[] => rowFacts(plan.left, common);
      const right = (): readonly Predicate[] => rowFacts(plan.right, common);
      switch (plan.join) {
        case 'inner':
        case 'semi':
          return [...left(), ...right(), ...conditionFacts(plan.condition, common)];
        case 'left':
        case 'anti':
          return left();
        case 'right':
          return right();
        case 'full':
          return [];
      }
      break;
    }
    case 'aggregate':
      // Without keys there is a row even for no input; with sets a key is NULL where it is not in the set.
      if (plan.keys.length === 0 || plan.sets !== undefined) return [];
      return [
        ...rowFacts(plan.input, common),
        ...plan.keys.flatMap(({ id, expression }) =>
          isColumn(expression, id)
            ? []
            : sameAs({ id, name: '', type: expression.type }, expression),
        ),
      ];
    case 'window':
    case 'distinct':
    case 'sort':
    case 'limit':
      return rowFacts(plan.input, common);
    case 'setOperation':
      return setFacts(plan, common);
    case 'values':
      return plan.columns.flatMap((column, index) =>
        valuesFacts(
          column,
          plan.rows.map((row) => row[index]),
        ),
      );
    case 'with':
      learnCommonTables(plan, common);
      return rowFacts(plan.body, common);
    case 'commonTableScan': {
      const domains = common.get(plan.table);
      if (domains === undefined) return [];
      return plan.columns.flatMap((column, index) => {
        const domain = domains.get(plan.sources[index] ?? -1);
        return domain === undefined
          ? []
          : [{ kind: 'within' as const, expression: columnExpression(column), domain }];
      });
    }
    case 'remoteQuery':
      return plan.columns.flatMap((column) => {
        const domain = plan.domains?.get(column.id);
        return domain === undefined
          ? []
          : [{ kind: 'within' as const, expression: columnExpression(column), domain }];
      });
    case 'scan':
    case 'tableFunction':
    case 'recursive':
      return [];
  }
}

/** Adds what is known of the rows of a plan's common tables. */
export function learnCommonTables(
  plan: Extract<Plan, { kind: 'with' }>,
  common: CommonFacts,
): void {
  for (const table of plan.tables) {
    if (table.plan.kind === 'recursive' || common.has(table.id)) continue;
    const facts = rowFacts(table.plan, common);
    const domains = new Map<ColumnId, Domain>();
    for (const column of table.plan.columns) {
      const domain = columnDomain(facts, columnExpression(column));
      if (domain !== undefined) domains.set(column.id, domain);
    }
    common.set(table.id, domains);
  }
}

/** The conjuncts of a condition, and for `x IN (subquery)` what the subquery's rows leave of x. */
export function conditionFacts(
  condition: Expression | undefined,
  common: CommonFacts,
): readonly Predicate[] {
  return conjuncts(condition).flatMap((each): readonly Predicate[] => {
    if (each.kind !== 'holds') return [each];
    const { expression } = each;
    if (expression.kind !== 'subquery' || !isMembership(expression)) return [each];
    const inner = rowFacts(expression.plan, common);
    return [
      each,
      ...(expression.left ?? []).flatMap((left, index): readonly Predicate[] => {
        const column = expression.plan.columns[index];
        const domain = column && columnDomain(inner, columnExpression(column));
        return domain === undefined
          ? []
          : [{ kind: 'within', expression: left, domain: { ...domain, nulls: false } }];
      }),
    ];
  });
}

/** `left IN (subquery)`, also of several columns, without implicit conversions between the sides. */
export function isMembership(expression: Extract<Expression, { kind: 'subquery' }>): boolean {
  return (
    expression.form === 'any' &&
    expression.operators !== undefined &&
    expression.operators.every(({ name, args: [left, right] }) =>
      name === '=' && typeof left === 'object' && typeof right === 'object'
        ? left.kind === 'scalar' && right.kind === 'scalar' && left.name === right.name
        : false,
    )
  );
}

function setFacts(
  plan: Extract<Plan, { kind: 'setOperation' }>,
  common: CommonFacts,
): readonly Predicate[] {
  const side = (input: Plan): readonly Predicate[] => [
    ...rowFacts(input, common),
    ...plan.columns.flatMap((column, index) => {
      const source = input.columns[index];
      return source === undefined || source.id === column.id
        ? []
        : sameAs(column, columnExpression(source));
    }),
  ];
  switch (plan.operation) {
    case 'union':
      return [{ kind: 'any', alternatives: [side(plan.left), side(plan.right)] }];
    case 'intersect':
      return [...side(plan.left), ...side(plan.right)];
    case 'except':
      return side(plan.left);
  }
}

function valuesFacts(
  column: PlanColumn,
  cells: readonly (Expression | undefined)[],
): readonly Predicate[] {
  let domain: Domain = { type: column.type, ranges: [], nulls: false };
  const values = [];
  for (const cell of cells) {
    if (cell?.kind !== 'constant') return [];
    if (cell.value === null) {
      domain = { ...domain, nulls: true };
      continue;
    }
    const value = parseDomainValue(cell.value, column.type);
    if (value === undefined) return [];
    values.push(value);
  }
  const listed = unionDomains(domain, valuesDomain(column.type, values));
  return [{ kind: 'within', expression: columnExpression(column), domain: listed }];
}

function isColumn(expression: Expression, id: ColumnId): boolean {
  return expression.kind === 'column' && expression.id === id;
}

function sameAs(column: PlanColumn, expression: Expression): readonly Predicate[] {
  if (!isRepeatable(expression)) return [];
  if (expression.kind === 'constant') {
    return valuesFacts(column, [expression]);
  }
  return [{ kind: 'same', left: columnExpression(column), right: expression }];
}
