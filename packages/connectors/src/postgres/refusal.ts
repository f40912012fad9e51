import {
  mapCallChildren,
  mapExpressionChildren,
  operatorsNamed,
  sameType,
  TEXT,
} from '@tributary/sql';
import type {
  AggregateExpression,
  Expression,
  FunctionEntry,
  GroupingExpression,
  Plan,
  ScalarName,
  SortKey,
  SqlType,
  WindowExpression,
} from '@tributary/sql';

const STRINGS: ReadonlySet<ScalarName> = new Set(['text', 'varchar', 'bpchar', 'name', 'char']);
const INTEGERS: readonly ScalarName[] = ['int2', 'int4', 'int8'];

/** Types whose values sort alike on both sides; texts do by the collation that sort keys are printed with. */
const SORTED: ReadonlySet<ScalarName> = new Set([
  ...INTEGERS,
  ...([
    'bool',
    'oid',
    'float4',
    'float8',
    'numeric',
    'text',
    'varchar',
    'bpchar',
    'bytea',
  ] as const),
  ...(['date', 'time', 'timestamp', 'timestamptz', 'interval', 'uuid'] as const),
]);

/** Casts that both sides compute alike for every value, whatever settings and zones say. */
const CASTS: Readonly<Partial<Record<ScalarName, readonly ScalarName[]>>> = {
  bool: ['text', 'varchar'],
  int2: [...INTEGERS, 'numeric', 'float8', 'text', 'varchar'],
  int4: [...INTEGERS, 'numeric', 'float8', 'text', 'varchar'],
  int8: [...INTEGERS, 'numeric', 'text', 'varchar'],
  float4: ['float4', 'float8'],
  float8: ['float8'],
  numeric: ['numeric'],
  text: ['text', 'varchar'],
  varchar: ['text', 'varchar'],
  bpchar: ['text', 'varchar'],
  name: ['text', 'varchar'],
  uuid: ['text', 'varchar'],
  date: ['timestamp'],
};

/**
 * Why PostgreSQL must not compute a node of a plan, looking at the node alone; undefined: it gives the same rows. The function
 * catalog says of which functions that is proven; the rest is what plans hold beside functions.
 */
export function refusal(node: Plan, source: string): string | undefined {
  const type = node.columns.find((column) => !isSendable(column.type));
  if (type !== undefined) return `column ${type.name} has a type that PostgreSQL does not have`;
  switch (node.kind) {
    case 'scan':
      return node.table.source === source && node.args === undefined
        ? undefined
        : 'the table lives elsewhere';
    case 'remoteQuery':
      return 'it is a query to a source already';
    case 'join':
      // PostgreSQL has full joins on hashable and mergeable conditions only.
      if (node.join === 'full') return 'full joins are computed here';
      return childRefusal(node);
    case 'sort':
      return keysRefusal(node.keys) ?? childRefusal(node);
    case 'distinct':
      return keysRefusal(node.order ?? []) ?? childRefusal(node);
    case 'aggregate':
    case 'window':
      return callsRefusal(node) ?? childRefusal(node);
    default:
      return childRefusal(node);
  }
}

/** Looks at the node's own expressions, not at those of its inputs and subqueries. */
function childRefusal(node: Plan): string | undefined {
  let found: string | undefined;
  const expression = (each: Expression): Expression => {
    found ??= expressionRefusal(each);
    return each;
  };
  forOwnExpressions(node, expression);
  return found;
}

function forOwnExpressions(node: Plan, visit: (each: Expression) => Expression): void {
  switch (node.kind) {
    case 'filter':
      visit(node.condition);
      break;
    case 'project':
      node.expressions.forEach(visit);
      break;
    case 'join':
      if (node.condition !== undefined) visit(node.condition);
      break;
    case 'aggregate':
      node.keys.forEach((key) => visit(key.expression));
      break;
    case 'distinct':
      node.on?.forEach(visit);
      break;
    case 'limit':
      if (node.limit !== undefined) visit(node.limit);
      if (node.offset !== undefined) visit(node.offset);
      break;
    case 'values':
      node.rows.forEach((row) => row.forEach(visit));
      break;
    case 'tableFunction':
      node.functions.forEach(({ args }) => args.forEach(visit));
      break;
    default:
      break;
  }
}

function callsRefusal(node: Extract<Plan, { kind: 'aggregate' | 'window' }>): string | undefined {
  for (const { call } of node.kind === 'aggregate' ? node.aggregates : node.calls) {
    const found = callRefusal(call);
    if (found !== undefined) return found;
  }
  return undefined;
}

function callRefusal(
  call: AggregateExpression | WindowExpression | GroupingExpression,
): string | undefined {
  if (call.kind === 'grouping') return undefined;
  let found = entryRefusal(call.entry) ?? keysRefusal(call.orderBy);
  if (call.kind === 'aggregate') found ??= keysRefusal(call.withinGroup);
  mapCallChildren(call, {
    plan: (each) => each,
    expression(each) {
      found ??= expressionRefusal(each);
      return each;
    },
  });
  return found;
}

function keysRefusal(keys: readonly SortKey[]): string | undefined {
  for (const { expression } of keys) {
    const { type } = expression;
    if (type.kind !== 'scalar' || !SORTED.has(type.name)) {
      return 'values of such a type are sorted here';
    }
    const found = expressionRefusal(expression);
    if (found !== undefined) return found;
  }
  return undefined;
}

function expressionRefusal(expression: Expression): string | undefined {
  const own = ownRefusal(expression);
  if (own !== undefined) return own;
  let found: string | undefined;
  mapExpressionChildren(expression, {
    plan: (each) => each,
    expression(each) {
      found ??= expressionRefusal(each);
      return each;
    },
  });
  return found;
}

function ownRefusal(expression: Expression): string | undefined {
  if (!isSendable(expression.type)) return 'a value has a type that PostgreSQL does not have';
  switch (expression.kind) {
    case 'call':
      return entryRefusal(expression.entry);
    case 'cast':
      return castRefusal(expression.arg, expression.type);
    case 'distinct':
    case 'nullif':
      return entryRefusal(expression.equals);
    case 'quantified':
      return entryRefusal(expression.operator);
    case 'case':
      return expression.operand === undefined
        ? undefined
        : equalityRefusal(expression.operand.type);
    case 'inList':
      return equalityRefusal(expression.arg.type);
    case 'greatest':
    case 'least': {
      const { type } = expression;
      const collated = type.kind !== 'scalar' || STRINGS.has(type.name) || !SORTED.has(type.name);
      return collated ? `${expression.kind} of such values depends on a collation` : undefined;
    }
    case 'subquery': {
      if (expression.form === 'array') return 'ARRAY(subquery) is computed here';
      for (const entry of expression.operators ?? []) {
        const found = entryRefusal(entry);
        if (found !== undefined) return found;
      }
      return undefined;
    }
    case 'row':
    case 'subscript':
    case 'slice':
    case 'field':
      return `${expression.kind} expressions are computed here`;
    default:
      return undefined;
  }
}

function entryRefusal(entry: FunctionEntry): string | undefined {
  if (entry.templates.postgres === undefined) return `PostgreSQL has no ${entry.name}`;
  if (!entry.proven) return `${entry.name} is not proven to be the same in PostgreSQL`;
  return entry.volatility === 'volatile' ? `${entry.name} is volatile` : undefined;
}

/** Values are compared by the type's `=`. */
function equalityRefusal(type: SqlType): string | undefined {
  const compared = type.kind === 'scalar' && type.name === 'varchar' ? TEXT : type;
  const equals = operatorsNamed('=', 2).find(({ args: [left, right] }) => {
    return (
      typeof left === 'object' &&
      typeof right === 'object' &&
      sameType(left, compared) &&
      sameType(right, compared)
    );
  });
  return equals === undefined ? 'such values are compared here' : entryRefusal(equals);
}

function castRefusal(arg: Expression, to: SqlType): string | undefined {
  const from = arg.type;
  if (from.kind === 'scalar' && to.kind === 'scalar') {
    // NULL and literals of unknown type become anything by PostgreSQL's own input rules.
    if (arg.kind === 'constant' && arg.value === null) return undefined;
    if (CASTS[from.name]?.includes(to.name) === true) return undefined;
    return `casts from ${from.name} to ${to.name} are computed here`;
  }
  return 'such casts are computed here';
}

/** Whether PostgreSQL has the type, and plans mean the same by it. */
function isSendable(type: SqlType): boolean {
  switch (type.kind) {
    case 'scalar':
      return !['record', 'void', 'regclass', 'regtype', 'unknown'].includes(type.name);
    case 'array':
      return type.element.kind === 'scalar' && isSendable(type.element);
    case 'struct':
    case 'map':
      return false;
  }
}
